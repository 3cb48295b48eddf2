/** CSV: rows and cells as RFC 4180 has them, dialects, types, the table, the writers. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { parse } from "@std/csv/parse";
import { stringify } from "@std/csv/stringify";
import fc from "fast-check";
import { Failure } from "../../lib/failure.ts";
import { columnIndex, columnNames } from "../../lib/view/csv/columns.ts";
import { guessDelimiter, hasHeader } from "../../lib/view/csv/dialect.ts";
import { GAP, layout } from "../../lib/view/csv/layout.ts";
import { numberIn } from "../../lib/view/csv/numbers.ts";
import {
  cellsOf,
  LONGEST_ROW,
  RowCutter,
  rowText,
} from "../../lib/view/csv/rows.ts";
import { Series } from "../../lib/view/csv/series.ts";
import { Sorter } from "../../lib/view/csv/sort.ts";
import { cellType, typesOf } from "../../lib/view/csv/types.ts";
import { look } from "./harness.ts";

/** All rows of a text, in pieces of a size. */
function rows(
  text: string,
  delimiter = ",",
  piece = text.length || 1,
): string[][] {
  const found: string[][] = [];
  const cutter = new RowCutter(delimiter, "x.csv");
  const take = (raw: string, quoted: boolean) => {
    found.push(cellsOf(raw, quoted, delimiter).cells);
    return true;
  };
  for (let at = 0; at < text.length; at += piece) {
    cutter.feed(text.slice(at, at + piece), take);
  }
  cutter.end(take);
  return found;
}

const cell = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom(
    "",
    '"',
    '""',
    ",",
    ";",
    "\n",
    "\r\n",
    "a\nb",
    'x"y',
    " pad ",
    "日本",
    "1,5",
    "\t",
    "|",
  ),
);
const delimiter = fc.constantFrom(",", ";", "\t", "|");
const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 5,
});

Deno.test("rows written are read back with the same cells, however the text is cut", () => {
  fc.assert(
    fc.property(
      table,
      delimiter,
      fc.integer({ min: 1, max: 9 }),
      (cells, by, piece) => {
        const text = cells.map((row) => rowText(row, by) + "\n").join("");
        assertEquals(rows(text, by), cells);
        assertEquals(rows(text, by, piece), cells);
        assertEquals(rows(text.slice(0, -1), by, piece), cells);
      },
    ),
    { numRuns: 1000 },
  );
});

Deno.test("@std/csv reads what is written here, and its writing is read here", () => {
  const simple = fc.array(
    fc.array(cell.filter((c) => !c.includes("\r")), {
      minLength: 2,
      maxLength: 4,
    }),
    { minLength: 1, maxLength: 5 },
  );
  fc.assert(
    fc.property(simple, delimiter, (cells, by) => {
      const text = cells.map((row) => rowText(row, by) + "\n").join("");
      assertEquals(parse(text, { separator: by }), cells);
      assertEquals(
        rows(stringify(cells, { separator: by, headers: false }), by),
        cells,
      );
    }),
    { numRuns: 1000 },
  );
});

Deno.test("CSV in, CSV out: in a pipe every cell survives, with any columns picked", async () => {
  const rectangles = fc.integer({ min: 2, max: 4 }).chain((n) =>
    fc.array(
      fc.array(cell.filter((c) => !c.includes("\r")), {
        minLength: n,
        maxLength: n,
      }),
      { maxLength: 5 },
    )
      .map((body) => [Array.from({ length: n }, (_, i) => `name${i}`), ...body])
  );
  await fc.assert(
    fc.asyncProperty(rectangles, delimiter, async (cells, by) => {
      const text = cells.map((row) => rowText(row, by) + "\n").join("");
      const whole = await look(text, "x.csv", { delimiter: by });
      assertEquals(whole.out, text);
      const picked = await look(text, "x.csv", {
        delimiter: by,
        columns: ["name1", "name0"],
      });
      assertEquals(
        parse(picked.out, { separator: by }),
        cells.map(([a = "", b = ""]) => [b, a]),
      );
    }),
    { numRuns: 200 },
  );
});

