// @core
/** Which field of the records holds their date, when nobody said so. */
import { Failure } from "../../failure.ts";
import { safe } from "../../text/safe.ts";
import { ColumnSample, type DateHints } from "./column.ts";

/** Records looked at, at most, before the decisions are taken. */
export const SAMPLE_RECORDS = 1000;
/** The share of records in which a field must read as a date to be chosen. */
const ENOUGH = 0.8;
/** Distinct fields followed, at most; more are not the shape of records. */
const MOST_FIELDS = 2000;

/** A field that was looked at. */
interface Field {
  readonly name: string;
  /** The last part of its name, which the weight goes by. */
  readonly leaf: string;
  readonly depth: number;
  readonly sample: ColumnSample;
}

/** The choice of a field. */
export interface FieldChoice {
  readonly name: string;
  readonly sample: ColumnSample;
  /** The other fields that would have done, best first. */
  readonly others: readonly string[];
}

/** How much a name speaks for a date: 3, 2, or 1. */
export function weightOf(name: string): number {
  const plain = name.trim().replace(/[\s-]+/g, "_");
  if (/^(?:date|datetime|timestamp|time|ts)$/i.test(plain)) return 3;
  const likely = /^(?:created|updated)|_at$|_date$|^day$/i.test(plain) ||
    /[a-z0-9]At$/.test(plain);
  return likely ? 2 : 1;
}

/** The fields of a sample of records, and the choice among them. */
export class FieldSample {
  readonly #fields = new Map<string, Field>();
  #records = 0;

  /** Starts the next record. */
  record(): void {
    this.#records++;
  }

  /** How many records were looked at. */
  get records(): number {
    return this.#records;
  }

  /** Takes one value of the current record into account. `depth` is 1 for a field of the record itself. */
  add(name: string, leaf: string, depth: number, value: string): void {
    this.seen(name, leaf, depth)?.sample.add(value);
  }

  /** Notes that a field exists, though it has no value that could be a date here. */
  seen(name: string, leaf: string, depth: number): Field | undefined {
    let field = this.#fields.get(name);
    if (field === undefined && this.#fields.size < MOST_FIELDS) {
      field = { name, leaf, depth, sample: new ColumnSample() };
      this.#fields.set(name, field);
    }
    return field;
  }

  /** The names of all fields, in order of appearance. */
  get names(): string[] {
    return [...this.#fields.keys()];
  }

  /** The sample of one field by name. */
  field(name: string): ColumnSample | undefined {
    return this.#fields.get(name)?.sample;
  }

  /**
   * The field most likely meant: share of dates times weight of the name; ties go to created
   * before updated, then to the shallower, then to the earlier one.
   */
  choose(hints: DateHints): FieldChoice | undefined {
    const candidates = [...this.#fields.values()].map((field, index) => {
      const weight = weightOf(field.leaf);
      const dates = field.sample.written +
        (weight > 1 ? field.sample.likelyNumbers(hints) : 0);
      const share = this.#records === 0 ? 0 : dates / this.#records;
      return { field, index, share, score: share * weight };
    }).filter(({ share }) => share >= ENOUGH);
    candidates.sort((a, b) =>
      b.score - a.score || rank(a.field.leaf) - rank(b.field.leaf) ||
      a.field.depth - b.field.depth || a.index - b.index
    );
    const [best, ...others] = candidates;
    return best === undefined ? undefined : {
      name: best.field.name,
      sample: best.field.sample,
      others: others.map(({ field }) => field.name),
    };
  }

  /** The failure to report when there is nothing to choose. */
  noField(file: string): Failure {
    const names = this.names.map(safe);
    const listed = names.slice(0, 20).join(", ") +
      (names.length > 20 ? `, and ${names.length - 20} more` : "");
    return new Failure(
      "bad-data",
      `Cannot filter ${safe(file)} by date: no date field found`,
      {
        hint: names.length === 0
          ? "The records have no fields"
          : `The fields are: ${listed}; name one with --date-field`,
      },
    );
  }
}

/** Created before updated, both before or after nothing else. */
function rank(leaf: string): number {
  if (/^created/i.test(leaf)) return 0;
  return /^updated/i.test(leaf) ? 2 : 1;
}
