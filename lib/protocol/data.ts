// @core
/**
 * DATA payloads: transfer id (u64), offset (u64), bytes; big-endian.
 *
 * A transfer id is 64 random bits chosen by the sender and unchanged from end to end. Outside DATA
 * payloads it is written as 16 lower-case hexadecimal digits.
 */
import { LocalProtocolError, RemoteProtocolError } from "./errors.ts";
import { FrameType, writeHeader } from "./frame.ts";
import { DATA_PREFIX_BYTES, HEADER_BYTES } from "./limits.ts";

/** 16 lower-case hexadecimal digits. */
export type TransferId = string;

/** What stands before the bytes of a DATA frame, header included. */
export const DATA_OVERHEAD_BYTES = HEADER_BYTES + DATA_PREFIX_BYTES;

const HIGH = 0x1_0000_0000;

/** The id made of 8 random bytes. */
export function transferId(random: Uint8Array): TransferId {
  return random.toHex();
}

/**
 * Writes header, id and offset of a DATA frame with `length` bytes at `at`; the bytes themselves
 * already stand, or will stand, DATA_OVERHEAD_BYTES further on. Nothing is copied. Throws LocalProtocolError for what decodeData() would refuse.
 */
export function writeDataHead(
  into: Uint8Array,
  at: number,
  id: TransferId,
  offset: number,
  length: number,
): void {
  if (length < 1 || offset < 0 || !Number.isSafeInteger(offset)) {
    throw new LocalProtocolError(
      `Cannot encode DATA: ${length} bytes at offset ${offset}`,
    );
  }
  writeHeader(into, at, FrameType.DATA, DATA_PREFIX_BYTES + length);
  const prefix = at + HEADER_BYTES;
  writeU32(into, prefix, parseInt(id.slice(0, 8), 16));
  writeU32(into, prefix + 4, parseInt(id.slice(8), 16));
  writeU32(into, prefix + 8, Math.floor(offset / HIGH));
  writeU32(into, prefix + 12, offset % HIGH);
}

/** A DATA payload taken apart; `bytes` is a view of the payload. */
export interface Data {
  readonly id: TransferId;
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Takes a DATA payload apart. Throws RemoteProtocolError when it is too short, empty or its offset is 2^53 or more. */
export function decodeData(payload: Uint8Array<ArrayBuffer>): Data {
  if (payload.length <= DATA_PREFIX_BYTES) {
    throw new RemoteProtocolError(
      `Cannot read DATA: ${payload.length} bytes hold no data`,
    );
  }
  const offset = readU32(payload, 8) * HIGH + readU32(payload, 12);
  if (!Number.isSafeInteger(offset)) {
    throw new RemoteProtocolError("Cannot read DATA: the offset exceeds 2^53");
  }
  return {
    id: hex32(readU32(payload, 0)) + hex32(readU32(payload, 4)),
    offset,
    bytes: payload.subarray(DATA_PREFIX_BYTES),
  };
}

function writeU32(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
}

function readU32(from: Uint8Array, at: number): number {
  return (((from[at] ?? 0) << 24) | ((from[at + 1] ?? 0) << 16) |
    ((from[at + 2] ?? 0) << 8) |
    (from[at + 3] ?? 0)) >>> 0;
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, "0");
}
