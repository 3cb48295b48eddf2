// @core
/** Dates written as one number: a count since 1970, `20240501`, or a bare year. */
import { DAY_MS, dayExists, dayNumber } from "./calendar.ts";
import type { EpochUnit, Moment } from "./moment.ts";

/** What the numbers of a column mean. */
export type NumberMeaning = EpochUnit | "compact" | "year";

/** A number a date can be: digits, perhaps a sign, perhaps a decimal fraction. */
const NUMBER = /^[+-]?\d{1,25}(?:\.\d{1,12})?$/;

/** Whether the text is a number (and not a date in another form). */
export function isNumber(text: string): boolean {
  return text.length <= 40 && NUMBER.test(text);
}

/**
 * `20240501` or `20240501102030` as milliseconds of the wall clock, undefined when it is not such
 * a date. Years from 1800 to 2199 only: anything else is more likely a count.
 */
function compact(text: string): number | undefined {
  if (!/^(?:18|19|20|21)\d{6}(?:\d{6})?$/.test(text)) return undefined;
  const part = (from: number, to: number) => Number(text.slice(from, to));
  const [y, m, d] = [part(0, 4), part(4, 6), part(6, 8)];
  const [h, min, s] = [part(8, 10), part(10, 12), part(12, 14)];
  if (!dayExists(y, m, d) || h > 23 || min > 59 || s > 60) return undefined;
  return dayNumber(y, m, d) * DAY_MS + ((h * 60 + min) * 60 + s) * 1000;
}

/** The power of ten from each unit to milliseconds. */
const TO_MS: Readonly<Record<EpochUnit, number>> = {
  s: 3,
  ms: 0,
  us: -3,
  ns: -6,
};

/**
 * A number read under its column's meaning, undefined when it is no date under it. Counts keep
 * every digit down to the millisecond: they are shifted as text, so nanoseconds do not round.
 */
export function readNumber(
  value: string,
  meaning: NumberMeaning,
): Moment | undefined {
  const text = value.trim();
  if (!isNumber(text)) return undefined;
  if (meaning === "compact") {
    const wall = compact(text);
    return wall === undefined ? undefined : { wall, offset: NaN };
  }
  if (meaning === "year") {
    if (!/^\d{4}$/.test(text)) return undefined;
    return { wall: dayNumber(Number(text), 1, 1) * DAY_MS, offset: NaN };
  }
  const negative = text.startsWith("-");
  const [whole = "", fraction = ""] = text.replace(/^[+-]/, "").split(".");
  const shift = TO_MS[meaning];
  let ms: number;
  let rest: string;
  if (shift >= 0) {
    ms = Number(whole + fraction.slice(0, shift).padEnd(shift, "0"));
    rest = fraction.slice(shift);
  } else {
    ms = Number(whole.slice(0, shift) || "0");
    rest = whole.slice(shift) + fraction;
  }
  // Cutting off means rounding down, also before 1970.
  if (negative) ms = -ms - (/[1-9]/.test(rest) ? 1 : 0);
  return Math.abs(ms) > 8.64e15 ? undefined : { wall: ms, offset: 0 };
}

/** The unit of a count of this size, if it is to lie between 1966 and 5138. */
function unitOf(size: number): EpochUnit {
  if (size < 1e11) return "s";
  if (size < 1e14) return "ms";
  return size < 1e17 ? "us" : "ns";
}

/**
 * What the numbers of a column mean, decided once for all of them: dates without separators or
 * years when four in five can be that, else a count whose unit the median decides.
 */
export function meaningOf(
  numbers: readonly string[],
  epoch: EpochUnit | undefined,
): NumberMeaning {
  if (epoch !== undefined) return epoch;
  const enough = (count: number) =>
    numbers.length > 0 && count >= numbers.length * 0.8;
  if (enough(numbers.filter((n) => compact(n) !== undefined).length)) {
    return "compact";
  }
  if (enough(numbers.filter((n) => /^(?:1[5-9]|2[01])\d\d$/.test(n)).length)) {
    return "year";
  }
  const sizes = numbers.map((n) => Math.abs(Number(n))).sort((a, b) => a - b);
  return unitOf(sizes[Math.floor((sizes.length - 1) / 2)] ?? 0);
}

/**
 * Whether a number, so understood, is likely meant as a date: counts under 10^8 seconds (1973) are
 * durations, identifiers and amounts, not dates. Used only where nobody named the field.
 */
export function isLikely(value: string, meaning: NumberMeaning): boolean {
  const moment = readNumber(value, meaning);
  if (moment === undefined) return false;
  if (meaning === "compact" || meaning === "year") return true;
  return moment.wall >= 1e11 && moment.wall < 1e13;
}
