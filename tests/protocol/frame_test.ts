/** Properties of the decoder and of both encoders, on any input. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  DATA_OVERHEAD_BYTES,
  decodeData,
  transferId,
  writeDataHead,
} from "../../lib/protocol/data.ts";
import {
  LocalProtocolError,
  RemoteProtocolError,
} from "../../lib/protocol/errors.ts";
import {
  encodeFrame,
  FrameDecoder,
  FrameType,
  limitOf,
  writeHeader,
} from "../../lib/protocol/frame.ts";
import {
  HEADER_BYTES,
  MAX_CONTROL_BYTES,
  MAX_DATA_BYTES,
  MAX_SENTENCE_LENGTH,
} from "../../lib/protocol/limits.ts";
import {
  decodeMessage,
  encodeMessage,
  isName,
  sentenceOf,
} from "../../lib/protocol/message.ts";
import { Session } from "../../lib/protocol/session.ts";
import { encodeHex } from "./hex.ts";
import { anyMessage, idOf, offer } from "./samples.ts";
import { bytesOf, concat, decode, vectorsOf } from "./vectors.ts";

const dataFrame = fc.record({
  id: fc.stringMatching(/^[0-9a-f]{16}$/),
  offset: fc.maxSafeNat(),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }),
}).map(({ id, offset, bytes }) => {
  const frame = new Uint8Array(DATA_OVERHEAD_BYTES + bytes.length);
  writeDataHead(frame, 0, id, offset, bytes.length);
  frame.set(bytes, DATA_OVERHEAD_BYTES);
  return { frame, decoded: { type: "data", id, offset, bytes } };
});

/** One good frame with its bytes. */
const goodFrame: fc.Arbitrary<Uint8Array> = fc.oneof(
  anyMessage.map((message) => encodeMessage(message)),
  dataFrame.map(({ frame }) => frame),
  fc.tuple(fc.integer({ min: 130, max: 255 }), fc.uint8Array())
    .map(([type, payload]) => encodeFrame(type, payload)),
);

/** Good frames with, often, some bytes changed, cut off or put in. */
const mutated: fc.Arbitrary<Uint8Array> = fc.tuple(
  fc.array(goodFrame, { minLength: 1, maxLength: 4 }).map(concat),
  fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.nat(2)), { maxLength: 4 }),
).map(([bytes, changes]) => {
  const all = [...bytes];
  for (const [where, byte, how] of changes) {
    // Headers stand at the front; that is where a change does most.
    const at = where % (where % 2 === 0 ? 16 : all.length + 1);
    if (how === 0) all.splice(at, 1);
    else if (how === 1) all.splice(at, 0, byte);
    else if (at < all.length) all[at] = byte;
  }
  return new Uint8Array(all);
});

const stream = fc.oneof(mutated, fc.uint8Array({ maxLength: 600 }));

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const cuts = [0, ...at.map((one) => one % (bytes.length + 1)), bytes.length]
    .toSorted((a, b) => a - b);
  return cuts.slice(1).map((to, i) => bytes.subarray(cuts[i], to));
}

Deno.test("encodeMessage() and decodeMessage() are inverse for every message", () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const frame = encodeMessage(message);
      const type = frame[4] ?? 0;
      assertEquals(decodeMessage(type, frame.subarray(HEADER_BYTES)), message);
      assertEquals(decode([frame]).frames, [{ ...message }]);
    }),
    { numRuns: 500 },
  );
});

Deno.test("writeDataHead() and decodeData() are inverse for every id, offset and length", () => {
  fc.assert(
    fc.property(dataFrame, ({ frame, decoded }) => {
      const bytes = encodeHex(decoded.bytes);
      assertEquals(decode([frame]), { frames: [{ ...decoded, bytes }] });
    }),
  );
});

Deno.test("decoding any bytes gives frames or a RemoteProtocolError, never anything else", () => {
  let refused = 0;
  fc.assert(
    fc.property(stream, (bytes) => {
      // decode() lets every other error through.
      if (decode([bytes]).error !== undefined) refused++;
    }),
    { numRuns: 2000 },
  );
  assert(refused > 50, `only ${refused} streams were refused`);
});

