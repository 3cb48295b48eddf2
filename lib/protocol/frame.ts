// @core
/**
 * Frames: the bytes of a connection cut into typed payloads, without any input or output.
 *
 * A frame is an 8-byte header (payload length u32, type u8, flags u8, reserved u16; big-endian)
 * and its payload. The length is checked against the type's limit before anything is allocated.
 * End of stream: `end()` accepts a stream that stops between frames and refuses one that stops
 * inside a frame.
 */
import { LocalProtocolError, RemoteProtocolError } from "./errors.ts";
import {
  DATA_PREFIX_BYTES,
  HEADER_BYTES,
  MAX_CONTROL_BYTES,
  MAX_DATA_BYTES,
  MAX_HELLO_BYTES,
  MAX_LIST_BYTES,
} from "./limits.ts";

/** Frame types. Types from 128 on are optional: a reader that does not know one skips it. */
export const FrameType = {
  HELLO: 1,
  WELCOME: 2,
  OFFER: 3,
  ACCEPT: 4,
  REJECT: 5,
  DATA: 6,
  END: 7,
  RECEIPT: 8,
  CANCEL: 9,
  PING: 10,
  PONG: 11,
  ERROR: 12,
  BYE: 13,
  REQUEST: 14,
  RESPONSE: 15,
  PRESENCE: 128,
  PROGRESS: 129,
} as const;

/** First type of the optional class. */
export const FIRST_OPTIONAL_TYPE = 128;

