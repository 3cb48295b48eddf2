/** Mutated recordings of a conversation against a hub: only protocol errors come out, and others are not disturbed. */
import { fuzzBytes, fuzzHub } from "../fuzz.ts";

const ROUNDS = 300;

Deno.test("mutated conversations end in protocol errors at worst, and a transfer beside them arrives", () =>
  fuzzHub(20260102, ROUNDS));

Deno.test("arbitrary bytes in arbitrary pieces give frames that encode to the same bytes, or a protocol error", () =>
  fuzzBytes(20260102, 20_000));