Deno.test("decoding does not depend on how a stream is cut", () => {
  fc.assert(
    fc.property(
      stream,
      fc.array(fc.nat(), { maxLength: 8 }),
      (bytes, at) => assertEquals(decode(cut(bytes, at)), decode([bytes])),
    ),
    { numRuns: 500 },
  );
});

Deno.test("every accepted frame encodes to the bytes it came from", () => {
  let accepted = 0;
  fc.assert(
    fc.property(stream, (bytes) => {
      const decoder = new FrameDecoder();
      let at = 0;
      try {
        decoder.space().set(bytes);
        decoder.filled(bytes.length);
        for (let frame; (frame = decoder.next()) !== undefined;) {
          const again = encodeFrame(frame.type, frame.payload);
          assertEquals(again, bytes.slice(at, at + again.length));
          at += again.length;
          accepted++;
        }
      } catch (error) {
        if (!(error instanceof RemoteProtocolError)) throw error;
      }
    }),
    { numRuns: 500 },
  );
  assert(accepted > 100, `only ${accepted} frames were accepted`);
});

Deno.test("a mutated conversation brings nothing but a RemoteProtocolError out of a session", () => {
  const recording = concat(
    vectorsOf("conversation").filter(({ from }) => from === "client").map((
      { bytes },
    ) => bytesOf(bytes)),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(recording.length - 1), fc.nat(255)), {
        maxLength: 3,
      }),
      (changes) => {
        const bytes = recording.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        const session = new Session("hub");
        const decoder = new FrameDecoder(session.limits);
        decoder.space().set(bytes);
        decoder.filled(bytes.length);
        try {
          for (let frame; (frame = decoder.next()) !== undefined;) {
            if (session.isEnded) return;
            if (frame.type === FrameType.DATA) {
              const data = decodeData(frame.payload);
              session.receiveData(data.id, data.offset, data.bytes.length);
              continue;
            }
            const message = decodeMessage(frame.type, frame.payload);
            if (message === undefined) continue;
            session.receive(message);
            if (message.type === "hello") {
              session.send({
                type: "welcome",
                version: 1,
                capabilities: [],
                hub: "depot",
                name: message.name,
                token: "",
                peers: [],
                limits: { transfers: 1, inline: 1 },
                software: "",
              });
            }
          }
        } catch (error) {
          if (!(error instanceof RemoteProtocolError)) throw error;
        }
      },
    ),
    { numRuns: 1000 },
  );
});

/** Runs `step` and gives the lengths of the byte arrays it allocates. */
function allocations(step: () => void): number[] {
  const lengths: number[] = [];
  const real = Uint8Array;
  globalThis.Uint8Array = new Proxy(real, {
    construct(target, args, newTarget) {
      if (typeof args[0] === "number") lengths.push(args[0]);
      return Reflect.construct(target, args, newTarget);
    },
  });
  try {
    step();
  } finally {
    globalThis.Uint8Array = real;
  }
  return lengths;
}

function headerOf(length: number, type: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  new DataView(header.buffer).setUint32(0, length);
  header[4] = type;
  return header;
}

Deno.test("the decoder allocates nothing for a length over the limit", () => {
  for (const length of [0xffffffff, 0x80000000, 16 + MAX_DATA_BYTES + 1]) {
    const decoder = new FrameDecoder();
    decoder.space().set(headerOf(length, FrameType.DATA));
    decoder.filled(HEADER_BYTES);
    const made = allocations(() => {
      assertThrows(() => decoder.next(), RemoteProtocolError, `${length}`);
      assertThrows(() => decoder.space(), RemoteProtocolError, `${length}`);
    });
    assertEquals(made, []);
  }
});

Deno.test("the decoder makes room for the frame announced, within its limit", () => {
  const decoder = new FrameDecoder();
  const length = 16 + MAX_DATA_BYTES;
  decoder.space().set(headerOf(length, FrameType.DATA));
  decoder.filled(HEADER_BYTES);
  assertEquals(decoder.next(), undefined);
  let room = 0;
  const made = allocations(() => room = decoder.space().length);
  assertEquals(room, length);
  assertEquals(made.length, 1);
  assert((made[0] ?? 0) <= HEADER_BYTES + length + 4096);
});

