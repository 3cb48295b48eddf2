// @core
/** Rows in the order of one column. */
import { Failure } from "../../failure.ts";
import { safe } from "../../text/safe.ts";
import { type DateColumn, readDate } from "../dates/column.ts";
import { columnIndex } from "./columns.ts";
import { isMissing, numberIn } from "./numbers.ts";
import { type ColumnType, isNumeric } from "./types.ts";

/** Characters of rows held for sorting, at most. */
const MOST_HELD = 1 << 29;

/** A column to sort by, and the direction. */
export interface SortOrder {
  readonly column: number;
  readonly descending: boolean;
}

/** Reads `COL`, `COL:asc` or `COL:desc`. */
export function sortOrder(
  option: string,
  names: readonly string[],
): SortOrder {
  if (names.includes(option)) {
    return { column: names.indexOf(option), descending: false };
  }
  const match = /^(.*):(asc|desc)$/i.exec(option);
  return {
    column: columnIndex(names, match?.[1] ?? option),
    descending: match?.[2]?.toLowerCase() === "desc",
  };
}

/** What a cell sorts by: numbers and dates by value, text by its characters; none stands last. */
export type SortKey = number | string | undefined;

/** Gives the sort keys for a column of this type. */
export function sortKey(
  type: ColumnType | undefined,
  comma: boolean,
  dates: DateColumn,
): (cell: string) => SortKey {
  return (cell) => {
    if (isMissing(cell)) return undefined;
    if (isNumeric(type)) {
      const number = numberIn(cell, comma);
      return Number.isNaN(number) ? cell : number;
    }
    if (type === "date") {
      const moment = readDate(cell, dates);
      if (moment === undefined) return cell;
      return moment.wall - (moment.offset || 0);
    }
    return cell;
  };
}

interface Held<Row> {
  readonly row: Row;
  readonly key: SortKey;
  readonly number: number;
}

/** Collects rows and gives them back in order; equal ones stay in the order they came in. */
export class Sorter<Row> {
  readonly #descending: boolean;
  readonly #limit: number;
  readonly #name: string;
  #held: Held<Row>[] = [];
  #count = 0;
  #size = 0;

  /** @param limit The number of rows that will be wanted; with one, no more are held for long. */
  constructor(descending: boolean, limit: number | undefined, name: string) {
    this.#descending = descending;
    this.#limit = limit ?? Infinity;
    this.#name = name;
  }

  /** Takes a row of `size` characters. */
  add(row: Row, key: SortKey, size: number): void {
    this.#held.push({ row, key, number: this.#count++ });
    if (this.#held.length > Math.max(1000, this.#limit * 2)) {
      if (this.#limit < Infinity) this.#trim();
    }
    if (this.#limit === Infinity && (this.#size += size) > MOST_HELD) {
      throw new Failure(
        "failure",
        `Cannot sort ${safe(this.#name)}: its rows take more than ${
          MOST_HELD >> 20
        } MiB`,
        { hint: "Narrow them with --where, --filter, --date or -n" },
      );
    }
  }

  /** The rows in order. */
  sorted(): Row[] {
    this.#trim();
    return this.#held.map(({ row }) => row);
  }

  #trim(): void {
    const sign = this.#descending ? -1 : 1;
    this.#held.sort((a, b) => {
      if (a.key === undefined || b.key === undefined) {
        const absent = Number(a.key === undefined) -
          Number(b.key === undefined);
        return absent || a.number - b.number;
      }
      return compare(a.key, b.key) * sign || a.number - b.number;
    });
    if (this.#held.length > this.#limit) this.#held.length = this.#limit;
  }
}

/** Numbers before text, each in its own order. */
function compare(a: number | string, b: number | string): number {
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
