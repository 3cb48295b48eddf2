/** What showing an image needs of the terminal and the program around it; all of it is injected. */
import type { KeySource } from "../../term/keys.ts";
import type { Clock } from "../../time/clock.ts";
import type { Size } from "./fit.ts";
import type { Environment } from "./protocol.ts";

/** The terminal that stdout is. */
export interface TerminalFacts {
  readonly columns: number;
  readonly rows: number;
  /** Pixels of a character cell, where the caller knows them; otherwise the terminal is asked. */
  readonly cell?: Size;
  /** False where colour is off (`--color never`, `NO_COLOR`): pictures are ASCII unless told. */
  readonly colour: boolean;
}

/** The outside world of one `showImage`. */
export interface ImageContext {
  /** Writes to stdout; resolves when all is written. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Says one line on stderr (no line end, no control characters in it). */
  readonly note: (line: string) => void;
  /** Absent when stdout is not a terminal. */
  readonly terminal?: TerminalFacts;
  /** Absent when stdin is not a terminal: nothing is asked, and only the signal stops an animation. */
  readonly keys?: KeySource;
  readonly env: Environment;
  readonly clock: Clock;
  /** Ends everything; an animation leaves the terminal in order first. */
  readonly signal: AbortSignal;
}
