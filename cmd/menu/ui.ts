/** How a menu asks, whatever it asks on: a screen it draws on, or plain lines. */
import type { Item } from "../../lib/term/select_prompt.ts";
import type { Context } from "../context.ts";

/** Ctrl-C at a prompt: whatever was begun is given up. */
export class Cancelled extends Error {}

/** The keyboard has ended: nothing more will be answered. */
export class Ended extends Error {}

/** A choice from a list that may change while it is open. */
export interface Choice {
  readonly title: () => string;
  readonly items: () => readonly Item[];
  readonly hint?: string;
  /** What to say when there is nothing to choose. */
  readonly empty?: string;
  /** The id of the item the cursor stands on at first. */
  readonly current?: string | undefined;
}

/** A text to be typed. */
export interface Ask {
  /** Names the question: what was typed when it was left, and earlier answers, come back. */
  readonly key: string;
  readonly title: string;
  readonly hint?: string;
  readonly initial?: string;
  /** Tab completes paths. */
  readonly paths?: boolean;
  readonly check?: (text: string) => string | undefined;
}

/** An offer that waits for an answer. */
export interface Question {
  readonly text: string;
  answer(yes: boolean): void;
  /** Resolves when it is answered or its time is over. */
  readonly gone: Promise<void>;
}

/**
 * Asks the person at the terminal. Answers are undefined when they went back a level. Every method
 * that waits throws `Cancelled`, `Ended`, or the reason the program was stopped for.
 */
export interface Ui {
  /** The world as commands of the menu see it: their words go through the one writer. */
  readonly context: Context;
  choose(choice: Choice): Promise<string | undefined>;
  chooseSeveral(choice: Choice): Promise<readonly string[] | undefined>;
  text(ask: Ask): Promise<string | undefined>;
  /** Puts back what was answered to `Ask.key`, as if it had been left there. */
  keep(key: string, draft: string): void;
  confirm(question: string): Promise<boolean | undefined>;
  /** Prints lines, already made safe. */
  say(text: string): void;
  /** Lists that are open, and the questions that wait, may have changed. */
  refresh(): void;
  /**
   * Runs a command. One that draws has the terminal to itself; any other can be left running, and
   * then the answer is undefined.
   */
  run(
    command: (context: Context) => Promise<number>,
    how: { readonly draws: boolean; readonly label: string },
  ): Promise<number | undefined>;
  /** Gives the terminal back. */
  close(): void;
}
