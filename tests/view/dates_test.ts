/** Reading dates: every form, what is no date, what a column decides, what is asked for. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Failure } from "../../lib/failure.ts";
import { dayNumber, weekDayNumber } from "../../lib/view/dates/calendar.ts";
import { ColumnSample, readDate } from "../../lib/view/dates/column.ts";
import { FieldSample, weightOf } from "../../lib/view/dates/field.ts";
import { planDates } from "../../lib/view/dates/filter.ts";
import { readNumber } from "../../lib/view/dates/number.ts";
import { readWritten } from "../../lib/view/dates/parse.ts";
import { NOW } from "./harness.ts";

const H = 3_600_000;
const day = Date.UTC(2024, 4, 1);
const at = (h: number, m = 0, s = 0, ms = 0) =>
  Date.UTC(2024, 4, 1, h, m, s, ms);

const WRITTEN: [string, number, number | undefined, string][] = [
  ["2024-05-01", day, undefined, "ISO 8601"],
  ["2024-05", day, undefined, "ISO 8601"],
  ["2024-5-1", day, undefined, "ISO 8601"],
  ["2024-W18-3", day, undefined, "ISO 8601"],
  ["2024-122", day, undefined, "ISO 8601"],
  ["2024-05-01T10", at(10), undefined, "ISO 8601"],
  ["2024-05-01T10:20", at(10, 20), undefined, "ISO 8601"],
  ["2024-05-01 10:20:30", at(10, 20, 30), undefined, "ISO 8601"],
  ["2024-05-01T10:20:30Z", at(10, 20, 30), 0, "ISO 8601"],
  ["2024-05-01t10:20:30z", at(10, 20, 30), 0, "ISO 8601"],
  ["2024-05-01T10:20:30.5Z", at(10, 20, 30, 500), 0, "ISO 8601"],
  [
    "2024-05-01T10:20:30,123999999+02:00",
    at(10, 20, 30, 123),
    2 * H,
    "ISO 8601",
  ],
  ["2024-05-01T10:20:30-0530", at(10, 20, 30), -5.5 * H, "ISO 8601"],
  ["2024-05-01T10:20:30+02", at(10, 20, 30), 2 * H, "ISO 8601"],
  ["2024-05-01 10:20:30 +0200", at(10, 20, 30), 2 * H, "ISO 8601"],
  ["2024-05-01 10:20:30 UTC", at(10, 20, 30), 0, "ISO 8601"],
  [
    "2024-05-01T10:20:30+02:00[Europe/Berlin]",
    at(10, 20, 30),
    2 * H,
    "ISO 8601",
  ],
  ["2024-05-01T24:00", day + 24 * H, undefined, "ISO 8601"],
  ["2024-05-01T23:59:60Z", day + 24 * H, 0, "ISO 8601"],
  ["20240501T102030Z", at(10, 20, 30), 0, "ISO 8601"],
  ["20240501T1020", at(10, 20), undefined, "ISO 8601"],
  ["  2024-05-01  ", day, undefined, "ISO 8601"],
  ["Wed, 01 May 2024 10:20:30 +0200", at(10, 20, 30), 2 * H, "RFC 2822"],
  ["Wed, 1 May 2024 10:20 GMT", at(10, 20), 0, "RFC 2822"],
  ["01 May 2024 10:20:30 EST", at(10, 20, 30), -5 * H, "RFC 2822"],
  ["Wed, 01 May 2024 10:20:30 +0200 (CEST)", at(10, 20, 30), 2 * H, "RFC 2822"],
  ["01/May/2024:10:20:30 +0200", at(10, 20, 30), 2 * H, "RFC 2822"],
  ["2024/05/01", day, undefined, "YYYY/MM/DD"],
  ["2024/5/1 10:20", at(10, 20), undefined, "YYYY/MM/DD"],
  ["01.05.2024", day, undefined, "DD.MM.YYYY"],
  ["1.5.2024 10:20:30", at(10, 20, 30), undefined, "DD.MM.YYYY"],
  ["1 May 2024", day, undefined, "1 May 2024"],
  ["1-May-24", day, undefined, "1 May 2024"],
  ["1st May 2024", day, undefined, "1 May 2024"],
  ["May 1, 2024", day, undefined, "May 1, 2024"],
  ["may 1 2024", day, undefined, "May 1, 2024"],
  ["May 1, 2024, 10:20 PM", at(22, 20), undefined, "May 1, 2024"],
  ["May 1, 2024 12:05 a.m.", at(0, 5), undefined, "May 1, 2024"],
  ["Wed May  1 10:20:30 2024", at(10, 20, 30), undefined, "May 1, 2024"],
  ["Sept 1, 2024", Date.UTC(2024, 8, 1), undefined, "May 1, 2024"],
  ["13/05/2024", Date.UTC(2024, 4, 13), undefined, "slashes"],
  ["05/13/2024", Date.UTC(2024, 4, 13), undefined, "slashes"],
  ["05/05/2024", Date.UTC(2024, 4, 5), undefined, "slashes"],
];

Deno.test("every known form reads as its date", () => {
  for (const [text, wall, offset, form] of WRITTEN) {
    const read = readWritten(text);
    assert(read !== undefined, `${text} is not read`);
    assertEquals(
      new Date(read.wall).toISOString(),
      new Date(wall).toISOString(),
      text,
    );
    assertEquals(
      Number.isNaN(read.offset) ? undefined : read.offset,
      offset,
      text,
    );
    assertEquals(read.form, form, text);
  }
});

Deno.test("what is no date, or a date that does not exist, is not read", () => {
  for (
    const text of [
      "2024-02-30",
      "2023-02-29",
      "2024-13-01",
      "2024-00-10",
      "2024-05-00",
      "2024-05-01T25:00",
      "2024-05-01T24:01",
      "2024-05-01T10:60",
      "2024-05-01T10:20:61",
      "2024-05-01T",
      "2024-05-01T1",
      "2024-05-01T10:",
      "2024-05-01T10:20:30.",
      "2024-05-01T10:20:30+25:00",
      "2024-05-01T10:20:30 +",
      "2024-05-01x",
      "2024-05-01 x",
      "2024-W54-1",
      "2023-W53-1",
      "2024-W18-8",
      "2024-367",
      "2023-366",
      "2024-000",
      "20240501",
      "20240230T10",
      "2024",
      "1714521600",
      "",
      "   ",
      "x",
      "may",
      "May 2024",
      "30 February 2024",
      "February 30, 2024",
      "31.04.2024",
      "32/01/2024",
      "13/13/2024",
      "1/2/3",
      "1.2.3",
      "10.20.30.40",
      "2024/05/001",
      "sunny day 2024",
      "March 5th",
      "1 Maybe 2024",
      "May 1, 2024 13:00 pm",
      "1 May 2024 10:20 XYZ",
      "192.168.1.1",
      "2024-05-01T10:20:30Z".padEnd(70, "0"),
      "٢٠٢٤-٠٥-٠١",
    ]
  ) assertEquals(readWritten(text), undefined, text);
});

Deno.test("any text at all is read or refused without an error", () => {
  const pieces = fc.constantFrom(
    "2024",
    "-",
    "05",
    "01",
    "T",
    ":",
    "10",
    "+",
    "Z",
    "/",
    ".",
    " ",
    "May",
    "W18",
    ",",
    "12",
    "[",
    "PM",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces, { maxLength: 12 }).map((p) => p.join("")),
      ),
      (text) => {
        const read = readWritten(text);
        assert(
          read === undefined || read.ambiguous || Number.isFinite(read.wall),
        );
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("every instant that Date can write is read back to the millisecond", () => {
  const years = {
    min: new Date(0),
    max: new Date(Date.UTC(9999, 11, 31)),
    noInvalidDate: true,
  };
  fc.assert(fc.property(fc.date(years), (date) => {
    assertEquals(readWritten(date.toISOString())?.wall, date.getTime());
    const seconds = Math.floor(date.getTime() / 1000) * 1000;
    assertEquals(readWritten(date.toUTCString())?.wall, seconds);
    assertEquals(
      dayNumber(
        date.getUTCFullYear(),
        date.getUTCMonth() + 1,
        date.getUTCDate(),
      ),
      Math.floor(date.getTime() / 86_400_000),
    );
  }));
});

Deno.test("ISO week dates agree with Temporal", () => {
  fc.assert(fc.property(fc.integer({ min: -700_000, max: 700_000 }), (days) => {
    const date = Temporal.PlainDate.from("1970-01-01").add({ days });
    const { yearOfWeek = 0, weekOfYear = 0, dayOfWeek } = date;
    assertEquals(weekDayNumber(yearOfWeek, weekOfYear, dayOfWeek), days);
  }));
});

Deno.test("counts since 1970 keep every digit, in each unit, also before 1970", () => {
  const cases: [string, "s" | "ms" | "us" | "ns", number][] = [
    ["1714521600", "s", 1714521600000],
    ["1714521600.9999", "s", 1714521600999],
    ["1714521600123", "ms", 1714521600123],
    ["1714521600123.9", "ms", 1714521600123],
    ["1714521600123999", "us", 1714521600123],
    ["1714521600123999999", "ns", 1714521600123],
    ["-1", "s", -1000],
    ["-1", "ns", -1],
    ["-0.0004", "s", -1],
    ["12", "ns", 0],
    ["0", "s", 0],
  ];
  for (const [text, unit, ms] of cases) {
    assertEquals(readNumber(text, unit)?.wall === ms, true, `${text} ${unit}`);
  }
  assertEquals(readNumber("9".repeat(25), "s"), undefined);
  assertEquals(readNumber("1e9", "s"), undefined);
});

function column(
  values: string[],
  hints = {},
): ReturnType<ColumnSample["decide"]> {
  const sample = new ColumnSample();
  for (const value of values) sample.add(value);
  return sample.decide(hints);
}

Deno.test("the unit of a column of counts is decided once, by the median", () => {
  const s = 1714521600;
  assertEquals(column([`${s}`, `${s}`, "0"]).label, "epoch s");
  assertEquals(column([`${s}000`, `${s}000`, "0"]).label, "epoch ms");
  assertEquals(column([`${s}000000`]).label, "epoch us");
  assertEquals(column([`${s}000000000`]).label, "epoch ns");
  assertEquals(column([`${s}000`, `${s}000`, `${s}`]).label, "epoch ms");
  assertEquals(column([`${s}000`], { epoch: "s" }).label, "epoch s");
  assertEquals(column(["20240501", "20240502"]).label, "YYYYMMDD");
  assertEquals(column(["20240501", "20249999", "20241301"]).label, "epoch s");
  const compact = column(["20240501", "20240502"]);
  assertEquals(readDate("20240501", compact)?.wall, day);
  assertEquals(readDate("20240230", compact), undefined);
});

Deno.test("the order of day and month is decided once, by any part over 12", () => {
  assertEquals(column(["03/04/2024", "14/04/2024"]).order, "dmy");
  assertEquals(column(["03/04/2024", "04/14/2024"]).order, "mdy");
  assertEquals(column(["24/05/13", "03/04/05"]).order, undefined);
  assertEquals(column(["03/04/2024"]).order, undefined);
  assertEquals(column(["03/04/2024"], { order: "mdy" }).order, "mdy");
  assertEquals(column(["99/04/03"]).order, "ymd");
  const dmy = column(["03/04/2024", "14/04/2024"]);
  assertEquals(readDate("03/04/2024", dmy)?.wall, Date.UTC(2024, 3, 3));
  assertEquals(readDate("04/14/2024", dmy), undefined);
  const undecided = new ColumnSample();
  undecided.add("03/04/2024");
  assert(undecided.evidence.undecided && !undecided.evidence.contradictory);
  undecided.add("13/04/2024");
  assert(!undecided.evidence.undecided);
  undecided.add("04/13/2024");
  assert(undecided.evidence.undecided && undecided.evidence.contradictory);
});

Deno.test("names weigh as the specification says", () => {
  const weights: Record<string, number> = {
    date: 3,
    datetime: 3,
    timestamp: 3,
    Time: 3,
    ts: 3,
    TS: 3,
    created: 2,
    created_on: 2,
    createdAt: 2,
    updated: 2,
    sent_at: 2,
    sentAt: 2,
    due_date: 2,
    day: 2,
    "Order Date": 2,
    format: 1,
    lat: 1,
    whats: 1,
    name: 1,
    dates: 1,
    "": 1,
    at: 1,
  };
  for (const [name, weight] of Object.entries(weights)) {
    assertEquals(weightOf(name), weight, name);
  }
});

function chosen(records: Record<string, string>[], hints = {}): string[] {
  const sample = new FieldSample();
  for (const record of records) {
    sample.record();
    for (const [name, value] of Object.entries(record)) {
      const parts = name.split(".");
      sample.add(name, parts.at(-1) ?? "", parts.length, value);
    }
  }
  const choice = sample.choose(hints);
  return choice === undefined ? [] : [choice.name, ...choice.others];
}

Deno.test("the field is chosen by share times weight, ties by created, depth and place", () => {
  const d = "2024-05-01";
  assertEquals(chosen([{ note: d, date: d }]), ["date", "note"]);
  assertEquals(chosen([{ updated_at: d, created_at: d }]), [
    "created_at",
    "updated_at",
  ]);
  assertEquals(chosen([{ updated_at: d, seen_at: d }]), [
    "seen_at",
    "updated_at",
  ]);
  assertEquals(chosen([{ "a.date": d, "date": d }]), ["date", "a.date"]);
  assertEquals(chosen([{ b: d, a: d }]), ["b", "a"]);
  assertEquals(chosen([{ ts: "1714521600", id: "1714521600" }]), ["ts"]);
  assertEquals(chosen([{ id: "1714521600" }]), []);
  assertEquals(chosen([{ time: "35" }]), []);
  assertEquals(chosen([{ time: "35" }], { epoch: "s" }), ["time"]);
  const four = [d, d, d, d].map((date) => ({ date }));
  assertEquals(chosen([...four, { date: "x" }]), ["date"]);
  assertEquals(chosen([...four, { date: "x" }, { date: "y" }]), []);
});

/** Which of these values a question keeps, in a zone. */
function kept(words: object, values: string[], tz = "UTC"): string[] {
  const plan = planDates({ ...words, tz }, { now: NOW, zone: "Europe/Berlin" });
  return values.filter((value) => {
    const moment = readWritten(value);
    return moment !== undefined && plan?.range.includes(moment);
  });
}

