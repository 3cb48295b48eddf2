/** Where a view writes to, and what that is. */
import type { HereAndNow } from "./dates/filter.ts";

/** The outside of a view: everything it says goes through here. */
export interface ViewOut {
  /** Data, for stdout: text, or bytes of the file as they are (never on a terminal). */
  write(piece: string | Uint8Array): void | Promise<void>;
  /** One line of words, for stderr. */
  note(line: string): void;
  /** What data is written to. */
  readonly screen: Screen;
  readonly here: HereAndNow;
}

/** What stdout is. */
export interface Screen {
  readonly terminal: boolean;
  readonly color: boolean;
  /** Columns and rows; used on a terminal only. */
  readonly columns: number;
  readonly rows: number;
}

/** What a view showed. */
export interface ViewResult {
  /** Records (rows, values) written. */
  readonly shown: number;
}
