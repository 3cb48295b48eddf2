// @core
/** Tokens printed as JSON again: indented or on one line, plain or for a terminal. */
import { safe } from "../../text/safe.ts";
import type { TokenKind, TokenTaker } from "./tokens.ts";

/** How a printer prints. */
export interface PrintStyle {
  /** Everything on one line a document. */
  readonly compact?: boolean;
  /** For a terminal: unsafe characters made visible, placeholders without quotes. */
  readonly terminal?: boolean;
  /** With colours. */
  readonly color?: boolean;
  /** Containers nested deeper than this are shown by their size alone. */
  readonly depth?: number | undefined;
}

const COLOR: Readonly<Record<"key" | "string" | "number" | "literal", string>> =
  { key: "36", string: "32", number: "33", literal: "35" };

/**
 * Prints what it is given; `take()` hands the text over. Numbers and strings keep the text of their
 * tokens, so whatever was read prints to equivalent JSON.
 */
export class JsonPrinter implements TokenTaker {
  readonly #style: PrintStyle;
  /** The number of items so far in each open container, outermost first. */
  readonly #counts: number[] = [];
  #out = "";
  #afterKey = false;
  /** Levels open inside a container that is shown by its size alone; 0 when there is none. */
  #folded = 0;
  #foldedItems = 0;

  constructor(style: PrintStyle) {
    this.#style = style;
  }

  /** Prints one token. */
  token(kind: TokenKind, text: string): void {
    if (this.#folded > 0) return this.#fold(kind);
    switch (kind) {
      case "{":
      case "[":
        this.#separate();
        if (this.#counts.length >= (this.#style.depth ?? Infinity)) {
          this.#folded = 1;
          this.#foldedItems = 0;
          return;
        }
        this.#out += text;
        this.#counts.push(0);
        return;
      case "}":
      case "]":
        if ((this.#counts.pop() ?? 0) > 0) this.#newline();
        this.#out += text;
        break;
      case "key":
        this.#separate();
        this.#out += this.#paint(kind, text) +
          (this.#style.compact === true ? ":" : ": ");
        this.#afterKey = true;
        return;
      default:
        this.#separate();
        this.#out += this.#paint(kind, text);
    }
    if (this.#counts.length === 0) this.#out += "\n";
  }

  /** The text printed since the last call. */
  take(): string {
    const out = this.#out;
    this.#out = "";
    return out;
  }

  #fold(kind: TokenKind): void {
    if (kind === "{" || kind === "[") {
      if (this.#folded === 1 && !this.#afterKey) this.#foldedItems++;
      this.#afterKey = false;
      this.#folded++;
    } else if (kind === "}" || kind === "]") {
      if (--this.#folded > 0) return;
      const items = this.#foldedItems;
      const object = kind === "}";
      const noun = object ? "key" : "item";
      const text = `${items} ${noun}${items === 1 ? "" : "s"}`;
      const [open, close] = object ? ["{", "}"] : ["[", "]"];
      if (items === 0) this.#out += open + close;
      else if (this.#style.terminal === true) {
        this.#out += this.#dim(`${open}… ${text}${close}`);
      } else this.#out += `"${open}… ${text}${close}"`;
      if (this.#counts.length === 0) this.#out += "\n";
    } else if (this.#folded === 1) {
      // A key and its value are one item.
      if (!this.#afterKey) this.#foldedItems++;
      this.#afterKey = kind === "key";
    }
  }

  #separate(): void {
    if (this.#afterKey) {
      this.#afterKey = false;
      return;
    }
    const last = this.#counts.length - 1;
    if (last < 0) return;
    if ((this.#counts[last] as number) > 0) this.#out += ",";
    (this.#counts[last] as number)++;
    this.#newline();
  }

  #newline(): void {
    if (this.#style.compact !== true) {
      this.#out += "\n" + "  ".repeat(this.#counts.length);
    }
  }

  #paint(kind: keyof typeof COLOR, text: string): string {
    const shown = this.#style.terminal === true ? safe(text) : text;
    return this.#style.color === true
      ? `\x1b[${COLOR[kind]}m${shown}\x1b[0m`
      : shown;
  }

  #dim(text: string): string {
    return this.#style.color === true ? `\x1b[2m${text}\x1b[0m` : text;
  }
}
