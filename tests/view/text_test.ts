/** Widths, cuts and types of text. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import stringWidth from "string-width";
import { Failure } from "../../lib/failure.ts";
import { sliceStyled } from "../../lib/text/styled.ts";
import { needsMeasure, pad, truncate, width } from "../../lib/text/width.ts";
import { prepareWidth } from "../../lib/text/width_loader.ts";
import { detectType } from "../../lib/view/detect.ts";
import { encodingOf } from "../../lib/view/encoding.ts";

const FAMILY = "👩‍👩‍👧";

Deno.test("characters measured without string-width have the width it gives them", async () => {
  for (let code = 0x20; code < 0x10000; code++) {
    if (code >= 0xd800 && code < 0xe000) continue;
    const text = String.fromCharCode(code);
    if (needsMeasure(text)) continue;
    if (code > 0x7e && code < 0xa0) continue;
    assertEquals(width(text), stringWidth(text), `U+${code.toString(16)}`);
    assertEquals(
      width(`a${text}b`),
      stringWidth(`a${text}b`),
      `U+${code.toString(16)}`,
    );
  }
  assert(needsMeasure(FAMILY) && needsMeasure("e\u0301"));
  await prepareWidth(FAMILY);
  assert(!needsMeasure(FAMILY));
  assertEquals(width(FAMILY), 2);
  assertEquals(width("e\u0301"), 1);
});

Deno.test("a cut text is never too wide, ends in … if cut, and holds whole graphemes", async () => {
  await prepareWidth(FAMILY);
  const text = fc.array(
    fc.constantFrom("a", "日", FAMILY, "e\u0301", "ö", " ", "🇩🇪", "x"),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 25 }), (parts, columns) => {
      const whole = parts.join("");
      const cut = truncate(whole, columns);
      assert(width(cut) <= columns);
      if (cut === whole) return;
      assert(columns === 0 || cut.endsWith("…"));
      const kept = cut.replace(/…$/, "");
      assert(
        parts.some((_, i) => parts.slice(0, i).join("") === kept) ||
          kept === "",
      );
      assert(width(whole) > columns, "cut without need");
    }),
  );
  assertEquals(truncate("abcdef", 4), "abc…");
  assertEquals(truncate("日本語", 4), "日…");
  assertEquals(pad("日", 4) + "|", "日  |");
  assertEquals(pad("日", 4, "right"), "  日");
});

Deno.test("slices of styled lines keep the colours and the columns", () => {
  const line = "\x1b[31mred\x1b[0m and \x1b[32mgreen\x1b[0m";
  assertEquals(sliceStyled(line, 0, 80), line);
  assertEquals(sliceStyled(line, 0, 2), "\x1b[31mre\x1b[0m");
  assertEquals(sliceStyled(line, 8, 3), "\x1b[31m\x1b[0m\x1b[32mgre\x1b[0m");
  assertEquals(sliceStyled("日本", 1, 3), "本");
});

Deno.test("the type goes by magic bytes, then content, then extension", () => {
  const utf8 = new TextEncoder();
  const cases: [string | number[], string, string][] = [
    [[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a], "x.json", "image"],
    [[0xff, 0xd8, 0xff, 0xe0], "x.csv", "image"],
    ["GIF89a", "x", "image"],
    ["RIFF1234WEBPVP8 ", "x", "image"],
    ["RIFF1234WAVE, ", "x.csv", "csv"],
    ["[1, 2]", "x.csv", "json"],
    ['{"a": 1}', "x", "json"],
    ['{"a": 1}\n', "x.json", "json"],
    ['{"a": 1}\n', "x.ndjson", "ndjson"],
    ['{"a": 1}\n{"a": 2}\n', "x.json", "ndjson"],
    ['{"a": 1}\n\n{"a"', "x", "ndjson"],
    ['{\n"a": 1}\n', "x.txt", "json"],
    ["\ufeff {}", "x", "json"],
    ['{"a": [1, 2', "x.json", "json"],
    ["{broken", "x.json", "json"],
    ["{a},b\n1,2\n", "x.csv", "csv"],
    ["[x];y\n1;2\n", "x.tsv", "csv"],
    ["12", "x.json", "json"],
    ["a,b\n1,2\n", "x", "csv"],
    ["a,b\n1,2\n", "x.txt", "csv"],
    ["a\tb\n1\t2\n", "x", "csv"],
    ["only\nwords\n", "x.csv", "csv"],
    ["only\nwords\n", "x.jsonl", "ndjson"],
  ];
  for (const [content, name, type] of cases) {
    const bytes = typeof content === "string"
      ? utf8.encode(content)
      : new Uint8Array(content);
    assertEquals(detectType(bytes, name), type, `${content} ${name}`);
  }
  for (
    const [content, name] of [["", "x.csv"], ["only words", "x.txt"], [
      "words, one line",
      "x.txt",
    ], [
      "a\0b,c",
      "x.csv",
    ], ["\x7fELF\x01\x02\x03\x04", "x"]]
  ) {
    const failure = assertThrows(
      () => detectType(utf8.encode(content), name ?? ""),
      Failure,
    );
    assertEquals(failure.exit, 9);
  }
});

Deno.test("the encoding is told by the mark, then by validity", () => {
  assertEquals(encodingOf(new Uint8Array([0xff, 0xfe, 0x61, 0])), "utf-16le");
  assertEquals(encodingOf(new Uint8Array([0xfe, 0xff, 0, 0x61])), "utf-16be");
  assertEquals(encodingOf(new TextEncoder().encode("Köln")), "utf-8");
  assertEquals(
    encodingOf(new TextEncoder().encode("Kö").subarray(0, 2)),
    "utf-8",
  );
  assertEquals(
    encodingOf(new Uint8Array([0x4b, 0xf6, 0x6c, 0x6e])),
    "windows-1252",
  );
});
