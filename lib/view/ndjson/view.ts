/** `ferry view` of NDJSON: one record a line, however many lines. */
import { Failure } from "../../failure.ts";
import { safe } from "../../text/safe.ts";
import { prepareWidth } from "../../text/width_loader.ts";
import {
  type DateField,
  DateFilter,
  type DatePlan,
  fieldFor,
} from "../dates/filter.ts";
import { FieldSample, SAMPLE_RECORDS } from "../dates/field.ts";
import { formatPath, parsePath, type Path, samePath } from "../json/path.ts";
import { JsonPrinter } from "../json/printer.ts";
import {
  dateText,
  type RecordHooks,
  RecordWalker,
  sampling,
} from "../json/records.ts";
import { reportPaths, reportStats } from "../json/report.ts";
import { Selector } from "../json/select.ts";
import { PathSurvey } from "../json/survey.ts";
import { JsonTokenizer, type TokenTaker } from "../json/tokens.ts";
import { type JsonOptions, styleOf } from "../json/view.ts";
import type { ViewOut, ViewResult } from "../out.ts";
import type { Tape } from "../source.ts";
import { LineCutter, type LineTaker } from "./lines.ts";
import { LineScanner } from "./scan.ts";

/** What the command line says about NDJSON. */
export interface NdjsonOptions extends JsonOptions {
  /** Show no more records than this. */
  readonly limit?: number | undefined;
}

const THE_LINE = { kind: "one", path: [] } as const;
const NOTHING: TokenTaker = { token() {} };

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
  const show = verbatim ? new Runs() : new Printed(name, options, survey, out);
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
  if (survey !== undefined) {
    const report = options.paths === true ? reportPaths : reportStats;
    await prepareWidth(survey.facts.map(({ path }) => path).join(""));
    await out.write(report(survey, out.screen));
  }
  if (filter !== undefined) out.note(filter.announcement());
  return { shown };
}

type LineTest = (
  bytes: Uint8Array,
  start: number,
  end: number,
  line: number,
) => boolean;

/** A test that every JSON line passes. */
function checking(name: string): LineTest {
  const scanner = new LineScanner([]);
  return (bytes, start, end, line) => {
    if (!scanner.scan(bytes, start, end)) {
      tokenize(name, bytes, start, end, line, NOTHING);
    }
    return true;
  };
}

/** The filter's test, on bytes where the field's path allows it. */
function keeping(filter: DateFilter, name: string): LineTest {
  const path = parsePath(filter.field.name);
  if (path.some((step) => typeof step === "number") || path.length === 0) {
    return slowly(filter, path, name);
  }
  const scanner = new LineScanner(path.map(String));
  let current: Uint8Array = new Uint8Array(0);
  const text = () => scanner.text(current);
  const slow = slowly(filter, path, name);
  return (bytes, start, end, line) => {
    if (!scanner.scan(bytes, start, end)) {
      // In doubt: the tokenizer says what is wrong with the line, or reads it after all.
      return slow(bytes, start, end, line);
    }
    if (scanner.found === "") return filter.keeps(undefined);
    current = bytes;
    if (scanner.found === "number" || scanner.escaped) {
      return filter.keeps(scanner.text(bytes));
    }
    return filter.keepsBytes(bytes, scanner.start, scanner.end, text);
  };
}

function slowly(filter: DateFilter, path: Path, name: string): LineTest {
  let value: string | undefined;
  const walker = () =>
    new RecordWalker(THE_LINE, valueAt(path, (v) => value = v), undefined);
  return (bytes, start, end, line) => {
    value = undefined;
    tokenize(name, bytes, start, end, line, walker());
    return filter.keeps(value);
  };
}

function valueAt(
  path: Path,
  take: (value: string | undefined) => void,
): RecordHooks {
  return {
    start() {},
    scalar(kind, text, steps) {
      if (samePath(path, steps)) take(dateText(kind, text));
    },
    end() {},
  };
}

const decoder = new TextDecoder();

/** One line through a tokenizer of its own; throws what is wrong with it. */
function tokenize(
  name: string,
  bytes: Uint8Array,
  start: number,
  end: number,
  line: number,
  taker: TokenTaker,
): void {
  const tokenizer = new JsonTokenizer(taker, { name, as: "NDJSON", line });
  tokenizer.feed(decoder.decode(bytes.subarray(start, end)));
  tokenizer.end();
}

