// @core
/** One value read as a date, whichever of the known ways it is written in. */
import { DAY_MS, dayExists, dayNumber } from "./calendar.ts";
import { readIso } from "./iso.ts";
import { type Moment, type Order, ORDER_BIT } from "./moment.ts";

/** The ways of writing a date, by the name the announcement on stderr gives them. */
export type Form =
  | "ISO 8601"
  | "RFC 2822"
  | "YYYY/MM/DD"
  | "DD.MM.YYYY"
  | "1 May 2024"
  | "May 1, 2024"
  | "slashes";

/** A value that reads as a date. */
export interface Written extends Moment {
  readonly form: Form;
  /** The orders under which it is a date, as bits; 0 when its form leaves no choice. */
  readonly orders: number;
  /** Whether those orders make different dates of it; `wall` is NaN while no order is chosen. */
  readonly ambiguous: boolean;
}

/** No date is longer; what is longer is not looked at. */
const LONGEST = 64;

const MONTHS = [
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
];
/** The first letters of every month and weekday. */
const BEGINNINGS = new Set([
  ...MONTHS.map((name) => name.slice(0, 3)),
  ...["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
]);
const MONTH = "(" +
  MONTHS.map((name) =>
    name === "may" ? "may" : `${name.slice(0, 3)}(?:${name.slice(3)})?`
  )
    .join("|").replace("sep(?:tember)?", "sep(?:t(?:ember)?)?") +
  ")";
const WEEKDAY =
  "(?:((?:mon|tue(?:s)?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?),?\\s+)?";
const DAY = "(\\d{1,2})(?:st|nd|rd|th)?";
const DAY_FIRST = new RegExp(
  `^${WEEKDAY}${DAY}[\\s\\-/.]+${MONTH}\\.?,?[\\s\\-/]+(\\d{4}|\\d{2})(?!\\d)`,
  "i",
);
const MONTH_FIRST = new RegExp(
  `^${WEEKDAY}${MONTH}\\.?\\s+${DAY}(?:,\\s*|\\s+)(\\d{4})(?!\\d)`,
  "i",
);
/** The form of C's `asctime`: the year stands last. */
const YEAR_LAST = new RegExp(
  `^${WEEKDAY}${MONTH}\\s+${DAY}\\s+(\\d{1,2}:\\d{2}:\\d{2})\\s+(?:([A-Z]{3,4})\\s+)?(\\d{4})$`,
  "i",
);
const NUMBERS = /^(\d{1,4})([/.-])(\d{1,2})\2(\d{4}|\d{1,2})(?!\d)/;
const TIME =
  /^(?:[\s,T:]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(?:([ap])\.?m\.?)?)?\s*(?:([a-z]{1,4})?([+-]\d{2}:?\d{2})?)(?:\s*\([^()]*\))?$/i;

/** Zone names of RFC 2822 (section 4.3), in hours from UTC. */
const ZONES: Readonly<Record<string, number>> = {
  z: 0,
  ut: 0,
  utc: 0,
  gmt: 0,
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  pst: -8,
  pdt: -7,
};

const scratch = new Uint8Array(LONGEST);

/** `text` as one byte a character in `scratch`; -1 when it is too long or not ASCII. */
function toScratch(text: string): number {
  if (text.length > LONGEST) return -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7e) return -1;
    scratch[i] = code;
  }
  return text.length;
}

/**
 * Reads a value as a date, undefined when it is none. Values of digits alone (epochs, `20240501`,
 * years) are not read here: what they mean is decided for a whole column.
 *
 * @param order The order of day and month, once it is known.
 */
export function readWritten(
  value: string,
  order?: Order,
): Written | undefined {
  const text = value.trim();
  const first = text.charCodeAt(0);
  if (!(first >= 0x30 && first <= 0x39)) {
    // Ordinary text is told by its first letters, without a pattern.
    return BEGINNINGS.has(text.slice(0, 3).toLowerCase()) &&
        text.length <= LONGEST
      ? readNamed(text)
      : undefined;
  }
  const length = toScratch(text);
  if (length < 6) return undefined;
  const moment: Moment = { wall: NaN, offset: NaN };
  if (readIso(scratch, 0, length, moment)) {
    return { ...moment, form: "ISO 8601", orders: 0, ambiguous: false };
  }
  return readNumbers(text, order) ?? readNamed(text);
}

