// @core
/** Rows drawn as an aligned table for a terminal. */
import { safe } from "../../text/safe.ts";
import { pad, truncate, width } from "../../text/width.ts";
import { GAP, type Layout, layout } from "./layout.ts";
import { type ColumnType, isNumeric } from "./types.ts";

/** Text that is safe as it is and takes a column a character. */
const PLAIN = /^[\x20-\x7e]*$/;
/** Stands in a cell that the row does not have. */
const ABSENT = "∅";
/** Room kept at the right for the mark of rows with too many cells. */
const SURPLUS_ROOM = 5;

/** What a table is drawn from. */
export interface TablePlan {
  readonly names: readonly string[];
  readonly types: readonly ColumnType[];
  /** Rows that decide the widths. */
  readonly sample: readonly (readonly string[])[];
  /** Columns of the screen. */
  readonly room: number;
  readonly color: boolean;
}

/** Draws a table row by row. */
export class Table {
  readonly #plan: TablePlan;
  readonly #layout: Layout;
  readonly #aligns: readonly ("left" | "right")[];

  constructor(plan: TablePlan) {
    this.#plan = plan;
    const surplus = plan.sample.some((row) => row.length > plan.names.length);
    this.#layout = layout(
      plan.names.map((name, i) => ({
        width: Math.max(
          width(safe(name)),
          ...plan.sample.map((row) => shownWidth(row[i], plan.room)),
        ),
        rigid: isNumeric(plan.types[i]),
      })),
      plan.room - (surplus ? SURPLUS_ROOM : 0),
    );
    this.#aligns = plan.types.map((type) => isNumeric(type) ? "right" : "left");
  }

  /** The names of the columns there is no room for. */
  get hidden(): string[] {
    return this.#plan.names.slice(this.#layout.widths.length);
  }

  /** The two lines above the rows. */
  head(): string {
    const names = this.#line(this.#plan.names.map(safe));
    const rule = this.#layout.widths.map((n) => "─".repeat(n)).join(
      " ".repeat(GAP),
    );
    return this.#style("1", names) + "\n" + this.#style("2", rule) + "\n";
  }

  /** One row, with a line feed. Cells it lacks are marked, cells too many are counted. */
  row(cells: readonly (string | undefined)[]): string {
    const { names } = this.#plan;
    const shown: string[] = [];
    for (let i = 0; i < this.#layout.widths.length; i++) {
      const cell = cells[i];
      shown.push(cell === undefined ? ABSENT : visible(cell, this.#plan.room));
    }
    const line = this.#line(shown);
    const surplus = cells.length - names.length;
    return surplus > 0 ? `${line}  +${surplus}\n` : `${line}\n`;
  }

  #line(cells: readonly string[]): string {
    const { widths } = this.#layout;
    let line = "";
    for (let i = 0; i < widths.length; i++) {
      const room = widths[i] as number;
      const cell = cells[i] ?? "";
      const align = this.#aligns[i] ?? "left";
      if (i > 0) line += " ".repeat(GAP);
      // A number's text is never changed, even if it is wider than the sample's were.
      line += pad(align === "right" ? cell : truncate(cell, room), room, align);
    }
    return line.trimEnd();
  }

  #style(code: string, text: string): string {
    return this.#plan.color ? `\x1b[${code}m${text}\x1b[0m` : text;
  }
}

/** A cell made safe, of which no more than a screen's width can show. */
function visible(cell: string, room: number): string {
  const most = room * 40 + 400;
  return safe(cell.length > most ? cell.slice(0, most) : cell);
}

function shownWidth(cell: string | undefined, room: number): number {
  if (cell === undefined) return 1;
  return PLAIN.test(cell) ? cell.length : width(visible(cell, room));
}

/** One row as a list of names and values, for `--vertical`. */
export function verticalRow(
  number: number,
  names: readonly string[],
  cells: readonly (string | undefined)[],
  color: boolean,
): string {
  const shown = names.map(safe);
  const room = Math.max(0, ...shown.map(width));
  const style = (code: string, text: string) =>
    color ? `\x1b[${code}m${text}\x1b[0m` : text;
  let text = style("2", `── row ${number}`) + "\n";
  for (let i = 0; i < Math.max(names.length, cells.length); i++) {
    const name = i < names.length ? shown[i] as string : `(+${i + 1})`;
    const cell = cells[i];
    const value = cell === undefined ? ABSENT : safe(cell);
    text += `${style("1", pad(name, room))}  ${value}`.trimEnd() + "\n";
  }
  return text;
}
