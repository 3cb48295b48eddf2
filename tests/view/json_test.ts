/** JSON: tokens kept as they are, errors with their place, nesting, splits, paths. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Failure } from "../../lib/failure.ts";
import { formatPath, parsePath } from "../../lib/view/json/path.ts";
import { JsonPrinter } from "../../lib/view/json/printer.ts";
import { DEEPEST, JsonTokenizer } from "../../lib/view/json/tokenizer.ts";
import { LineScanner } from "../../lib/view/ndjson/scan.ts";
import { look } from "./harness.ts";

/** The text printed on one line, in pieces of a size. */
function print(text: string, piece = text.length || 1, compact = true): string {
  const printer = new JsonPrinter({ compact });
  const tokenizer = new JsonTokenizer(printer, { name: "x.json" });
  for (let at = 0; at < text.length; at += piece) {
    tokenizer.feed(text.slice(at, at + piece));
  }
  tokenizer.end();
  return printer.take();
}

/** JSON text with odd but legal spacing, numbers and escapes. */
const jsonText = fc.letrec<{ value: string }>((tie) => {
  const space = fc.constantFrom("", " ", "\n", "\t", "\r\n", "  ");
  const number = fc.constantFrom(
    "0",
    "-0",
    "-0.0",
    "1.50",
    "1E5",
    "1e+05",
    "123456789012345678901234567890",
    "0.1e-7",
  );
  const string = fc.oneof(
    fc.string({ unit: "binary" }).map((s) => JSON.stringify(s)),
    fc.constantFrom('"\\u0041\\/\\b"', '"\\ud800"', '"日本 👩‍👩‍👧"', '""'),
  );
  const join =
    (open: string, close: string) => ([s, items]: [string, string[]]) =>
      open + s + items.join(s + "," + s) + s + close;
  return {
    value: fc.oneof(
      { depthSize: "small" },
      number,
      string,
      fc.constantFrom("true", "false", "null"),
      fc.tuple(space, fc.array(tie("value"), { maxLength: 4 })).map(
        join("[", "]"),
      ),
      fc.tuple(
        space,
        fc.array(
          fc.tuple(string, space, tie("value")).map(([k, s, v]) =>
            `${k}${s}:${s}${v}`
          ),
          { maxLength: 4 },
        ),
      ).map(join("{", "}")),
    ),
  };
}).value;

/** JSON text without the spaces between its tokens. */
function squeezed(text: string): string {
  return text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_, string) => string ?? "");
}

Deno.test("whatever is accepted prints with the same tokens, in the same order", () => {
  fc.assert(
    fc.property(jsonText, (text) => {
      assertEquals(print(text), squeezed(text) + "\n");
      const indented = print(text, 1000, false);
      assertEquals(squeezed(indented), squeezed(text));
      assertEquals(JSON.parse(indented), JSON.parse(text));
    }),
    { numRuns: 500 },
  );
});

Deno.test("text cut anywhere prints the same", () => {
  fc.assert(
    fc.property(jsonText, fc.integer({ min: 1, max: 9 }), (text, piece) => {
      assertEquals(print(text, piece), print(text));
    }),
    { numRuns: 300 },
  );
});

const ALPHABET = fc.array(
  fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    "u",
    "00",
    "1",
    "-",
    ".",
    "e",
    " ",
    "\n",
    "true",
    "nul",
    "\0",
    "é",
  ),
  { maxLength: 14 },
).map((parts) => parts.join(""));

Deno.test("the tokenizer accepts what JSON.parse accepts, and refuses all else with a Failure", () => {
  fc.assert(
    fc.property(
      fc.oneof(ALPHABET, jsonText, fc.string()),
      fc.integer({ min: 1, max: 5 }),
      (text, piece) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        if (valid) print(text, piece);
        else assertThrows(() => print(text, piece), Failure, "line ");
      },
    ),
    { numRuns: 5000 },
  );
});

