/** A byte stream in memory: a test feeds what is read and lets each write go when it likes. */
import { FrameDecoder, FrameType } from "../../lib/protocol/frame.ts";
import { decodeData } from "../../lib/protocol/data.ts";
import {
  decodeMessage,
  encodeMessage,
  type Message,
} from "../../lib/protocol/message.ts";
import type { ByteStream } from "../../lib/net/connection.ts";
import { Recorder } from "../support/recorder.ts";

/** A frame that was written: a message, or the place and length of some DATA. */
export type Written =
  | Message
  | { type: "data"; id: string; offset: number; length: number };

/** One end of a stream that leads nowhere. */
export class FakeStream implements ByteStream {
  /** Frames written so far, in order. */
  readonly frames = new Recorder<Written>();
  /** Counts the reads asked for. */
  reads = 0;
  closed = false;
  /** The sending half was ended. */
  finished = false;
  readonly #decoder = new FrameDecoder();
  readonly #fed: Uint8Array[] = [];
  #ended = false;
  #wakeReader = () => {};
  #held: PromiseWithResolvers<void> | undefined;

  /** Further writes wait until `release`. */
  hold(): void {
    this.#held = Promise.withResolvers();
  }

  /** Lets the write that waits go, and with `all` those after it. */
  release(all = true): void {
    const held = this.#held;
    this.#held = all ? undefined : Promise.withResolvers();
    held?.resolve();
  }

  /** The other side says something. */
  feed(...messages: (Message | Uint8Array)[]): void {
    for (const one of messages) {
      this.#fed.push(one instanceof Uint8Array ? one : encodeMessage(one));
    }
    this.#wakeReader();
  }

  /** The other side has ended its half. */
  end(): void {
    this.#ended = true;
    this.#wakeReader();
  }

  async read(into: Uint8Array): Promise<number | null> {
    this.reads++;
    while (this.#fed.length === 0) {
      if (this.#ended || this.closed) return null;
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
    const [first = new Uint8Array(0)] = this.#fed;
    const count = Math.min(first.length, into.length);
    into.set(first.subarray(0, count));
    if (count === first.length) this.#fed.shift();
    else this.#fed[0] = first.subarray(count);
    return count;
  }

  async write(bytes: Uint8Array): Promise<number> {
    // What a socket was given is what it sends, whatever happens to the buffer later.
    const taken = bytes.slice();
    if (this.#held !== undefined) await this.#held.promise;
    if (this.closed) throw new Deno.errors.BadResource("closed");
    for (let at = 0; at < taken.length;) {
      const space = this.#decoder.space();
      const part = taken.subarray(at, at + space.length);
      space.set(part);
      this.#decoder.filled(part.length);
      at += part.length;
      this.#takeFrames();
    }
    return taken.length;
  }

  closeWrite(): Promise<void> {
    this.finished = true;
    return Promise.resolve();
  }

  close(): void {
    this.closed = true;
    this.#held?.resolve();
    this.#wakeReader();
  }

  #takeFrames(): void {
    for (
      let frame = this.#decoder.next();
      frame !== undefined;
      frame = this.#decoder.next()
    ) {
      if (frame.type === FrameType.DATA) {
        const { id, offset, bytes } = decodeData(frame.payload);
        this.frames.add({ type: "data", id, offset, length: bytes.length });
      } else {
        const message = decodeMessage(frame.type, frame.payload);
        if (message !== undefined) this.frames.add(message);
      }
    }
  }
}
