// @core
/**
 * What every prompt is: a value that a key turns into the next one, and a pure picture of it.
 * Nothing here reads, writes or waits.
 */
import { truncate, width } from "../text/width.ts";
import type { Key } from "./decode.ts";

/** How a line of a prompt is meant; the screen decides what that looks like. */
export type Look = "plain" | "title" | "chosen" | "hint" | "problem";

/** One line of a picture, already made safe and cut to the width. */
export interface PromptLine {
  readonly text: string;
  readonly look: Look;
}

/** A picture of a prompt, and where the cursor stands in it. */
export interface View {
  readonly lines: readonly PromptLine[];
  readonly cursor: { readonly row: number; readonly column: number };
}

/** What a key did: the prompt goes on, is answered, left, or wants something done first. */
export type Step<T> =
  | { readonly is: "open"; readonly prompt: Prompt<T> }
  | { readonly is: "done"; readonly value: T }
  | { readonly is: "back" }
  /** Names to complete what stands before the cursor, given back with `completed()`. */
  | { readonly is: "complete"; readonly typed: string };

/** A prompt for a `T`. Never changed in place. */
export interface Prompt<T> {
  press(key: Key): Step<T>;
  render(columns: number, rows: number): View;
  /** Goes on with the names that complete `typed`, where `complete` was asked for. */
  completed?(typed: string, names: readonly string[]): Prompt<T>;
  /** What was typed so far: a prompt that is left and opened again begins with it. */
  readonly draft: string;
}

/** A line of a picture, cut so that it never reaches the last column, where terminals differ. */
export function promptLine(
  text: string,
  look: Look,
  columns: number,
): PromptLine {
  return { text: truncate(text, Math.max(columns - 1, 1)), look };
}

/** Words over as many lines as they need, none wider than the screen. */
export function wrapped(
  text: string,
  look: Look,
  columns: number,
): PromptLine[] {
  const room = Math.max(columns - 1, 1);
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || width(last) + 1 + width(word) > room) {
      lines.push(word);
    } else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.map((line) => promptLine(line, look, columns));
}
