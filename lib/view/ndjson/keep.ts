// @core
/** Which lines of NDJSON stay: all that are JSON, or those whose date is asked for. */
import type { DateFilter } from "../dates/filter.ts";
import { parsePath, type Path, samePath } from "../json/path.ts";
import { dateText, type RecordHooks, RecordWalker } from "../json/records.ts";
import { JsonTokenizer } from "../json/tokenizer.ts";
import type { TokenTaker } from "../json/tokens.ts";
import { LineScanner } from "./scan.ts";

/** Where the one record of a line is. */
export const THE_LINE = { kind: "one", path: [] } as const;
const NOTHING: TokenTaker = { token() {} };

/** Whether the line `bytes[start..end)` with this number stays; throws Failure when it is not JSON. */
export type LineTest = (
  bytes: Uint8Array,
  start: number,
  end: number,
  line: number,
) => boolean;

/** A test that every JSON line passes. */
export function checking(name: string): LineTest {
  const scanner = new LineScanner([]);
  return (bytes, start, end, line) => {
    if (!scanner.scan(bytes, start, end)) {
      tokenize(name, bytes, start, end, line, NOTHING);
    }
    return true;
  };
}

/** The filter's test, on bytes where the field's path allows it. */
export function keeping(filter: DateFilter, name: string): LineTest {
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

/** Calls `take` with the date text of the value at a path. */
export function valueAt(
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
export function tokenize(
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