Deno.test("a date means the whole unit it names", () => {
  const values = [
    "2023-12-31T23:59:59.999",
    "2024-01-01",
    "2024-04-30",
    "2024-05-01",
    "2024-05-01T09:59",
    "2024-05-01T10:00",
    "2024-05-01T10:00:01.5",
    "2024-05-01T10:59:59.999",
    "2024-05-01T11",
    "2024-05-31",
    "2024-06-01",
    "2025-01-01",
  ];
  const count = (words: object) => kept(words, values).length;
  assertEquals(count({ date: "2024" }), 10);
  assertEquals(count({ date: "2024-05" }), 7);
  assertEquals(count({ date: "2024-05-01" }), 6);
  assertEquals(count({ date: "2024-05-01T10" }), 3);
  assertEquals(count({ date: "2024-05-01 10" }), 3);
  assertEquals(count({ date: "2024-05-01T10:00" }), 2);
  assertEquals(count({ date: "2024-05-01T10:00:01" }), 1);
  assertEquals(count({ date: "2024-05-01T10:00:01.5" }), 1);
  assertEquals(count({ date: "1 May 2024" }), 6);
  assertEquals(count({ date: "2024-04..2024-05" }), 8);
  assertEquals(count({ date: "2024-05.." }), 9);
  assertEquals(count({ date: "..2024-05" }), 10);
  assertEquals(count({ from: "2024-05-01T11", to: "2024-06" }), 3);
  assertEquals(count({ from: "2024-06" }), 2);
  assertEquals(count({ to: "2023" }), 1);
});

