// @core
/**
 * What the dates of one column have in common: the order of day and month, the meaning of bare
 * numbers, and how they are written. Decided once from a sample, then applied to every value.
 */
import { Failure } from "../../failure.ts";
import { safe } from "../../text/safe.ts";
import {
  type EpochUnit,
  type Moment,
  type Order,
  ORDER_BIT,
} from "./moment.ts";
import {
  isLikely,
  isNumber,
  meaningOf,
  type NumberMeaning,
  readNumber,
} from "./number.ts";
import { type Form, readWritten } from "./parse.ts";

/** Decisions that were taken by the person, not by the sample. */
export interface DateHints {
  readonly order?: Order | undefined;
  readonly epoch?: EpochUnit | undefined;
}

/** How to read the dates of a column. */
export interface DateColumn {
  readonly order: Order | undefined;
  readonly numbers: NumberMeaning;
  /** How most of its dates are written, in the words of the announcement. */
  readonly label: string;
}

/** Reads one value of a column; undefined when it is not a date. */
export function readDate(
  value: string,
  column: DateColumn,
): Moment | undefined {
  if (isNumber(value)) return readNumber(value, column.numbers);
  const written = readWritten(value, column.order);
  if (written !== undefined) return written.ambiguous ? undefined : written;
  return readNumber(value, column.numbers);
}

/** Which orders the values of a column leave possible, found value by value. */
export class OrderEvidence {
  #orders = 7;
  #example: string | undefined;
  #seen = false;

  /** Takes one value into account. */
  add(value: string): void {
    const read = readWritten(value);
    if (read !== undefined && read.orders !== 0) {
      this.note(value, read.orders, read.ambiguous);
    }
  }

  /** The same for a value already read. */
  note(value: string, orders: number, ambiguous: boolean): void {
    this.#seen = true;
    this.#orders &= orders;
    if (ambiguous) this.#example ??= value;
  }

  /** No value so far says which of several orders is meant, and for some it matters. */
  get undecided(): boolean {
    return this.contradictory ||
      (this.#example !== undefined && this.#names().length !== 1);
  }

  /** No order fits all values: more of them will not help. */
  get contradictory(): boolean {
    return this.#seen && this.#orders === 0;
  }

  /** The one order left, or any of the equivalent ones where it makes no difference. */
  get order(): Order | undefined {
    return this.#seen && !this.undecided ? this.#names()[0] : undefined;
  }

  /** The failure to report while `undecided`. */
  failure(field: string): Failure {
    const example = safe(this.#example ?? "");
    const state = this.contradictory
      ? `the dates of ${safe(field)} are not all in one order`
      : `"${example}" in ${safe(field)} can be read in more than one order, ` +
        "and no other value decides";
    return new Failure("usage", `Cannot filter by date: ${state}`, {
      hint: "Say which it is with --date-order dmy, mdy or ymd",
    });
  }

  #names(): Order[] {
    return (["dmy", "mdy", "ymd"] as const).filter((name) =>
      (this.#orders & ORDER_BIT[name]) !== 0
    );
  }
}

/** The sample of one column: fed with values, asked for the decisions. */
export class ColumnSample {
  readonly #numbers: string[] = [];
  readonly #forms = new Map<Form, number>();
  readonly evidence = new OrderEvidence();
  #written = 0;

  /** Takes one value into account; blank and absent values need not be given. */
  add(value: string): void {
    const text = value.trim();
    if (isNumber(text)) {
      this.#numbers.push(text);
      return;
    }
    const read = readWritten(value);
    if (read === undefined) return;
    this.#written++;
    this.#forms.set(read.form, (this.#forms.get(read.form) ?? 0) + 1);
    if (read.orders !== 0) {
      this.evidence.note(value, read.orders, read.ambiguous);
    }
  }

  /** How many values read as dates that are not bare numbers. */
  get written(): number {
    return this.#written;
  }

  /** How many bare numbers are likely dates. */
  likelyNumbers(hints: DateHints): number {
    if (this.#numbers.length === 0) return 0;
    const meaning = meaningOf(this.#numbers, hints.epoch);
    // Who names the unit knows that they are dates.
    if (hints.epoch !== undefined) return this.#numbers.length;
    return this.#numbers.filter((text) => isLikely(text, meaning)).length;
  }

  /** How many bare numbers there are, likely or not. */
  get numbers(): number {
    return this.#numbers.length;
  }

  /**
   * The decisions. The order stays undefined while the evidence is undecided and no hint is given.
   */
  decide(hints: DateHints): DateColumn {
    const order = hints.order ?? this.evidence.order;
    const numbers = meaningOf(this.#numbers, hints.epoch);
    return { order, numbers, label: this.#label(order, numbers) };
  }

  #label(order: Order | undefined, numbers: NumberMeaning): string {
    if (this.#numbers.length > this.#written) {
      if (numbers === "compact") return "YYYYMMDD";
      return numbers === "year" ? "YYYY" : `epoch ${numbers}`;
    }
    const [form] = [...this.#forms].sort((a, b) => b[1] - a[1])[0] ?? [];
    if (form === undefined) return "no dates";
    if (form !== "slashes") return form;
    if (order === undefined) return "day and month";
    return { ymd: "YY/MM/DD", mdy: "MM/DD/YYYY", dmy: "DD/MM/YYYY" }[order];
  }
}
