// @core
/** Single measurements, and what they add up to. Everything shown derives from the samples. */
import type { Latency } from "../events.ts";
import { type Case, caseKey } from "./cases.ts";
import { ascending, median, percentile } from "./statistics.ts";

/** The parts of a latency, in the order they happen. */
export const PARTS = ["queue", "offer", "transfer", "verify", "ack"] as const;

/** One transfer of a case, and bare TCP beside it. Durations in milliseconds. */
export interface Sample extends Case {
  /** Until the last receipt was in, of the recipient it came from; null when it failed. */
  readonly latency: Latency | null;
  /** The code of the failure; null when it arrived. */
  readonly failed: string | null;
  /** The same bytes over the same path by bare TCP, and one byte back; null where nobody answers them. */
  readonly bareMs: number | null;
  /** One byte there and one back over the same path; null where it cannot be measured. */
  readonly roundTripMs: number | null;
}

/** Percentiles of end-to-end latencies, in milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** What the samples of one case say. */
export interface Row extends Case {
  readonly samples: readonly Sample[];
  /** How many arrived. */
  readonly repeats: number;
  readonly failed: number;
  /** Null when nothing arrived. */
  readonly latency: Percentiles | null;
  /** Of the median transfer, so that its parts add up to p50. */
  readonly breakdown: Latency | null;
  /** Bytes a second that all recipients together received, in the median transfer. */
  readonly bytesPerS: number | null;
  /** The median of the same bytes by bare TCP, and that as a rate; null without a baseline. */
  readonly bareMs: number | null;
  readonly bareBytesPerS: number | null;
  /** How much of what the path gives to bare TCP Ferry makes of it: 0.38 of this path. */
  readonly share: number | null;
  /** The median round trip of one byte, in milliseconds. */
  readonly roundTripMs: number | null;
}

/** Sums up samples, a row for each case, in the order they first come. */
export function rowsOf(samples: readonly Sample[]): Row[] {
  return [...Map.groupBy(samples, caseKey).values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [rowOf(first, group)];
  });
}

function rowOf(of: Case, samples: readonly Sample[]): Row {
  const { scenario, path, bytes, recipients } = of;
  const arrived = samples.flatMap(({ latency }) => latency ?? [])
    .toSorted((a, b) => a.total - b.total);
  const totals = arrived.map(({ total }) => total);
  const latency = totals.length === 0 ? null : {
    p50: percentile(totals, 0.5),
    p95: percentile(totals, 0.95),
    p99: percentile(totals, 0.99),
    max: percentile(totals, 1),
  };
  const bareMs = medianOf(samples.map((sample) => sample.bareMs));
  const rate = (ms: number | null | undefined) =>
    ms === null || ms === undefined || ms <= 0
      ? null
      : bytes * recipients / ms * 1000;
  return {
    scenario,
    path,
    bytes,
    recipients,
    samples,
    repeats: arrived.length,
    failed: samples.length - arrived.length,
    latency,
    breakdown: arrived[Math.ceil(arrived.length / 2) - 1] ?? null,
    bytesPerS: rate(latency?.p50),
    bareMs,
    bareBytesPerS: rate(bareMs),
    share: latency === null || bareMs === null || latency.p50 <= 0
      ? null
      : bareMs / latency.p50,
    roundTripMs: medianOf(samples.map((sample) => sample.roundTripMs)),
  };
}

function medianOf(values: readonly (number | null)[]): number | null {
  const known = values.flatMap((value) => value ?? []);
  return known.length === 0 ? null : median(known);
}

/** End-to-end latencies of a row in ascending order, in milliseconds. */
export function totalsOf({ samples }: Row): number[] {
  return ascending(samples.flatMap(({ latency }) => latency?.total ?? []));
}
