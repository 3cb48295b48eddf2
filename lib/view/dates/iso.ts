// @core
/**
 * ISO 8601 and RFC 3339 dates read straight from bytes, without making a string of them: the date
 * filter's inner loop. Covered: `2024-05`, `2024-05-01`, `2024-123`, `2024-W18-3`, times to any
 * fraction after `T` or a space, basic form (`20240501T102030Z`), offsets, `Z`, and a zone name in
 * brackets (RFC 9557), which is not used.
 */
import { DAY_MS, dayExists, dayNumber, weekDayNumber } from "./calendar.ts";
import type { Moment } from "./moment.ts";

/** `count` digits at `at` as a number, -1 when one of them is not a digit or lies past `end`. */
function digits(
  bytes: Uint8Array,
  at: number,
  end: number,
  count: number,
): number {
  if (at + count > end) return -1;
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = (bytes[i] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/**
 * Reads `bytes[start..end)` as one ISO date into `into`; false when it is not one, or names a day
 * or an hour that does not exist. `into` is only meaningful after true.
 */
export function readIso(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Moment,
): boolean {
  const year = digits(bytes, start, end, 4);
  if (year < 0) return false;
  let at = start + 4;
  let days: number;
  let basic = false;
  if (bytes[at] === 0x2d && at < end) {
    at++;
    if (bytes[at] === 0x57) {
      const week = digits(bytes, at + 1, end, 2);
      at += 3;
      let day = 1;
      if (at < end && bytes[at] === 0x2d) {
        day = digits(bytes, at + 1, end, 1);
        at += 2;
      }
      const found = weekDayNumber(year, week, day);
      if (found === undefined) return false;
      days = found;
    } else {
      const month = digits(bytes, at, end, 2);
      if (month < 0) return false;
      at += 2;
      if (at === end) {
        if (!dayExists(year, month, 1)) return false;
        into.wall = dayNumber(year, month, 1) * DAY_MS;
        into.offset = NaN;
        return true;
      }
      if (bytes[at] === 0x2d) {
        const day = digits(bytes, at + 1, end, 2);
        if (!dayExists(year, month, day)) return false;
        days = dayNumber(year, month, day);
        at += 3;
      } else {
        const last = digits(bytes, at, end, 1);
        const ordinal = month * 10 + last;
        if (last < 0 || ordinal < 1) return false;
        days = dayNumber(year, 1, 1) + ordinal - 1;
        if (days >= dayNumber(year + 1, 1, 1)) return false;
        at++;
      }
    }
  } else {
    const month = digits(bytes, at, end, 2);
    const day = digits(bytes, at + 2, end, 2);
    if (month < 0 || day < 0 || !dayExists(year, month, day)) return false;
    days = dayNumber(year, month, day);
    at += 4;
    basic = true;
    if (at >= end || (bytes[at] !== 0x54 && bytes[at] !== 0x74)) return false;
  }
  into.wall = days * DAY_MS;
  into.offset = NaN;
  if (at >= end) return true;
  const mark = bytes[at];
  if (mark !== 0x54 && mark !== 0x74 && mark !== 0x20) return false;
  at = readTime(bytes, at + 1, end, into, basic);
  return at >= 0 && readZone(bytes, at, end, into);
}

/** Reads `hh[:mm[:ss[.fraction]]]` (or without colons), adds it to `into.wall`; where it ends, or -1. */
function readTime(
  bytes: Uint8Array,
  from: number,
  end: number,
  into: Moment,
  basic: boolean,
): number {
  let at = from;
  const hour = digits(bytes, at, end, 2);
  if (hour < 0) return -1;
  at += 2;
  let minute = 0;
  let second = 0;
  let milli = 0;
  const colon = at < end && bytes[at] === 0x3a;
  const next = colon ? at + 1 : at;
  const read = colon || basic ? digits(bytes, next, end, 2) : -1;
  if (colon && read < 0) return -1;
  if (read >= 0) {
    minute = read;
    at = next + 2;
    const again = colon ? (at < end && bytes[at] === 0x3a) : basic;
    const found = again ? digits(bytes, colon ? at + 1 : at, end, 2) : -1;
    if (colon && again && found < 0) return -1;
    if (found >= 0) {
      second = found;
      at += colon ? 3 : 2;
      if (at < end && (bytes[at] === 0x2e || bytes[at] === 0x2c)) {
        let scale = 100;
        let digit = digits(bytes, ++at, end, 1);
        if (digit < 0) return -1;
        while (digit >= 0) {
          milli += Math.floor(digit * scale);
          scale = scale > 1 ? scale / 10 : 0;
          digit = digits(bytes, ++at, end, 1);
        }
      }
    }
  }
  if (minute > 59 || second > 60) return -1;
  // 24:00 is the end of the day (ISO 8601), and second 60 is a leap second (RFC 3339).
  if (hour > 24 || (hour === 24 && minute + second + milli > 0)) return -1;
  into.wall += ((hour * 60 + minute) * 60 + second) * 1000 + milli;
  return at;
}

/** Reads `Z`, `±hh`, `±hhmm`, `±hh:mm`, ` UTC` or nothing up to `end` into `into.offset`. */
function readZone(
  bytes: Uint8Array,
  from: number,
  end: number,
  into: Moment,
): boolean {
  let at = from;
  if (at >= end) return true;
  if (bytes[at] === 0x20) at++;
  const sign = bytes[at];
  if (sign === 0x5a || sign === 0x7a) {
    into.offset = 0;
    at++;
  } else if (sign === 0x2b || sign === 0x2d) {
    const hours = digits(bytes, at + 1, end, 2);
    at += 3;
    if (hours < 0 || hours > 23) return false;
    let minutes = 0;
    if (at < end && bytes[at] !== 0x5b) {
      if (bytes[at] === 0x3a) at++;
      minutes = digits(bytes, at, end, 2);
      if (minutes < 0 || minutes > 59) return false;
      at += 2;
    }
    const size = (hours * 60 + minutes) * 60_000;
    into.offset = sign === 0x2d ? -size : size;
  } else if (
    at + 3 === end && (bytes[at] === 0x55 || bytes[at] === 0x47)
  ) {
    const word = String.fromCharCode(...bytes.subarray(at, end));
    into.offset = 0;
    return word === "UTC" || word === "GMT";
  } else return false;
  if (at === end) return true;
  return bytes[at] === 0x5b && bytes[end - 1] === 0x5d;
}
