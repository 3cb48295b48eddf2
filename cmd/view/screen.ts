/** The pager's terminal: raw mode and the alternate screen while it pages, nothing of them after. */
import type { Key } from "../../lib/term/decode.ts";
import { KeyReader } from "../../lib/term/key_reader.ts";
import type { KeySource } from "../../lib/term/keys.ts";
import type { PagerKey } from "../../lib/view/pager/keys.ts";
import {
  page,
  type Paged,
  type PagerTerminal,
} from "../../lib/view/pager/paging.ts";
import type { Context } from "../context.ts";

const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[0m\x1b[?25h\x1b[?1049l";
/** Synchronised output: a screen appears when all of it is there. */
const BEGIN_FRAME = "\x1b[?2026h";
const END_FRAME = "\x1b[?2026l";

/**
 * Pages on the terminal that stdout is; what fits the screen is printed instead. Throws what the
 * view throws, or the signal's reason; the terminal is as it was before.
 */
export async function pageOnScreen(
  paged: Paged,
  keys: KeySource,
  color: boolean,
  context: Context,
): Promise<void> {
  const screen = new Screen(keys, color, context);
  try {
    await page(paged, screen);
  } finally {
    screen.leave();
  }
  context.signal.throwIfAborted();
}

type Pressed = PagerKey | { readonly columns: number; readonly rows: number };

class Screen implements PagerTerminal {
  readonly #source: KeySource;
  readonly #context: Context;
  readonly #keyReader: KeyReader;
  readonly #pressed: Pressed[] = [];
  readonly #undo: (() => void)[] = [];
  #more = Promise.withResolvers<void>();
  /** Between `begin` and `leave`. */
  #paging = false;

  constructor(
    source: KeySource,
    readonly color: boolean,
    context: Context,
  ) {
    this.#source = source;
    this.#context = context;
    this.#keyReader = new KeyReader(context.clock, (key) => this.#take(key));
  }

  get columns(): number {
    return this.#context.stdout.columns();
  }

  get rows(): number {
    return this.#context.stdout.rows();
  }

  readonly keys: AsyncIterable<Pressed> = {
    [Symbol.asyncIterator]: () => this.#keys(),
  };

  begin(): void {
    const { stdout, signal } = this.#context;
    this.#paging = true;
    this.#undo.push(
      this.#source.listen((bytes) => this.#keyReader.read(bytes)),
      this.#context.onResize(() =>
        this.#press({ columns: this.columns, rows: this.rows })
      ),
    );
    const stop = () => this.leave();
    signal.addEventListener("abort", stop);
    this.#undo.push(() => signal.removeEventListener("abort", stop));
    stdout.write(ENTER);
    if (signal.aborted) stop();
  }

  draw(rows: readonly string[]): void {
    if (!this.#paging) return;
    // Each row is emptied first: a row as wide as the screen would lose its last character after.
    const lines = rows.map((row, n) => `\x1b[${n + 1};1H\x1b[0m\x1b[2K${row}`);
    this.#context.stdout.write(
      `${BEGIN_FRAME}${lines.join("")}${END_FRAME}`,
    );
  }

  async print(text: string): Promise<void> {
    await this.#context.stdout.write(text);
  }

  /** Gives the terminal back, whatever the view still does. */
  leave(): void {
    if (!this.#paging) return;
    this.#paging = false;
    this.#keyReader.stop();
    for (const undo of this.#undo) undo();
    this.#context.stdout.write(LEAVE);
    this.#more.resolve();
  }

  async *#keys(): AsyncGenerator<Pressed> {
    try {
      while (this.#paging) {
        const key = this.#pressed.shift();
        if (key !== undefined) {
          yield key;
          continue;
        }
        this.#more = Promise.withResolvers();
        await this.#more.promise;
      }
    } finally {
      this.leave();
    }
  }

  #take(key: Key): void {
    // The end of input comes as Ctrl-D: there will be no other key to leave with.
    if (key.name === "ctrl" && key.text === "d") return this.leave();
    const pressed = pagerKey(key);
    if (pressed !== undefined) this.#press(pressed);
  }

  #press(pressed: Pressed): void {
    this.#pressed.push(pressed);
    this.#more.resolve();
  }
}

const CONTROLS: Record<string, PagerKey> = {
  c: "interrupt",
  f: "pagedown",
  b: "pageup",
  n: "down",
  p: "up",
};

function pagerKey({ name, text }: Key): PagerKey | undefined {
  switch (name) {
    case "text":
    case "paste":
      return { text };
    case "ctrl":
      return CONTROLS[text];
    case "wordleft":
      return "left";
    case "wordright":
      return "right";
    case "tab":
    case "backtab":
    case "delete":
      return undefined;
    default:
      return name;
  }
}
