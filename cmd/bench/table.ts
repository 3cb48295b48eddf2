/** The results of `ferry bench` on a terminal: a line a case as it is done, then where the time went. */
import { caseName } from "../../lib/bench/cases.ts";
import { formatSize, msOf, rateOf, shareOf } from "../../lib/bench/format.ts";
import { PARTS, type Row } from "../../lib/bench/sample.ts";

/** A column: its head, its width, and how much room a terminal needs for it. */
interface Column {
  readonly head: string;
  readonly width: number;
  /** Left out on terminals narrower than this. */
  readonly from?: number;
  readonly cell: (row: Row) => string;
}

const BAR_WIDTH = 10;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

const COLUMNS: readonly Column[] = [
  { head: "case", width: -18, cell: caseName },
  { head: "size", width: 8, cell: ({ bytes }) => formatSize(bytes) },
  { head: "n", width: 5, cell: ({ repeats }) => String(repeats) },
  { head: "p50", width: 9, cell: ({ latency }) => msOf(latency?.p50) },
  { head: "p95", width: 9, cell: ({ latency }) => msOf(latency?.p95) },
  {
    head: "p99",
    width: 9,
    from: 94,
    cell: ({ latency }) => msOf(latency?.p99),
  },
  { head: "max", width: 9, cell: ({ latency }) => msOf(latency?.max) },
  { head: "rate", width: 11, cell: ({ bytesPerS }) => rateOf(bytesPerS) },
  { head: "of bare", width: 8, from: 80, cell: shareOf },
  { head: "", width: -BAR_WIDTH - 1, from: 106, cell: barOf },
];

const DIM = "2";

/** Lays out results for an output so many columns wide; Infinity where it is no terminal. */
export class ResultTable {
  readonly #columns: readonly Column[];
  readonly #colored: boolean;

  constructor(room: number, colored: boolean) {
    this.#columns = COLUMNS.filter(({ from = 0, head }) =>
      // A bar is for eyes: in a pipe it would only be in the way.
      from <= room && (head !== "" || room !== Infinity)
    );
    this.#colored = colored;
  }

  /** The line above the results. */
  head(): string {
    return this.#dim(this.#line(({ head }) => head));
  }

  /** A case that is done. */
  result(row: Row): string {
    return this.#line(({ cell }) => cell(row));
  }

  /** Where the time of the median transfers went; no lines when nothing arrived. */
  breakdown(rows: readonly Row[]): string[] {
    const known = rows.filter(({ breakdown }) => breakdown !== null);
    if (known.length === 0) return [];
    const line = (name: string, cells: readonly string[]) =>
      name.padEnd(25) + cells.map((cell) => cell.padStart(10)).join("");
    return [
      this.#dim(line("median transfer", PARTS)),
      ...known.map((row) =>
        line(
          `${caseName(row).padEnd(17)}${formatSize(row.bytes).padStart(8)}`,
          PARTS.map((part) => msOf(row.breakdown?.[part])),
        )
      ),
    ];
  }

  #line(cell: (column: Column) => string): string {
    return this.#columns.map((column) =>
      column.width < 0
        ? ` ${cell(column)}`.padEnd(-column.width)
        : ` ${cell(column)}`.padStart(column.width)
    ).join("").slice(1).trimEnd();
  }

  #dim(text: string): string {
    return this.#colored ? `\x1b[${DIM}m${text}\x1b[0m` : text;
  }
}

function barOf({ share }: Row): string {
  if (share === null) return "";
  const eighths = Math.min(Math.round(share * BAR_WIDTH * 8), BAR_WIDTH * 8);
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
}