Deno.test("the byte scanner of NDJSON agrees with JSON.parse on lines and fields", () => {
  const utf8 = new TextEncoder();
  const scanner = new LineScanner(["a", "b"]);
  const near = fc.oneof(
    jsonText.map((v) => `{"a": {"b": ${v}, "c": 1}, "d": ${v}}`),
    jsonText.map((v) =>
      `{"a": 1, "x": {"a": {"b": 1}}, "a": {"\\u0062": ${v}}}`
    ),
    jsonText.map((v) => `[{"a": {"b": ${v}}}]`),
    jsonText.map((v) => `{"a": [{"b": ${v}}], "b": ${v}}`),
    jsonText.map((v) => `{"a": {"b": 5}, "a": ${v}}`),
    jsonText.map((v) => `{"a": {"b": "x", "b": ${v}}}`),
    ALPHABET,
    jsonText,
  );
  fc.assert(
    fc.property(near, (text) => {
      if (!text.isWellFormed()) return;
      let expected: unknown;
      let valid = true;
      try {
        const value = JSON.parse(text);
        expected = value?.a?.b;
        if (Array.isArray(value) || Array.isArray(value?.a)) {
          expected = undefined;
        }
      } catch {
        valid = false;
      }
      const bytes = utf8.encode(`..${text}..`);
      assertEquals(scanner.scan(bytes, 2, bytes.length - 2), valid, text);
      if (!valid) return;
      const found = scanner.found === "" ? undefined : scanner.text(bytes);
      const wanted = typeof expected === "string"
        ? expected
        : typeof expected === "number"
        ? expected
        : undefined;
      if (typeof wanted === "number") assertEquals(Number(found), wanted, text);
      else assertEquals(found, wanted, text);
    }),
    { numRuns: 5000 },
  );
});

