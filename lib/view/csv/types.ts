// @core
/** What the columns of a table hold, as a sample of rows shows. */
import { readWritten } from "../dates/parse.ts";
import { isMissing, numberIn } from "./numbers.ts";

/** The type of a column: the narrowest that every cell with a value fits. */
export type ColumnType =
  | "integer"
  | "number"
  | "boolean"
  | "date"
  | "text"
  | "empty";

/** The type of one cell. */
export function cellType(cell: string, comma: boolean): ColumnType {
  if (isDigits(cell)) return "integer";
  if (isMissing(cell)) return "empty";
  const number = numberIn(cell, comma);
  if (!Number.isNaN(number)) {
    return /^\s*[+-]?\d+\s*$/.test(cell) ? "integer" : "number";
  }
  if (/^\s*(?:true|false)\s*$/i.test(cell)) return "boolean";
  return readWritten(cell) === undefined ? "text" : "date";
}

/** The type that holds both. */
export function widen(a: ColumnType, b: ColumnType): ColumnType {
  if (a === b || b === "empty") return a;
  if (a === "empty") return b;
  const numbers = (a === "integer" || a === "number") &&
    (b === "integer" || b === "number");
  return numbers ? "number" : "text";
}

/** The types of the first `columns` columns of these rows. */
export function typesOf(
  rows: readonly (readonly string[])[],
  columns: number,
  comma: boolean,
): ColumnType[] {
  const types = new Array<ColumnType>(columns).fill("empty");
  for (const row of rows) {
    for (let i = 0; i < columns && i < row.length; i++) {
      const type = types[i] as ColumnType;
      if (type !== "text") {
        types[i] = widen(type, cellType(row[i] as string, comma));
      }
    }
  }
  return types;
}

/** Whether cells of the type stand at the right of their column. */
export function isNumeric(type: ColumnType | undefined): boolean {
  return type === "integer" || type === "number";
}

/** Plain digits, told without a pattern: the commonest cell of all. */
function isDigits(cell: string): boolean {
  const { length } = cell;
  if (length === 0 || length > 60) return false;
  for (let i = 0; i < length; i++) {
    const code = cell.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}
