/**
 * Fuzzing without end: arbitrary bytes against the decoder, mutated conversations against a session
 * and a live hub. A failure tells how to see it again.
 *
 *     deno task fuzz [--seconds N] [--seed N]
 */
import { assert, assertEquals } from "@std/assert";
import { decodeData } from "../lib/protocol/data.ts";
import { RemoteProtocolError } from "../lib/protocol/errors.ts";
import {
  encodeFrame,
  type Frame,
  FrameDecoder,
  FrameType,
} from "../lib/protocol/frame.ts";
import {
  decodeMessage,
  encodeMessage,
  type Message,
} from "../lib/protocol/message.ts";
import { Session } from "../lib/protocol/session.ts";
import { digestOf, pattern } from "./support/files.ts";
import { chance, conversation, mutate } from "./support/fuzzing.ts";
import { TestHub, TestPeer } from "./support/hub.ts";
import { offer, RawEnd, welcome } from "./support/raw.ts";

/** Feeds bytes in pieces; ends at the first breach. Only a RemoteProtocolError may come of it. */
function feed(
  bytes: Uint8Array,
  random: () => number,
  decoder: FrameDecoder,
  take: (frame: Frame) => void,
): void {
  try {
    for (let at = 0; at < bytes.length;) {
      const room = decoder.space();
      const most = Math.min(room.length, bytes.length - at);
      const count = 1 + Math.floor(random() * random() * most);
      room.set(bytes.subarray(at, at + Math.min(count, most)));
      decoder.filled(Math.min(count, most));
      at += Math.min(count, most);
      for (let frame; (frame = decoder.next()) !== undefined;) take(frame);
    }
    decoder.end();
  } catch (error) {
    if (!(error instanceof RemoteProtocolError)) throw error;
  }
}

/** What is decoded encodes again, and reads the same then. */
function takeTwice({ type, payload }: Frame): Message | undefined {
  const frame = encodeFrame(type, payload.slice());
  assertEquals(frame.subarray(8), payload.slice());
  if (type === FrameType.DATA) return void decodeData(payload);
  const message = decodeMessage(type, payload);
  if (message === undefined) return;
  const again = encodeMessage(message);
  assertEquals(decodeMessage(type, again.subarray(8)), message);
  return message;
}

/** Bytes by chance, and headers before them that make sense more often. */
function anyBytes(random: () => number): Uint8Array {
  const bytes = Uint8Array.from(
    { length: 8 + Math.floor(random() * 192) },
    () => Math.floor(random() * 256),
  );
  if (random() < 0.8) {
    const types = Object.values(FrameType);
    const type = types[Math.floor(random() * types.length)] ?? 1;
    const length = random() < 0.9 ? random() * 64 : random() * 2 ** 32;
    new DataView(bytes.buffer).setUint32(0, Math.floor(length));
    bytes.set([type, 0, 0, 0], 4);
  }
  return bytes;
}

/** Arbitrary bytes against the decoder, and mutated conversations against a session. */
export async function fuzzBytes(seed: number, rounds: number): Promise<void> {
  const random = chance(seed);
  for (let round = 0; round < rounds; round++) {
    if (round % 4 > 0) {
      feed(anyBytes(random), random, new FrameDecoder(), takeTwice);
      continue;
    }
    let frames = conversation("eve", "bob", round);
    for (let n = 0; n <= round % 5; n++) frames = mutate(frames, random);
    const session = new Session("hub");
    const bytes = await new Blob(frames).bytes();
    feed(bytes, random, new FrameDecoder(session.limits), (frame) => {
      if (session.isEnded) return;
      if (frame.type === FrameType.DATA) {
        const { id, offset, bytes } = decodeData(frame.payload);
        session.receiveData(id, offset, bytes.length);
        return;
      }
      const message = takeTwice(frame);
      if (message === undefined) return;
      session.receive(message);
      if (message.type === "hello") session.send(welcome(message.name));
    });
  }
}

/** Mutated conversations against a live hub, one after the other, beside a transfer that must arrive. */
export async function fuzzHub(seed: number, rounds: number): Promise<void> {
  const random = chance(seed);
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  using alice = await RawEnd.join(hub.port, "alice");
  const body = pattern(rounds * 1_000);
  const offered = offer({ size: body.length, name: "beside" });
  const { id } = offered;
  await alice.send({ type: "offer", ...offered });
  await alice.expect("accept");
  for (let round = 0; round < rounds; round++) {
    const at = round * 1_000;
    await alice.data(id, at, body.subarray(at, at + 1_000));
    const name = `eve-${round}`;
    let frames = conversation(name, "bob", round);
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
  // Bob may still be putting in place what the last of them sent him.
  for (let turn = 0; turn < 1_000 && hub.hub.transfers > 0; turn++) {
    await hub.clock.advance(0);
  }
  assertEquals(hub.hub.transfers, 0);
  assertEquals(hub.spooled(), []);
}

async function main(): Promise<void> {
  const value = (flag: string, otherwise: number): number => {
    const at = Deno.args.indexOf(flag);
    return at < 0 ? otherwise : Number(Deno.args[at + 1]);
  };
  const until = performance.now() + value("--seconds", 60) * 1000;
  const first = value("--seed", Math.floor(Math.random() * 2 ** 31));
  const say = (line: string) =>
    Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
  let seed = first;
  try {
    do {
      await fuzzBytes(seed, 2_000);
      await fuzzHub(seed, 50);
      seed++;
    } while (performance.now() < until);
  } catch (error) {
    say(`again: deno task fuzz --seconds 0 --seed ${seed}`);
    throw error;
  }
  say(`seeds ${first} to ${seed - 1}: nothing but protocol errors`);
}

if (import.meta.main) await main();
