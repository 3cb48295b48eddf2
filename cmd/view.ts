/** `ferry view`: images, CSV and JSON in the terminal. */
import { EXIT, Failure } from "../lib/failure.ts";
import { type HereAndNow, planDates } from "../lib/view/dates/filter.ts";
import { defineCommand } from "./command.ts";
import { type Context, mayColor } from "./context.ts";
import type { Globals } from "./globals.ts";
import {
  describeFiles,
  type Manner,
  type Opened,
  type Pager,
  showFiles,
} from "./view/files.ts";
import { openInput } from "./view/input.ts";
import {
  assertMeant,
  dataOptions,
  VIEW_OPTIONS,
  type ViewValues,
} from "./view/options.ts";

/** See the command table. */
export const command = defineCommand({
  usage: ["view FILE…", "view -"],
  description:
    "Shows images, CSV, JSON and NDJSON in the terminal, whatever their size; what is taller than the screen is paged (by the command in PAGER, if set). " +
    "In a pipe CSV stays CSV and JSON stays JSON, without colours, and an image is described in one line. " +
    "Data goes to standard output, words about it to standard error.\n\n" +
    "Dates filter CSV and JSON alike: --date takes a year, a month, a day, an hour, or a range of them. The field is found by itself, and named.",
  arguments: [{
    name: "FILE",
    help: "What to show; - is standard input. Several follow each other",
  }],
  options: VIEW_OPTIONS,
  examples: [
    { line: "ferry view photo.jpg", does: "Draw it as well as it can be here" },
    {
      line: "ferry view orders.csv --where city=Oslo --sort total:desc -n 20",
      does: "The twenty largest orders from Oslo",
    },
    {
      line: "ferry view events.json --date 2024-05-01..2024-05-07",
      does: "The events of that week",
    },
    {
      line: "curl -s https://example.org/data.json | ferry view - --path items",
      does: "One part of a document from a pipe",
    },
  ],
  printsOnly: true,
  async run(context, { options, globals, arguments: paths, reporter }) {
    const here = hereAndNow(context);
    // What was asked is checked before anything is opened.
    planDates(dataOptions(options).dates ?? {}, here);
    const files = await openAll(paths, options, context);
    const manner: Manner = {
      values: options,
      here,
      color: mayColor(context, context.stdout, globals.color),
      pager: await pagerFor(options, context, globals),
    };
    const show = reporter.json ? describeFiles : showFiles;
    const failures = await show(files, manner, context, reporter);
    const [first] = failures;
    if (files.length === 1 && first !== undefined) throw first;
    const failed = failures.length;
    const exit = first === undefined
      ? EXIT.ok
      : failed === files.length
      ? first.exit
      : EXIT.partial;
    if (reporter.json) {
      reporter.summary({ ok: files.length - failed, failed, exit });
    }
    return exit;
  },
});

async function openAll(
  paths: readonly string[],
  values: ViewValues,
  context: Context,
): Promise<Opened[]> {
  if (paths.length === 0) {
    throw new Failure("usage", "Cannot view: the file is missing", {
      hint: "for example: ferry view report.csv",
    });
  }
  if (paths.filter((path) => path === "-").length > 1) {
    throw new Failure(
      "usage",
      "Cannot read standard input twice: - stands for it once",
    );
  }
  const files: Opened[] = [];
  for (const path of paths) {
    try {
      const input = await openInput(path, values.type, context);
      if (paths.length === 1) assertMeant(values, input.type, input.name);
      // Of many only what they are is kept, not their beginnings.
      else if (input.path !== undefined) await input.tape().close();
      files.push(input);
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof Failure) || error.code === "usage") throw error;
      files.push(error);
    }
  }
  return files;
}

/** The pager, where there is a screen to page on and a keyboard to page with. */
async function pagerFor(
  { noPager }: ViewValues,
  context: Context,
  { color, noInput, json }: Globals,
): Promise<Pager | undefined> {
  const { stdout, env } = context;
  if (noPager || noInput || json || !stdout.isTerminal) return undefined;
  if (env("TERM") === "dumb") return undefined;
  const pager = env("PAGER");
  if (pager) {
    const { pageOutside } = await import("./view/outside_pager.ts");
    return (view, context) => pageOutside(view, pager, context);
  }
  const keys = context.terminalKeys();
  if (keys === undefined) return undefined;
  const { pageOnScreen } = await import("./view/screen.ts");
  const colored = mayColor(context, stdout, color);
  return (view, context) => pageOnScreen(view, keys, colored, context);
}

function hereAndNow({ clock }: Context): HereAndNow {
  return {
    now: clock.date(),
    /** Looked up only when a date is asked for. */
    get zone() {
      return Temporal.Now.timeZoneId();
    },
  };
}
