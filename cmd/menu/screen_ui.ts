/** The menu on a screen: keys go to the prompt on top, the screen shows it. */
import { ConfirmPrompt } from "../../lib/term/confirm_prompt.ts";
import type { Key } from "../../lib/term/decode.ts";
import { KeyReader } from "../../lib/term/key_reader.ts";
import { type Prompt, promptLine, type View } from "../../lib/term/prompt.ts";
import { SelectPrompt } from "../../lib/term/select_prompt.ts";
import { TextPrompt } from "../../lib/term/text_prompt.ts";
import { prepareWidth } from "../../lib/text/width_loader.ts";
import type { Context } from "../context.ts";
import { BusyPrompt } from "./busy_prompt.ts";
import { CommandRunner } from "./command_runner.ts";
import type { Open, PromptUse } from "./open_prompt.ts";
import { pathsFrom } from "./path_names.ts";
import { PromptStack } from "./prompt_stack.ts";
import type { Questions } from "./questions.ts";
import { Screen } from "./screen.ts";
import { TypedBefore } from "./typed_before.ts";
import {
  type Ask,
  Cancelled,
  type Choice,
  Ended,
  type Question,
  type Ui,
} from "./ui.ts";
import { SELECT_HINT, SEVERAL_HINT, TEXT_HINT, waitingLine } from "./words.ts";

/** Many changes at once are drawn together. Milliseconds. */
const REFRESH_MS = 20;

/** See above. */
export class ScreenUi implements Ui {
  readonly context: Context;
  readonly #outer: Context;
  readonly #screen: Screen;
  readonly #questions: Questions;
  readonly #keys: KeyReader;
  readonly #prompts: PromptStack;
  readonly #typed = new TypedBefore();
  readonly #undo: (() => void)[] = [];
  /** What ended the menu; nothing is asked any more. */
  #over: unknown;
  #stopRefresh: (() => void) | undefined;
  readonly #runner: CommandRunner;
  /** Offers are asked about now, one after the other. */
  #asking = false;

  private constructor(
    context: Context,
    color: "auto" | "always" | "never",
    questions: Questions,
  ) {
    this.#outer = context;
    this.#questions = questions;
    this.#screen = new Screen(context, color);
    this.#keys = new KeyReader(context.clock, (key) => this.#press(key));
    this.#prompts = new PromptStack(
      () => this.#show(),
      (typed) => pathsFrom(typed, context),
    );
    const stdout = this.#screen.output();
    const stderr = this.#screen.output();
    this.context = { ...context, stdout: stdout.output, stderr: stderr.output };
    this.#runner = new CommandRunner({
      outer: context,
      inner: this.context,
      screen: this.#screen,
      busy: (label, until) => this.#ask(new BusyPrompt(label), { until }),
    });
    questions.show(() => this.refresh(), (line) => this.say(line));
    const stop = context.stdin.keys?.listen((bytes) => {
      if (!this.#runner.readsKeys) this.#keys.read(bytes);
    });
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
    const prompt = new TextPrompt({
      title: ask.title,
      hint: ask.hint ?? TEXT_HINT,
      initial: this.#typed.draft(ask.key) ?? ask.initial ?? "",
      history: this.#typed.answers(ask.key),
      completes: ask.paths ?? false,
      check: ask.check ?? (() => undefined),
    });
    const answer = await this.#ask(prompt, {
      left: (draft) => this.#typed.left(ask.key, draft),
    });
    if (answer !== undefined) this.#typed.answered(ask.key, answer);
    return answer;
  }

  keep(key: string, draft: string): void {
    this.#typed.left(key, draft);
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
      this.#prompts.refresh();
      this.#show();
    });
  }

  run(
    command: (context: Context) => Promise<number>,
    how: { readonly draws: boolean; readonly label: string },
  ): Promise<number | undefined> {
    return this.#runner.run(command, how);
  }

  close(): void {
    this.#end(new Ended());
    for (const back of this.#undo.splice(0)) back();
    this.#keys.stop();
    this.#stopRefresh?.();
    this.#screen.close();
    this.#questions.show(() => {}, () => {});
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
    const answer = this.#prompts.add(first, how);
    this.#pressAhead();
    return answer;
  }

  /** Nothing more is asked: whoever waits for an answer, or asks later, gets the reason. */
  #end(reason: unknown): void {
    this.#over ??= reason;
    this.#runner.interrupt();
    this.#prompts.reject(this.#over);
  }

  #show(): void {
    const { top } = this.#prompts;
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

  #press(key: Key): void {
    const { top } = this.#prompts;
    const control = key.name === "ctrl" ? key.text : "";
    if (control === "d") return this.#end(new Ended());
    if (control === "c" && top !== undefined && !this.#runner.drawing) {
      return top.reject(new Cancelled());
    }
    if (control === "c" || (key.name === "escape" && top === undefined)) {
      return this.#runner.interrupt();
    }
    if (control === "l") return this.#screen.draw();
    if (top === undefined || (this.#asking && !top.isOffer)) {
      // The next prompt is about to open; it gets what was typed ahead.
      return this.#prompts.typeAhead(key);
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
    this.#pressAhead();
  }

  #pressAhead(): void {
    for (const key of this.#prompts.takeAhead()) this.#press(key);
  }
}
