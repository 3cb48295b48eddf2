// @core
/**
 * JSON (RFC 8259) cut into tokens (tokens.ts) as its text arrives, in pieces of any size. Nesting is
 * followed without recursion.
 */
import type { Failure } from "../../failure.ts";
import { TextPlace, type TextSource } from "./text_place.ts";
import type { TokenKind, TokenTaker } from "./tokens.ts";

/** Levels of nesting that are followed; deeper files are refused, readably. */
export const DEEPEST = 1000;

const enum Expect {
  Value,
  ValueOrClose,
  Key,
  KeyOrClose,
  Colon,
  CommaOrClose,
  End,
}

const WANTED: Readonly<Record<Expect, string>> = {
  [Expect.Value]: "a value",
  [Expect.ValueOrClose]: 'a value or "]"',
  [Expect.Key]: "a key in double quotes",
  [Expect.KeyOrClose]: 'a key in double quotes or "}"',
  [Expect.Colon]: '":"',
  [Expect.CommaOrClose]: '","',
  [Expect.End]: "the end of the file",
};

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** The longest number or word that is collected; longer ones are refused. */
const LONGEST_BARE = 1 << 20;

/** How a tokenizer is to read. */
export interface TokenizerOptions extends TextSource {
  /** Any number of documents one after the other, instead of exactly one. */
  readonly many?: boolean;
}

/**
 * A tokenizer to push text into: `feed()` any number of times, then `end()`.
 *
 * Both throw Failure `bad-data` with line and column (counted in characters from 1) for text that
 * is not JSON; afterwards the tokenizer must not be used.
 */
export class JsonTokenizer {
  readonly #taker: TokenTaker;
  readonly #options: TokenizerOptions;
  /** The open containers, outermost first: 1 for an object, 0 for an array. */
  readonly #open = new Uint8Array(DEEPEST);
  #depth = 0;
  #expect: Expect = Expect.Value;
  /** The beginning of a token that earlier pieces held. */
  #pending = "";
  #inside: "" | "string" | "bare" = "";
  /** After a backslash: 1; within `\u`: 5 down to 2, the digits to come plus one; else 0. */
  #escape = 0;
  readonly #place: TextPlace;
  #piece = "";
  #documents = 0;

  constructor(taker: TokenTaker, options: TokenizerOptions) {
    this.#taker = taker;
    this.#options = options;
    this.#place = new TextPlace(options);
  }

