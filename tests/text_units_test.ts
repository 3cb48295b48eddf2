import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Failure } from "../lib/failure.ts";
import {
  formatBytes,
  formatCount,
  formatMs,
  formatRate,
  parseDuration,
  parseSize,
} from "../lib/text/units.ts";

const DURATIONS: [string, number][] = [
  ["500ms", 500],
  ["30s", 30_000],
  ["1.5s", 1_500],
  ["5m", 300_000],
  ["2h", 7_200_000],
  ["7d", 604_800_000],
  ["1h30m", 5_400_000],
  ["0", 0],
  ["0s", 0],
];
const SIZES: [string, number][] = [
  ["512", 512],
  ["512B", 512],
  ["64k", 64_000],
  ["64K", 64_000],
  ["64KB", 64_000],
  ["10MB", 10_000_000],
  ["4GiB", 4 * 2 ** 30],
  ["4gib", 4 * 2 ** 30],
  ["1.5 MB", 1_500_000],
  ["1Ki", 1024],
];

for (const [text, expected] of DURATIONS) {
  Deno.test(`parseDuration() reads ${text}`, () =>
    assertEquals(parseDuration(text), expected));
}
for (const [text, expected] of SIZES) {
  Deno.test(`parseSize() reads ${text}`, () =>
    assertEquals(parseSize(text), expected));
}

Deno.test("parseDuration() refuses what is no duration and names it", () => {
  const bad = [
    "",
    "10",
    "s",
    "-5s",
    "5 s",
    "5x",
    "30m1h",
    "1s1s",
    "1e3s",
    "99999999999999d",
  ];
  for (const text of bad) {
    const failure = assertThrows(() => parseDuration(text), Failure);
    assertEquals(failure.code, "usage", text);
    assert(failure.message.includes(JSON.stringify(text)), failure.message);
  }
});

Deno.test("parseSize() refuses what is no size and names it", () => {
  for (const text of ["", "MB", "-1", "1e3", "5XB", "5iB", "99999999999TB"]) {
    const failure = assertThrows(() => parseSize(text), Failure);
    assertEquals(failure.code, "usage", text);
    assert(failure.message.includes(JSON.stringify(text)), failure.message);
  }
});

Deno.test("formatCount() parts thousands", () => {
  const shown = [0, 12, 999, 1000, 123456, 1234567].map(formatCount);
  assertEquals(shown, ["0", "12", "999", "1,000", "123,456", "1,234,567"]);
});

Deno.test("formatBytes() is read back within its rounding", () => {
  fc.assert(
    fc.property(fc.nat(10 ** 15), (bytes) => {
      const back = parseSize(formatBytes(bytes));
      assert(Math.abs(back - bytes) <= bytes * 0.051, formatBytes(bytes));
    }),
  );
});

Deno.test("formatBytes() keeps about three digits and never says 1000", () => {
  assertEquals(
    [0, 999, 1000, 1_234_567, 342_000, 999_949, 999_999, 14_200_000_000].map(
      formatBytes,
    ),
    [
      "0 B",
      "999 B",
      "1.0 kB",
      "1.2 MB",
      "342 kB",
      "1.0 MB",
      "1.0 MB",
      "14.2 GB",
    ],
  );
});

Deno.test("formatMs() changes its unit with the size", () => {
  assertEquals(
    [0, 0.418, 9.999, 84.31, 999.96, 1_240, 59_999, 123_000, 3_900_000].map(
      formatMs,
    ),
    [
      "0.00 ms",
      "0.42 ms",
      "10.0 ms",
      "84.3 ms",
      "1.00 s",
      "1.24 s",
      "1 min 0 s",
      "2 min 3 s",
      "1 h 5 min",
    ],
  );
});

Deno.test("formatRate() is bytes a second", () => {
  assertEquals(formatRate(14_230_000), "14.2 MB/s");
});
