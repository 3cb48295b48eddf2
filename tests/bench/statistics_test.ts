/** Percentiles and histograms, and what is summed up from samples with them. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseSamples, rowCsv, samplesCsv } from "../../lib/bench/csv.ts";
import { rowsOf, type Sample } from "../../lib/bench/sample.ts";
import {
  ascending,
  histogram,
  median,
  percentile,
} from "../../lib/bench/statistics.ts";
import { Failure } from "../../lib/failure.ts";
import { assertThrows } from "@std/assert";
import { samplesOf } from "./samples.ts";

const values = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), {
  minLength: 1,
});

Deno.test("a percentile is a value that was measured, and that so many do not exceed", () => {
  fc.assert(
    fc.property(
      values,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (all, q) => {
        const sorted = ascending(all);
        const found = percentile(sorted, q);
        assert(all.includes(found));
        const below = all.filter((value) => value <= found).length;
        assert(below >= q * all.length - 1e-9);
        // None smaller would do.
        const smaller = sorted.findLast((value) => value < found);
        if (smaller === undefined) return;
        assert(all.filter((value) => value <= smaller).length < q * all.length);
      },
    ),
  );
});

Deno.test("percentiles are nearest ranks", () => {
  const ten = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
  assertEquals([0, 0.1, 0.5, 0.95, 0.99, 1].map((q) => percentile(ten, q)), [
    10,
    10,
    50,
    100,
    100,
    100,
  ]);
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(percentile([], 0.5), NaN);
});

Deno.test("a histogram counts every value within its edges once", () => {
  assertEquals(histogram([1, 1.5, 2, 4, 0.5, 5], [1, 2, 4]), [2, 2]);
  fc.assert(
    fc.property(
      values,
      fc.uniqueArray(fc.double({ min: 0, max: 1e6, noNaN: true }), {
        minLength: 2,
      }),
      (all, edges) => {
        const sorted = ascending(edges);
        const inside = all.filter((value) =>
          value >= (sorted[0] ?? 0) && value <= (sorted.at(-1) ?? 0)
        );
        const counts = histogram(all, sorted);
        assertEquals(counts.length, sorted.length - 1);
        assertEquals(counts.reduce((sum, n) => sum + n, 0), inside.length);
      },
    ),
  );
});

Deno.test("a row sums up its samples: the parts are the median transfer's, the share is bare by Ferry", () => {
  const [row] = rowsOf(samplesOf("csv", "broadcast", 1000, 2, [4, 1, 2], 0.5));
  assertEquals(row?.repeats, 3);
  assertEquals(row?.latency, { p50: 2, p95: 4, p99: 4, max: 4 });
  assertEquals(row?.breakdown?.total, 2);
  assertEquals(row?.bytesPerS, 1_000_000, "both recipients count");
  assertEquals(row?.bareBytesPerS, 4_000_000);
  assertEquals(row?.share, 0.25);
});

Deno.test("a row of failures has no figures, and failures are no measurements", () => {
  const failed: Sample = {
    scenario: "csv",
    path: "peer",
    bytes: 10,
    recipients: 1,
    latency: null,
    failed: "declined",
    bareMs: null,
    roundTripMs: null,
  };
  const [row] = rowsOf([failed]);
  assertEquals([row?.repeats, row?.failed], [0, 1]);
  assertEquals([row?.latency, row?.share, row?.bytesPerS], [null, null, null]);
  const [mixed] = rowsOf([
    ...samplesOf("csv", "peer", 10, 1, [3], 1),
    failed,
  ]);
  assertEquals([mixed?.repeats, mixed?.failed], [1, 1]);
  assertEquals(mixed?.latency?.max, 3);
});

Deno.test("cases come in the order they were measured, however their samples are mixed", () => {
  const one = samplesOf("csv", "hub", 10, 1, [1, 2], 1);
  const other = samplesOf("message", "hub", 10, 1, [3, 4], 1);
  const mixed = [one[0], other[0], one[1], other[1]].flatMap((s) => s ?? []);
  assertEquals(
    rowsOf(mixed).map(({ scenario, repeats }) => [scenario, repeats]),
    [
      ["csv", 2],
      ["message", 2],
    ],
  );
});

Deno.test("samples written as CSV read back as they were", () => {
  const ms = fc.integer({ min: 0, max: 1e9 }).map((micros) => micros / 1000);
  fc.assert(
    fc.property(
      fc.array(fc.record({ total: ms, bare: fc.option(ms) }), { maxLength: 5 }),
      (cases) => {
        const samples = cases.flatMap(({ total, bare }) =>
          samplesOf("image", "peer", 123, 1, [total], bare)
        );
        assertEquals(parseSamples(samplesCsv(samples)), samples);
      },
    ),
  );
});

Deno.test("what is no samples file is refused by its line", () => {
  const text = samplesCsv(samplesOf("csv", "hub", 10, 1, [1, 2], null));
  const broken: [string, string][] = [
    ["", "the first line is not that of ferry bench --samples"],
    [text.replace("\ncsv,hub", "\ncsv,moon"), "line 2: no path moon"],
    [text.replace("\ncsv,hub", "\n\x1b,hub"), "line 2: no scenario"],
    [text.replace("hub,10", "hub,1e9"), 'line 2: bytes is "1e9"'],
    [text.replace("hub,10", "hub,"), "line 2: bytes is missing"],
    [text + "csv,hub\n", "line 4: 2 cells"],
  ];
  for (const [bad, says] of broken) {
    const failure = assertThrows(() => parseSamples(bad), Failure, says);
    assertEquals(failure.code, "bad-data");
  }
});

Deno.test("the CSV of a row has a cell for every head, empty where there is no figure", () => {
  const [row] = rowsOf(samplesOf("message", "hub", 1024, 1, [0.5], null));
  assert(row !== undefined);
  assertEquals(
    rowCsv(row),
    "message,hub,1024,1,1,0,0.5,0.5,0.5,0.5,0.05,0,0.3,0.1,0.05,2048000,,,,\n",
  );
  assertAlmostEquals(row.breakdown?.total ?? 0, 0.5);
});
