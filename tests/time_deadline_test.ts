import { assert, assertEquals } from "@std/assert";
import { DEFAULT_DEADLINES, formatSeconds } from "../lib/time/deadline.ts";

const SECONDS: [ms: number, text: string][] = [
  [30_000, "30 s"],
  [500, "0.5 s"],
  [1, "0.001 s"],
  [1_250, "1.25 s"],
  [0, "0 s"],
  [86_400_000, "86400 s"],
];
for (const [ms, text] of SECONDS) {
  Deno.test(`formatSeconds() writes ${ms} ms as ${text}`, () =>
    assertEquals(formatSeconds(ms), text));
}

Deno.test("the default deadlines are those of the command line", () => {
  assertEquals(DEFAULT_DEADLINES.acceptMs, 60_000);
  assertEquals(DEFAULT_DEADLINES.idleMs, 30_000);
  assert(DEFAULT_DEADLINES.receiptMs > 0);
});
