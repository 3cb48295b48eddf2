// @core
/** Measurements as CSV: one line a sample, which can be read back, or one line a case. */
import type { Latency } from "../events.ts";
import { Failure } from "../failure.ts";
import { PATHS, SCENARIO_NAMES } from "./cases.ts";
import { PARTS, type Row, type Sample } from "./sample.ts";

const PART_HEADS = PARTS.map((part) => `${part}_ms`);

const SAMPLE_HEADS = [
  "scenario",
  "path",
  "bytes",
  "recipients",
  "failed",
  "total_ms",
  ...PART_HEADS,
  "bare_ms",
  "round_trip_ms",
];

const ROW_HEADS = [
  "scenario",
  "path",
  "bytes",
  "recipients",
  "repeats",
  "failed",
  "p50_ms",
  "p95_ms",
  "p99_ms",
  "max_ms",
  ...PART_HEADS,
  "bytes_per_s",
  "bare_ms",
  "bare_bytes_per_s",
  "share",
  "round_trip_ms",
];

/** Every measurement; `parseSamples` reads it back. Lines end in a line feed. */
export function samplesCsv(samples: readonly Sample[]): string {
  return table(
    SAMPLE_HEADS,
    samples.map((sample) => [
      sample.scenario,
      sample.path,
      sample.bytes,
      sample.recipients,
      sample.failed,
      sample.latency?.total,
      ...partsOf(sample.latency),
      round(sample.bareMs),
      round(sample.roundTripMs),
    ]),
  );
}

/** The heads of `rowCsv`, as a line. */
export const ROWS_CSV_HEAD = `${ROW_HEADS.join(",")}\n`;

/** One case, as a line; durations in milliseconds, an empty cell where there is no figure. */
export function rowCsv(row: Row): string {
  const { latency } = row;
  return line([
    row.scenario,
    row.path,
    row.bytes,
    row.recipients,
    row.repeats,
    row.failed,
    latency?.p50,
    latency?.p95,
    latency?.p99,
    latency?.max,
    ...partsOf(row.breakdown),
    whole(row.bytesPerS),
    round(row.bareMs),
    whole(row.bareBytesPerS),
    round(row.share),
    round(row.roundTripMs),
  ]);
}

/** Reads what `samplesCsv` wrote. Throws Failure `bad-data` that names the line. */
export function parseSamples(text: string): Sample[] {
  const [head = "", ...lines] = text.replace(/^\ufeff/, "").split(/\r?\n/);
  if (head !== SAMPLE_HEADS.join(",")) {
    throw new Failure(
      "bad-data",
      "Cannot read measurements: the first line is not that of ferry bench --samples",
    );
  }
  return lines.flatMap((text, at) =>
    text === "" ? [] : [parseLine(text, at + 2)]
  );
}

function parseLine(text: string, at: number): Sample {
  const cells = text.split(",");
  const bad = (what: string) =>
    new Failure("bad-data", `Cannot read measurements: line ${at}: ${what}`);
  if (cells.length !== SAMPLE_HEADS.length) {
    throw bad(`${cells.length} cells instead of ${SAMPLE_HEADS.length}`);
  }
  const cell = (head: string) => cells[SAMPLE_HEADS.indexOf(head)] ?? "";
  const optional = (head: string): number | null => {
    const text = cell(head);
    if (text === "") return null;
    if (/^\d{1,15}(\.\d{1,9})?$/.test(text)) return Number(text);
    throw bad(`${head} is ${JSON.stringify(text)}`);
  };
  const number = (head: string): number => {
    const value = optional(head);
    if (value === null) throw bad(`${head} is missing`);
    return value;
  };
  const scenario = SCENARIO_NAMES.find((name) => name === cell("scenario"));
  const path = PATHS.find((name) => name === cell("path"));
  if (scenario === undefined) throw bad(`no scenario ${cell("scenario")}`);
  if (path === undefined) throw bad(`no path ${cell("path")}`);
  const failed = cell("failed") === "" ? null : cell("failed");
  const latency: Latency | null = failed !== null ? null : {
    total: number("total_ms"),
    queue: number("queue_ms"),
    offer: number("offer_ms"),
    transfer: number("transfer_ms"),
    verify: number("verify_ms"),
    ack: number("ack_ms"),
  };
  return {
    scenario,
    path,
    bytes: number("bytes"),
    recipients: number("recipients"),
    failed,
    latency,
    bareMs: optional("bare_ms"),
    roundTripMs: optional("round_trip_ms"),
  };
}

type Cell = string | number | null | undefined;

function partsOf(latency: Latency | null): Cell[] {
  return PARTS.map((part) => latency?.[part]);
}

/** To microseconds, as latencies are. */
function round(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1000) / 1000;
}

function whole(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}

function line(cells: readonly Cell[]): string {
  return cells.map((cell) => cell ?? "").join(",") + "\n";
}

function table(
  heads: readonly string[],
  rows: readonly (readonly Cell[])[],
): string {
  return [heads, ...rows].map(line).join("");
}
