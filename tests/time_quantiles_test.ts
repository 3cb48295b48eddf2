/** Quantiles of durations: exact while few, close while many, in bounded memory. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Quantiles } from "../lib/time/quantiles.ts";

/** The nearest rank, looked up in all of them. */
function exactly(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(Math.ceil(share * sorted.length), 1) - 1] ?? 0;
}

const SHARES = [0, 0.5, 0.95, 1];

Deno.test("Quantiles of up to 4,096 values are values that were added", () => {
  const values = fc.array(fc.double({ min: 0, max: 1e7, noNaN: true }));
  fc.assert(fc.property(values, (values) => {
    const quantiles = new Quantiles();
    for (const value of values) quantiles.add(value);
    assertEquals(quantiles.count, values.length);
    for (const share of SHARES) {
      assertEquals(quantiles.at(share), exactly(values, share));
    }
  }));
});

Deno.test("Quantiles of many values are within 1 %, whatever their range; the longest is exact", () => {
  const quantiles = new Quantiles();
  const values = Array.from(
    { length: 50_000 },
    (_, i) => 0.01 * 1.0004 ** ((i * 7919) % 50_000),
  );
  for (const value of values) quantiles.add(value);
  assertEquals(quantiles.max, Math.max(...values));
  for (const share of SHARES) {
    const near = quantiles.at(share) / exactly(values, share);
    assert(near > 0.989 && near < 1.011, `${share}: ${near}`);
  }
});
