/**
 * The pager at work: a view writes into it at the pace of the reader, keys come in, screens go out.
 * The terminal itself stays outside: whoever calls owns raw mode and the alternate screen.
 */
import { prepareWidth } from "../../text/width_loader.ts";
import { pause } from "../../time/pause.ts";
import { type PagerKey, pressed } from "./keys.ts";
import {
  addLines,
  fits,
  newPager,
  type Pager,
  type PagerStep,
  resized,
  restarted,
  restartRefused,
} from "./pager.ts";
import { renderPager } from "./screen.ts";

/** Lines read on between two looks at whether a key was pressed. */
const TURN_LINES = 1_000;

/** The terminal as the pager sees it. */
export interface PagerTerminal {
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
  /** Keys as they are pressed, and new sizes; its end quits. Read only once paging begins. */
  readonly keys: AsyncIterable<
    PagerKey | { readonly columns: number; readonly rows: number }
  >;
  /** Called once, before the first screen: raw mode, the alternate screen. */
  begin(): void;
  /** Shows a screen, its rows from the top; none is wider than the terminal. */
  draw(rows: readonly string[]): void;
  /** Prints text that fits the screen; then nothing else is called. */
  print(text: string): void | Promise<void>;
}

/** What is paged: writes text until it is through; `again` may be called when it can start over. */
export interface Paged {
  /** Runs the view once, from its beginning. An error of `write` must end it. */
  run(write: (piece: string) => Promise<void>): Promise<void>;
  /** Whether `run` can be called again for the same text (not for a pipe). */
  readonly restartable: boolean;
}

/** Ends a view whose reader has gone; never leaves this file. */
class Gone extends Error {}

/**
 * Pages a view; prints it instead when all of it fits the screen. Resolves when the reader quits.
 *
 * @throws Whatever the view throws, once the reader has quit; at once when nothing was shown yet.
 */
export async function page(
  paged: Paged,
  terminal: PagerTerminal,
): Promise<void> {
  const paging = new Paging(paged, terminal);
  if (await paging.begins()) await paging.keys();
  await paging.end();
}

class Paging {
  #pager: Pager;
  /** Lines wanted: writing waits once so many were given. */
  #until: number;
  #given = 0;
  #rest = "";
  #text = "";
  #drawing = false;
  /** The screen as it was drawn last; undefined when the terminal may show something else. */
  #shown: string | undefined;
  /** Lines given since keys last had their turn. */
  #turn = 0;
  #quit = false;
  #run = 0;
  #failure: { error: unknown } | undefined;
  #task: Promise<void> = Promise.resolve();
  #wanted = Promise.withResolvers<void>();
  #first = Promise.withResolvers<void>();

  constructor(readonly paged: Paged, readonly terminal: PagerTerminal) {
    this.#pager = newPager(terminal.columns, terminal.rows);
    this.#until = terminal.rows;
    this.#start();
  }

  /** Waits for the first screen; false when all of it was printed and nothing is to be paged. */
  async begins(): Promise<boolean> {
    await this.#first.promise;
    const failed = this.#failure !== undefined;
    if (fits(this.#pager) || (failed && this.#pager.lines.length === 0)) {
      await this.terminal.print(this.#text);
      return false;
    }
    this.#text = "";
    this.#drawing = true;
    this.terminal.begin();
    this.#take(addLines(this.#pager, [], this.#pager.complete));
    return true;
  }

  /** Handles keys until the reader quits. */
  async keys(): Promise<void> {
    for await (const key of this.terminal.keys) {
      if (typeof key === "object" && "columns" in key) {
        this.#shown = undefined;
        this.#take(resized(this.#pager, key.columns, key.rows));
      } else this.#take(pressed(this.#pager, key));
      if (this.#quit) return;
    }
  }

  /** Ends the view; throws what it threw. */
  async end(): Promise<void> {
    this.#run++;
    this.#wanted.resolve();
    await this.#task;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #start(): void {
    const run = ++this.#run;
    const before = this.#task;
    this.#given = 0;
    this.#rest = "";
    this.#task = (async () => {
      // The run before ends at its next write.
      await before;
      try {
        await this.paged.run((piece) => this.#write(piece, run));
      } catch (error) {
        if (!(error instanceof Gone)) this.#failure = { error };
      }
      if (run !== this.#run) return;
      const last = this.#rest === "" ? [] : [this.#rest];
      this.#rest = "";
      this.#take(addLines(this.#pager, last, true));
      this.#first.resolve();
    })();
  }

  async #write(piece: string, run: number): Promise<void> {
    if (run !== this.#run) throw new Gone();
    await prepareWidth(piece);
    if (!this.#drawing) this.#text += piece;
    const lines = (this.#rest + piece).split("\n");
    this.#rest = lines.pop() ?? "";
    this.#given += lines.length;
    this.#take(addLines(this.#pager, lines, false));
    this.#turn += lines.length;
    if (this.#turn >= TURN_LINES) {
      this.#turn = 0;
      await pause();
    }
    while (this.#given >= this.#until && run === this.#run) {
      this.#first.resolve();
      await this.#wanted.promise;
    }
    if (run !== this.#run) throw new Gone();
  }

  /** Takes the pager's next state, sees to its wishes, shows it. */
  #take(step: PagerStep): void {
    this.#pager = step.pager;
    if (!this.#drawing) return;
    for (const wish of step.wishes) {
      if (wish.kind === "quit") this.#quit = true;
      else if (wish.kind === "read") {
        this.#until = wish.until;
        this.#wake();
      } else if (this.paged.restartable) {
        this.#pager = restarted(this.#pager);
        this.#until = this.#pager.top + this.#pager.rows;
        this.#start();
        this.#wake();
      } else this.#pager = restartRefused(this.#pager);
    }
    if (!this.#quit) this.#draw();
  }

  /** Shows the screen, unless it stands there already. */
  #draw(): void {
    const rows = renderPager(this.#pager, this.terminal.color);
    const screen = rows.join("\n");
    if (screen === this.#shown) return;
    this.#shown = screen;
    this.terminal.draw(rows);
  }

  #wake(): void {
    this.#wanted.resolve();
    this.#wanted = Promise.withResolvers<void>();
  }
}
