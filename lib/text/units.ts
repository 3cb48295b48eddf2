// @core
/** Durations, sizes and rates as people write and read them. Sizes are decimal unless they say `i`. */
import { Failure } from "../failure.ts";

const DURATION_UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
];

/**
 * Milliseconds (a whole number) of a duration such as `500ms`, `30s`, `1.5s`, `1h30m` or `0`; larger
 * units come first, each at most once. Anything else throws a `usage` failure naming the text.
 */
export function parseDuration(text: string): number {
  if (/^0+$/.test(text)) return 0;
  if (/^\d+(\.\d+)?$/.test(text)) {
    throw new Failure(
      "usage",
      `Cannot read duration: ${quote(text)} has no unit`,
      { hint: "write the unit, as in 500ms, 30s, 5m, 2h or 7d" },
    );
  }
  let total = 0;
  let next = 0;
  let rest = text;
  while (rest !== "") {
    const [part, digits, unit] = /^(\d+(?:\.\d+)?)(ms|[smhd])/.exec(rest) ?? [];
    const at = DURATION_UNITS.findIndex(([name]) => name === unit);
    const factor = DURATION_UNITS[at]?.[1];
    if (part === undefined || factor === undefined || at < next) {
      throw notDuration(text);
    }
    total += Number(digits) * factor;
    next = at + 1;
    rest = rest.slice(part.length);
  }
  if (text === "") throw notDuration(text);
  const milliseconds = Math.round(total);
  if (!Number.isSafeInteger(milliseconds)) {
    throw new Failure(
      "usage",
      `Cannot read duration: ${quote(text)} is too long`,
    );
  }
  return milliseconds;
}

function notDuration(text: string): Failure {
  return new Failure(
    "usage",
    `Cannot read duration: ${quote(text)} is not a duration`,
    { hint: "write one as 500ms, 30s, 5m, 2h, 7d or 1h30m" },
  );
}

const SIZE_PREFIXES = ["", "k", "m", "g", "t", "p"];

/**
 * Bytes (a whole number) of a size such as `512`, `64k`, `10MB` (10⁷) or `4GiB` (2³²), in any case.
 * Anything else throws a `usage` failure naming the text.
 */
export function parseSize(text: string): number {
  const [, digits, prefix = "", binary] =
    /^(\d+(?:\.\d+)?) ?([kmgtp]?)(i?)b?$/i.exec(text) ?? [];
  const power = SIZE_PREFIXES.indexOf(prefix.toLowerCase());
  if (digits === undefined || (binary !== "" && power === 0)) {
    throw new Failure(
      "usage",
      `Cannot read size: ${quote(text)} is not a size`,
      { hint: "write one as 512, 64k, 10MB or 4GiB" },
    );
  }
  const bytes = Math.round(
    Number(digits) * (binary === "" ? 1000 : 1024) ** power,
  );
  if (!Number.isSafeInteger(bytes)) {
    throw new Failure("usage", `Cannot read size: ${quote(text)} is too large`);
  }
  return bytes;
}

/** Bytes for reading: `512 B`, `1.2 MB`, `342 kB`; about three digits, decimal units. */
export function formatBytes(bytes: number): string {
  if (Math.round(bytes) < 1000) return `${Math.round(bytes)} B`;
  let value = bytes;
  let unit = "B";
  for (const next of ["kB", "MB", "GB", "TB", "PB"]) {
    if (Math.round(value) < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${value.toFixed(value < 99.95 ? 1 : 0)} ${unit}`;
}

/** Bytes a second for reading: `14.2 MB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** A count for reading, its digits in groups of three: `1,234,567`. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** Milliseconds for reading: `0.42 ms`, `84.3 ms`, `1.24 s`, `2 min 3 s`, `1 h 5 min`. */
export function formatMs(milliseconds: number): string {
  if (milliseconds < 9.995) return `${milliseconds.toFixed(2)} ms`;
  if (milliseconds < 999.95) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 59_995) return `${(milliseconds / 1000).toFixed(2)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 3600) {
    return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  }
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
