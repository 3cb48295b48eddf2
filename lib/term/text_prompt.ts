// @core
/** A prompt for a line of text: cursor, earlier answers, completion with Tab. */
import { safe } from "../text/safe.ts";
import { width } from "../text/width.ts";
import type { Key } from "./decode.ts";
import { edit, insert, type Line, lineOf, showLine } from "./line.ts";
import { type Prompt, type Step, type View, wrapped } from "./prompt.ts";

/** How a text is asked for. */
export interface TextQuestion {
  readonly title: string;
  /** A word about what fits, shown below. */
  readonly hint: string;
  /** What stands there at first. */
  readonly initial: string;
  /** Earlier answers, newest last; Up and Down go through them. */
  readonly history: readonly string[];
  /** Whether Tab completes. */
  readonly completes: boolean;
  /** The sentence that says why an answer does not do; undefined when it does. */
  readonly check: (text: string) => string | undefined;
}

const MARK = "> ";

/** See TextQuestion. */
export class TextPrompt implements Prompt<string> {
  constructor(
    readonly question: TextQuestion,
    readonly line: Line = lineOf(question.initial),
    readonly note: string = "",
    /** Where in the history; its length when what was typed is shown. */
    readonly place: number = question.history.length,
    readonly typed: string = question.initial,
  ) {}

  get draft(): string {
    return this.line.text;
  }

  press(key: Key): Step<string> {
    switch (key.name) {
      case "enter": {
        const problem = this.question.check(this.line.text);
        if (problem === undefined) return { is: "done", value: this.line.text };
        return open(this.#with(this.line, problem));
      }
      case "escape":
        return { is: "back" };
      case "tab":
        if (!this.question.completes) return open(this);
        return { is: "complete", typed: this.line.text.slice(0, this.line.at) };
      case "up":
        return open(this.#recall(this.place - 1));
      case "down":
        return open(this.#recall(this.place + 1));
      default: {
        const line = edit(this.line, key);
        return open(line === undefined ? this : this.#with(line, ""));
      }
    }
  }

  /**
   * Goes on with what completes `typed`: the common beginning of `names` is put in, and when that
   * adds nothing the names are shown. Ignored when something else stands there by now.
   */
  completed(typed: string, names: readonly string[]): TextPrompt {
    if (this.line.text.slice(0, this.line.at) !== typed) return this;
    const [first] = names;
    if (first === undefined) return this.#with(this.line, "nothing begins so");
    const common = names.reduce(commonBeginning, first);
    if (common.length > typed.length && common.startsWith(typed)) {
      return this.#with(insert(this.line, common.slice(typed.length)), "");
    }
    if (names.length === 1) return this;
    const shown = names.slice(0, 40).map((name) =>
      safe(name.replace(/\/+$/, "").split("/").at(-1) ?? name) +
      (name.endsWith("/") ? "/" : "")
    );
    const more = names.length > 40 ? ` and ${names.length - 40} more` : "";
    return this.#with(this.line, shown.join("  ") + more);
  }

  render(columns: number, rows: number): View {
    const { title, hint } = this.question;
    const room = Math.max(columns - 1 - width(MARK), 2);
    const { shown, column } = showLine(this.line, room);
    const below = this.note === ""
      ? wrapped(hint, "hint", columns)
      : wrapped(this.note, "problem", columns);
    const head = rows >= 3
      ? wrapped(title, "title", columns).slice(0, rows - 2)
      : [];
    return {
      lines: [
        ...head,
        { text: MARK + shown, look: "plain" },
        ...below.slice(0, Math.max(rows - head.length - 1, 0)),
      ],
      cursor: { row: head.length, column: width(MARK) + column },
    };
  }

  #with(line: Line, note: string): TextPrompt {
    const { history } = this.question;
    const typed = this.place === history.length ? line.text : this.typed;
    return new TextPrompt(this.question, line, note, this.place, typed);
  }

  #recall(place: number): TextPrompt {
    const { history } = this.question;
    if (place < 0 || place > history.length) return this;
    const text = history[place] ?? this.typed;
    return new TextPrompt(this.question, lineOf(text), "", place, this.typed);
  }
}

function open(prompt: TextPrompt): Step<string> {
  return { is: "open", prompt };
}

function commonBeginning(one: string, other: string): string {
  const a = [...one];
  const b = [...other];
  const end = a.findIndex((char, at) => char !== b[at]);
  return end < 0 ? one : a.slice(0, end).join("");
}
