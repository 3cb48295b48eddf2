import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { safe, safeLines } from "../lib/text/safe.ts";

const CASES: [string, string, string][] = [
  ["plain text passes", "report.csv", "report.csv"],
  ["accents, CJK and emoji sequences pass", "né 日本 👩‍👩‍👧", "né 日本 👩‍👩‍👧"],
  ["an escape sequence is spelled out", "\x1b[31mred", "\\e[31mred"],
  ["C1 controls are spelled out", "\u009b2J", "\\u{9b}2J"],
  ["newlines cannot break the line", "a\nb\r", "a\\nb\\r"],
  [
    "bidirectional overrides are spelled out",
    "gpj\u202eexe",
    "gpj\\u{202e}exe",
  ],
  ["line separators are spelled out", "a\u2028b", "a\\u{2028}b"],
  ["DEL and NUL are spelled out", "\x7f\0", "\\u{7f}\\u{0}"],
  ["a lone surrogate is spelled out", "\ud800", "\\u{d800}"],
  ["tag characters are spelled out", "\u{e0041}", "\\u{e0041}"],
];

for (const [name, input, expected] of CASES) {
  Deno.test(`safe(): ${name}`, () => assertEquals(safe(input), expected));
}

Deno.test("safe() leaves no control character in any string", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert(!/[\p{Cc}\u2028-\u202e]/u.test(safe(text)));
    }),
  );
});

Deno.test("safe() is idempotent", () => {
  fc.assert(
    fc.property(fc.string(), (text) => safe(safe(text)) === safe(text)),
  );
});

Deno.test("safeLines() keeps line breaks and nothing else that moves the cursor", () => {
  assertEquals(safeLines("a\r\nb\tc\x1b"), "a\nb    c\\e");
});
