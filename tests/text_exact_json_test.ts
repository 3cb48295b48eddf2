import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Failure } from "../lib/failure.ts";
import { parseExact } from "../lib/text/exact_json.ts";

for (
  const text of [
    "12345678901234567890",
    "1.0",
    "1e400",
    "-0",
    '{"a":[1.10,{"b":0.1000}],"c":"1.0"}',
    '"[[[["',
    "null",
  ]
) {
  Deno.test(`parseExact() keeps ${text} to the letter`, () => {
    assertEquals(JSON.stringify(parseExact(text)), text);
  });
}

Deno.test("parseExact() keeps whatever JSON.stringify makes", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const compact = JSON.stringify(JSON.parse(text));
      assertEquals(JSON.stringify(parseExact(compact)), compact);
    }),
  );
});

Deno.test("parseExact() answers bad JSON and deep nesting with a bad-data failure", () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  for (const text of ["", "{", "NaN", "01", deep, `{"a":`.repeat(5000)]) {
    assertEquals(
      assertThrows(() => parseExact(text), Failure).code,
      "bad-data",
    );
  }
});