Deno.test("arbitrary bytes under any type give data or a Failure, nothing else", async () => {
  const types = fc.constantFrom(
    "csv" as const,
    "json" as const,
    "ndjson" as const,
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    ALPHABET.map((text) => new TextEncoder().encode(text)),
  );
  await fc.assert(
    fc.asyncProperty(
      types,
      bytes,
      fc.boolean(),
      fc.boolean(),
      async (type, data, terminal, dated) => {
        await look(data, "x", {
          type,
          ...(terminal ? { terminal: 40 } : {}),
          ...(dated ? { dates: { date: "2024" } } : {}),
        });
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("errors name line, column and what was to come", () => {
  const cases: [string, string, string][] = [
    ['{"a": 1 "b": 2}', "line 1, column 9", 'expected "," or "}"'],
    ["[1,\n 2,\n  }", "line 3, column 3", "expected a value"],
    ["[1 2]", "line 1, column 4", 'expected "," or "]"'],
    ["{1: 2}", "line 1, column 2", "expected a key in double quotes"],
    ['{"a" 1}', "line 1, column 6", 'expected ":"'],
    ["{'a': 1}", "line 1, column 2", "expected a key in double quotes"],
    ["[1,]", "line 1, column 4", "expected a value"],
    ["[NaN]", "line 1, column 2", '"NaN" is not a JSON value'],
    ["[01]", "line 1, column 2", '"01" is not a JSON value'],
    ["[1.]", "line 1, column 2", '"1." is not a JSON value'],
    ["[tru", "line 1, column 2", '"tru" is not a JSON value'],
    ['["a\nb"]', "line 1, column 4", "the line ends inside a string"],
    ['["a\tb"]', "line 1, column 4", "a control character (9)"],
    ['["\\x"]', "line 1, column 4", "this escape is not known"],
    ['["\\u12g4"]', "line 1, column 7", "four hexadecimal digits"],
    ['["abc', "line 1, column 6", "the file ends inside a string"],
    ['{"a": [1', "line 1, column 9", "the file ends 2 levels deep"],
    ["{} {}", "line 1, column 4", "expected the end of the file"],
    ["  \n ", "line 2, column 2", "there is no value"],
    ["]", "line 1, column 1", "expected a value"],
  ];
  for (const [text, place, state] of cases) {
    for (const piece of [1, 3, 100]) {
      const failure = assertThrows(() => print(text, piece), Failure, place);
      assert(failure.message.includes(state), `${text}: ${failure.message}`);
      assertEquals(failure.exit, 9);
      assert(failure.message.startsWith("Cannot read x.json as JSON: line "));
    }
  }
});

Deno.test("an error's hint shows the place and no control character", () => {
  const failure = assertThrows(() => print('{"\u202ekey\u001b": 1}'), Failure);
  assert(failure.hint?.includes("▸"));
  for (const char of ["\u202e", "\x1b"]) {
    assert(!`${failure.hint}${failure.message}`.includes(char));
  }
});

Deno.test("nesting up to the limit is shown, 100,000 levels are refused readably", async () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  assertEquals(print(nested(DEEPEST)), nested(DEEPEST) + "\n");
  for (
    const deep of [
      nested(100_000),
      '{"a":'.repeat(100_000),
      "[".repeat(100_000),
    ]
  ) {
    for (const type of ["json", "ndjson"] as const) {
      const { failure, out } = await look(deep, "deep.json", { type });
      assertEquals(failure?.exit, 9);
      assert(
        failure?.message.includes("deeper than 1000 levels"),
        failure?.message,
      );
      assertEquals(out, "");
    }
  }
});

Deno.test("paths are read back as they are written", () => {
  fc.assert(fc.property(
    fc.array(fc.oneof(fc.string(), fc.nat({ max: 99 })), { maxLength: 5 }),
    (path) => assertEquals(parsePath(formatPath(path)), path),
  ));
  assertEquals(parsePath("$.a[0].b"), ["a", 0, "b"]);
  assertEquals(parsePath(".a"), ["a"]);
  assertEquals(parsePath("."), []);
  assertEquals(parsePath('a["b.c"]."d e"'), ["a", "b.c", "d e"]);
  for (const bad of ["a[", "a[x]", "a]", "[-1]", 'a["\\x"]']) {
    assertEquals(assertThrows(() => parsePath(bad), Failure).exit, 2);
  }
});

Deno.test("the records are an array at the root, keys that are dates, the largest array within reach", async () => {
  const shown = async (text: string, more: object = {}) => {
    const seen = await look(text, "x.json", {
      dates: { date: "2024", ...more },
      compact: true,
    });
    return seen.failure?.message ?? seen.out.trim();
  };
  const yes = '{"date":"2024-01-01"}';
  const no = '{"date":"2023-01-01"}';
  assertEquals(await shown(`[${yes},${no}]`), `[${yes}]`);
  assertEquals(await shown(`["2024-01-01","2023-01-01"]`), `["2024-01-01"]`);
  assertEquals(
    await shown(`{"a":[${no}],"b":{"c":[${no},${yes},${no}]}}`),
    `{"a":[${no}],"b":{"c":[${yes}]}}`,
  );
  assertEquals(
    await shown(
      `{"a":{"b":{"c":[${no},${yes}],"d":{"e":[${no},${no},${no}]}}}}`,
    ),
    `{"a":{"b":{"c":[${yes}],"d":{"e":[${no},${no},${no}]}}}}`,
  );
  assertEquals(
    await shown(`{"2024-01-01":[${no}],"2023-01-01":[${no}]}`),
    `{"2024-01-01":[${no}]}`,
  );
  assertEquals(
    await shown(`{"meta":1,"days":{"2024-01-01":1,"2023-01-01":2}}`),
    `{"meta":1,"days":{"2024-01-01":1}}`,
  );
  assertEquals(await shown(`{"a":${no}}`, { recordsAt: "a" }), `{"a":null}`);
  assertEquals(await shown(yes), yes);
  assertEquals(await shown("[]"), "[]");
});

Deno.test("the order of dates is found beyond the first thousand records, in files and in pipes", async () => {
  const rows = Array.from(
    { length: 3000 },
    (_, i) => i === 2500 ? "13/04/2024" : "03/04/2024",
  );
  const json = `[${rows.map((date) => `{"date":"${date}"}`).join(",\n")}]`;
  const ndjson = rows.map((date) => `{"date":"${date}"}\n`).join("");
  const csv = "n,date\n" + rows.map((date, i) => `${i},${date}\n`).join("");
  for (
    const [name, text] of [["x.json", json], ["x.ndjson", ndjson], [
      "x.csv",
      csv,
    ]] as const
  ) {
    for (const once of [false, true]) {
      const seen = await look(text, name, {
        dates: { date: "2024-04-13" },
        once,
        piece: 4096,
      });
      assertEquals(seen.failure, undefined);
      assertEquals(seen.out.match(/13\/04/g)?.length, 1, name);
      assertEquals(seen.out.match(/03\/04/g), null, name);
      assert(seen.notes[0]?.includes("DD/MM/YYYY, 3000/3000"), seen.notes[0]);
    }
  }
});

Deno.test("JSON and CSV in UTF-16 and Windows-1252 are shown as UTF-8", async () => {
  const utf16 = (text: string) =>
    new Uint8Array(
      [..."\ufeff" + text].flatMap((
        c,
      ) => [c.charCodeAt(0) & 255, c.charCodeAt(0) >> 8]),
    );
  const latin = (text: string) =>
    new Uint8Array([...text].map((c) => c.charCodeAt(0)));
  for (const encode of [utf16, latin]) {
    const json = await look(encode('{"city": "Köln"}'), "x.json", {
      compact: true,
    });
    assertEquals(json.out, '{"city":"Köln"}\n');
    const csv = await look(encode("city,n\nKöln,1\n"), "x.csv");
    assertEquals(csv.out, "city,n\nKöln,1\n");
  }
});

Deno.test("a limit keeps the first records of a document, in its shape", async () => {
  const limited = async (text: string, limit: number, options = {}) => {
    const { out, failure } = await look(text, "x.json", {
      limit,
      compact: true,
      ...options,
    });
    return failure?.message ?? out.trimEnd();
  };
  assertEquals(await limited("[1,[2],3]", 2), "[1,[2]]");
  assertEquals(await limited("[1,2]", 5), "[1,2]");
  assertEquals(await limited("[1,2]", 0), "[]");
  const wrapped = '{"n":1,"rows":[{"a":1},{"a":2}],"end":[1,2]}';
  assertEquals(
    await limited(wrapped, 1),
    '{"n":1,"rows":[{"a":1}],"end":[1,2]}',
  );
  assertEquals(await limited(wrapped, 1, { path: "end" }), "[1]");
  assertEquals(await limited('{"a":1}', 3), '{"a":1}');
  const dated = '[{"on":"2024-05-01"},{"on":"2024-05-02"},{"on":"2024-05-03"}]';
  assertEquals(
    await limited(dated, 1, { dates: { from: "2024-05-02" } }),
    '[{"on":"2024-05-02"}]',
  );
});

Deno.test("a limit ends the reading of a long array at once", async () => {
  const rows = Array.from({ length: 50_000 }, (_, n) => `{"n":${n}}`);
  const { out, failure } = await look(`[${rows.join()},oops`, "x.json", {
    limit: 2,
    compact: true,
  });
  assertEquals(failure, undefined);
  assertEquals(out, '[{"n":0},{"n":1}]\n');
});

Deno.test("the part at a path is filtered by date also when it is longer than one read", async () => {
  const rows = Array.from(
    { length: 5000 },
    (_, n) => `{"on":"2024-05-0${1 + n % 9}","n":${n}}`,
  );
  const { out, failure } = await look(
    `{"rows":[${rows.join()}],"end":1}`,
    "x.json",
    { path: "rows", dates: { date: "2024-05-01" }, limit: 2, compact: true },
  );
  assertEquals(failure, undefined);
  assertEquals(out, '[{"on":"2024-05-01","n":0},{"on":"2024-05-01","n":9}]\n');
});
