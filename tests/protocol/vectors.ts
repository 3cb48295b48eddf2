/** Reads the vectors of testdata/protocol and runs bytes through a decoder as a connection does. */
import { decodeHex, encodeHex } from "./hex.ts";
import { decodeData } from "../../lib/protocol/data.ts";
import { RemoteProtocolError } from "../../lib/protocol/errors.ts";
import {
  FIRST_OPTIONAL_TYPE,
  FrameDecoder,
  FrameType,
  type LimitOf,
  limitOf,
} from "../../lib/protocol/frame.ts";
import { decodeMessage } from "../../lib/protocol/message.ts";
import { Session } from "../../lib/protocol/session.ts";

/** Hexadecimal digits, or one byte many times. */
type Part = string | { readonly repeat: string; readonly times: number };

/** One vector as it stands in its file; testdata/protocol/README.md says what each field means. */
export interface Vector {
  readonly name: string;
  readonly bytes: readonly Part[];
  readonly frames: readonly Record<string, unknown>[];
  readonly at?: "hub greeting" | "client greeting";
  readonly error?: string;
  readonly end?: string;
  readonly from?: "client" | "hub";
}

/** What a decoder made of a stream. */
export interface Outcome {
  readonly frames: Record<string, unknown>[];
  /** The stream's own bytes were refused. */
  readonly error?: string;
  /** Its end was. */
  readonly end?: string;
}

/** The vectors of one file; throws when there are none. */
export function vectorsOf(file: string): Vector[] {
  const url = new URL(`../../testdata/protocol/${file}.json`, import.meta.url);
  const { vectors } = JSON.parse(Deno.readTextFileSync(url));
  if (!Array.isArray(vectors) || vectors.length === 0) {
    throw new Error(`${file}.json holds no vectors`);
  }
  return vectors;
}

/** The bytes of a vector. */
export function bytesOf(parts: readonly Part[]): Uint8Array<ArrayBuffer> {
  return concat(
    parts.map((part) =>
      typeof part === "string"
        ? decodeHex(part)
        : new Uint8Array(part.times).fill(parseInt(part.repeat, 16))
    ),
  );
}

/** One array out of several. */
export function concat(
  chunks: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(chunks.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** The limits a vector is read under. */
export function limitsOf(vector: Vector): LimitOf {
  if (vector.at === undefined) return limitOf;
  return new Session(vector.at === "hub greeting" ? "hub" : "client").limits;
}

/** Reads `chunks` to the end of the stream; anything but a RemoteProtocolError is thrown on. */
export function decode(
  chunks: Iterable<Uint8Array>,
  limits: LimitOf = limitOf,
): Outcome {
  const decoder = new FrameDecoder(limits);
  const frames: Record<string, unknown>[] = [];
  const error = refusal(() => {
    for (const chunk of chunks) {
      for (let at = 0; at < chunk.length;) {
        const room = decoder.space();
        const part = chunk.subarray(at, at + room.length);
        room.set(part);
        decoder.filled(part.length);
        at += part.length;
        let frame;
        while ((frame = decoder.next()) !== undefined) {
          frames.push(read(frame.type, frame.payload));
        }
      }
    }
  });
  if (error !== undefined) return { frames, error };
  const end = refusal(() => decoder.end());
  return end === undefined ? { frames } : { frames, end };
}

function read(
  type: number,
  payload: Uint8Array<ArrayBuffer>,
): Record<string, unknown> {
  if (type === FrameType.DATA) {
    const { id, offset, bytes } = decodeData(payload);
    return { type: "data", id, offset, bytes: encodeHex(bytes) };
  }
  const message = decodeMessage(type, payload);
  if (message !== undefined) return { ...message };
  if (type < FIRST_OPTIONAL_TYPE) throw new Error(`type ${type} was let in`);
  return { type: "unknown", number: type };
}

function refusal(step: () => void): string | undefined {
  try {
    step();
  } catch (error) {
    if (error instanceof RemoteProtocolError) return error.message;
    throw error;
  }
}

/** What a vector says its bytes decode to. */
export function outcomeOf({ frames, error, end }: Vector): Outcome {
  return {
    frames: frames.map((frame) =>
      frame.type === "data"
        ? { ...frame, bytes: encodeHex(bytesOf([frame.bytes as Part])) }
        : frame
    ),
    ...(error === undefined ? {} : { error }),
    ...(end === undefined ? {} : { end }),
  };
}