/** The date field of the records, from a sample of them; undefined when there are none. */
async function findField(
  tape: Tape,
  dates: DatePlan,
): Promise<DateField | undefined> {
  const { options } = dates;
  if (options.recordsAt !== undefined) {
    throw new Failure(
      "usage",
      `Cannot filter ${
        safe(tape.name)
      } by date: it is NDJSON, whose records are its lines`,
      { hint: "Leave --records-at out" },
    );
  }
  const asked = options.field === undefined
    ? undefined
    : parsePath(options.field);
  const indexed = asked?.some((step) => typeof step === "number") === true;
  const sample = new FieldSample();
  const hooks = sampling(sample, indexed);
  await eachLine(tape, (bytes, start, end, line) => {
    tokenize(
      tape.name,
      bytes,
      start,
      end,
      line,
      new RecordWalker(THE_LINE, hooks, undefined),
    );
    return sample.records < SAMPLE_RECORDS;
  });
  if (sample.records === 0) return undefined;
  const field = asked === undefined ? undefined : formatPath(asked);
  const choice = fieldFor(sample, { ...options, field }, tape.name);
  const { evidence } = choice.sample;
  if (options.order === undefined && evidence.undecided) {
    // The first records do not say: go on through the others until one does.
    const path = parsePath(choice.name);
    const rest = valueAt(path, (value) => {
      if (value !== undefined) evidence.add(value);
    });
    await eachLine(tape, (bytes, start, end, line) => {
      tokenize(
        tape.name,
        bytes,
        start,
        end,
        line,
        new RecordWalker(THE_LINE, rest, undefined),
      );
      return evidence.undecided && !evidence.contradictory;
    });
    if (evidence.undecided) throw evidence.failure(choice.name);
  }
  return {
    name: choice.name,
    column: choice.sample.decide(options),
    others: choice.others,
  };
}

/** Reads from the start and hands out the lines that are not blank, until `take` gives false. */
async function eachLine(tape: Tape, take: LineTest): Promise<void> {
  const cutter = new LineCutter();
  let line = 0;
  const each: LineTaker = (bytes, start, end) => {
    line++;
    const from = line === 1 ? afterMark(bytes, start) : start;
    return isBlank(bytes, from, end) || take(bytes, from, end, line);
  };
  for await (const piece of tape.read()) {
    if (!cutter.feed(piece, each)) return;
  }
  cutter.end(each);
}

/** Past a byte-order mark. */
function afterMark(bytes: Uint8Array, start: number): number {
  const mark = bytes[start] === 0xef && bytes[start + 1] === 0xbb &&
    bytes[start + 2] === 0xbf;
  return mark ? start + 3 : start;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const code = bytes[i] as number;
    if (code !== 0x20 && code !== 0x09 && code !== 0x0d) return false;
  }
  return true;
}

/** What becomes of a line that stays. */
interface Shower {
  line(bytes: Uint8Array, start: number, end: number, line: number): void;
  /** What there is to write since the last call. */
  take(): (string | Uint8Array)[];
}

const NEWLINE = new Uint8Array([0x0a]);

/** Lines as they are: neighbours in the same piece are written together. */
class Runs implements Shower {
  #parts: Uint8Array[] = [];
  #bytes: Uint8Array | undefined;
  #start = 0;
  #end = 0;

  line(bytes: Uint8Array, start: number, end: number): void {
    if (bytes === this.#bytes && start === this.#end) {
      this.#end = end + 1;
      return;
    }
    this.#flush();
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end + 1;
  }

  take(): Uint8Array[] {
    this.#flush();
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  #flush(): void {
    if (this.#bytes === undefined) return;
    // The line feed stands right behind the line, except behind the last one of a piece's end.
    this.#parts.push(this.#bytes.subarray(this.#start, this.#end));
    if (this.#end > this.#bytes.length) this.#parts.push(NEWLINE);
    this.#bytes = undefined;
  }
}

/** Lines printed anew, or counted. */
class Printed implements Shower {
  readonly #printer: JsonPrinter;
  readonly #selector: Selector | undefined;
  readonly #taker: TokenTaker;

  constructor(
    readonly name: string,
    options: NdjsonOptions,
    survey: PathSurvey | undefined,
    out: ViewOut,
  ) {
    // Off a terminal NDJSON stays one record a line.
    const compact = options.compact === true || !out.screen.terminal;
    this.#printer = new JsonPrinter(styleOf({ ...options, compact }, out));
    const last = survey ?? this.#printer;
    this.#selector = options.path === undefined
      ? undefined
      : new Selector(parsePath(options.path), last);
    this.#taker = this.#selector ?? last;
  }

  line(bytes: Uint8Array, start: number, end: number, line: number): void {
    this.#selector?.restart();
    tokenize(this.name, bytes, start, end, line, this.#taker);
  }

  take(): string[] {
    const text = this.#printer.take();
    return text === "" ? [] : [text];
  }
}
