// @core
/** Places in text that arrives in pieces, as errors name them. */
import { Failure } from "../../failure.ts";
import { safe } from "../../text/safe.ts";

/** Characters of context shown on either side of an error. */
const CONTEXT = 40;

/** What error messages say of the text. */
export interface TextSource {
  /** What they call the file. */
  readonly name: string;
  /** What it was read as; `JSON` unless told. */
  readonly as?: string;
  /** The line number of the first line; 1 unless told. */
  readonly line?: number;
}

/** Keeps count of lines and characters, and the text around the current piece. */
export class TextPlace {
  readonly #source: TextSource;
  #line: number;
  /** The position, in characters from the start of the text, of the current line's start. */
  #lineStart = 0;
  /** The position of the current piece's first character. */
  #base = 0;
  #piece = "";
  /** The end of the piece before. */
  #before = "";

  constructor(source: TextSource) {
    this.#source = source;
    this.#line = source.line ?? 1;
  }

  /** Goes on to the next piece. */
  next(piece: string): void {
    this.#before = (this.#before + this.#piece).slice(-CONTEXT);
    this.#base += this.#piece.length;
    this.#piece = piece;
  }

  /** A line begins at this place of the current piece. */
  newLine(at: number): void {
    this.#line++;
    this.#lineStart = this.#base + at;
  }

  /** A failure at a place of the current piece (which may lie before it: a token begun earlier). */
  failure(at: number, state: string): Failure {
    const { name, as = "JSON" } = this.#source;
    const column = this.#base + at - this.#lineStart + 1;
    const text = this.#before + this.#piece;
    const place = Math.max(0, this.#before.length + at);
    const before = text.slice(Math.max(0, place - CONTEXT), place)
      .split("\n").at(-1) ?? "";
    const after = text.slice(place, place + CONTEXT).split("\n")[0] ?? "";
    return new Failure(
      "bad-data",
      `Cannot read ${
        safe(name)
      } as ${as}: line ${this.#line}, column ${column}: ${safe(state)}`,
      { hint: `Look at the place marked ▸: ${safe(before)}▸${safe(after)}` },
    );
  }
}
