/** The vectors of testdata/protocol, each whole, byte by byte, cut anywhere and with more behind it. */
import { createHash } from "node:crypto";
import { assert, assertEquals } from "@std/assert";
import { FrameType } from "../../lib/protocol/frame.ts";
import { encodeMessage, type Message } from "../../lib/protocol/message.ts";
import { Session } from "../../lib/protocol/session.ts";
import { decodeHex, encodeHex } from "./hex.ts";
import { PING } from "./samples.ts";
import {
  bytesOf,
  concat,
  decode,
  limitsOf,
  outcomeOf,
  type Vector,
  vectorsOf,
} from "./vectors.ts";

/** Up to here a vector is cut at every position. */
const SMALL_BYTES = 700;
/** Up to here it is also fed byte by byte; beyond, in uneven pieces. */
const MEDIUM_BYTES = 16 * 1024;

function* pieces(bytes: Uint8Array, length: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) {
    yield bytes.subarray(at, at + length);
  }
}

function check(vector: Vector): void {
  const bytes = bytesOf(vector.bytes);
  const limits = limitsOf(vector);
  const expected = outcomeOf(vector);
  assertEquals(decode([bytes], limits), expected, "whole");
  const step = bytes.length <= MEDIUM_BYTES ? 1 : 4093;
  assertEquals(decode(pieces(bytes, step), limits), expected, "in pieces");
  if (bytes.length <= SMALL_BYTES) {
    for (let at = 1; at < bytes.length; at++) {
      const halves = [bytes.subarray(0, at), bytes.subarray(at)];
      assertEquals(decode(halves, limits), expected, `cut at ${at}`);
    }
  }
  if (expected.end !== undefined || vector.at !== undefined) return;
  const more = concat([bytes, encodeMessage(PING)]);
  assertEquals(
    decode([more], limits),
    expected.error === undefined
      ? { frames: [...expected.frames, { ...PING }] }
      : expected,
    "with more behind it",
  );
}

for (const file of ["messages", "frames", "data", "conversation"]) {
  for (const vector of vectorsOf(file)) {
    Deno.test(`vector ${file}: ${vector.name}`, () => check(vector));
  }
}

Deno.test("a stream cut inside a good vector ends with the bytes it is short of a frame named", () => {
  for (const vector of vectorsOf("messages")) {
    const bytes = bytesOf(vector.bytes);
    if (vector.error !== undefined || bytes.length > SMALL_BYTES) continue;
    for (let at = 1; at < bytes.length; at++) {
      assertEquals(decode([bytes.subarray(0, at)]), {
        frames: [],
        end:
          `Cannot read frame: the connection ended inside a frame, after ${at} bytes`,
      });
    }
  }
});

Deno.test("the vectors hold every frame type", () => {
  const seen = new Set(
    vectorsOf("messages").flatMap(({ frames }) =>
      frames.map(({ type }) => type)
    ),
  ).add("data");
  assertEquals(
    Object.keys(FrameType).map((type) => type.toLowerCase()).filter((type) =>
      !seen.has(type)
    ),
    [],
  );
});

/** Fields that may be absent, whatever message they are in. */
const OPTIONAL: ReadonlySet<string> = new Set([
  ...["adapt", "token", "secret", "key", "signature", "rtt_ms"],
  ...["tree", "modified_ms", "executable", "unchanged"],
  ...["fingerprint", "queue_ms", "wait_ms", "sent_ms"],
  ...["path", "recursive", "peer", "since", "limit"],
  ...["transfers", "files", "missing"],
]);

Deno.test("every required field has a vector without it, and the error names it", () => {
  let fields = 0;
  for (const { name, bytes, frames, error } of vectorsOf("messages")) {
    if (error !== undefined || frames[0] === undefined) continue;
    const { type, ...message } = frames[0];
    const frame = bytesOf(bytes)[4];
    assert(frame !== undefined);
    for (const field of Object.keys(message)) {
      if (OPTIONAL.has(field)) continue;
      if (type === "bye" || (type === "error" && field === "id")) continue;
      const rest = new TextEncoder().encode(
        JSON.stringify({ ...message, [field]: undefined }),
      );
      const head = [0, 0, rest.length >> 8, rest.length & 255, frame, 0, 0, 0];
      assertEquals(
        decode([concat([new Uint8Array(head), rest])]).error,
        `Cannot read ${
          String(type).toUpperCase()
        }: ${field} is missing or wrong`,
        name,
      );
      fields++;
    }
  }
  assert(fields > 50, `only ${fields} fields were left out`);
});

Deno.test("the conversation keeps the rules of a session on both sides", () => {
  const sessions = { client: new Session("client"), hub: new Session("hub") };
  for (const { from, frames } of vectorsOf("conversation")) {
    assert(from !== undefined);
    const me = sessions[from];
    const you = sessions[from === "client" ? "hub" : "client"];
    for (const frame of frames) {
      if (frame.type === "data") {
        const { id, offset, bytes } = frame as Record<string, string>;
        const length = decodeHex(bytes ?? "").length;
        me.sendData(id ?? "", Number(offset), length);
        you.receiveData(id ?? "", Number(offset), length);
      } else {
        // It was decoded from its bytes by the vector's own test.
        me.send(frame as unknown as Message);
        you.receive(frame as unknown as Message);
      }
    }
  }
  assert(sessions.hub.isEnded);
  assertEquals(sessions.client.isOutgoing("0123456789abcdef"), false);
  assertEquals(sessions.hub.isIncoming("0123456789abcdef"), false);
});

Deno.test("the conversation's END carries the SHA-256 of its DATA", () => {
  const frames = vectorsOf("conversation").flatMap(({ frames }) => frames);
  const hash = createHash("sha256");
  for (const { type, bytes } of frames) {
    if (type === "data") hash.update(decodeHex(String(bytes)));
  }
  const end = frames.find(({ type }) => type === "end");
  assertEquals(end?.sha256, hash.digest("hex"));
});

Deno.test("PROTOCOL.md shows the bytes of the conversation", () => {
  const text = Deno.readTextFileSync(
    new URL("../../PROTOCOL.md", import.meta.url),
  );
  const dumps = [...text.matchAll(/(?:^ {4}(?:[0-9a-f]{2} ){1,16} .*\n)+/gm)]
    .map(([dump]) => dump.replace(/^ {4}(.{48}).*$/gm, "$1"));
  assertEquals(
    dumps.map((dump) => encodeHex(decodeHex(dump))),
    vectorsOf("conversation").map(({ bytes }) => encodeHex(bytesOf(bytes))),
  );
});
