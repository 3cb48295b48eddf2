/** The date filter on the rows of a table. */
import { Failure } from "../../failure.ts";
import { safe } from "../../text/safe.ts";
import { ColumnSample, type DateColumn } from "../dates/column.ts";
import { FieldSample } from "../dates/field.ts";
import { DateFilter, type DatePlan, fieldFor } from "../dates/filter.ts";
import type { ViewOut } from "../out.ts";
import type { Tape } from "../source.ts";
import { columnIndex } from "./columns.ts";
import { cellsOf } from "./rows.ts";
import { eachRow, type TableSample } from "./sample.ts";

/** How the dates of a column are read, as far as the sample tells. */
export function dateColumn(
  table: TableSample,
  index: number,
  dates: DatePlan | undefined,
): DateColumn {
  const sample = new ColumnSample();
  for (const row of table.rows) sample.add(row[index] ?? "");
  return sample.decide(dates?.options ?? {});
}

/**
 * The filter of the rows by date; undefined when there are no rows.
 *
 * @throws Failure `bad-data` when no column holds dates; `usage` when their order is undecidable.
 */
export async function dateFilter(
  tape: Tape,
  table: TableSample,
  dates: DatePlan,
  out: ViewOut,
): Promise<DateFilter | undefined> {
  const { options } = dates;
  const { names, rows } = table;
  if (options.recordsAt !== undefined) {
    throw new Failure(
      "usage",
      `Cannot filter ${
        safe(tape.name)
      } by date: it is CSV, whose records are its rows`,
      { hint: "Leave --records-at out" },
    );
  }
  const asked = options.field === undefined
    ? undefined
    : names[columnIndex(names, options.field)];
  if (rows.length === 0) {
    out.note("date field: none (there are no records)");
    return undefined;
  }
  const sample = new FieldSample();
  for (const row of rows) {
    sample.record();
    names.forEach((name, i) => {
      const cell = row[i];
      if (cell === undefined || cell === "") sample.seen(name, name, 1);
      else sample.add(name, name, 1, cell);
    });
  }
  const choice = fieldFor(sample, { ...options, field: asked }, tape.name);
  const { evidence } = choice.sample;
  if (options.order === undefined && evidence.undecided) {
    // The first rows do not say: go on through the others until one does.
    const index = names.indexOf(choice.name);
    const { encoding, delimiter } = table;
    await eachRow(
      tape.read(),
      encoding,
      delimiter,
      tape.name,
      (raw, quoted) => {
        const cell = cellsOf(raw, quoted, delimiter).cells[index];
        if (cell !== undefined) evidence.add(cell);
        return evidence.undecided && !evidence.contradictory;
      },
    );
    if (evidence.undecided) throw evidence.failure(choice.name);
  }
  return new DateFilter(dates, {
    name: choice.name,
    column: choice.sample.decide(options),
    others: choice.others,
  });
}
