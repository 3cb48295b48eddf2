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
    "[1,-0]",
    "1e21",
    "1e+21",
    "0.30000000000000004",
    '{"a":"\\\\","b":"\\"1.0","c":-1.50}',
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

Deno.test("parseExact() gives plain numbers where they are exact", () => {
  assertEquals(parseExact('{"a":[1,-2.5,1e+21],"b":"1.0"}'), {
    a: [1, -2.5, 1e21],
    b: "1.0",
  });
});

Deno.test("parseExact() keeps any number among others to the letter", () => {
  const digits = fc.stringMatching(
    /^-?(0|[1-9]\d{0,20})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/,
  );
  fc.assert(
    fc.property(fc.array(digits), fc.string(), (numbers, key) => {
      const text = `{${JSON.stringify(key)}:[${numbers.join()}]}`;
      assertEquals(JSON.stringify(parseExact(text)), text);
    }),
  );
});

Deno.test("parseExact() answers bad JSON and deep nesting with a bad-data failure", () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  for (
    const text of [
      "",
      "{",
      "NaN",
      "01",
      "-",
      "1.",
      "1-1",
      deep,
      `{"a":`.repeat(5000),
    ]
  ) {
    assertEquals(
      assertThrows(() => parseExact(text), Failure).code,
      "bad-data",
    );
  }
});
