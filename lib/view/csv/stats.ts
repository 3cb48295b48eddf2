// @core
/** What `--stats` and `--schema` say about the columns of a table. */
import { type DateColumn, readDate } from "../dates/column.ts";
import { isMissing, numberIn } from "./numbers.ts";
import { cellType, type ColumnType, isNumeric, widen } from "./types.ts";

/** Distinct values counted exactly, a column. */
const MOST_DISTINCT = 1000;
/** Characters by which values are told apart. */
const TOLD_APART = 200;

/** The header of the rows that `ColumnStats.row` gives. */
export const STATS_HEADER: readonly string[] = [
  "column",
  "type",
  "count",
  "empty",
  "distinct",
  "min",
  "max",
  "mean",
];

/** Figures of one column in constant memory. */
export class ColumnStats {
  readonly #name: string;
  readonly #comma: boolean;
  readonly #dates: DateColumn;
  #type: ColumnType = "empty";
  #count = 0;
  #empty = 0;
  readonly #distinct = new Set<string>();
  #min = Infinity;
  #max = -Infinity;
  /** The cells that hold the extremes, as they are written. */
  #minCell = "";
  #maxCell = "";
  #numbers = 0;
  #mean = 0;
  #first: string | undefined;
  #last: string | undefined;

  constructor(name: string, comma: boolean, dates: DateColumn) {
    this.#name = name;
    this.#comma = comma;
    this.#dates = dates;
  }

  /** Takes one cell; undefined for a cell the row does not have. */
  add(cell: string | undefined): void {
    if (cell === undefined || isMissing(cell)) {
      this.#empty++;
      return;
    }
    this.#count++;
    if (this.#type !== "text") {
      this.#type = widen(this.#type, cellType(cell, this.#comma));
    }
    if (this.#distinct.size <= MOST_DISTINCT) {
      this.#distinct.add(cell.slice(0, TOLD_APART));
    }
    const number = numberIn(cell, this.#comma);
    let value = number;
    if (Number.isNaN(number)) {
      if (this.#type === "date") {
        const moment = readDate(cell, this.#dates);
        value = moment === undefined ? NaN : moment.wall - (moment.offset || 0);
      }
      if (this.#first === undefined || cell < this.#first) this.#first = cell;
      if (this.#last === undefined || cell > this.#last) this.#last = cell;
    } else {
      this.#numbers++;
      this.#mean += (number - this.#mean) / this.#numbers;
    }
    if (value < this.#min) {
      this.#min = value;
      this.#minCell = cell;
    }
    if (value > this.#max) {
      this.#max = value;
      this.#maxCell = cell;
    }
  }

  /** The figures, in the order of `STATS_HEADER`. */
  row(): string[] {
    const ordered = isNumeric(this.#type) || this.#type === "date";
    const short = (text: string) =>
      text.length > 60 ? text.slice(0, 59) + "…" : text;
    return [
      this.#name,
      this.#type,
      String(this.#count),
      String(this.#empty),
      this.#distinct.size > MOST_DISTINCT
        ? `>${MOST_DISTINCT}`
        : String(this.#distinct.size),
      ordered ? this.#minCell.trim() : short(this.#first ?? ""),
      ordered ? this.#maxCell.trim() : short(this.#last ?? ""),
      isNumeric(this.#type) ? String(Number(this.#mean.toPrecision(12))) : "",
    ];
  }
}

/** The header of the rows that `schemaRows` gives. */
export const SCHEMA_HEADER: readonly string[] = [
  "column",
  "type",
  "empty",
  "example",
];

/** The columns with their types, as the sample shows them. */
export function schemaRows(
  names: readonly string[],
  types: readonly ColumnType[],
  sample: readonly (readonly string[])[],
): string[][] {
  return names.map((name, i) => {
    const cells = sample.map((row) => row[i] ?? "");
    const empty = cells.filter(isMissing).length;
    const example = cells.find((cell) => !isMissing(cell)) ?? "";
    return [
      name,
      types[i] ?? "empty",
      String(empty),
      example.length > 60 ? example.slice(0, 59) + "…" : example,
    ];
  });
}
