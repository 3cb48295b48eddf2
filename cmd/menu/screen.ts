/**
 * The one writer of the terminal while a menu is open. Below what was printed stand the lines of
 * transfers under way and the prompt; whatever is printed goes above them, and they come back as
 * they were.
 */
import type { Look, PromptLine, View } from "../../lib/term/prompt.ts";
import { sliceStyled } from "../../lib/text/styled.ts";
import { width } from "../../lib/text/width.ts";
import { type Context, mayColor, type Output } from "../context.ts";

const PASTE_ON = "\x1b[?2004h";
const PASTE_OFF = "\x1b[?2004l";
/** How a progress bar begins: what stood on its line is gone. */
const ERASED = "\r\x1b[K";
/** No sequence a command ends with is longer. */
const MAX_CODE = 16;
/** Lines held back while a command has the terminal; older ones are dropped. */
const MAX_HELD = 1_000;

const COLORS: Record<Look, string> = {
  plain: "",
  title: "1",
  chosen: "36;1",
  hint: "2",
  problem: "33",
};

/** Draws what is now to be seen, into so many columns and rows. */
export type Picture = (columns: number, rows: number) => View;

/** See above. */
export class Screen {
  readonly #stdout: Output;
  readonly #colors: boolean;
  readonly #stop: () => void;
  readonly #outputs: Lines[] = [];
  #picture: Picture | undefined;
  #drawn:
    | { widths: readonly number[]; row: number; column: number }
    | undefined;
  /** What is printed while a command has the terminal; undefined while none has. */
  #held: string[] | undefined;
  #closed = false;

  constructor(context: Context, color: "auto" | "always" | "never") {
    this.#stdout = context.stdout;
    this.#colors = mayColor(context, context.stdout, color);
    this.#stop = context.onResize(() => this.draw());
    this.#stdout.write(PASTE_ON);
  }