Deno.test("a decoder of strangers keeps to its first buffer", () => {
  const decoder = new FrameDecoder(new Session("hub").limits);
  decoder.space().set(headerOf(8192, FrameType.HELLO));
  decoder.filled(HEADER_BYTES);
  assertEquals(allocations(() => decoder.space()), []);
});

Deno.test("space() is never empty and holds what came before, however frames lie", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 40_000 }), { maxLength: 12 }),
      fc.integer({ min: 1, max: 20_000 }),
      (lengths, chunk) => {
        const bytes = concat(lengths.map((length, i) => {
          const frame = new Uint8Array(DATA_OVERHEAD_BYTES + length).fill(i);
          writeDataHead(frame, 0, idOf(i), i, length);
          return frame;
        }));
        const decoder = new FrameDecoder();
        let next = 0;
        for (let at = 0; at < bytes.length;) {
          const room = decoder.space();
          assert(room.length > 0);
          const part = bytes.subarray(at, at + Math.min(chunk, room.length));
          room.set(part);
          decoder.filled(part.length);
          at += part.length;
          for (let frame; (frame = decoder.next()) !== undefined; next++) {
            const data = decodeData(frame.payload);
            assertEquals(data.id, idOf(next));
            assertEquals(data.bytes.length, lengths[next]);
            assert(data.bytes.every((byte) => byte === next));
          }
        }
        assertEquals(next, lengths.length);
        decoder.end();
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("encodeMessage() refuses what the other side would: a payload over its type's limit", () => {
  const to = Array<string>(1024).fill("n".repeat(64));
  encodeMessage(offer({ to }));
  const capabilities = Array<string>(64).fill("\u0001".repeat(64));
  assertThrows(
    () =>
      encodeMessage({
        type: "hello",
        version: { min: 1, max: 1 },
        capabilities,
        role: "peer",
        name: "alice",
        adapt: false,
        software: "",
      }),
    LocalProtocolError,
    "exceeds the limit of 8192",
  );
});

Deno.test("writeHeader() refuses types that do not exist and lengths over the limit", () => {
  const into = new Uint8Array(HEADER_BYTES);
  for (const type of [0, 16, 127]) {
    assertEquals(limitOf(type), undefined);
    assertThrows(
      () => writeHeader(into, 0, type, 0),
      LocalProtocolError,
      `no type ${type}`,
    );
  }
  assertThrows(
    () => writeHeader(into, 0, FrameType.PING, MAX_CONTROL_BYTES + 1),
    LocalProtocolError,
    "length 65537 exceeds the limit of 65536 for type 10",
  );
  assertEquals(into, new Uint8Array(HEADER_BYTES));
});

const BAD_HEADS: [name: string, id: string, offset: number, length: number][] =
  [
    ["no data", idOf(1), 0, 0],
    ["more than a frame holds", idOf(1), 0, MAX_DATA_BYTES + 1],
    ["an offset over 2^53 - 1", idOf(1), 2 ** 53, 1],
    ["a negative offset", idOf(1), -1, 1],
    ["a fraction of an offset", idOf(1), 0.5, 1],
  ];
for (const [name, id, offset, length] of BAD_HEADS) {
  Deno.test(`writeDataHead() refuses ${name}`, () => {
    assertThrows(
      () => writeDataHead(new Uint8Array(24), 0, id, offset, length),
      LocalProtocolError,
    );
  });
}

Deno.test("transferId() writes 8 bytes as 16 digits", () => {
  assertEquals(
    transferId(new Uint8Array([0, 1, 0x0a, 0xff, 0x80, 0, 0, 9])),
    "00010aff80000009",
  );
});

Deno.test("sentenceOf() fits any text into a message", () => {
  assertEquals(sentenceOf("a".repeat(2048)), "a".repeat(2048));
  const long = sentenceOf("a".repeat(2049));
  assertEquals(long.length, MAX_SENTENCE_LENGTH);
  assert(long.endsWith("a…"));
});

const NAMES: [text: string, is: boolean][] = [
  ["alice", true],
  ["A.b_c-9", true],
  ["a".repeat(64), true],
  ["a".repeat(65), false],
  ["", false],
  ["al ice", false],
  ["alice\n", false],
  ["né", false],
  ["a/b", false],
];
for (const [text, is] of NAMES) {
  Deno.test(`isName(${JSON.stringify(text)}) is ${is}`, () =>
    assertEquals(isName(text), is));
}
