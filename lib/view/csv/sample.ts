/** The beginning of a table: its encoding, dialect, names, types and first rows. */
import { type Encoding, encodingOf } from "../encoding.ts";
import type { Tape } from "../source.ts";
import { columnNames } from "./columns.ts";
import { delimiterNamed, guessDelimiter, hasHeader } from "./dialect.ts";
import { cellsOf, RowCutter, type RowTaker } from "./rows.ts";
import { type ColumnType, typesOf } from "./types.ts";

/** Rows that decide widths and types. */
const SAMPLE_ROWS = 1000;
/** Characters about as many as a screen holds. */
const SCREENFUL = 8 << 10;
/** Bytes the dialect is judged by. */
const HEAD = 16 << 10;

/** What is known of a table before its rows are shown. */
export interface TableSample {
  readonly encoding: Encoding;
  readonly delimiter: string;
  /** Whether a comma is a decimal sign in it. */
  readonly comma: boolean;
  /** How its lines end. */
  readonly newline: "\n" | "\r\n";
  /** The header's cells as they stand in the file; undefined when it has none. */
  readonly header: readonly string[] | undefined;
  readonly names: readonly string[];
  readonly types: readonly ColumnType[];
  /** The first rows, without the header. */
  readonly rows: readonly (readonly string[])[];
}

/** What the command line decides about the dialect. */
export interface DialectOptions {
  readonly delimiter?: string | undefined;
  /** False: the first row is data. */
  readonly header?: boolean | undefined;
}

/** Reads the sample. A file without any row gives no names. */
export async function sampleTable(
  tape: Tape,
  options: DialectOptions,
): Promise<TableSample> {
  const named = delimiterNamed(options.delimiter ?? "auto");
  const head = await tape.head(HEAD);
  const encoding = encodingOf(head);
  const text = new TextDecoder(encoding).decode(head);
  const delimiter = named ??
    guessDelimiter(text, head.length < HEAD).delimiter;
  const rows: string[][] = [];
  await eachRow(tape.read(), encoding, delimiter, tape.name, (raw, quoted) => {
    rows.push(cellsOf(raw, quoted, delimiter).cells);
    return rows.length <= SAMPLE_ROWS;
  });
  const comma = delimiter === ";";
  const headed = rows.length > 0 && options.header !== false &&
    hasHeader(rows, comma);
  const header = headed ? rows.shift() : undefined;
  const columns = header?.length ?? usualLength(rows.slice(0, 100));
  let types: ColumnType[] | undefined;
  return {
    encoding,
    delimiter,
    comma,
    newline: /^[^\n]*\r\n/.test(text) ? "\r\n" : "\n",
    header,
    names: columnNames(header ?? new Array<string>(columns).fill("")),
    // Rows that are only passed on have no use for them.
    get types() {
      return types ??= typesOf(rows, columns, comma);
    },
    rows,
  };
}

/** The length most rows have; of equally frequent ones the longest. */
function usualLength(rows: readonly (readonly string[])[]): number {
  const counts = new Map<number, number>();
  for (const { length } of rows) {
    counts.set(length, (counts.get(length) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0]?.[0] ?? 0;
}

/** Reads the rows of a table, until `take` gives false; `before` sees the text of each piece, `between` runs after it. */
export async function eachRow(
  pieces: AsyncIterable<Uint8Array>,
  encoding: Encoding,
  delimiter: string,
  name: string,
  take: RowTaker,
  between?: () => Promise<void>,
  before?: (text: string) => Promise<void> | undefined,
): Promise<void> {
  const decoder = new TextDecoder(encoding);
  const cutter = new RowCutter(delimiter, name);
  let first = true;
  try {
    for await (const piece of pieces) {
      const text = decoder.decode(piece, { stream: true });
      await before?.(text);
      // Whoever looks at the text beforehand shows it: a screenful at a time, and one for everyone
      // in the beginning, so that the first does not wait for the rest of the piece.
      for (let at = 0, step; at < text.length; at += step) {
        step = first || before !== undefined ? SCREENFUL : text.length;
        first = false;
        const all = at === 0 && step >= text.length;
        const part = all ? text : text.slice(at, at + step);
        if (!cutter.feed(part, take)) return;
        await between?.();
      }
    }
    if (cutter.feed(decoder.decode(), take)) cutter.end(take);
  } finally {
    // Also what stands before an error is shown.
    await between?.();
  }
}
