/** `ferry view` of one JSON document. */
import { Failure } from "../../failure.ts";
import { safe } from "../../text/safe.ts";
import {
  type DateField,
  DateFilter,
  type DatePlan,
  fieldFor,
} from "../dates/filter.ts";
import { type Encoding, encodingOf } from "../encoding.ts";
import { FieldSample, SAMPLE_RECORDS } from "../dates/field.ts";
import type { ViewOut, ViewResult } from "../out.ts";
import type { Tape } from "../source.ts";
import { formatPath, parsePath, type Path } from "./path.ts";
import { RecordPicker, valuesAt } from "./pick.ts";
import { JsonPrinter, type PrintStyle } from "./printer.ts";
import {
  KEYS,
  RecordsFinder,
  type RecordsPlace,
  RecordWalker,
  sampling,
} from "./records.ts";
import { writeSurvey } from "./write_survey.ts";
import { Selector } from "./select.ts";
import { PathSurvey } from "./survey.ts";
import { JsonTokenizer } from "./tokenizer.ts";
import type { TokenTaker } from "./tokens.ts";

/** Bytes the encoding is judged by. */
const ENCODING_BYTES = 16 << 10;

/** What the command line says about JSON. */
export interface JsonOptions {
  /** Show no more records than this. */
  readonly limit?: number | undefined;
  readonly depth?: number | undefined;
  readonly path?: string | undefined;
  readonly paths?: boolean | undefined;
  readonly stats?: boolean | undefined;
  readonly compact?: boolean | undefined;
}

/** The style that the options and the screen ask for. */
export function styleOf(options: JsonOptions, out: ViewOut): PrintStyle {
  return {
    compact: options.compact === true,
    terminal: out.screen.terminal,
    color: out.screen.color,
    depth: options.depth,
  };
}

/**
 * Shows a document: pretty-printed while it is read, or what the options ask for instead.
 *
 * @throws Failure `bad-data` for text that is not JSON, a path that leads nowhere, no date field.
 */
export async function viewJson(
  tape: Tape,
  options: JsonOptions,
  dates: DatePlan | undefined,
  out: ViewOut,
): Promise<ViewResult> {
  const path = options.path === undefined ? undefined : parsePath(options.path);
  const document: Document = {
    tape,
    name: tape.name,
    encoding: encodingOf(await tape.head(ENCODING_BYTES)),
  };
  const summary = options.paths === true || options.stats === true;
  const survey = summary ? new PathSurvey() : undefined;
  const printer = new JsonPrinter(styleOf(options, out));
  let filter: DateFilter | undefined;
  let picker: RecordPicker | undefined;
  if (dates !== undefined || options.limit !== undefined) {
    const place = await findRecords(document, path, dates?.options.recordsAt);
    if (dates !== undefined) {
      const field = await findField(document, path, place, dates);
      if (field !== undefined) filter = new DateFilter(dates, field);
      else out.note("date field: none (there are no records)");
    }
    picker = new RecordPicker(place, filter, options.limit, survey ?? printer);
  }
  try {
    await pump(tape.last(), document, path, picker ?? survey ?? printer, {
      enough: () => picker?.full === true,
      drain: async () => {
        const text = printer.take();
        if (text !== "") await out.write(text);
      },
      broken: async () => {
        const text = printer.take();
        if (survey === undefined) await out.write(text + "\n");
      },
    });
  } finally {
    // Said also when the reader has seen enough, or the rest is wrong.
    if (filter !== undefined) out.note(filter.announcement());
  }
  if (survey !== undefined) await writeSurvey(survey, options, out);
  return { shown: picker?.kept ?? 1 };
}

/** A document to be read, perhaps more than once. */
interface Document {
  readonly tape: Tape;
  readonly name: string;
  readonly encoding: Encoding;
}