  /** An output whose lines are printed above the prompt; a line not ended yet stands below them. */
  output(): { output: Output; end: () => void } {
    const lines = new Lines((text) => this.#change(text));
    this.#outputs.push(lines);
    const end = () => {
      const at = this.#outputs.indexOf(lines);
      if (at >= 0) this.#outputs.splice(at, 1);
      this.#change(lines.end());
    };
    return { output: this.#like((data) => lines.write(data)), end };
  }

  /** Shows this below everything, until another is shown. */
  show(picture: Picture | undefined): void {
    this.#picture = picture;
    this.draw();
  }

  /** Draws the prompt anew: something in it has changed, or the terminal's size. */
  draw(): void {
    this.#change("");
  }

  /** Prints whole lines above the prompt. */
  print(text: string): Promise<void> {
    return this.#change(`${text}\n`);
  }

  /**
   * Gives the terminal to a command that draws on it itself: the output returned passes everything
   * on as it is. What others print waits until `back` is called.
   */
  lend(): { output: Output; back: () => void } {
    this.#stdout.write(this.#erased());
    this.#held = [];
    const decoder = new TextDecoder();
    let last = "";
    const output = this.#like((data) => {
      const text = typeof data === "string"
        ? data
        : decoder.decode(data.slice(-MAX_CODE));
      // Whoever ends with a sequence has put the cursor where it belongs.
      if (text !== "") {
        last = /\[[\d;?]*[A-Za-z]$/.test(text) ? "" : text.slice(-1);
      }
      return this.#stdout.write(data);
    });
    const back = () => {
      const held = this.#held?.join("") ?? "";
      this.#held = undefined;
      if (last !== "" && last !== "\n") this.#stdout.write("\n");
      this.#change(held);
    };
    return { output, back };
  }

  /** Takes the prompt away for good and leaves the terminal as it was. */
  close(): void {
    if (this.#closed) return;
    this.#picture = undefined;
    const rest = this.#outputs.map((lines) => lines.end()).join("");
    this.#held = undefined;
    this.#change(rest);
    this.#closed = true;
    this.#stop();
    this.#stdout.write(PASTE_OFF);
  }

  /** The terminal, written to in another way. */
  #like(write: Output["write"]): Output {
    return {
      isTerminal: true,
      columns: () => this.#stdout.columns(),
      rows: () => this.#stdout.rows(),
      closed: this.#stdout.closed,
      write,
    };
  }

  /** Everything in one write: no state in between is ever seen. */
  #change(printed: string): Promise<void> {
    if (this.#closed) return this.#stdout.write(printed);
    if (this.#held !== undefined) {
      if (printed !== "") this.#held.push(printed);
      if (this.#held.length > MAX_HELD) this.#held.shift();
      return Promise.resolve();
    }
    return this.#stdout.write(this.#erased() + printed + this.#live());
  }

  /** What takes the lines drawn last away. After a resize they may have wrapped. */
  #erased(): string {
    if (this.#drawn === undefined) return "";
    const { widths, row, column } = this.#drawn;
    this.#drawn = undefined;
    const columns = Math.max(this.#stdout.columns(), 1);
    const heights = widths.map((w) => Math.max(Math.ceil(w / columns), 1));
    const above = heights.slice(0, row).reduce((sum, h) => sum + h, 0);
    const up = above + Math.floor(column / columns);
    const height = heights.reduce((sum, h) => sum + h, 0);
    // From the screen's first cell "erase below" would be "erase all", which tmux keeps a copy of.
    const erase = height > 1 ? "\x1b[K\x1b[1B\x1b[J\x1b[1A" : "\x1b[K";
    return `\r${up > 0 ? `\x1b[${up}A` : ""}${erase}`;
  }

  #live(): string {
    const columns = this.#stdout.columns();
    const rows = Math.max(this.#stdout.rows() - 1, 1);
    const status = this.#outputs.map((lines) => lines.unfinished)
      .filter((line) => line !== "")
      .map((line) => sliceStyled(line, 0, Math.max(columns - 1, 1)))
      .slice(0, Math.max(rows - 4, 0));
    const view = this.#picture?.(columns, rows - status.length);
    if (view === undefined && status.length === 0) return "";
    const { lines, row } = fitted(view, rows - status.length);
    const texts = [...status, ...lines.map(({ text }) => text)];
    const shown = [...status, ...lines.map((line) => this.#painted(line))];
    const at = view === undefined ? status.length - 1 : status.length + row;
    const column = Math.min(view?.cursor.column ?? 0, Math.max(columns - 1, 0));
    this.#drawn = { widths: texts.map(width), row: at, column };
    const up = shown.length - 1 - at;
    return `${shown.join("\n")}${up > 0 ? `\x1b[${up}A` : ""}\r${
      column > 0 ? `\x1b[${column}C` : ""
    }`;
  }

  #painted({ text, look }: PromptLine): string {
    const color = COLORS[look];
    return this.#colors && color !== "" ? `\x1b[${color}m${text}\x1b[0m` : text;
  }
}

/** The part of a picture that fits, with the cursor's row in it. */
function fitted(
  view: View | undefined,
  rows: number,
): { lines: readonly PromptLine[]; row: number } {
  if (view === undefined) return { lines: [], row: 0 };
  const { lines, cursor: { row } } = view;
  const first = Math.max(Math.min(row - rows + 1, lines.length - rows), 0);
  return {
    lines: lines.slice(first, first + Math.max(rows, 1)),
    row: row - first,
  };
}

/** Takes text as it is written and gives whole lines on. */
class Lines {
  readonly #print: (lines: string) => Promise<void>;
  readonly #decoder = new TextDecoder();
  /** The line not ended yet. */
  unfinished = "";

  constructor(print: (lines: string) => Promise<void>) {
    this.#print = print;
  }

  write(data: string | Uint8Array): Promise<void> {
    if (data.length === 0) return this.#print("");
    const text = this.unfinished +
      (typeof data === "string"
        ? data
        : this.#decoder.decode(data, { stream: true }));
    const lines = text.split("\n").map((line) => line.slice(erasedUntil(line)));
    this.unfinished = lines.pop() ?? "";
    return this.#print(lines.map((line) => `${line}\n`).join(""));
  }

  end(): string {
    const rest = this.unfinished;
    this.unfinished = "";
    return rest === "" ? "" : `${rest}\n`;
  }
}

function erasedUntil(line: string): number {
  const at = line.lastIndexOf(ERASED);
  return at < 0 ? 0 : at + ERASED.length;
}
