/**
 * What is viewed, as bytes that can be read more than once: detection and sampling look at the
 * beginning, then everything is read from the start again.
 */
import { joined } from "./joined.ts";

/** Where bytes come from. */
export interface Source {
  /** What messages call it. */
  readonly name: string;
  /**
   * Reads from the beginning. Pieces of any size; each must stay as it is after the next is read.
   * A source that cannot be read twice (a pipe) sets `once`.
   */
  open(): AsyncIterable<Uint8Array>;
  readonly once?: boolean;
}

/** Bytes of a file kept while it may be read again; beyond, the file is opened again. */
const KEPT = 32 << 20;

/**
 * A source to read several times from the start. What was read is kept until `last()`; of a source
 * that can be opened again no more than 32 MiB.
 */
export class Tape {
  readonly #source: Source;
  #iterator: AsyncIterator<Uint8Array> | undefined;
  #kept: Uint8Array[] = [];
  #size = 0;
  #ended = false;
  #forgetful = false;

  constructor(source: Source) {
    this.#source = source;
  }

  /** What messages call it. */
  get name(): string {
    return this.#source.name;
  }

  /** Bytes read and kept so far. */
  get size(): number {
    return this.#size;
  }

  /** Reads from the start; call again to start over. One reader at a time. */
  async *read(): AsyncGenerator<Uint8Array> {
    if (this.#forgetful) {
      // More than is kept was read: begin anew with the file itself.
      await this.close();
      this.#kept = [];
      this.#size = 0;
      this.#ended = false;
      this.#forgetful = false;
    }
    for (const piece of this.#kept) yield piece;
    for (let value; (value = await this.#next()) !== undefined;) {
      if (!this.#forgetful) {
        this.#size += value.length;
        if (this.#size > KEPT && this.#source.once !== true) {
          this.#forgetful = true;
          this.#kept = [];
        } else this.#kept.push(value);
      }
      yield value;
    }
  }

  /** Reads from the start for the last time: nothing more is kept. */
  async *last(): AsyncGenerator<Uint8Array> {
    try {
      if (this.#forgetful) {
        yield* this.read();
        return;
      }
      for (;;) {
        const piece = this.#kept.shift();
        if (piece === undefined) break;
        yield piece;
      }
      for (let piece; (piece = await this.#next()) !== undefined;) yield piece;
    } finally {
      await this.close();
    }
  }

  /** The first bytes, at least `count` of them unless the source is shorter. */
  async head(count: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of this.read()) {
      pieces.push(piece);
      size += piece.length;
      if (size >= count) break;
    }
    return joined(pieces, size);
  }

  /** The next piece of the source; undefined at its end. */
  async #next(): Promise<Uint8Array | undefined> {
    if (this.#ended) return undefined;
    this.#iterator ??= this.#source.open()[Symbol.asyncIterator]();
    const { value, done } = await this.#iterator.next();
    if (done !== true) return value;
    this.#ended = true;
    this.#iterator = undefined;
    return undefined;
  }

  /** Closes the source, also before its end. */
  async close(): Promise<void> {
    await this.#iterator?.return?.();
    this.#iterator = undefined;
  }
}
