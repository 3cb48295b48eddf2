import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Failure } from "../lib/failure.ts";
import { Registry, RESERVED_NAMES } from "../lib/hub/registry.ts";

function refusal(claim: () => void): string {
  return assertThrows(claim, Failure).code;
}

Deno.test("claim() refuses a name that is held, in any case", () => {
  const names = new Registry<number>();
  assertEquals(names.claim("Alice", 1, false), "Alice");
  assertEquals(refusal(() => names.claim("alice", 2, false)), "name-taken");
  assertEquals(refusal(() => names.claim("ALICE", 1, false)), "name-taken");
  assertEquals(names.find("aLiCe"), 1);
  assertEquals(names.size, 1);
});

Deno.test("claim() refuses reserved names, in any case", () => {
  const names = new Registry<number>();
  for (const name of [...RESERVED_NAMES, "Hub", "ALL"]) {
    assertEquals(refusal(() => names.claim(name, 1, false)), "bad-name");
  }
  assertEquals(names.size, 0);
});

Deno.test("claim() with adapt takes the first free number", () => {
  const names = new Registry<number>();
  assertEquals(names.claim("pi", 1, true), "pi");
  assertEquals(names.claim("PI", 2, true), "PI-2");
  assertEquals(names.claim("pi", 3, true), "pi-3");
  assert(names.release("pi-2", 2));
  assertEquals(names.claim("pi", 4, true), "pi-2");
});

Deno.test("claim() with adapt numbers a reserved name", () => {
  const names = new Registry<number>();
  assertEquals(names.claim("hub", 1, true), "hub-2");
  assertEquals(names.claim("All", 2, true), "All-2");
});

Deno.test("claim() with adapt keeps names within 64 characters", () => {
  const names = new Registry<number>();
  const long = "n".repeat(64);
  assertEquals(names.claim(long, 1, true), long);
  assertEquals(names.claim(long, 2, true), "n".repeat(62) + "-2");
});

Deno.test("release() frees a name for its holder only", () => {
  const names = new Registry<number>();
  names.claim("alice", 1, false);
  assertEquals(names.release("alice", 2), false);
  assertEquals(names.find("alice"), 1);
  assertEquals(names.release("ALICE", 1), true);
  assertEquals(names.find("alice"), undefined);
  assertEquals(names.release("alice", 1), false);
  assertEquals(names.claim("alice", 2, false), "alice");
});

Deno.test("all() gives holders in the order they came", () => {
  const names = new Registry<number>();
  for (const [i, name] of ["c", "a", "b"].entries()) {
    names.claim(name, i, false);
  }
  names.release("c", 0);
  names.claim("c", 3, false);
  assertEquals([...names.all()], [1, 2, 3]);
});

Deno.test("no two holders ever share a name, whatever is claimed and released", () => {
  const step = fc.record({
    name: fc.constantFrom("a", "A", "a-2", "hub", "b"),
    adapt: fc.boolean(),
    release: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const names = new Registry<number>();
      const held = new Map<number, string>();
      for (const [holder, { name, adapt, release }] of steps.entries()) {
        if (release) {
          const [first] = held;
          if (first === undefined) continue;
          assert(names.release(first[1], first[0]));
          held.delete(first[0]);
          continue;
        }
        try {
          held.set(holder, names.claim(name, holder, adapt));
        } catch (error) {
          assert(error instanceof Failure && !adapt);
        }
      }
      const lower = [...held.values()].map((name) => name.toLowerCase());
      assertEquals(new Set(lower).size, lower.length);
      assertEquals(names.size, held.size);
      for (const [holder, name] of held) assertEquals(names.find(name), holder);
      assertEquals(lower.filter((name) => RESERVED_NAMES.includes(name)), []);
    }),
  );
});
