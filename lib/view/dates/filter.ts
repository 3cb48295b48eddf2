// @core
/** The date filter at work: decides record by record, counts, and says what it went by. */
import { Failure } from "../../failure.ts";
import { safe } from "../../text/safe.ts";
import { type DateColumn, type DateHints, readDate } from "./column.ts";
import { type FieldChoice, type FieldSample } from "./field.ts";
import { readIso } from "./iso.ts";
import type { Moment } from "./moment.ts";
import { asksForDates, type DateRange, rangeOf } from "./query.ts";
import { type Zone, zoneNamed } from "./zone.ts";

/** Everything the command line says about dates. */
export interface DateOptions extends DateHints {
  readonly date?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** The column or path that holds the date. */
  readonly field?: string | undefined;
  /** The path of the array or object that holds the records (JSON). */
  readonly recordsAt?: string | undefined;
  /** `local` (the default), `UTC`, a zone or `written`. */
  readonly tz?: string | undefined;
  /** Keep the records without a date. */
  readonly includeUndated?: boolean | undefined;
}

/** The clock and the place the filter runs in. */
export interface HereAndNow {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The IANA name of the local zone. */
  readonly zone: string;
}

/** What is asked for, checked before any file is read. */
export interface DatePlan {
  readonly options: DateOptions;
  readonly zone: Zone;
  readonly range: DateRange;
}

/** What says how to filter by date, and nothing without one. */
const NEED_A_DATE = {
  field: "--date-field",
  recordsAt: "--records-at",
  tz: "--tz",
  order: "--date-order",
  epoch: "--epoch",
  includeUndated: "--include-undated",
} as const;

/**
 * The plan for these options, undefined when they ask for no date.
 *
 * @throws Failure `usage` for dates and zones that cannot be meant, and for a field, a zone and the
 *   like without a date.
 */
export function planDates(
  options: DateOptions,
  here: HereAndNow,
): DatePlan | undefined {
  if (!asksForDates(options)) {
    for (const [name, flag] of Object.entries(NEED_A_DATE)) {
      const given = options[name as keyof typeof NEED_A_DATE];
      if (given === undefined || given === false) continue;
      throw new Failure(
        "usage",
        `Cannot use ${flag}: no date is asked for`,
        { hint: "Add --date, --from or --to" },
      );
    }
    return undefined;
  }
  const zone = zoneNamed(options.tz ?? "local", here.zone);
  return { options, zone, range: rangeOf(options, here.now, zone) };
}

/** The field the records' dates are in, as decided from a sample. */
export interface DateField {
  readonly name: string;
  readonly column: DateColumn;
  readonly others: readonly string[];
}

/**
 * The field to go by: the one asked for, else the one the sample speaks for. Its column's order may
 * still be undecided; ask the sample's evidence.
 *
 * @throws Failure `usage` when the field asked for is not there, `bad-data` when none holds dates.
 */
export function fieldFor(
  sample: FieldSample,
  options: DateOptions,
  file: string,
): FieldChoice {
  if (options.field === undefined) {
    const choice = sample.choose(options);
    if (choice === undefined) throw sample.noField(file);
    return choice;
  }
  const wanted = options.field;
  const found = sample.field(wanted);
  if (found === undefined) {
    throw new Failure(
      "usage",
      `Cannot filter ${safe(file)} by date: there is no field "${
        safe(wanted)
      }"`,
      {
        hint: `The fields are: ${
          sample.names.slice(0, 20).map(safe).join(", ")
        }`,
      },
    );
  }
  if (found.written + found.numbers === 0) {
    throw new Failure(
      "bad-data",
      `Cannot filter ${safe(file)} by date: no value of "${
        safe(wanted)
      }" is a date`,
    );
  }
  const others = sample.choose(options);
  const names = others === undefined ? [] : [others.name, ...others.others];
  return {
    name: wanted,
    sample: found,
    others: names.filter((name) => name !== wanted),
  };
}

/** Keeps or drops records by their date. */
export class DateFilter {
  readonly #plan: DatePlan;
  readonly #scratch: Moment = { wall: 0, offset: 0 };
  #records = 0;
  #dated = 0;
  #kept = 0;

  constructor(plan: DatePlan, readonly field: DateField) {
    this.#plan = plan;
  }

  /** Whether the record with this date text stays; undefined: the record has no such value. */
  keeps(value: string | undefined): boolean {
    this.#records++;
    const moment = value === undefined
      ? undefined
      : readDate(value, this.field.column);
    return this.#decide(moment);
  }

  /** The same for a date that stands as bytes; `text` gives it as text when the bytes are not ISO 8601. */
  keepsBytes(
    bytes: Uint8Array,
    start: number,
    end: number,
    text: () => string,
  ): boolean {
    if (!readIso(bytes, start, end, this.#scratch)) return this.keeps(text());
    this.#records++;
    return this.#decide(this.#scratch);
  }

  #decide(moment: Moment | undefined): boolean {
    let keep: boolean;
    if (moment === undefined) {
      keep = this.#plan.options.includeUndated === true;
    } else {
      this.#dated++;
      keep = this.#plan.range.includes(moment);
    }
    if (keep) this.#kept++;
    return keep;
  }

  /** Records kept so far. */
  get kept(): number {
    return this.#kept;
  }

  /** The line for stderr, once the records are through. */
  announcement(): string {
    const { name, column, others } = this.field;
    const undated = this.#records - this.#dated;
    const fate = this.#plan.options.includeUndated === true
      ? "included"
      : "skipped";
    const parts = [
      `${column.label}, ${this.#dated}/${this.#records}`,
      ...(undated > 0 ? [`${undated} undated ${fate}`] : []),
      this.#plan.zone.asWritten ? "tz written" : `tz ${this.#plan.zone.label}`,
    ];
    const rest = others.length > 0
      ? `; others: ${others.slice(0, 8).map(safe).join(", ")}`
      : "";
    return `date field: ${safe(name)} (${parts.join("; ")})${rest}`;
  }
}
