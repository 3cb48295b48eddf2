// @core
/** What becomes of the lines that stay: their own bytes, JSON printed anew, or counts. */
import { parsePath } from "../json/path.ts";
import { JsonPrinter, type PrintStyle } from "../json/printer.ts";
import { Selector } from "../json/select.ts";
import type { PathSurvey } from "../json/survey.ts";
import type { TokenTaker } from "../json/tokens.ts";
import { joined } from "../joined.ts";
import { tokenize } from "./keep.ts";

/** What becomes of a line that stays. */
export interface Shower {
  line(bytes: Uint8Array, start: number, end: number, line: number): void;
  /** What there is to write since the last call. */
  take(): (string | Uint8Array)[];
}

const NEWLINE = new Uint8Array([0x0a]);

/** Lines as they are: neighbours in the same piece are written together. */
export class Runs implements Shower {
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
    // One write of all: a write costs more than the copy.
    return parts.length < 2
      ? parts
      : [joined(parts, parts.reduce((sum, part) => sum + part.length, 0))];
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
export class Printed implements Shower {
  readonly #printer: JsonPrinter;
  readonly #selector: Selector | undefined;
  readonly #taker: TokenTaker;

  constructor(
    readonly name: string,
    style: PrintStyle,
    path: string | undefined,
    survey: PathSurvey | undefined,
  ) {
    // Off a terminal NDJSON stays one record a line.
    const compact = style.compact === true || style.terminal !== true;
    this.#printer = new JsonPrinter({ ...style, compact });
    const last = survey ?? this.#printer;
    this.#selector = path === undefined
      ? undefined
      : new Selector(parsePath(path), last);
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
