// @core
/** A line being typed: text and a cursor that moves by graphemes. */
import { safe } from "../text/safe.ts";
import { graphemesOf, width } from "../text/width.ts";
import type { Key } from "./decode.ts";

/** More is not typed by anyone. */
const MAX_TEXT = 100_000;

/** What was typed, and the offset of the cursor in it, which is never inside a grapheme. */
export interface Line {
  readonly text: string;
  readonly at: number;
}

/** A line with the cursor at its end. */
export function lineOf(text: string): Line {
  return { text, at: text.length };
}

/** The line after an editing key; undefined for a key that does not edit. */
export function edit(line: Line, key: Key): Line | undefined {
  const { text, at } = line;
  switch (key.name) {
    case "text":
      return insert(line, key.text);
    case "paste":
      // One line stays one line; what cannot be shown is not kept.
      return insert(
        line,
        key.text.replace(/[\r\n]+$/, "").replace(/[\r\n\t]+/g, " ")
          .replace(/\p{Cc}/gu, ""),
      );
    case "left":
      return { text, at: before(text, at) };
    case "right":
      return { text, at: after(text, at) };
    case "wordleft":
      return { text, at: wordBefore(text, at) };
    case "wordright":
      return { text, at: wordAfter(text, at) };
    case "home":
      return { text, at: 0 };
    case "end":
      return lineOf(text);
    case "backspace":
      return cut(text, before(text, at), at);
    case "delete":
      return cut(text, at, after(text, at));
    case "ctrl":
      return control(line, key.text);
    default:
      return undefined;
  }
}

/** Puts text in at the cursor. */
export function insert({ text, at }: Line, more: string): Line {
  const room = Math.max(MAX_TEXT - text.length, 0);
  const added = more.slice(0, room);
  const whole = text.slice(0, at) + added + text.slice(at);
  // What was added may join the grapheme behind it.
  const end = at + added.length;
  return { text: whole, at: boundaryFrom(whole, end) };
}

/** What shows of a line in `room` columns, and the cursor's column in it. */
export function showLine(
  { text, at }: Line,
  room: number,
): { shown: string; column: number } {
  const cells = [...cellsOf(text)];
  const index = cells.findIndex(({ offset }) => offset >= at);
  const cursor = index < 0 ? cells.length : index;
  // The cursor needs a column of its own behind the text.
  const space = Math.max(room - 1, 1);
  let first = cursor;
  let taken = 0;
  while (first > 0) {
    const w = cells[first - 1]?.columns ?? 0;
    if (taken + w > space) break;
    taken += w;
    first--;
  }
  let shown = cells.slice(first, cursor).map((cell) => cell.shown).join("");
  const column = taken;
  for (let next = cursor; next < cells.length; next++) {
    const w = cells[next]?.columns ?? 0;
    if (taken + w > space) break;
    taken += w;
    shown += cells[next]?.shown ?? "";
  }
  return { shown, column };
}

interface Cell {
  readonly offset: number;
  readonly shown: string;
  readonly columns: number;
}

function* cellsOf(text: string): Generator<Cell> {
  let offset = 0;
  for (const grapheme of graphemesOf(text)) {
    const shown = safe(grapheme);
    yield { offset, shown, columns: width(shown) };
    offset += grapheme.length;
  }
}

function control({ text, at }: Line, letter: string): Line | undefined {
  switch (letter) {
    case "a":
      return { text, at: 0 };
    case "e":
      return lineOf(text);
    case "b":
      return { text, at: before(text, at) };
    case "f":
      return { text, at: after(text, at) };
    case "u":
      return { text: text.slice(at), at: 0 };
    case "k":
      return lineOf(text.slice(0, at));
    case "w":
      return cut(text, wordBefore(text, at), at);
    default:
      return undefined;
  }
}

function cut(text: string, from: number, to: number): Line {
  const rest = text.slice(0, from) + text.slice(to);
  return { text: rest, at: boundaryFrom(rest, from) };
}

function boundaries(text: string): number[] {
  const all = [0];
  for (const { length } of graphemesOf(text)) {
    all.push((all.at(-1) ?? 0) + length);
  }
  return all;
}

function boundaryFrom(text: string, at: number): number {
  return boundaries(text).find((offset) => offset >= at) ?? text.length;
}

function before(text: string, at: number): number {
  return boundaries(text).findLast((offset) => offset < at) ?? 0;
}

function after(text: string, at: number): number {
  return boundaries(text).find((offset) => offset > at) ?? text.length;
}

function wordBefore(text: string, at: number): number {
  return at - (/\S*\s*$/.exec(text.slice(0, at))?.[0].length ?? 0);
}

function wordAfter(text: string, at: number): number {
  return at + (/^\s*\S*/.exec(text.slice(at))?.[0].length ?? 0);
}
