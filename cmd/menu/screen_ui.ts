/** The menu on a screen: keys go to the prompt on top, the screen shows it. */
import { ConfirmPrompt } from "../../lib/term/confirm_prompt.ts";
import { type Key, KeyDecoder } from "../../lib/term/decode.ts";
import { type Prompt, promptLine, type View } from "../../lib/term/prompt.ts";
import { SelectPrompt } from "../../lib/term/select_prompt.ts";
import { TextPrompt } from "../../lib/term/text_prompt.ts";
import { prepareWidth } from "../../lib/text/width_loader.ts";
import type { Context, InterruptKind } from "../context.ts";
import { BusyPrompt } from "./busy_prompt.ts";
import { LentKeys } from "./lent_keys.ts";
import { type Open, openPrompt, type PromptUse } from "./open_prompt.ts";
import { pathsFrom } from "./path_names.ts";
import type { Questions } from "./questions.ts";
import { Screen } from "./screen.ts";
import {
  type Ask,
  Cancelled,
  type Choice,
  Ended,
  type Question,
  type Ui,
} from "./ui.ts";
import { SELECT_HINT, SEVERAL_HINT, TEXT_HINT, waitingLine } from "./words.ts";

/** A lone Esc is one when nothing follows it for so long. Milliseconds. */
const ESCAPE_MS = 50;
/** Many changes at once are drawn together. Milliseconds. */
const REFRESH_MS = 20;
/** Keys kept for the next prompt. */
const MAX_AHEAD = 1_000;
/** Earlier answers kept for each question. */
const MAX_HISTORY = 50;

/** See above. */
export class ScreenUi implements Ui {
  readonly context: Context;
  readonly #outer: Context;
  readonly #screen: Screen;
  readonly #questions: Questions;
  readonly #decoder = new KeyDecoder();
  readonly #stack: Open[] = [];
  readonly #drafts = new Map<string, string>();
  readonly #history = new Map<string, string[]>();
  readonly #undo: (() => void)[] = [];
  /** What ended the menu; nothing is asked any more. */
  #over: unknown;
  #stopEscape = () => {};
  #stopRefresh: (() => void) | undefined;
  readonly #lent = new LentKeys();
  /** Stops the command that has the terminal. */
  #interrupt: (() => void) | undefined;
  /** Offers are asked about now, one after the other. */
  #asking = false;
  /** Keys pressed while no prompt was open. */
  readonly #ahead: Key[] = [];

  private constructor(
    context: Context,
    color: "auto" | "always" | "never",
    questions: Questions,
  ) {
    this.#outer = context;
    this.#questions = questions;
    this.#screen = new Screen(context, color);
    const stdout = this.#screen.output();
    const stderr = this.#screen.output();
    this.context = { ...context, stdout: stdout.output, stderr: stderr.output };
    questions.show(() => this.refresh(), (line) => this.say(line));
    const stop = context.stdin.keys?.listen((bytes) => this.#hear(bytes));
    const aborted = () => this.#end(context.signal.reason);
    context.signal.addEventListener("abort", aborted);
    this.#undo.push(
      () => context.signal.removeEventListener("abort", aborted),
      () => stop?.(),
    );
    if (context.signal.aborted) aborted();
  }

  /** Takes the terminal over. */
  static async open(
    context: Context,
    color: "auto" | "always" | "never",
    questions: Questions,
  ): Promise<ScreenUi> {
    // Any text may come while a prompt is drawn, which cannot wait for how wide it is.
    await prepareWidth("\u0915");
    return new ScreenUi(context, color, questions);
  }

  async choose(choice: Choice): Promise<string | undefined> {
    const chosen = await this.#select(choice, false);
    return chosen?.[0];
  }

  chooseSeveral(choice: Choice): Promise<readonly string[] | undefined> {
    return this.#select(choice, true);
  }

