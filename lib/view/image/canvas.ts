/** From what is known of the terminal to how a picture is drawn on it. */
import type { Background } from "./background.ts";
import { type Room, type Size, UNKNOWN_CELL } from "./fit.ts";
import { type Probe, probe } from "./probe.ts";
import { environmentHint, type Protocol } from "./protocol.ts";
import type { Rgb } from "./picture.ts";
import type { Answers } from "./replies.ts";
import type { KeySource } from "../../term/keys.ts";
import type { ImageContext } from "./terminal.ts";

/** How pictures get onto the output at hand. */
export interface Canvas {
  readonly protocol: Protocol;
  /** For blocks. */
  readonly colours: "truecolor" | "256";
  readonly room: Room;
  /** Dots of the encoder in a cell. */
  readonly dots: Size;
  /** Whether the size of a cell is a guess: then sizes are told in cells, not pixels. */
  readonly guessedCell: boolean;
  /** The terminal's background, or black. */
  readonly background: Rgb;
  /** Whether cursor movements make sense: the output is a terminal. */
  readonly live: boolean;
  /** Keys, when there are any to be had; free of the terminal's answers. */
  readonly keys?: KeySource;
  /** Gives the terminal back; call it exactly once. */
  end(): Promise<void>;
}

/** Columns and rows assumed where there is no terminal. */
const PIPE = { columns: 80, rows: 24 };

/**
 * Finds out how to draw. `wanted` overrides the choice of protocol, not the facts it is drawn with.
 * The terminal is asked only where its environment leaves something open and it can answer.
 */
export async function openCanvas(
  wanted: Protocol | "auto",
  background: Background,
  context: ImageContext,
): Promise<Canvas> {
  const { terminal, keys } = context;
  const hint = environmentHint(context.env);
  const fallback = terminal?.colour === false ? "ascii" : hint.protocol;
  const settled = wanted !== "auto" || hint.certain || fallback === "ascii";
  const planned = wanted === "auto" ? fallback : wanted;
  // Graphics need the size of a cell, transparent parts the background; text needs neither.
  const ask = terminal !== undefined && keys !== undefined &&
    (!settled || isGraphics(planned) && !hint.multiplexed);
  const asked = ask ? await probe(keys, hint.remote, context) : undefined;
  const answers = asked?.answers;
  // Once the fence is in nothing is left to swallow: the terminal is free while the file is decoded.
  if (answers?.complete) await asked?.end();
  const held = answers?.complete ? undefined : asked;
  const protocol = settled ? planned : best(answers);
  const cell = terminal?.cell ?? answers?.cell;
  const size = cell ?? UNKNOWN_CELL;
  return {
    protocol,
    colours: hint.colours === "256" ? "256" : "truecolor",
    room: {
      columns: terminal?.columns ?? PIPE.columns,
      // One row stays free for the prompt.
      rows: Math.max(1, (terminal?.rows ?? PIPE.rows) - 1),
      cell: size,
      wraps: terminal !== undefined,
    },
    dots: dotsOf(protocol, size),
    guessedCell: cell === undefined,
    background: background !== "auto" && background !== "checker"
      ? background
      : answers?.background ?? [0, 0, 0],
    live: terminal !== undefined,
    ...keysOf(held, keys),
    end: async () => await held?.end(),
  };
}

/** Whether a protocol draws pixels rather than characters. */
function isGraphics(protocol: Protocol): boolean {
  return protocol === "kitty" || protocol === "iterm" || protocol === "sixel";
}

/** The best a terminal with those answers draws; blocks when it said nothing. */
function best(answers: Answers | undefined): Protocol {
  if (answers?.kitty) return "kitty";
  if (answers?.iterm) return "iterm";
  if (answers?.sixel) return "sixel";
  return "blocks";
}

function dotsOf(protocol: Protocol, cell: Size): Size {
  if (isGraphics(protocol)) return cell;
  return { width: 1, height: protocol === "blocks" ? 2 : 1 };
}

function keysOf(
  held: Probe | undefined,
  keys: KeySource | undefined,
): { keys?: KeySource } {
  const source = held?.keys ?? keys;
  return source === undefined ? {} : { keys: source };
}
