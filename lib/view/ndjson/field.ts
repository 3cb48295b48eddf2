/** The date field of NDJSON records. */
import { Failure } from "../../failure.ts";
import { safe } from "../../text/safe.ts";
import { FieldSample, SAMPLE_RECORDS } from "../dates/field.ts";
import { type DateField, type DatePlan, fieldFor } from "../dates/filter.ts";
import { formatPath, parsePath } from "../json/path.ts";
import { RecordWalker, sampling } from "../json/records.ts";
import type { Tape } from "../source.ts";
import { afterMark, isBlank, LineCutter, type LineTaker } from "./lines.ts";
import { type LineTest, THE_LINE, tokenize, valueAt } from "./keep.ts";

/** The date field of the records, from a sample of them; undefined when there are none. */
export async function findField(
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