  async text(ask: Ask): Promise<string | undefined> {
    const history = this.#history.get(ask.key) ?? [];
    const prompt = new TextPrompt({
      title: ask.title,
      hint: ask.hint ?? TEXT_HINT,
      initial: this.#drafts.get(ask.key) ?? ask.initial ?? "",
      history,
      completes: ask.paths ?? false,
      check: ask.check ?? (() => undefined),
    });
    const answer = await this.#ask(prompt, {
      left: (draft) => this.#drafts.set(ask.key, draft),
    });
    if (answer === undefined) return undefined;
    this.#drafts.delete(ask.key);
    const kept = [...history.filter((one) => one !== answer), answer];
    this.#history.set(ask.key, kept.slice(-MAX_HISTORY));
    return answer;
  }

  keep(key: string, draft: string): void {
    this.#drafts.set(key, draft);
  }

  confirm(question: string): Promise<boolean | undefined> {
    return this.#ask(new ConfirmPrompt(question));
  }

  say(text: string): void {
    this.#screen.print(text);
  }

  refresh(): void {
    if (this.#over !== undefined) return;
    this.#stopRefresh ??= this.#outer.clock.after(REFRESH_MS, () => {
      this.#stopRefresh = undefined;
      for (const open of this.#stack) open.refresh();
      this.#show();
    });
  }

  async run(
    command: (context: Context) => Promise<number>,
    { draws, label }: { readonly draws: boolean; readonly label: string },
  ): Promise<number | undefined> {
    const listeners = new Set<(kind: InterruptKind) => void>();
    const interrupt = () => {
      for (const listener of [...listeners]) listener("sigint");
    };
    const keys = this.#lent.keys(this.#outer.stdin.keys);
    const context: Context = {
      ...this.context,
      stdin: { ...this.#outer.stdin, keys },
      terminalKeys: () => keys,
      onInterrupt: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      exitNow: () => {},
    };
    return draws
      ? await this.#runDrawing(command, context, interrupt)
      : await this.#runBeside(command, context, interrupt, label);
  }

  close(): void {
    this.#end(new Ended());
    for (const back of this.#undo.splice(0)) back();
    this.#stopEscape();
    this.#stopRefresh?.();
    this.#screen.close();
    this.#questions.show(() => {}, () => {});
  }

  async #runDrawing(
    command: (context: Context) => Promise<number>,
    context: Context,
    interrupt: () => void,
  ): Promise<number> {
    const { output, back } = this.#screen.lend();
    this.#interrupt = interrupt;
    try {
      return await command({ ...context, stdout: output, stderr: output });
    } finally {
      this.#interrupt = undefined;
      back();
    }
  }

  async #runBeside(
    command: (context: Context) => Promise<number>,
    context: Context,
    interrupt: () => void,
    label: string,
  ): Promise<number | undefined> {
    const stdout = this.#screen.output();
    const stderr = this.#screen.output();
    const closing = Promise.withResolvers<void>();
    const running = command({
      ...context,
      stdout: stdout.output,
      stderr: stderr.output,
    }).finally(() => {
      stdout.end();
      stderr.end();
      closing.resolve();
    });
    const busy = this.#ask(new BusyPrompt(label), { until: closing.promise });
    try {
      if (await busy === "background") {
        // Its own lines say what comes of it.
        running.catch(() => {});
        return undefined;
      }
    } catch (error) {
      interrupt();
      await running;
      throw error;
    }
    interrupt();
    return await running;
  }

  #select(
    choice: Choice,
    several: boolean,
  ): Promise<readonly string[] | undefined> {
    const empty = choice.empty ?? "";
    const prompt = new SelectPrompt(
      {
        title: choice.title(),
        items: choice.items(),
        several,
        hint: choice.hint ?? (several ? SEVERAL_HINT : SELECT_HINT),
        empty,
      },
      choice.current,
    );
    return this.#ask<readonly string[]>(prompt, {
      isList: true,
      refreshed: (now) =>
        now instanceof SelectPrompt
          ? now.withItems(choice.items(), choice.title())
          : now,
    });
  }

  /** Puts a prompt on top until it is answered, left (undefined), or `until` resolves (undefined). */
  #ask<T>(
    first: Prompt<T>,
    how: PromptUse<T> = {},
  ): Promise<T | undefined> {
    if (this.#over !== undefined) return Promise.reject(this.#over);
    const { open, answer } = openPrompt(first, how, {
      changed: () => this.#show(),
      closed: () => {
        const at = this.#stack.indexOf(open);
        if (at >= 0) this.#stack.splice(at, 1);
        this.#show();
      },
      names: (typed) => pathsFrom(typed, this.#outer),
    });
    this.#stack.push(open);
    this.#show();
    for (const key of this.#ahead.splice(0)) this.#press(key);
    return answer;
  }

  /** Nothing more is asked: whoever waits for an answer, or asks later, gets the reason. */
  #end(reason: unknown): void {
    this.#over ??= reason;
    this.#interrupt?.();
    for (const open of [...this.#stack]) open.reject(this.#over);
  }

  #show(): void {
    const top = this.#stack.at(-1);
    this.#screen.show(
      top && ((columns, rows) => this.#picture(top, columns, rows)),
    );
  }

  #picture(top: Open, columns: number, rows: number): View {
    const { size } = this.#questions;
    if (size === 0 || this.#asking || rows < 3) return top.view(columns, rows);
    const { lines, cursor } = top.view(columns, rows - 1);
    return {
      lines: [
        promptLine(waitingLine(size, top.isList), "problem", columns),
        ...lines,
      ],
      cursor: { ...cursor, row: cursor.row + 1 },
    };
  }

  #hear(bytes: Uint8Array): void {
    if (this.#lent.taken) return;
    this.#stopEscape();
    for (const key of this.#decoder.push(bytes)) this.#press(key);
    if (!this.#decoder.waiting) return;
    this.#stopEscape = this.#outer.clock.after(ESCAPE_MS, () => {
      for (const key of this.#decoder.flush()) this.#press(key);
    });
  }

  #press(key: Key): void {
    const top = this.#stack.at(-1);
    const control = key.name === "ctrl" ? key.text : "";
    if (control === "d") return this.#end(new Ended());
    if (control === "c" && top !== undefined && this.#interrupt === undefined) {
      return top.reject(new Cancelled());
    }
    if (control === "c" || (key.name === "escape" && top === undefined)) {
      return this.#interrupt?.();
    }
    if (control === "l") return this.#screen.draw();
    if (top === undefined || (this.#asking && !top.isOffer)) {
      // The next prompt is about to open; it gets what was typed ahead.
      if (this.#ahead.length < MAX_AHEAD) this.#ahead.push(key);
      return;
    }
    const { first } = this.#questions;
    if (
      top.isList && key.name === "text" && key.text === "i" &&
      first !== undefined
    ) {
      this.#answer(first);
    } else top.press(key);
  }

  /** Asks what waits, one after the other, until one is left unanswered. */
  async #answer(first: Question): Promise<void> {
    this.#asking = true;
    for (
      let next: Question | undefined = first;
      next !== undefined;
      next = this.#questions.first
    ) {
      const question: Question = next;
      try {
        const yes = await this.#ask(new ConfirmPrompt(question.text), {
          isOffer: true,
          until: question.gone,
        });
        if (yes !== undefined) question.answer(yes);
        else if (this.#questions.has(question)) break;
      } catch {
        // Ctrl-C leaves it waiting; the end of the menu is told to whoever asks next.
        break;
      }
    }
    this.#asking = false;
    this.#show();
    for (const key of this.#ahead.splice(0)) this.#press(key);
  }
}