Deno.test("a quote left open is an error that says where, also when it would swallow the file", () => {
  const failure = assertThrows(() => rows('a,b\n1,2\n3,"x\ny\n'), Failure);
  assertEquals(failure.exit, 9);
  assert(
    failure.message.includes(
      "line 3: the quote opened in column 3 is never closed",
    ),
    failure.message,
  );
  const endless = 'a\n"' + "x\n".repeat(LONGEST_ROW / 2 + 10);
  const long = assertThrows(
    () => rows(endless, ",", 1 << 20),
    Failure,
    "line 2",
  );
  assert(long.message.includes("closing quote may be missing"));
});

Deno.test("lines are counted through quoted line breaks and blank lines", async () => {
  const { failure } = await look('a,b\n"x\ny",1\n\n3\n', "x.csv", {
    strict: true,
  });
  assert(
    failure?.message.includes("line 5 has 1 cell, the header has 2"),
    failure?.message,
  );
});

Deno.test("the delimiter is the one that cuts the rows evenly", () => {
  const cases: [string, string][] = [
    ["a,b\n1,2\n", ","],
    ["a;b\n1,5;2,5\n3,5;4\n", ";"],
    ["a\tb\n1,2\t3\n", "\t"],
    ["a|b|c\n1|2|3\n", "|"],
    ['a;b\n"x,y,z";1\n"p,q,r";2\n', ";"],
    ["a,b;c\n1,2;3\n4,5;6\n", ","],
    ["one\ntwo\n", ","],
  ];
  for (const [text, by] of cases) {
    assertEquals(guessDelimiter(text, true).delimiter, by, text);
  }
  assertEquals(guessDelimiter("one\ntwo\n", true).confidence, 0);
  assertEquals(guessDelimiter("a,b\n1,2\n3,4\n5", false).confidence, 1);
});

Deno.test("the first row is a header unless it looks like the rows below it", () => {
  const cases: [string[][], boolean][] = [
    [[["id", "name"], ["1", "x"]], true],
    [[["1", "x"], ["2", "y"]], false],
    [[["a", "b"], ["c", "d"]], true],
    [[["2024-01-01", "x"], ["2024-01-02", "y"]], false],
    [[["country", "2020", "2021"], ["x", "5", "6.5"]], true],
    [[["a", "b"]], true],
    [[["1", "2"]], false],
    [[["", "name"], ["1", "x"]], true],
  ];
  for (const [table, expected] of cases) {
    assertEquals(hasHeader(table, false), expected, JSON.stringify(table));
  }
});

Deno.test("types are the narrowest that fit every cell with a value", () => {
  const column = (...cells: string[]) =>
    typesOf(cells.map((c) => [c]), 1, false)[0];
  assertEquals(column("1", "-2", "+3", ""), "integer");
  assertEquals(column("1", "2.5", "1e3", "n/a"), "number");
  assertEquals(column("1,234", "5"), "number");
  assertEquals(column("12%", "3.5 %"), "number");
  assertEquals(column("true", "FALSE"), "boolean");
  assertEquals(column("2024-05-01", "May 1, 2024"), "date");
  assertEquals(column("2024-05-01", "1"), "text");
  assertEquals(column("x", "1"), "text");
  assertEquals(column("", "-", "NULL", "NaN"), "empty");
  assertEquals(cellType("1,5", true), "number");
  assertEquals(cellType("1,5", false), "text");
  assertEquals(numberIn("1.234.567,5", true), 1234567.5);
  assertEquals(numberIn("1,234,567.5", false), 1234567.5);
  assertEquals(numberIn("1.2.3", false), NaN);
});

Deno.test("names are unique, and found exactly or regardless of case", () => {
  const names = columnNames(["a", "", "a", "B", "b"]);
  assertEquals(names, ["a", "c2", "a (2)", "B", "b"]);
  assertEquals(columnIndex(names, "b"), 4);
  assertEquals(columnIndex(names, "A"), 0);
  assertEquals(
    assertThrows(() => columnIndex(columnNames(["X", "x"]), "z"), Failure).exit,
    2,
  );
});