/** Dates written in numbers with separators. */
function readNumbers(text: string, order?: Order): Written | undefined {
  const match = NUMBERS.exec(text);
  if (match === null) return undefined;
  const [whole, a = "", separator, b = "", c = ""] = match;
  const time = readClock(text.slice(whole.length));
  if (time === undefined) return undefined;
  const made = (form: Form, days: number, orders = 0): Written => ({
    wall: days * DAY_MS + time.wall,
    offset: time.offset,
    form,
    orders,
    ambiguous: orders !== 0 && Number.isNaN(days),
  });
  if (a.length === 4) {
    const days = day(a, b, c);
    if (days === undefined || c.length > 2) return undefined;
    return made(separator === "-" ? "ISO 8601" : "YYYY/MM/DD", days);
  }
  if (a.length === 3 || c.length === 1) return undefined;
  if (separator === "." && order === undefined) {
    const days = day(c, b, a);
    return days === undefined ? undefined : made("DD.MM.YYYY", days);
  }
  const readings: Record<Order, number | undefined> = {
    ymd: c.length === 2 && a.length === 2 ? day(a, b, c) : undefined,
    mdy: day(c, a, b),
    dmy: day(c, b, a),
  };
  let orders = 0;
  const days = new Set<number>();
  for (const name of ["ymd", "mdy", "dmy"] as const) {
    const reading = readings[name];
    if (reading === undefined) continue;
    orders |= ORDER_BIT[name];
    days.add(reading);
  }
  if (orders === 0) return undefined;
  const form = separator === "." ? "DD.MM.YYYY" : "slashes";
  if (order !== undefined) {
    const chosen = readings[order];
    return chosen === undefined ? undefined : made(form, chosen, orders);
  }
  const [only = NaN] = days;
  return made(form, days.size === 1 ? only : NaN, orders);
}

/** Dates with the month's English name. */
function readNamed(text: string): Written | undefined {
  const last = YEAR_LAST.exec(text);
  if (last !== null) {
    const [, , month = "", date = "", clock = "", zone = "", year = ""] = last;
    const time = readClock(` ${clock} ${zone}`.trimEnd());
    return named(year, month, date, time, "May 1, 2024");
  }
  const dayFirst = DAY_FIRST.exec(text);
  if (dayFirst !== null) {
    const [whole, weekday, date = "", month = "", year = ""] = dayFirst;
    const time = readClock(text.slice(whole.length));
    const mail = weekday !== undefined ||
      (time !== undefined && !Number.isNaN(time.offset));
    return named(year, month, date, time, mail ? "RFC 2822" : "1 May 2024");
  }
  const monthFirst = MONTH_FIRST.exec(text);
  if (monthFirst === null) return undefined;
  const [whole, , month = "", date = "", year = ""] = monthFirst;
  const time = readClock(text.slice(whole.length));
  return named(year, month, date, time, "May 1, 2024");
}

function named(
  year: string,
  month: string,
  date: string,
  time: Moment | undefined,
  form: Form,
): Written | undefined {
  const prefix = month.slice(0, 3).toLowerCase();
  const number = MONTHS.findIndex((name) => name.startsWith(prefix)) + 1;
  const days = day(year, String(number), date);
  if (days === undefined || time === undefined) return undefined;
  return {
    wall: days * DAY_MS + time.wall,
    offset: time.offset,
    form,
    orders: 0,
    ambiguous: false,
  };
}

/** The day number of three written parts, undefined when there is no such day. */
function day(year: string, month: string, date: string): number | undefined {
  let y = Number(year);
  // Two digits: POSIX strptime's %y, 69 to 99 are the 1900s.
  if (year.length <= 2) y += y >= 69 ? 1900 : 2000;
  const m = Number(month);
  const d = Number(date);
  return year.length !== 3 && dayExists(y, m, d)
    ? dayNumber(y, m, d)
    : undefined;
}

/** What follows the date: nothing, a time, a zone. `wall` is the time of day. */
function readClock(rest: string): Moment | undefined {
  if (rest === "") return { wall: 0, offset: NaN };
  const match = TIME.exec(rest);
  if (match === null) return undefined;
  const [, hour, minute, second, fraction, half, name, shift] = match;
  let h = Number(hour ?? 0);
  const m = Number(minute ?? 0);
  const s = Number(second ?? 0);
  if (half !== undefined) {
    if (h < 1 || h > 12) return undefined;
    h = h % 12 + (half.toLowerCase() === "p" ? 12 : 0);
  }
  if (h > 23 || m > 59 || s > 60) return undefined;
  let offset = NaN;
  if (name !== undefined) {
    const hours = ZONES[name.toLowerCase()];
    if (hours === undefined) return undefined;
    offset = hours * 3_600_000;
  }
  if (shift !== undefined) {
    const hours = Number(shift.slice(1, 3));
    const minutes = Number(shift.slice(-2));
    if (hours > 23 || minutes > 59) return undefined;
    const size = (hours * 60 + minutes) * 60_000;
    offset = shift.startsWith("-") ? -size : size;
  }
  const milli = Number((fraction ?? "").slice(0, 3).padEnd(3, "0"));
  return { wall: ((h * 60 + m) * 60 + s) * 1000 + milli, offset };
}
