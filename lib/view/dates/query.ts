// @core
/**
 * What `--date`, `--from` and `--to` ask for. Every date names a whole unit (a year down to a
 * millisecond), and a range holds its first and its last unit whole.
 */
import { Failure } from "../../failure.ts";
import { DAY_MS, dayExists, dayNumber, daysInMonth } from "./calendar.ts";
import { safe } from "../../text/safe.ts";
import type { Moment } from "./moment.ts";
import { readWritten } from "./parse.ts";
import { instantsOf, type Span, today, type Zone } from "./zone.ts";

/** The dates as they were typed. */
export interface DateWords {
  readonly date?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Which moments are asked for. */
export interface DateRange {
  includes(moment: Moment): boolean;
}

/** Whether any date was asked for at all. */
export function asksForDates(words: DateWords): boolean {
  return words.date !== undefined || words.from !== undefined ||
    words.to !== undefined;
}

/**
 * The range the words ask for.
 *
 * @param now Milliseconds since 1970, for `today`, `yesterday` and `7d`.
 * @throws Failure `usage` for words that are no date, dates that do not exist, and contradictions.
 */
export function rangeOf(words: DateWords, now: number, zone: Zone): DateRange {
  if (
    words.date !== undefined &&
    (words.from !== undefined || words.to !== undefined)
  ) {
    throw new Failure(
      "usage",
      "Cannot filter by date: --date was given together with --from or --to",
      { hint: "Use --date A..B, or --from A --to B" },
    );
  }
  const day = today(now, zone);
  let { from, to } = words;
  let from7: number | undefined;
  if (words.date !== undefined) {
    const dots = words.date.indexOf("..");
    if (dots < 0) {
      from = to = words.date;
      const back = daysBack(words.date);
      if (back !== undefined) {
        from7 = (day - back) * DAY_MS;
        to = "today";
      }
    } else {
      from = words.date.slice(0, dots).trim() || undefined;
      to = words.date.slice(dots + 2).trim() || undefined;
      if (from === undefined && to === undefined) {
        throw new Failure("usage", "Cannot filter by date: the range is empty");
      }
    }
  }
  const start = from7 ??
    (from === undefined ? -Infinity : unitNamed(from, day).from);
  const until = to === undefined ? Infinity : unitNamed(to, day).until;
  if (start >= until) {
    throw new Failure(
      "usage",
      `Cannot filter by date: ${safe(from ?? "")} comes after ${
        safe(to ?? "")
      }`,
    );
  }
  return toRange({ from: start, until }, zone);
}

/**
 * The instant at which the unit a date names begins, in milliseconds since 1970; `now` and what is
 * thrown as for `rangeOf`.
 */
export function beginningOf(word: string, now: number, zone: Zone): number {
  const [span] = instantsOf(unitNamed(word, today(now, zone)), zone);
  return span?.from ?? 0;
}

function toRange(walls: Span, zone: Zone): DateRange {
  const spans = instantsOf(walls, zone);
  const [one, two] = spans;
  return {
    includes({ wall, offset }) {
      // Zoneless values compare as written (NaN is the only number unequal to itself).
      if (zone.asWritten || offset !== offset) {
        return wall >= walls.from && wall < walls.until;
      }
      const instant = wall - offset;
      return (one !== undefined && instant >= one.from &&
        instant < one.until) ||
        (two !== undefined && instant >= two.from && instant < two.until);
    },
  };
}

function daysBack(word: string): number | undefined {
  const match = /^(\d{1,6})d$/i.exec(word.trim());
  return match === null ? undefined : Number(match[1]);
}

const UNIT =
  /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2})(?::(\d{2})(?::(\d{2})(?:[.,](\d{1,3}))?)?)?)?)?)?$/i;

/** The whole unit one date names, on the wall clock. `today` is the current day's number. */
function unitNamed(word: string, today: number): Span {
  const text = word.trim();
  const days = (from: number) => ({
    from: from * DAY_MS,
    until: (from + 1) * DAY_MS,
  });
  if (/^today$/i.test(text)) return days(today);
  if (/^yesterday$/i.test(text)) return days(today - 1);
  const back = daysBack(text);
  if (back !== undefined) return days(today - back);
  const match = UNIT.exec(text);
  if (match === null) return otherForm(text);
  const [y, mo, d, h, mi, s] = match.slice(1, 7).map((part) =>
    part === undefined ? undefined : Number(part)
  );
  const year = y as number;
  if (mo === undefined) {
    return {
      from: dayNumber(year, 1, 1) * DAY_MS,
      until: dayNumber(year + 1, 1, 1) * DAY_MS,
    };
  }
  if (d === undefined) {
    if (!dayExists(year, mo, 1)) throw notThere(text, year, mo);
    const first = dayNumber(year, mo, 1);
    return {
      from: first * DAY_MS,
      until: (first + daysInMonth(year, mo)) * DAY_MS,
    };
  }
  if (!dayExists(year, mo, d)) throw notThere(text, year, mo);
  const start = dayNumber(year, mo, d) * DAY_MS;
  if (h === undefined) return { from: start, until: start + DAY_MS };
  if (h > 23 || (mi ?? 0) > 59 || (s ?? 0) > 59) throw notThere(text, year, mo);
  const fraction = match[7];
  const from = start +
    ((h * 60 + (mi ?? 0)) * 60 + (s ?? 0)) * 1000 +
    Number((fraction ?? "").padEnd(3, "0"));
  const size = mi === undefined
    ? 3_600_000
    : s === undefined
    ? 60_000
    : fraction === undefined
    ? 1000
    : 10 ** (3 - fraction.length);
  return { from, until: from + size };
}

/** Any other form that can mean one day only: `1 May 2024`, `01.05.2024`, `2024/05/01`. */
function otherForm(text: string): Span {
  const read = readWritten(text);
  const midnight = read !== undefined && read.wall % DAY_MS === 0;
  if (midnight && Number.isNaN(read.offset)) {
    return { from: read.wall, until: read.wall + DAY_MS };
  }
  if (read?.ambiguous) {
    throw new Failure(
      "usage",
      `Cannot filter by date: "${
        safe(text)
      }" can be read in more than one order`,
      { hint: "Write it as YYYY-MM-DD" },
    );
  }
  throw new Failure(
    "usage",
    `Cannot filter by date: "${safe(text)}" is not a date`,
    {
      hint:
        "Write 2024, 2024-05, 2024-05-01, 2024-05-01T10, today, yesterday, " +
        "7d or a range A..B",
    },
  );
}

function notThere(text: string, year: number, month: number): Failure {
  const days = daysInMonth(year, month);
  const name = `${year}-${String(month).padStart(2, "0")}`;
  return new Failure(
    "usage",
    `Cannot filter by date: ${safe(text)} does not exist`,
    days > 0 ? { hint: `${name} has ${days} days` } : {},
  );
}
