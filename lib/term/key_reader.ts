/** The keys of a terminal from the bytes it sends, in time: an Esc that nothing follows is a key. */
import type { Clock } from "../time/clock.ts";
import { type Key, KeyDecoder } from "./decode.ts";

/** A lone Esc is one when nothing follows it for so long. Milliseconds. */
const ESCAPE_MS = 50;

/** Gives keys one by one as their bytes are read. */
export class KeyReader {
  readonly #decoder = new KeyDecoder();
  readonly #clock: Clock;
  readonly #take: (key: Key) => void;
  #cancelEscape = () => {};

  constructor(clock: Clock, take: (key: Key) => void) {
    this.#clock = clock;
    this.#take = take;
  }

  /** Takes what was read. */
  read(bytes: Uint8Array): void {
    this.#cancelEscape();
    this.#decoder.push(bytes).forEach(this.#take);
    if (!this.#decoder.waiting) return;
    this.#cancelEscape = this.#clock.after(
      ESCAPE_MS,
      () => this.#decoder.flush().forEach(this.#take),
    );
  }

  /** An Esc that waits is no key any more. */
  stop(): void {
    this.#cancelEscape();
  }
}