/** How to follow a reading. */
interface Follow {
  /** Called after each piece but the last of a short document, whose end must prove it whole. */
  readonly drain?: () => Promise<void>;
  /** Called when the document turns out wrong after some of it was drained. */
  readonly broken?: () => Promise<void>;
  /** Whether enough was read. */
  readonly enough?: () => boolean;
}

/** Reads a document through a tokenizer, and the part at `path` into `taker`. */
async function pump(
  from: AsyncIterable<Uint8Array>,
  { name, encoding }: Document,
  path: Path | undefined,
  taker: TokenTaker,
  follow: Follow,
): Promise<void> {
  const selector = path === undefined ? undefined : new Selector(path, taker);
  const tokenizer = new JsonTokenizer(selector ?? taker, { name });
  const decoder = new TextDecoder(encoding);
  let drained = false;
  let pieces = 0;
  let enough = false;
  try {
    for await (const piece of from) {
      if (pieces++ > 0) {
        await follow.drain?.();
        drained = true;
      }
      tokenizer.feed(decoder.decode(piece, { stream: true }));
      enough = selector?.done === true || follow.enough?.() === true;
      if (enough) break;
    }
    if (!enough) {
      tokenizer.feed(decoder.decode());
      tokenizer.end();
    }
  } catch (error) {
    // Of a document that is wrong from the start nothing is shown; else all up to the error.
    if (drained && error instanceof Failure) await follow.broken?.();
    throw error;
  }
  await follow.drain?.();
  if (!enough && selector?.done === false) {
    const there = selector.alternatives;
    throw new Failure(
      "bad-data",
      `Cannot show ${safe(name)}: there is nothing at ${
        safe(formatPath(path ?? []))
      }`,
      there.length === 0
        ? {}
        : { hint: `On the way there are the keys ${safe(there.join(", "))}` },
    );
  }
}

async function findRecords(
  document: Document,
  path: Path | undefined,
  at: string | undefined,
): Promise<RecordsPlace> {
  const { tape } = document;
  const finder = new RecordsFinder(
    at === undefined ? undefined : parsePath(at),
  );
  await pump(tape.read(), document, path, finder, {
    enough: () => finder.decided,
  });
  const place = finder.place();
  if (place !== undefined) return place;
  throw new Failure(
    "usage",
    `Cannot filter ${safe(tape.name)} by date: there is nothing at ${
      safe(at ?? ".")
    }`,
    { hint: "ferry view --paths lists what is in the file" },
  );
}

/** The date field of the records at `place`; undefined when there are no records. */
async function findField(
  document: Document,
  path: Path | undefined,
  place: RecordsPlace,
  dates: DatePlan,
): Promise<DateField | undefined> {
  const { tape } = document;
  const { options } = dates;
  const asked = options.field === undefined || options.field === KEYS
    ? undefined
    : parsePath(options.field);
  const sample = new FieldSample();
  const indexed = asked?.some((step) => typeof step === "number") === true;
  const walker = new RecordWalker(place, sampling(sample, indexed), undefined);
  await pump(tape.read(), document, path, walker, {
    enough: () => sample.records >= SAMPLE_RECORDS,
  });
  if (sample.records === 0) return undefined;
  const field = asked === undefined ? options.field : formatPath(asked);
  const keyed = place.kind === "entries" && field === undefined;
  const choice = fieldFor(
    sample,
    { ...options, field: keyed ? KEYS : field },
    tape.name,
  );
  const { evidence } = choice.sample;
  if (options.order === undefined && evidence.undecided) {
    // The first records do not say: go on through the others until one does.
    const wanted = choice.name === KEYS ? undefined : parsePath(choice.name);
    const rest = new RecordWalker(
      place,
      valuesAt(wanted, (value) => {
        if (value !== undefined) evidence.add(value);
      }),
      undefined,
    );
    await pump(tape.read(), document, path, rest, {
      enough: () => !evidence.undecided || evidence.contradictory,
    });
    if (evidence.undecided) throw evidence.failure(choice.name);
  }
  return {
    name: choice.name,
    column: choice.sample.decide(options),
    others: choice.others,
  };
}
