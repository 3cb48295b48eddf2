// @core
/** How a table is written: its delimiter, and whether its first row names the columns. */
import { Failure } from "../../failure.ts";
import { safe } from "../../text/safe.ts";
import { cellsOf, RowCutter } from "./rows.ts";
import { cellType, type ColumnType, typesOf } from "./types.ts";

/** The delimiters that are recognised, likeliest first. */
const DELIMITERS: readonly string[] = [",", ";", "\t", "|"];
/** Rows of the beginning that a delimiter and a header are judged by. */
const JUDGED = 40;

const NAMES: Readonly<Record<string, string>> = {
  comma: ",",
  semicolon: ";",
  tab: "\t",
  "\\t": "\t",
  pipe: "|",
  space: " ",
};

/**
 * The delimiter an option names; undefined for `auto`.
 *
 * @throws Failure `usage` when it is not one ordinary character.
 */
export function delimiterNamed(option: string): string | undefined {
  const lower = option.toLowerCase();
  if (lower === "auto") return undefined;
  const delimiter = Object.hasOwn(NAMES, lower) ? NAMES[lower] : option;
  if (delimiter?.length === 1 && !'"\r\n'.includes(delimiter)) return delimiter;
  throw new Failure(
    "usage",
    `Cannot use "${safe(option)}" as delimiter: it is not one character`,
    { hint: "Give auto, comma, semicolon, tab, pipe or one character" },
  );
}

/** A delimiter, and how much speaks for it: 0 to 1, 0 when the text is no table by it. */
export interface Guess {
  readonly delimiter: string;
  readonly confidence: number;
}

/**
 * The delimiter that cuts the beginning of a text into rows of equal length most evenly; among
 * equals the one that gives more columns, then the likelier one.
 */
export function guessDelimiter(head: string, whole: boolean): Guess {
  let best: Guess & { columns: number } = {
    delimiter: ",",
    confidence: 0,
    columns: 1,
  };
  for (const delimiter of DELIMITERS) {
    const lengths = lengthsBy(head, whole, delimiter);
    const counts = new Map<number, number>();
    for (const n of lengths) counts.set(n, (counts.get(n) ?? 0) + 1);
    const [columns, rows] = [...counts].sort((a, b) =>
      b[1] - a[1] || b[0] - a[0]
    )[0] ?? [1, 0];
    if (columns < 2) continue;
    // A first row without the delimiter speaks against it: names are cut like the rest.
    const header = lengths[0] === 1 ? 0.5 : 1;
    const confidence = rows / lengths.length * header;
    if (
      confidence > best.confidence + 0.1 ||
      (confidence > best.confidence - 0.1 && columns > best.columns)
    ) best = { delimiter, confidence, columns };
  }
  return best;
}

function lengthsBy(head: string, whole: boolean, delimiter: string): number[] {
  const lengths: number[] = [];
  const cutter = new RowCutter(delimiter, "");
  const take = (raw: string, quoted: boolean) => {
    lengths.push(cellsOf(raw, quoted, delimiter).cells.length);
    return lengths.length < JUDGED;
  };
  // The last row of a head that is cut off says nothing; without any other it is all there is.
  try {
    const more = cutter.feed(head, take);
    if (more && (whole || lengths.length === 0)) cutter.end(take);
  } catch {
    // A quote left open: by this delimiter or any, the rows before it count.
  }
  return lengths;
}

/**
 * Whether the first row names the columns. It does unless a column whose other cells are numbers
 * or dates has one in its first row too, and none of them has a word there.
 */
export function hasHeader(
  rows: readonly (readonly string[])[],
  comma: boolean,
): boolean {
  const first = rows[0] ?? [];
  const rest = rows.slice(1, JUDGED);
  const types = typesOf(rest, first.length, comma);
  let speaksFor = 0;
  let speaksAgainst = 0;
  first.forEach((cell, i) => {
    const type = cellType(cell, comma);
    const body = types[i] as ColumnType;
    if (body === "text" || body === "empty") {
      // Without rows to compare with, a number or a date is data.
      if (rest.length === 0 && isData(type)) speaksAgainst++;
      return;
    }
    if (type === "text") speaksFor++;
    // A year can name a column of numbers.
    else if (isData(type) && !/^(?:19|20)\d\d$/.test(cell.trim())) {
      speaksAgainst++;
    } else if (isData(type) && rest.every((row) => isYear(row[i] ?? ""))) {
      speaksAgainst++;
    }
  });
  return speaksFor > 0 || speaksAgainst === 0;
}

function isData(type: ColumnType): boolean {
  return type !== "text" && type !== "empty";
}

function isYear(cell: string): boolean {
  return /^(?:19|20)\d\d$/.test(cell.trim());
}