  /** Takes the next piece of the text. */
  feed(piece: string): void {
    this.#place.next(piece);
    this.#piece = piece;
    let at = 0;
    if (this.#inside === "string") at = this.#string(0);
    else if (this.#inside === "bare") at = this.#bare(0);
    const length = piece.length;
    while (at < length) {
      const code = piece.charCodeAt(at);
      switch (code) {
        case 0x20:
        case 0x09:
        case 0x0d:
          at++;
          break;
        case 0x0a:
          this.#place.newLine(++at);
          break;
        case 0x22:
          if (!this.#mayString()) throw this.#error(at);
          this.#inside = "string";
          this.#pending = "";
          at = this.#string(at + 1, at);
          break;
        case 0x2c:
          if (this.#expect !== Expect.CommaOrClose) throw this.#error(at);
          this.#expect = this.#open[this.#depth - 1] === 1
            ? Expect.Key
            : Expect.Value;
          at++;
          break;
        case 0x3a:
          if (this.#expect !== Expect.Colon) throw this.#error(at);
          this.#expect = Expect.Value;
          at++;
          break;
        case 0x7b:
        case 0x5b:
          this.#enter(code === 0x7b, at++);
          break;
        case 0x7d:
        case 0x5d:
          this.#leave(code === 0x7d, at++);
          break;
        default:
          if (!this.#mayValue()) throw this.#error(at);
          this.#inside = "bare";
          this.#pending = "";
          at = this.#bare(at);
      }
    }
  }

  /** The text is over. Throws when it ends inside a document, or held none. */
  end(): void {
    if (this.#inside === "bare") this.#bareDone(this.#piece.length);
    const at = this.#piece.length;
    if (this.#inside === "string") {
      throw this.#place.failure(at, "the file ends inside a string");
    }
    if (this.#depth > 0) {
      const level = this.#depth === 1 ? "level" : "levels";
      throw this.#place.failure(
        at,
        `the file ends ${this.#depth} ${level} deep, where ${this.#wanted()} was to come`,
      );
    }
    if (this.#documents === 0 && this.#options.many !== true) {
      throw this.#place.failure(at, "there is no value in it");
    }
  }

  /** The number of containers open at this point. */
  get depth(): number {
    return this.#depth;
  }

  /** The number of whole documents seen. */
  get documents(): number {
    return this.#documents;
  }

  #mayValue(): boolean {
    return this.#expect === Expect.Value ||
      this.#expect === Expect.ValueOrClose;
  }

  #mayString(): boolean {
    return this.#mayValue() || this.#expect === Expect.Key ||
      this.#expect === Expect.KeyOrClose;
  }

  #enter(object: boolean, at: number): void {
    if (!this.#mayValue()) throw this.#error(at);
    if (this.#depth === DEEPEST) {
      throw this.#place.failure(
        at,
        `the nesting is deeper than ${DEEPEST} levels, which is the limit`,
      );
    }
    this.#open[this.#depth++] = object ? 1 : 0;
    this.#expect = object ? Expect.KeyOrClose : Expect.ValueOrClose;
    this.#taker.token(object ? "{" : "[", object ? "{" : "[");
  }

  #leave(object: boolean, at: number): void {
    const fits = this.#depth > 0 &&
      this.#open[this.#depth - 1] === (object ? 1 : 0);
    const empty = object ? Expect.KeyOrClose : Expect.ValueOrClose;
    if (
      !fits ||
      (this.#expect !== Expect.CommaOrClose && this.#expect !== empty)
    ) throw this.#error(at);
    this.#depth--;
    this.#valueDone();
    this.#taker.token(object ? "}" : "]", object ? "}" : "]");
  }

  #valueDone(): void {
    if (this.#depth > 0) {
      this.#expect = Expect.CommaOrClose;
      return;
    }
    this.#documents++;
    this.#expect = this.#options.many === true ? Expect.Value : Expect.End;
  }

  /** Goes on inside a string; `start` is where its text in this piece begins. Where it went to. */
  #string(from: number, start = 0): number {
    const piece = this.#piece;
    const length = piece.length;
    let at = from;
    while (at < length) {
      const code = piece.charCodeAt(at);
      if (this.#escape !== 0) {
        this.#escaped(code, at++);
      } else if (code === 0x22) {
        at++;
        const text = this.#pending + piece.slice(start, at);
        this.#inside = "";
        this.#pending = "";
        if (this.#mayValue()) {
          this.#valueDone();
          this.#taker.token("string", text);
        } else {
          this.#expect = Expect.Colon;
          this.#taker.token("key", text);
        }
        return at;
      } else if (code === 0x5c) {
        this.#escape = 1;
        at++;
      } else if (code < 0x20) {
        throw this.#place.failure(
          at,
          code === 0x0a || code === 0x0d
            ? "the line ends inside a string"
            : `a control character (${code}) stands unescaped in a string`,
        );
      } else at++;
    }
    this.#pending += piece.slice(start);
    return at;
  }

  #escaped(code: number, at: number): void {
    if (this.#escape > 1) {
      const hex = (code >= 0x30 && code <= 0x39) ||
        (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
      if (!hex) {
        throw this.#place.failure(at, "\\u needs four hexadecimal digits");
      }
      this.#escape = this.#escape === 2 ? 0 : this.#escape - 1;
    } else if (code === 0x75) this.#escape = 5;
    else if ('"\\/bfnrt'.includes(String.fromCharCode(code))) this.#escape = 0;
    else throw this.#place.failure(at, "this escape is not known to JSON");
  }

  /** Goes on inside a number or a word. */
  #bare(from: number): number {
    const piece = this.#piece;
    const length = piece.length;
    let at = from;
    while (at < length && isBare(piece.charCodeAt(at))) at++;
    // A character that can be in no number or word still makes an error message of its own.
    if (at === from && this.#pending === "") throw this.#error(at);
    this.#pending += piece.slice(from, at);
    if (this.#pending.length > LONGEST_BARE) {
      throw this.#place.failure(at, "a number or word is longer than 1 MiB");
    }
    if (at < length) this.#bareDone(at);
    return at;
  }

  #bareDone(end: number): void {
    const text = this.#pending;
    this.#inside = "";
    this.#pending = "";
    let kind: TokenKind;
    if (NUMBER.test(text)) kind = "number";
    else if (text === "true" || text === "false" || text === "null") {
      kind = "literal";
    } else {
      const shown = text.length > 20 ? text.slice(0, 20) + "…" : text;
      throw this.#place.failure(
        end - text.length,
        `"${shown}" is not a JSON value`,
      );
    }
    this.#valueDone();
    this.#taker.token(kind, text);
  }

  #wanted(): string {
    if (this.#expect !== Expect.CommaOrClose) return WANTED[this.#expect];
    return this.#open[this.#depth - 1] === 1 ? '"," or "}"' : '"," or "]"';
  }

  #error(at: number): Failure {
    return this.#place.failure(at, `expected ${this.#wanted()}`);
  }
}

/** Characters of numbers and words: letters, digits, sign, point, and anything beyond ASCII. */
function isBare(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) || code === 0x2b || code === 0x2d ||
    code === 0x2e || code === 0x5f || code > 0x7f;
}
