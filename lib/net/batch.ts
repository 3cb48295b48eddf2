/**
 * What a connection writes next: the control frames that wait, then data pulled straight from the
 * bodies attached, in turn, gathered in one buffer. Nothing is copied or allocated per DATA frame,
 * and control frames never wait behind more than one buffer.
 */
import { asFailure } from "../failure.ts";
import {
  DATA_OVERHEAD_BYTES,
  type TransferId,
  writeDataHead,
} from "../protocol/data.ts";
import {
  DATA_BYTES,
  FRAMES_OF_A_BODY,
  LEAST_FRAME_BYTES,
} from "../protocol/limits.ts";
import type { Session } from "../protocol/session.ts";
import { giveBuffer, takeBuffer } from "./buffers.ts";
import type { Digest, Outflow } from "./outflow.ts";

/** A DATA frame smaller than this is not worth starting at the end of a buffer. */
const LEAST_DATA_BYTES = 4 * 1024;
const NOTHING = new Uint8Array(0);

/** The outgoing frames of one connection. */
export class Batch {
  readonly #session: Session;
  readonly #end: (id: TransferId, digest: Digest) => void;
  /** Control frames that wait to be written. */
  readonly #control: Uint8Array[] = [];
  #controlBytes = 0;
  readonly #outflows: Outflow[] = [];
  #turn = 0;
  #buffer: Uint8Array<ArrayBuffer> | undefined;

  /** `end` queues the END of a body that has been read to its end. */
  constructor(session: Session, end: (id: TransferId, digest: Digest) => void) {
    this.#session = session;
    this.#end = end;
  }

  /** Bytes of control frames that wait. */
  get backlog(): number {
    return this.#controlBytes;
  }

  /** Adds a control frame; it goes out before any further data. */
  queue(frame: Uint8Array): void {
    this.#control.push(frame);
    this.#controlBytes += frame.length;
  }

  /** Adds a body; its OFFER was queued before. */
  attach(outflow: Outflow): void {
    this.#outflows.push(outflow);
  }

  /** Takes a body away, wherever it is. */
  detach(outflow: Outflow): void {
    const at = this.#outflows.indexOf(outflow);
    if (at >= 0) this.#outflows.splice(at, 1);
    outflow.reader.close();
  }

  /** Takes all bodies away. */
  detachAll(): void {
    for (const outflow of this.#outflows.splice(0)) outflow.reader.close();
  }

  /** Gathers what waits and gives it, a view that is valid until the next call; empty when nothing waits. */
  async fill(): Promise<Uint8Array> {
    if (this.#control.length === 0 && this.#outflows.length === 0) {
      return NOTHING;
    }
    const least = this.#control[0]?.length ?? 0;
    if (this.#buffer !== undefined && this.#buffer.length < least) {
      this.release();
    }
    const buffer = this.#buffer ??= takeBuffer(least);
    let at = 0;
    for (let tries = this.#outflows.length; tries >= 0; tries--) {
      // Before each body: an OFFER that waits must go out ahead of its DATA.
      at = this.#takeControl(buffer, at);
      if (this.#control.length > 0 || tries === 0) break;
      if (buffer.length - at < DATA_OVERHEAD_BYTES + LEAST_DATA_BYTES) break;
      const outflow = this.#outflows[this.#turn++ % this.#outflows.length];
      if (outflow === undefined) break;
      at = await this.#takeFrom(outflow, buffer, at);
    }
    return buffer.subarray(0, at);
  }

  /** Moves queued control frames into the buffer from `at` on, as many as fit; gives the new end. */
  #takeControl(buffer: Uint8Array, at: number): number {
    let taken = 0;
    for (const frame of this.#control) {
      if (at + frame.length > buffer.length) break;
      buffer.set(frame, at);
      at += frame.length;
      this.#controlBytes -= frame.length;
      taken++;
    }
    this.#control.splice(0, taken);
    return at;
  }

  /** Pulls frames of a body, as many as fit, and its END when that was all, into the buffer; gives the new end. */
  async #takeFrom(
    outflow: Outflow,
    buffer: Uint8Array<ArrayBuffer>,
    at: number,
  ): Promise<number> {
    const most = frameBytes(outflow.size);
    while (buffer.length - at > DATA_OVERHEAD_BYTES) {
      const start = at + DATA_OVERHEAD_BYTES;
      const room = buffer.subarray(
        start,
        Math.min(start + most, buffer.length),
      );
      let count: number | null;
      try {
        count = await outflow.reader.pull(room);
      } catch (error) {
        if (!this.#outflows.includes(outflow)) return at;
        this.detach(outflow);
        outflow.broken(asFailure(error));
        return at;
      }
      // It may have been detached, or the connection closed, while the body was read.
      if (!this.#outflows.includes(outflow)) return at;
      if (count === null) {
        const digest = outflow.reader.digest();
        this.detach(outflow);
        this.#end(outflow.id, digest);
        outflow.sent(digest);
        return at;
      }
      outflow.moved(count);
      if (count === 0) return at;
      this.#session.sendData(outflow.id, outflow.offset, count);
      writeDataHead(buffer, at, outflow.id, outflow.offset, count);
      outflow.offset += count;
      at = start + count;
      if (outflow.offset === outflow.size) continue;
      // What gave less than it could has no more now, or not at once.
      const whole = at + DATA_OVERHEAD_BYTES + most <= buffer.length;
      if (count < most || !whole) return at;
    }
    return at;
  }

  /** Gives the buffer back while there is nothing to write. */
  release(): void {
    if (this.#buffer !== undefined) giveBuffer(this.#buffer);
    this.#buffer = undefined;
  }
}

/** Bytes of a body in one DATA frame. */
function frameBytes(size: number | null): number {
  const share = Math.ceil((size ?? Infinity) / FRAMES_OF_A_BODY);
  return Math.min(Math.max(share, LEAST_FRAME_BYTES), DATA_BYTES);
}