/** A frame as it stands in the decoder's buffer: `payload` is a view, valid until the next `space()`. */
export interface Frame {
  readonly type: number;
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** Payload limit of a frame type in bytes, or undefined for a type that must not appear. */
export type LimitOf = (type: number) => number | undefined;

/** The limits of an open connection. */
export function limitOf(type: number): number | undefined {
  switch (type) {
    case FrameType.HELLO:
      return MAX_HELLO_BYTES;
    case FrameType.WELCOME:
    case FrameType.OFFER:
      return MAX_LIST_BYTES;
    case FrameType.DATA:
      return DATA_PREFIX_BYTES + MAX_DATA_BYTES;
    default:
      return (type >= FrameType.ACCEPT && type <= FrameType.RESPONSE) ||
          type >= FIRST_OPTIONAL_TYPE
        ? MAX_CONTROL_BYTES
        : undefined;
  }
}

/**
 * Writes a frame header at `at`. Throws LocalProtocolError when `length` exceeds the type's limit
 * or the type does not exist.
 */
export function writeHeader(
  into: Uint8Array,
  at: number,
  type: number,
  length: number,
): void {
  const limit = limitOf(type);
  if (limit === undefined) {
    throw new LocalProtocolError(`Cannot encode frame: no type ${type}`);
  }
  if (length > limit) {
    throw new LocalProtocolError(
      `Cannot encode frame: length ${length} exceeds the limit of ${limit} for type ${type}`,
    );
  }
  into[at] = length >>> 24;
  into[at + 1] = length >>> 16;
  into[at + 2] = length >>> 8;
  into[at + 3] = length;
  into[at + 4] = type;
  into[at + 5] = 0;
  into[at + 6] = 0;
  into[at + 7] = 0;
}

/** One whole frame as bytes. For control frames; DATA is written in place (see data.ts). */
export function encodeFrame(
  type: number,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  writeHeader(bytes, 0, type, payload.length);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** Buffer a decoder starts with: many control frames, or a small body, in one read. */
const INITIAL_BYTES = 16 * 1024;
/** Room beyond a large frame, so that the head of the next one comes with the same read. */
const SLACK_BYTES = 4 * 1024;

/**
 * Cuts a byte stream into frames. The owner reads into `space()`, says how much with `filled()`,
 * and takes frames with `next()` until it gives undefined:
 *
 *     while ((n = await read(decoder.space())) !== null) {
 *       decoder.filled(n);
 *       while ((frame = decoder.next())) handle(frame);
 *     }
 *     decoder.end();
 *
 * The buffer grows to the largest frame announced (within its limit) and is reused. Inside a large
 * frame reading stops at its end, so that little is ever moved to make room.
 */
export class FrameDecoder {
  #buffer = new Uint8Array(INITIAL_BYTES);
  #start = 0;
  #end = 0;
  /** Limits now in force; the owner narrows them until the greeting is over. */
  limits: LimitOf;

  constructor(limits: LimitOf = limitOf) {
    this.limits = limits;
  }

  /** Where to read the next bytes to; never empty. Makes earlier payload views invalid. */
  space(): Uint8Array<ArrayBuffer> {
    if (this.#start === this.#end) this.#start = this.#end = 0;
    const held = this.#end - this.#start;
    const wanted = held < HEADER_BYTES
      ? HEADER_BYTES
      : HEADER_BYTES + this.#checkedLength();
    if (this.#start + wanted > this.#buffer.length) this.#makeRoom(wanted);
    // Inside a large frame, stop reading at its end: the next frame then starts at the front.
    const until = wanted > SLACK_BYTES
      ? this.#start + wanted
      : this.#buffer.length;
    return this.#buffer.subarray(this.#end, until);
  }

  /** `count` bytes of the last `space()` now hold what came from the stream. */
  filled(count: number): void {
    this.#end += count;
  }

  /**
   * The next whole frame, or undefined when more bytes are needed. Throws RemoteProtocolError for a
   * frame over its limit, an unexpected type, or a header with flags or reserved bits set.
   */
  next(): Frame | undefined {
    const held = this.#end - this.#start;
    if (held < HEADER_BYTES) return undefined;
    const length = this.#checkedLength();
    if (held < HEADER_BYTES + length) return undefined;
    const at = this.#start + HEADER_BYTES;
    const type = this.#buffer[this.#start + 4] ?? 0;
    this.#start = at + length;
    return { type, payload: this.#buffer.subarray(at, at + length) };
  }

  /** The stream has ended: throws RemoteProtocolError unless it ended between two frames. */
  end(): void {
    const held = this.#end - this.#start;
    if (held > 0) {
      this.#refuseTls();
      throw new RemoteProtocolError(
        `Cannot read frame: the connection ended inside a frame, after ${held} bytes`,
      );
    }
  }

  #checkedLength(): number {
    const view = this.#buffer;
    const at = this.#start;
    const length = ((view[at] ?? 0) * 0x1000000) +
      (((view[at + 1] ?? 0) << 16) | ((view[at + 2] ?? 0) << 8) |
        (view[at + 3] ?? 0));
    const type = view[at + 4] ?? 0;
    const limit = this.limits(type);
    if (limit === undefined || length > limit) this.#refuseTls();
    if (limit === undefined) {
      throw new RemoteProtocolError(
        `Cannot read frame: type ${type} is not expected here`,
      );
    }
    if (length > limit) {
      throw new RemoteProtocolError(
        `Cannot read frame: length ${length} exceeds the limit of ${limit} for type ${type}`,
      );
    }
    if (view[at + 5] !== 0 || view[at + 6] !== 0 || view[at + 7] !== 0) {
      throw new RemoteProtocolError(
        "Cannot read frame: flags and reserved bits must be zero",
      );
    }
    return length;
  }

  /** A TLS record (RFC 8446, section 5.1) begins with its kind, 20 to 23, and 3: as a length, more than any frame has. */
  #refuseTls(): void {
    const kind = this.#buffer[this.#start] ?? 0;
    if (kind < 20 || kind > 23 || this.#buffer[this.#start + 1] !== 3) return;
    throw new RemoteProtocolError(
      "Cannot read frame: the other side speaks TLS, this one does not",
      "protocol",
      { hint: "say --insecure at both ends, or at neither" },
    );
  }

  #makeRoom(wanted: number): void {
    const held = this.#buffer.subarray(this.#start, this.#end);
    if (wanted > this.#buffer.length) {
      const larger = new Uint8Array(wanted + SLACK_BYTES);
      larger.set(held);
      this.#buffer = larger;
    } else {
      this.#buffer.copyWithin(0, this.#start, this.#end);
    }
    this.#end = held.length;
    this.#start = 0;
  }
}
