/** Mutated recordings of a conversation against a hub: only protocol errors come out, and others are not disturbed. */
import { assert, assertEquals } from "@std/assert";
import { encodeMessage } from "../../lib/protocol/message.ts";
import { digestOf, pattern } from "../support/files.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { dataFrame, hello, offer, RawEnd } from "../support/raw.ts";

const ROUNDS = 300;

/** Numbers below 1 that are the same in every run (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** All a sender says of a small file, a message and a pipe that it gives up, frame by frame. */
function conversation(name: string, target: string): Uint8Array<ArrayBuffer>[] {
  const body = pattern(2_000);
  const to = [target, "hub", "nobody"];
  const file = offer({ size: body.length, to, inline: true });
  const text = offer({ kind: "text", size: 5, to: [name], inline: true });
  const pipe = offer({ size: null, to });
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
function mutate(
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

Deno.test("mutated conversations end in protocol errors at worst, and a transfer beside them arrives", async () => {
  const random = chance(20260102);
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  using alice = await RawEnd.join(hub.port, "alice");
  const body = pattern(ROUNDS * 1_000);
  const offered = offer({ size: body.length, name: "beside" });
  const { id } = offered;
  await alice.send({ type: "offer", ...offered });
  await alice.expect("accept");
  for (let round = 0; round < ROUNDS; round++) {
    const at = round * 1_000;
    await alice.data(id, at, body.subarray(at, at + 1_000));
    const name = `eve-${round}`;
    let frames = conversation(name, "bob");
    for (let n = 0; n <= round % 3; n++) frames = mutate(frames, random);
    using eve = await RawEnd.connect(hub.port);
    const bytes = await new Blob(frames).bytes();
    const cut = Math.floor(random() * bytes.length);
    const said = (async () => {
      await eve.write(bytes.subarray(0, cut));
      await eve.write(bytes.subarray(cut));
      await eve.conn.closeWrite();
    })().catch(() => {}); // It may have been ended in the middle.
    await eve.ended().catch(() => {});
    await said;
  }
  await alice.send({ type: "end", id, ...digestOf(body) });
  assertEquals((await alice.expect("receipt")).status, "delivered");
  assertEquals(bob.read("beside"), body);
  for (const news of hub.news.all) {
    const fault = /^trouble [^:]+: (\S+):/.exec(news)?.[1];
    assert(
      fault === undefined || fault === "protocol" || fault === "disconnected",
      news,
    );
  }
  assertEquals(hub.hub.peers().map(({ name }) => name), ["bob", "alice"]);
  assertEquals(hub.hub.transfers, 0);
  assertEquals(hub.spooled(), []);
});