Deno.test("today, yesterday and 7d go by the zone's calendar", () => {
  const values = [
    "2024-05-02",
    "2024-05-03",
    "2024-05-09",
    "2024-05-10",
    "2024-05-11",
  ];
  assertEquals(kept({ date: "today" }, values), ["2024-05-10"]);
  assertEquals(kept({ date: "yesterday" }, values), ["2024-05-09"]);
  assertEquals(kept({ date: "7d" }, values), [
    "2024-05-03",
    "2024-05-09",
    "2024-05-10",
  ]);
  assertEquals(kept({ from: "1d" }, values), [
    "2024-05-09",
    "2024-05-10",
    "2024-05-11",
  ]);
  assertEquals(kept({ date: "7d..yesterday" }, values), [
    "2024-05-03",
    "2024-05-09",
  ]);
  // At noon in UTC it is already tomorrow in Kiritimati (+14).
  assertEquals(kept({ date: "today" }, values, "Pacific/Kiritimati"), [
    "2024-05-11",
  ]);
});

Deno.test("zoneless values compare as written, zoned ones are converted, unless --tz written", () => {
  const values = [
    "2024-05-01T23:30:00Z",
    "2024-05-02T00:30:00+02:00",
    "2024-05-02T00:30:00",
    "2024-05-02",
  ];
  assertEquals(kept({ date: "2024-05-02" }, values), values.slice(2));
  assertEquals(kept({ date: "2024-05-02" }, values, "local"), values);
  assertEquals(
    kept({ date: "2024-05-02" }, values, "written"),
    values.slice(1),
  );
  assertEquals(kept({ date: "2024-05-02" }, values, "+02:00"), values);
});

