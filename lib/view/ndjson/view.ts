/** `ferry view` of NDJSON: one record a line, however many lines. */
import { DateFilter, type DatePlan } from "../dates/filter.ts";
import { writeSurvey } from "../json/write_survey.ts";
import { PathSurvey } from "../json/survey.ts";
import { type JsonOptions, styleOf } from "../json/view.ts";
import type { ViewOut, ViewResult } from "../out.ts";
import type { Tape } from "../source.ts";
import { findField } from "./field.ts";
import { afterMark, isBlank, LineCutter, type LineTaker } from "./lines.ts";
import { Printed, Runs } from "./show.ts";
import { checking, keeping } from "./keep.ts";

/** What the command line says about NDJSON. */
export interface NdjsonOptions extends JsonOptions {
  /** Show no more records than this. */
  readonly limit?: number | undefined;
}

/**
 * Shows the records one by one as they are read. Not on a terminal, and with nothing to change
 * about them, the lines kept are written as the bytes they are.
 *
 * @throws Failure `bad-data` at the first line that is not JSON, after the ones before it.
 */
export async function viewNdjson(
  tape: Tape,
  options: NdjsonOptions,
  dates: DatePlan | undefined,
  out: ViewOut,
): Promise<ViewResult> {
  const { name } = tape;
  const field = dates === undefined ? undefined : await findField(tape, dates);
  const filter = dates === undefined || field === undefined
    ? undefined
    : new DateFilter(dates, field);
  if (dates !== undefined && filter === undefined) {
    out.note("date field: none (there are no records)");
  }
  const keeps = filter === undefined ? checking(name) : keeping(filter, name);
  const limit = options.limit ?? Infinity;
  const survey = options.paths === true || options.stats === true
    ? new PathSurvey()
    : undefined;
  const verbatim = survey === undefined && !out.screen.terminal &&
    options.compact !== true && options.depth === undefined &&
    options.path === undefined;
  const show = verbatim
    ? new Runs()
    : new Printed(name, styleOf(options, out), options.path, survey);
  let shown = 0;
  let line = 0;
  const cutter = new LineCutter();
  const take: LineTaker = (bytes, start, end) => {
    line++;
    const from = line === 1 ? afterMark(bytes, start) : start;
    if (isBlank(bytes, from, end)) return true;
    if (shown >= limit) return false;
    if (keeps(bytes, from, end, line)) {
      show.line(bytes, from, end, line);
      shown++;
    }
    return shown < limit;
  };
  let failed: unknown;
  const guarded: LineTaker = (bytes, start, end) => {
    try {
      return take(bytes, start, end);
    } catch (error) {
      failed = error;
      return false;
    }
  };
  try {
    let going = limit > 0;
    if (going) {
      for await (const piece of tape.last()) {
        going = cutter.feed(piece, guarded);
        for (const part of show.take()) await out.write(part);
        if (!going) break;
      }
    }
    if (going) {
      cutter.end(guarded);
      for (const part of show.take()) await out.write(part);
    }
    if (failed !== undefined) throw failed;
  } finally {
    // Said also when the reader has seen enough, or a later line is wrong.
    if (filter !== undefined) out.note(filter.announcement());
  }
  if (survey !== undefined) await writeSurvey(survey, options, out);
  return { shown };
}