Deno.test("a layout fits the room, shrinks the widest first, and never cuts numbers", () => {
  const wish = fc.record({
    width: fc.integer({ min: 1, max: 60 }),
    rigid: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(wish, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 6, max: 120 }),
      (wishes, room) => {
        const { widths, hidden } = layout(wishes, room);
        assertEquals(widths.length + hidden, wishes.length);
        assert(widths.length >= 1);
        const total = widths.reduce((a, b) => a + b, 0) +
          GAP * (widths.length - 1);
        assert(total <= room || widths.length === 1);
        widths.forEach((w, i) => {
          const wish = wishes[i];
          assert(wish !== undefined && w <= wish.width);
          if (wish.rigid) assertEquals(w, wish.width);
        });
        const soft = widths.filter((_, i) => wishes[i]?.rigid === false);
        const cut = widths.filter((w, i) =>
          wishes[i]?.rigid === false && w < (wishes[i]?.width ?? 0)
        );
        // What was cut is as wide as the widest, within a column.
        for (const w of cut) assert(w >= Math.max(...soft) - 1);
      },
    ),
  );
});

Deno.test("a sorter with a limit gives what sorting everything would", () => {
  const key = fc.option(fc.oneof(fc.integer(), fc.string({ maxLength: 2 })), {
    nil: undefined,
  });
  fc.assert(
    fc.property(
      fc.array(key, { maxLength: 3000, size: "max" }),
      fc.boolean(),
      (keys, down) => {
        const all = new Sorter<number>(down, undefined, "x");
        const few = new Sorter<number>(down, 7, "x");
        keys.forEach((k, i) => {
          all.add(i, k, 1);
          few.add(i, k, 1);
        });
        const sorted = all.sorted();
        assertEquals(few.sorted(), sorted.slice(0, 7));
        const absent = sorted.map((i) => keys[i] === undefined);
        assertEquals(absent, [...absent].sort());
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("a series keeps to its room and to the mean of its values", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 5000 }),
      fc.integer({ min: 2, max: 60 }),
      (count, room) => {
        const series = new Series(room);
        for (let i = 0; i < count; i++) series.add(i);
        const points = series.points();
        assert(points.length <= room);
        assertEquals(points.length, Math.min(count, points.length));
        assert(count === 0 || points.length >= Math.min(count, room / 2));
        assertEquals([...points].sort((a, b) => a - b), points);
      },
    ),
  );
});

Deno.test("nothing from a file reaches a terminal unsafe, in any mode", async () => {
  const hostile =
    'na\x1bme,when,n\n"\x1b]0;t\x07\u202e",2024-01-01,1\n\x9b31m,2024-01-02,2\n\u2028,2024-01-03,\n';
  const unsafe = (text: string) =>
    [...text.replaceAll("\n", "")].some((c) => /[\p{Cc}\u202e\u2028]/u.test(c));
  for (
    const mode of [
      {},
      { vertical: true },
      { stats: true },
      { schema: true },
      { sort: "n" },
      { dates: { date: "2024" } },
      { columns: ["nope\x1b"] },
      { where: ["x\x1b"] },
      { plot: ["n"] },
    ]
  ) {
    const seen = await look(hostile, "ev\x1bil.csv", {
      terminal: 60,
      type: "csv",
      ...mode,
    });
    const words = seen.out + seen.notes.join("") +
      (seen.failure?.message ?? "") + (seen.failure?.hint ?? "");
    assert(words !== "" && !unsafe(words), JSON.stringify(mode));
  }
  const json = '{"k\u202e":"\x9b\u2028","a":[1]}';
  for (
    const mode of [{}, { compact: true }, { paths: true }, { stats: true }, {
      path: "nope",
    }, { depth: 1 }]
  ) {
    const seen = await look(json, "ev\x1bil.json", {
      terminal: 60,
      type: "json",
      ...mode,
    });
    const words = seen.out + (seen.failure?.message ?? "") +
      (seen.failure?.hint ?? "");
    assert(words !== "" && !unsafe(words), JSON.stringify(mode));
  }
});