Deno.test("days in which the clock changes are whole, skipped hours are empty, doubled ones double", () => {
  const zone = "America/New_York";
  const hours = (from: string, count: number) =>
    Array.from(
      { length: count },
      (_, i) => new Date(Date.parse(from) + i * H / 2).toISOString(),
    );
  // 2024-03-10 02:00 EST becomes 03:00 EDT; 2024-11-03 02:00 EDT becomes 01:00 EST.
  const spring = hours("2024-03-10T00:00:00Z", 96);
  assertEquals(kept({ date: "2024-03-10" }, spring, zone).length, 46);
  assertEquals(kept({ date: "2024-03-10T02" }, spring, zone), []);
  assertEquals(kept({ date: "2024-03-10T03" }, spring, zone).length, 2);
  const autumn = hours("2024-11-03T00:00:00Z", 96);
  assertEquals(kept({ date: "2024-11-03" }, autumn, zone).length, 50);
  assertEquals(kept({ date: "2024-11-03T01" }, autumn, zone).length, 4);
  assertEquals(kept({ date: "2024-11-03T01:30" }, autumn, zone), [
    "2024-11-03T05:30:00.000Z",
    "2024-11-03T06:30:00.000Z",
  ]);
});

Deno.test("dates that cannot be meant are usage errors that say why", () => {
  const cases: [object, string][] = [
    [{ date: "2024-02-30" }, "2024-02-30 does not exist"],
    [{ date: "2024-13" }, "2024-13 does not exist"],
    [{ date: "2024-05-01T25" }, "does not exist"],
    [{ from: "2023-02-29" }, "2023-02-29 does not exist"],
    [{ date: "2024..2023" }, "2024 comes after 2023"],
    [{ from: "2024-05", to: "2024-04" }, "2024-05 comes after 2024-04"],
    [{ date: ".." }, "the range is empty"],
    [{ date: "soon" }, '"soon" is not a date'],
    [{ date: "" }, '"" is not a date'],
    [{ date: "03/04/2024" }, "more than one order"],
    [{ date: "2024", from: "2024" }, "--date was given together with"],
    [{ date: "2024", to: "2024" }, "--date was given together with"],
    [{ date: "\x1b[31m" }, "is not a date"],
    [{ field: "when" }, "Cannot use --date-field: no date is asked for"],
    [{ tz: "UTC" }, "Cannot use --tz: no date is asked for"],
    [{ includeUndated: true }, "Cannot use --include-undated: no date"],
  ];
  for (const [words, message] of cases) {
    const failure = assertThrows(
      () => planDates(words, { now: NOW, zone: "UTC" }),
      Failure,
      message,
    );
    assertEquals(failure.exit, 2);
    assert(
      !failure.message.includes("\x1b"),
      "an escape sequence reached the message",
    );
  }
  const zone = assertThrows(
    () =>
      planDates({ date: "2024", tz: "Mars/Base" }, { now: NOW, zone: "UTC" }),
    Failure,
  );
  assertEquals(zone.exit, 2);
});
