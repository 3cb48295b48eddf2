/** `ferry view` of CSV: a table on a terminal, CSV elsewhere, row by row as it is read. */
import { Failure } from "../../failure.ts";
import { safe } from "../../text/safe.ts";
import { prepareWidth } from "../../text/width_loader.ts";
import type { DateFilter, DatePlan } from "../dates/filter.ts";
import type { ViewOut, ViewResult } from "../out.ts";
import type { Tape } from "../source.ts";
import { columnIndex, rowTests } from "./columns.ts";
import { dateColumn, dateFilter } from "./dates.ts";
import { plot, type Plotted, plotted } from "./plot.ts";
import { cellsOf } from "./rows.ts";
import { numberIn } from "./numbers.ts";
import { Ragged } from "./ragged.ts";
import { eachRow, sampleTable, type TableSample } from "./sample.ts";
import { Sorter, type SortKey, sortKey, sortOrder } from "./sort.ts";
import {
  ColumnStats,
  SCHEMA_HEADER,
  schemaRows,
  STATS_HEADER,
} from "./stats.ts";
import { typesOf } from "./types.ts";
import {
  CsvWriter,
  type Row,
  type RowWriter,
  TableWriter,
  VerticalWriter,
} from "./writers.ts";

/** What the command line says about CSV. */
export interface CsvOptions {
  /** `auto`, a name or a character. */
  readonly delimiter?: string | undefined;
  /** False with `--no-header`. */
  readonly header?: boolean | undefined;
  readonly columns?: readonly string[] | undefined;
  /** `COL`, `COL:asc` or `COL:desc`. */
  readonly sort?: string | undefined;
  /** `COL=VALUE`, all of which must hold. */
  readonly where?: readonly string[] | undefined;
  readonly filter?: string | undefined;
  /** Show no more rows than this. */
  readonly limit?: number | undefined;
  readonly schema?: boolean | undefined;
  readonly stats?: boolean | undefined;
  readonly vertical?: boolean | undefined;
  readonly plot?: readonly string[] | undefined;
  /** Ragged rows are an error. */
  readonly strict?: boolean | undefined;
}

/**
 * Shows a table.
 *
 * @throws Failure `bad-data` for a quote left open, ragged rows (`strict`), no date field; `usage`
 *   for columns that are not there.
 */
export async function viewCsv(
  tape: Tape,
  options: CsvOptions,
  dates: DatePlan | undefined,
  out: ViewOut,
): Promise<ViewResult> {
  const table = await sampleTable(tape, options);
  const { names } = table;
  if (names.length === 0) {
    throw new Failure(
      "bad-data",
      `Cannot read ${safe(tape.name)} as CSV: it has no rows`,
    );
  }
  if (table.encoding !== "utf-8") {
    out.note(`encoding: ${table.encoding} (shown as UTF-8)`);
  }
  if (table.header === undefined && options.header !== false) {
    out.note("header: none found; the columns are called c1, c2, …");
  }
  if (out.screen.terminal) {
    await prepareWidth(names.join(""));
    for (const row of table.rows) await prepareWidth(row.join(""));
  }
  const wanted = options.columns?.map((name) => columnIndex(names, name));
  if (options.schema === true) {
    await tape.close();
    const rows = schemaRows(names, table.types, table.rows);
    await report(SCHEMA_HEADER, pick(rows, wanted), out);
    return { shown: rows.length };
  }
  const filter = dates === undefined
    ? undefined
    : await dateFilter(tape, table, dates, out);
  if (options.stats === true) {
    const picked = wanted ?? names.map((_, i) => i);
    const columns = picked.map((i) =>
      new ColumnStats(
        names[i] as string,
        table.comma,
        dateColumn(table, i, dates),
      )
    );
    const shown = await throughRows(tape, table, options, filter, out, {
      row: ({ cells }) => picked.forEach((i, n) => columns[n]?.add(cells[i])),
      take: () => "",
    });
    await report(STATS_HEADER, columns.map((column) => column.row()), out);
    return { shown };
  }
  if (options.plot !== undefined && options.plot.length > 0) {
    const picked = options.plot.map((name) => columnIndex(names, name));
    const lines: Plotted[] = picked.map((i) =>
      plotted(names[i] as string, out.screen)
    );
    const shown = await throughRows(tape, table, options, filter, out, {
      row({ cells }) {
        picked.forEach((i, n) => {
          const number = numberIn(cells[i] ?? "", table.comma);
          if (Number.isFinite(number)) lines[n]?.series.add(number);
        });
      },
      take: () => "",
    });
    await out.write(await plot(lines, tape.name, out.screen));
    return { shown };
  }
  const writer = writerFor(table, wanted, options, out);
  const shown = await throughRows(tape, table, options, filter, out, writer);
  const end = writer.end?.(shown) ?? "";
  if (end !== "") await out.write(end);
  return { shown };
}

