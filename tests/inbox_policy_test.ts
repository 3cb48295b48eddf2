import { assert, assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../lib/failure.ts";
import { decide, parseAcceptPolicy } from "../lib/inbox/policy.ts";

const DECISIONS: [policy: string, sender: string, "yes" | "no" | "ask"][] = [
  ["all", "anyone", "yes"],
  ["none", "anyone", "no"],
  ["ask", "anyone", "ask"],
  ["alice", "alice", "yes"],
  ["alice", "ALICE", "yes"],
  ["Alice", "alice", "yes"],
  ["alice", "alice2", "no"],
  ["alice", "al", "no"],
  ["alice,bob", "bob", "yes"],
  [" alice , bob ", "bob", "yes"],
  ["alice,bob", "carol", "no"],
  ["alice,bob", "alice,bob", "no"],
  ["hub", "hub", "yes"],
];
for (const [policy, sender, expected] of DECISIONS) {
  Deno.test(`--accept "${policy}" answers ${sender} with ${expected}`, () =>
    assertEquals(decide(parseAcceptPolicy(policy), sender), expected));
}

for (const text of ["", ",", "alice,", "al ice", "a/b", "n".repeat(65)]) {
  Deno.test(`parseAcceptPolicy() refuses ${JSON.stringify(text.slice(0, 9))}`, () => {
    const failure = assertThrows(() => parseAcceptPolicy(text), Failure);
    assertEquals(failure.code, "usage");
    assert(failure.hint?.includes("names separated by commas"));
  });
}
