/** Buffers shared by the whole process: one is held only while bytes are being moved. */
import { DATA_OVERHEAD_BYTES } from "../protocol/data.ts";
import { DATA_BYTES, INLINE_BYTES } from "../protocol/limits.ts";

/** Room for one full DATA frame and a good many control frames beside it. */
const BUFFER_BYTES = DATA_OVERHEAD_BYTES + DATA_BYTES + 4 * 1024;
/** Buffers kept for the next taker. */
const MAX_FREE = 16;
const free: Uint8Array<ArrayBuffer>[] = [];

/** A buffer of at least `least` bytes and at least one full DATA frame; its content is arbitrary. */
export function takeBuffer(least: number): Uint8Array<ArrayBuffer> {
  return least > BUFFER_BYTES
    ? new Uint8Array(least)
    : free.pop() ?? new Uint8Array(BUFFER_BYTES);
}

/** Small buffers kept for the next taker. */
const freeSmall: Uint8Array<ArrayBuffer>[] = [];

/** A buffer for an inline body; its content is arbitrary. */
export function takeSmallBuffer(): Uint8Array<ArrayBuffer> {
  return freeSmall.pop() ?? new Uint8Array(INLINE_BYTES);
}

/** Gives a buffer back; the giver does not touch it again. */
export function giveBuffer(buffer: Uint8Array<ArrayBuffer>): void {
  if (buffer.length === BUFFER_BYTES && free.length < MAX_FREE) {
    free.push(buffer);
  } else if (buffer.length === INLINE_BYTES && freeSmall.length < MAX_FREE) {
    freeSmall.push(buffer);
  }
}
