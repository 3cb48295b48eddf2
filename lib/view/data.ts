/** `ferry view` of a table or of JSON: one door to all of them. */
import { Failure } from "../failure.ts";
import { safe } from "../text/safe.ts";
import type { CsvOptions } from "./csv/view.ts";
import { type DateOptions, type DatePlan, planDates } from "./dates/filter.ts";
import type { ViewType } from "./detect.ts";
import type { JsonOptions } from "./json/view.ts";
import type { ViewOut, ViewResult } from "./out.ts";
import type { Tape } from "./source.ts";

/** Everything the command line says about data. */
export interface DataOptions extends CsvOptions, JsonOptions {
  readonly dates?: DateOptions | undefined;
  /** Nothing shown is a failure (exit 1). */
  readonly failEmpty?: boolean | undefined;
}

type View = (
  tape: Tape,
  options: DataOptions,
  dates: DatePlan | undefined,
  out: ViewOut,
) => Promise<ViewResult>;

/**
 * Shows a file of data on `out`. The options of the other types are passed over.
 *
 * @throws Failure `usage`, `input`, `bad-data`; `failure` when nothing was shown and `failEmpty`.
 */
export async function viewData(
  type: Exclude<ViewType, "image">,
  tape: Tape,
  options: DataOptions,
  out: ViewOut,
): Promise<ViewResult> {
  // What was asked is checked before anything is read.
  const dates = planDates(options.dates ?? {}, out.here);
  try {
    const head = await tape.head(1);
    if (head.length === 0) {
      throw new Failure(
        "bad-data",
        `Cannot view ${safe(tape.name)}: it is empty`,
      );
    }
    const view = await viewOf(type);
    const result = await view(tape, options, dates, out);
    if (result.shown === 0 && options.failEmpty === true) {
      throw new Failure(
        "failure",
        `Cannot find a match in ${safe(tape.name)}: nothing was left to show`,
      );
    }
    return result;
  } finally {
    await tape.close();
  }
}

/** The view of a type. Only that one is loaded: the first screen waits for it. */
async function viewOf(type: Exclude<ViewType, "image">): Promise<View> {
  switch (type) {
    case "csv":
      return (await import("./csv/view.ts")).viewCsv;
    case "json":
      return (await import("./json/view.ts")).viewJson;
    case "ndjson":
      return (await import("./ndjson/view.ts")).viewNdjson;
  }
}
