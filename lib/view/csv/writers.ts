// @core
/** The forms in which rows leave: CSV, a table, or one value a line. */
import { safe } from "../../text/safe.ts";
import { formatCount } from "../../text/units.ts";
import { rowText } from "./rows.ts";
import { Table, type TablePlan, verticalRow } from "./table.ts";

/** A row on its way out. */
export interface Row {
  /** Its text in the file, without the line break. */
  readonly raw: string;
  readonly cells: readonly string[];
  /** Whether `raw` can be written as it is. */
  readonly clean: boolean;
}

/** Takes rows and gives text. */
export interface RowWriter {
  header?(row: Row): void;
  row(row: Row): void;
  /** What there is to write since the last call. */
  take(): string;
  /** What stands below the rows, once all were taken. */
  end?(shown: number): string;
}

/** The columns of a row that were asked for; all of them unless told. */
function picked(
  row: Row,
  wanted: readonly number[] | undefined,
): readonly (string | undefined)[] {
  return wanted?.map((i) => row.cells[i]) ?? row.cells;
}

/** Writes CSV: rows as they stand in the file, unless columns were picked or cells are missing. */
export class CsvWriter implements RowWriter {
  #out = "";

  constructor(
    readonly table: {
      readonly names: readonly string[];
      readonly delimiter: string;
      readonly newline: string;
    },
    readonly wanted: readonly number[] | undefined,
  ) {}

  header(row: Row): void {
    this.row(row);
  }

  row(row: Row): void {
    const { delimiter, newline, names } = this.table;
    const missing = names.length - row.cells.length;
    if (this.wanted === undefined && row.clean && missing <= 0) {
      this.#out += row.raw + newline;
      return;
    }
    const cells = picked(row, this.wanted).map((cell) => cell ?? "");
    if (this.wanted === undefined) {
      for (let i = 0; i < missing; i++) cells.push("");
    }
    this.#out += rowText(cells, delimiter) + newline;
  }

  take(): string {
    const out = this.#out;
    this.#out = "";
    return out;
  }
}

/** Draws a table, its header with the first rows. */
export class TableWriter implements RowWriter {
  readonly #table: Table;
  readonly #color: boolean;
  #out: string;

  constructor(plan: TablePlan, readonly wanted: readonly number[] | undefined) {
    this.#table = new Table(plan);
    this.#color = plan.color;
    this.#out = this.#table.head();
  }

  header(): void {
    // The names stand there from the beginning, also when the file has none.
  }

  row(row: Row): void {
    const { wanted } = this;
    const cells = wanted === undefined ? row.cells : picked(row, wanted);
    this.#out += this.#table.row(cells);
  }

  take(): string {
    const out = this.#out;
    this.#out = "";
    return out;
  }

  end(shown: number): string {
    const { hidden } = this.#table;
    const count = shown === 1 ? "1 row" : `${formatCount(shown)} rows`;
    const text = hidden.length === 0
      ? count
      : `${count}; hidden for lack of room: ${hidden.map(safe).join(", ")}`;
    return this.#color ? `\x1b[2m${text}\x1b[0m\n` : `${text}\n`;
  }
}

/** Writes one value a line. */
export class VerticalWriter implements RowWriter {
  readonly #names: readonly string[];
  #number = 0;
  #out = "";

  constructor(
    names: readonly string[],
    readonly wanted: readonly number[] | undefined,
    readonly color: boolean,
  ) {
    this.#names = wanted?.map((i) => names[i] as string) ?? names;
  }

  row(row: Row): void {
    const cells = picked(row, this.wanted);
    this.#out += verticalRow(++this.#number, this.#names, cells, this.color);
  }

  take(): string {
    const out = this.#out;
    this.#out = "";
    return out;
  }
}