function writerFor(
  table: TableSample,
  wanted: readonly number[] | undefined,
  options: CsvOptions,
  out: ViewOut,
): RowWriter {
  const { names, types, rows } = table;
  const { screen } = out;
  if (options.vertical === true) {
    return new VerticalWriter(names, wanted, screen.color);
  }
  if (!screen.terminal) return new CsvWriter(table, wanted);
  const plain = options.sort === undefined && options.filter === undefined &&
    options.where === undefined && options.limit !== undefined;
  return new TableWriter({
    names: wanted?.map((i) => names[i] as string) ?? names,
    types: wanted?.map((i) => types[i] ?? "text") ?? types,
    sample: pick(plain ? rows.slice(0, options.limit) : rows, wanted),
    room: screen.columns,
    color: screen.color,
  }, wanted);
}

function pick(
  rows: readonly (readonly string[])[],
  wanted: readonly number[] | undefined,
): readonly (readonly string[])[] {
  if (wanted === undefined) return rows;
  return rows.map((row) => wanted.map((i) => row[i] ?? ""));
}

/** Reads all rows and hands on those that pass; gives their number. */
async function throughRows(
  tape: Tape,
  table: TableSample,
  options: CsvOptions,
  filter: DateFilter | undefined,
  out: ViewOut,
  writer: RowWriter,
): Promise<number> {
  const { names, delimiter } = table;
  const tests = rowTests(names, options.where ?? [], options.filter);
  const dated = filter === undefined ? -1 : names.indexOf(filter.field.name);
  const order = options.sort === undefined
    ? undefined
    : sortOrder(options.sort, names);
  const sorter = order === undefined
    ? undefined
    : new Sorter<Row>(order.descending, options.limit, tape.name);
  const key = order === undefined ? (): SortKey => undefined : sortKey(
    table.types[order.column],
    table.comma,
    dateColumn(table, order.column, undefined),
  );
  const limit = options.limit ?? Infinity;
  const ragged = new Ragged(names.length, table.header !== undefined);
  let header = table.header !== undefined;
  let shown = 0;
  const drain = async () => {
    const text = writer.take();
    if (text !== "") await out.write(text);
  };
  const take = (raw: string, quoted: boolean, line: number) => {
    const { cells, clean } = cellsOf(raw, quoted, delimiter);
    if (header) {
      header = false;
      writer.header?.({ raw, cells, clean });
      return true;
    }
    if (shown >= limit && sorter === undefined) return false;
    if (cells.length !== names.length) {
      if (options.strict === true) throw ragged.failure(tape.name, line, cells);
      ragged.note(line, cells);
    }
    if (filter !== undefined) {
      const date = cells[dated];
      if (!filter.keeps(date === "" ? undefined : date)) return true;
    }
    for (const test of tests) if (!test(cells)) return true;
    const row = { raw, cells, clean };
    if (sorter !== undefined && order !== undefined) {
      sorter.add(row, key(cells[order.column] ?? ""), raw.length);
      return true;
    }
    writer.row(row);
    return ++shown < limit;
  };
  try {
    await eachRow(
      tape.last(),
      table.encoding,
      delimiter,
      tape.name,
      take,
      drain,
      out.screen.terminal ? prepareWidth : undefined,
    );
  } finally {
    // Said also when the reader has seen enough, or a later row is wrong.
    if (ragged.count > 0) out.note(ragged.words());
    if (filter !== undefined) out.note(filter.announcement());
  }
  for (const row of sorter?.sorted() ?? []) {
    writer.row(row);
    if (++shown % 1000 === 0) await drain();
  }
  await drain();
  return shown;
}

/** Rows of a report, as a table or as CSV like the rows of a file. */
async function report(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  out: ViewOut,
): Promise<void> {
  const writer = out.screen.terminal
    ? new TableWriter({
      names: header,
      types: typesOf(rows, header.length, false),
      sample: rows,
      room: out.screen.columns,
      color: out.screen.color,
    }, undefined)
    : new CsvWriter(
      { names: header, delimiter: ",", newline: "\n" },
      undefined,
    );
  writer.header({ raw: header.join(","), cells: [...header], clean: true });
  for (const row of rows) {
    writer.row({ raw: "", cells: [...row], clean: false });
  }
  await out.write(writer.take());
}
