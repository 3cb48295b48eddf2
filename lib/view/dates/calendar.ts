// @core
/**
 * The proleptic Gregorian calendar as arithmetic: which dates exist, and how many milliseconds a
 * wall-clock reading lies after 1970-01-01T00:00 on the same (unnamed) clock.
 */

/** Milliseconds in a day of the wall clock. */
export const DAY_MS = 86_400_000;

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The number of days of month 1 to 12; 0 for a month that does not exist. */
export function daysInMonth(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : MONTH_DAYS[month - 1] ?? 0;
}

/** Whether the calendar has this day. */
export function dayExists(year: number, month: number, day: number): boolean {
  return day >= 1 && day <= daysInMonth(year, month);
}

/**
 * Days from 1970-01-01 to the given day. Source: H. Hinnant, "chrono-compatible low-level date
 * algorithms", days_from_civil.
 */
export function dayNumber(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) +
    day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) -
    Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** The day of the week of a day number, 1 (Monday) to 7 (Sunday), as ISO 8601 counts. */
function weekday(days: number): number {
  return ((days + 3) % 7 + 7) % 7 + 1;
}

/** The day number of an ISO week date, or undefined when that week or weekday does not exist. */
export function weekDayNumber(
  year: number,
  week: number,
  day: number,
): number | undefined {
  const january4 = dayNumber(year, 1, 4);
  const monday = january4 - weekday(january4) + 1;
  const next4 = dayNumber(year + 1, 1, 4);
  const weeks = (next4 - weekday(next4) + 1 - monday) / 7;
  if (week < 1 || week > weeks || day < 1 || day > 7) return undefined;
  return monday + (week - 1) * 7 + day - 1;
}
