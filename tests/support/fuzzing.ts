/** Conversations, and what becomes of them by chance: the same chance for the same seed. */
import { encodeMessage } from "../../lib/protocol/message.ts";
import { digestOf, pattern } from "./files.ts";
import { dataFrame, hello, offer } from "./raw.ts";

/** Numbers below 1 that are the same in every run (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * All a sender says of a small file, a message and a pipe that it gives up, frame by frame. Another
 * `number` makes other transfers of them.
 */
export function conversation(
  name: string,
  target: string,
  number: number,
): Uint8Array<ArrayBuffer>[] {
  const idOf = (n: number) =>
    (0xe000_0000 + 3 * number + n).toString(16).padStart(16, "0");
  const body = pattern(2_000);
  const to = [target, "hub", "nobody"];
  const file = offer({
    id: idOf(0),
    size: body.length,
    to,
    inline: true,
  });
  const text = offer({
    id: idOf(1),
    kind: "text",
    size: 5,
    to: [name],
    inline: true,
  });
  const pipe = offer({ id: idOf(2), size: null, to });
  const words = new TextEncoder().encode("hello");
  return [
    encodeMessage(hello(name)),
    encodeMessage({ type: "offer", ...file }),
    dataFrame(file.id, 0, body.subarray(0, 900)),
    encodeMessage({ type: "ping", t1: 5 }),
    dataFrame(file.id, 900, body.subarray(900)),
    encodeMessage({ type: "end", id: file.id, ...digestOf(body) }),
    encodeMessage({ type: "offer", ...text }),
    dataFrame(text.id, 0, words),
    encodeMessage({ type: "end", id: text.id, ...digestOf(words) }),
    encodeMessage({
      type: "progress",
      id: text.id,
      recipient: name,
      bytes: 5,
    }),
    encodeMessage({
      type: "receipt",
      status: "delivered",
      id: text.id,
      recipient: name,
      verify_ms: 1,
    }),
    encodeMessage({ type: "offer", ...pipe }),
    encodeMessage({
      type: "cancel",
      id: pipe.id,
      code: "cancelled",
      message: "x",
    }),
    encodeMessage({ type: "bye" }),
  ];
}

/** One change: a byte, a frame said twice, left out, moved or cut, or a digit of some JSON. */
export function mutate(
  frames: Uint8Array<ArrayBuffer>[],
  random: () => number,
): Uint8Array<ArrayBuffer>[] {
  const below = (n: number) => Math.floor(random() * n);
  const changed = frames.map((frame) => frame.slice());
  const at = 1 + below(changed.length - 1);
  const frame = changed[at] ?? new Uint8Array(1);
  switch (below(6)) {
    case 0:
      frame[below(frame.length)] = below(256);
      break;
    case 1:
      changed.splice(at, 0, frame);
      break;
    case 2:
      changed.splice(at, 1);
      break;
    case 3:
      changed.splice(at, 1);
      changed.splice(1 + below(changed.length), 0, frame);
      break;
    case 4:
      changed[at] = frame.slice(0, below(frame.length));
      break;
    default: {
      const digits = [...frame.keys()].filter((i) =>
        i >= 8 && (frame[i] ?? 0) >= 0x30 && (frame[i] ?? 0) <= 0x39
      );
      frame[digits[below(digits.length)] ?? 0] = 0x30 + below(10);
    }
  }
  return changed;
}
