/** The keyboard of the real terminal, in raw mode while someone listens. */
import type { KeySource } from "../lib/term/keys.ts";

/** What keys are read from: standard input, or the terminal itself. */
export interface KeyDevice {
  read(buffer: Uint8Array): Promise<number | null>;
  setRaw(raw: boolean): void;
}

/**
 * A terminal's input as keys. One loop reads for everyone, since a read that waits cannot be taken
 * back; what comes while nobody listens is dropped.
 */
export class Keyboard implements KeySource {
  readonly #listeners = new Set<(bytes: Uint8Array) => void>();
  readonly #device: KeyDevice;
  #reading = false;

  constructor(device: KeyDevice) {
    this.#device = device;
  }

  listen(listener: (bytes: Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    this.#device.setRaw(true);
    if (!this.#reading) this.#read();
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) {
        this.restore();
      }
    };
  }

  /** Leaves raw mode, if the terminal is still there. */
  restore(): void {
    try {
      this.#device.setRaw(false);
    } catch {
      // The terminal is gone, and its modes with it.
    }
  }

  /** The end of input is told as Ctrl-D (0x04), which a terminal in raw mode sends for it too. */
  async #read(): Promise<void> {
    this.#reading = true;
    const buffer = new Uint8Array(4096);
    try {
      for (let n; (n = await this.#device.read(buffer)) !== null;) {
        this.#tell(buffer.slice(0, n));
      }
    } catch {
      // The terminal went away: the same as its end.
    }
    this.#tell(Uint8Array.of(0x04));
    this.#reading = false;
  }

  #tell(bytes: Uint8Array): void {
    for (const listener of [...this.#listeners]) listener(bytes);
  }
}

/** The terminal this process belongs to, where stdin is something else; undefined when there is none. */
export function openTerminal(): KeyDevice | undefined {
  if (Deno.build.os === "windows") return undefined;
  try {
    // To read is enough, and all that a program without --allow-all may.
    return Deno.openSync("/dev/tty", { read: true });
  } catch {
    return undefined;
  }
}
