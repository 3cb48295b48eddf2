/** The options of `ferry view`, and what they mean to the views. */
import { Failure } from "../../lib/failure.ts";
import type { DataOptions } from "../../lib/view/data.ts";
import type { ViewType } from "../../lib/view/detect.ts";
import {
  type Background,
  parseBackground,
} from "../../lib/view/image/background.ts";
import { MAX_CELLS } from "../../lib/view/image/limits.ts";
import { PROTOCOLS } from "../../lib/view/image/protocol.ts";
import type { ImageOptions } from "../../lib/view/image/show.ts";
import {
  choice,
  count,
  flag,
  flagName,
  list,
  text,
  texts,
  value,
  type Values,
} from "../option.ts";

/**
 * What is asked about one file is said on its command line alone: `FERRY_TO` set for `ferry send`
 * must not filter by date.
 */
const HERE = { commandLineOnly: true } as const;

/** See the command table. */
export const VIEW_OPTIONS = {
  type: choice(
    ["image", "csv", "json", "ndjson"],
    "What the files are, instead of finding out",
    HERE,
  ),
  noPager: flag("Print everything, also what is taller than the screen"),

  protocol: choice(
    ["auto", ...PROTOCOLS],
    "Images: how to draw; also draws into a pipe unless auto",
    { default: "auto" },
  ),
  width: count("COLUMNS", "Images: as wide as this", cells()),
  height: count("ROWS", "Images: as high as this", cells()),
  fit: choice(
    ["both", "width", "height", "none"],
    "Images: which sides of the screen to fit",
    { default: "both" },
  ),
  loops: count("N", "Images: play an animation N times; 0 for ever"),
  still: flag("Images: only the first frame"),
  background: value(
    "auto|checker|#rrggbb",
    "Images: what shows through transparent parts",
    readBackground,
    { default: "auto" },
  ),
  open: flag("Images: hand the file to the desktop's own viewer", HERE),

  delimiter: text(
    "CHAR",
    "CSV: comma, semicolon, tab, pipe or any character",
    { default: "auto" },
  ),
  noHeader: flag("CSV: the first row is data", HERE),
  columns: list("NAME,…", "CSV: these columns, in this order", HERE),
  sort: text("COLUMN[:desc]", "CSV: sort by a column", HERE),
  where: texts("COLUMN=VALUE", "CSV: rows that hold it; repeatable", HERE),
  filter: text("REGEX", "CSV: rows in which a cell matches", HERE),
  limit: count("N", "CSV, JSON: the first N rows or records", {
    short: "n",
    ...HERE,
  }),
  schema: flag("CSV: list the columns and their types", HERE),
  stats: flag("CSV, JSON: count and summarise", HERE),
  vertical: flag("CSV: one line per cell", HERE),
  plot: list("COLUMN,…", "CSV: draw a chart of columns", HERE),
  strict: flag("CSV: rows of another length are an error", HERE),

  depth: count("N", "JSON: fold what is nested deeper"),
  path: text("PATH", "JSON: only what is there, as in a.b[0]", HERE),
  paths: flag("JSON: list the paths there are", HERE),
  compact: flag("JSON: one line"),

  date: text(
    "DATE",
    "Records of 2024, 2024-05, 2024-05-01, 2024-05-01T10, today, yesterday, 7d or A..B",
    HERE,
  ),
  from: text("DATE", "Records from this date on", HERE),
  to: text("DATE", "Records up to this date, inclusive", HERE),
  dateField: text("COLUMN|PATH", "Where the date is", HERE),
  recordsAt: text("PATH", "JSON: where the records are", HERE),
  tz: text(
    "ZONE",
    "local, UTC, a zone or written: what dates with a zone are converted to",
    HERE,
  ),
  dateOrder: choice(
    ["ymd", "mdy", "dmy"],
    "The order of day and month in 01/02/2024",
    HERE,
  ),
  epoch: choice(["s", "ms", "us", "ns"], "The unit of counts since 1970", HERE),
  includeUndated: flag("Keep records without a date", HERE),
  failEmpty: flag("Exit 1 when nothing is left to show", HERE),
} as const;

/** The values of these options. */
export type ViewValues = Values<typeof VIEW_OPTIONS>;

/** What the options say about tables and JSON. */
export function dataOptions(values: ViewValues): DataOptions {
  const { noHeader, date, from, to, dateField, recordsAt, tz, dateOrder } =
    values;
  const { epoch, includeUndated } = values;
  return {
    ...values,
    header: !noHeader,
    dates: {
      date,
      from,
      to,
      field: dateField,
      recordsAt,
      tz,
      order: dateOrder,
      epoch,
      includeUndated,
    },
  };
}

/** What the options say about images. */
export function imageOptions(values: ViewValues): ImageOptions {
  const { protocol, background, fit, width, height, loops, still } = values;
  return {
    protocol,
    background,
    fit,
    still,
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(loops === undefined ? {} : { loops }),
  };
}

const TABLES: readonly ViewType[] = ["csv"];
const JSONS: readonly ViewType[] = ["json", "ndjson"];
const DATA: readonly ViewType[] = [...TABLES, ...JSONS];

/** The types that what is asked about a file can be asked of. */
const ASKED_OF: Partial<Record<keyof ViewValues, readonly ViewType[]>> = {
  open: ["image"],
  noHeader: TABLES,
  columns: TABLES,
  sort: TABLES,
  where: TABLES,
  filter: TABLES,
  schema: TABLES,
  vertical: TABLES,
  plot: TABLES,
  strict: TABLES,
  path: JSONS,
  paths: JSONS,
  recordsAt: JSONS,
  limit: DATA,
  stats: DATA,
  date: DATA,
  from: DATA,
  to: DATA,
  failEmpty: DATA,
};

const TYPE_NAMES: Record<ViewType, string> = {
  image: "an image",
  csv: "CSV",
  json: "JSON",
  ndjson: "NDJSON",
};

/** Throws a `usage` failure for an option that means nothing for a file of this type. */
export function assertMeant(
  values: ViewValues,
  type: ViewType,
  name: string,
): void {
  for (const [key, types] of Object.entries(ASKED_OF)) {
    const given = values[key as keyof ViewValues];
    if (given === undefined || given === false || types.includes(type)) {
      continue;
    }
    throw new Failure(
      "usage",
      `Cannot use --${flagName(key)} with ${name}: it is ${TYPE_NAMES[type]}`,
    );
  }
}

function cells(): { min: number; max: number } {
  return { min: 1, max: MAX_CELLS };
}

function readBackground(text: string): Background {
  const background = parseBackground(text);
  if (background !== undefined) return background;
  throw new Failure(
    "usage",
    `Cannot read background: ${
      JSON.stringify(text)
    } is not auto, checker or a colour such as #204060`,
  );
}
