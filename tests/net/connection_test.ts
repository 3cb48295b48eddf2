/** A connection: what goes out in which order, and what each kind of end does. */
import { assert, assertEquals } from "@std/assert";
import {
  DATA_BYTES,
  FRAMES_OF_A_BODY,
  LEAST_FRAME_BYTES,
} from "../../lib/protocol/limits.ts";
import { Connection } from "../../lib/net/connection.ts";
import { Session } from "../../lib/protocol/session.ts";
import { BytesBody } from "../../lib/transfer/body.ts";
import type { Body } from "../../lib/transfer/transfer.ts";
import { FakeClock } from "../fake_clock.ts";
import { pattern } from "../support/files.ts";
import { TestHub } from "../support/hub.ts";
import { dataFrame, hello, offer, RawEnd, welcome } from "../support/raw.ts";
import { FakeStream } from "./fake_stream.ts";
import { IDLE_MS, type Opened, opened } from "./open_connection.ts";

/** A body whose first pull waits until `give` is called, then has `bytes`. */
function waitingBody(bytes: Uint8Array): {
  body: Body;
  asked: Promise<void>;
  give: () => void;
} {
  const asked = Promise.withResolvers<void>();
  const given = Promise.withResolvers<void>();
  const whole = new BytesBody(bytes);
  const body: Body = {
    size: bytes.length,
    read(offset) {
      const reader = whole.read(offset);
      return {
        ...reader,
        pull: async (into) => {
          asked.resolve();
          await given.promise;
          return await reader.pull(into);
        },
      };
    },
    dispose: () => {},
  };
  return { body, asked: asked.promise, give: () => given.resolve() };
}

/** The types of the frames written so far. */
function written({ stream }: Opened): string[] {
  return stream.frames.all.map(({ type }) => type);
}

async function closed(one: Opened): Promise<void> {
  one.stream.release();
  one.stream.end();
  await one.connection.close();
  await one.ended;
}

Deno.test("a PING is answered between two data frames of a large body", async () => {
  const one = await opened();
  one.stream.hold();
  one.send(new BytesBody(pattern(FRAMES_OF_A_BODY * DATA_BYTES)));
  await one.clock.advance(0);
  one.stream.feed({ type: "ping", t1: 1 });
  await one.clock.advance(0);
  one.stream.release();
  await one.stream.frames.until(({ type }) => type === "end", "the end");
  const types = written(one);
  const data = types.filter((type) => type === "data");
  assert(data.length >= 4, `only ${data.length} data frames`);
  // One buffer was on its way when the PING came; the answer is in the next.
  assert(types.indexOf("pong") <= 3, types.join());
  await closed(one);
});

for (
  const [bytes, frame] of [
    [LEAST_FRAME_BYTES / 2, LEAST_FRAME_BYTES / 2],
    [8 * LEAST_FRAME_BYTES, LEAST_FRAME_BYTES],
    [1_600_000, 100_000],
    [20 * DATA_BYTES, DATA_BYTES],
  ] as const
) {
  Deno.test(`a body of ${bytes} bytes goes in frames of ${frame}, so that a hub can pass on the first while the last is on its way`, async () => {
    const one = await opened();
    one.stream.hold();
    one.send(new BytesBody(pattern(bytes)));
    one.stream.release();
    await one.stream.frames.until(({ type }) => type === "end", "the end");
    const sizes = one.stream.frames.all.flatMap((sent) =>
      sent.type === "data" ? sent.length : []
    );
    assertEquals(new Set(sizes), new Set([frame]));
    assertEquals(sizes.length, bytes / frame);
    await closed(one);
  });
}

Deno.test("bodies take turns: a small one is not held up by a large one", async () => {
  const one = await opened();
  one.stream.hold();
  one.send(new BytesBody(pattern(20 * DATA_BYTES)), "large");
  await one.clock.advance(0);
  const small = one.send(new BytesBody(pattern(100)), "small");
  one.stream.release();
  const end = await one.stream.frames.until(
    ({ type }) => type === "end",
    "an end",
  );
  assert(end.type === "end" && end.id === small, "the large one ended first");
  assert(one.stream.frames.all.length < 10, written(one).join());
  await closed(one);
});

Deno.test("a control frame larger than the write buffer goes out whole", async () => {
  const [stream, clock] = [new FakeStream(), new FakeClock()];
  const connection = new Connection(stream, new Session("hub"), {
    clock,
    idleMs: IDLE_MS,
  });
  const ended = connection.run({ message: () => {}, data: () => {} });
  const peers = Array.from({ length: 1_024 }, (_, i) => (
    { name: `peer-${i}`, since: i, address: '"'.repeat(128) }
  ));
  stream.feed(hello("alice"));
  await clock.advance(0);
  connection.send(welcome("alice", { peers }));
  connection.send({ type: "ping", t1: 1 });
  await stream.frames.count(2, "frames");
  const [large] = stream.frames.all;
  assert(large?.type === "welcome");
  assertEquals(large.peers, peers);
  stream.end();
  await ended;
});

Deno.test("a body never goes before its OFFER, also when more OFFERs wait than one write takes", async () => {
  const one = await opened();
  one.stream.hold();
  const to = Array.from(
    { length: 1_000 },
    (_, i) => `${i}`.padStart(64, "x"),
  );
  const ids: string[] = [];
  for (let i = 0; i < 8; i++) {
    const offered = offer({ to, size: 100, inline: true });
    one.connection.send({ type: "offer", ...offered });
    one.connection.attach({
      id: offered.id,
      size: 100,
      reader: new BytesBody(pattern(100)).read(0),
      offset: 0,
      moved: () => {},
      sent: () => {},
      broken: () => {},
    });
    ids.push(offered.id);
  }
  one.stream.release();
  await one.stream.frames.count(24, "frames");
  assertInOrder(one, ids);
  await closed(one);
});

Deno.test("a body attached while another is being read does not go before its OFFER", async () => {
  const one = await opened();
  const slow = waitingBody(pattern(100));
  const ids = [
    one.send(slow.body),
    one.send(new BytesBody(pattern(100))),
  ];
  await slow.asked;
  ids.push(one.send(new BytesBody(pattern(100))));
  slow.give();
  await one.stream.frames.count(9, "frames");
  assertInOrder(one, ids);
  await closed(one);
});

/** Asserts OFFER, DATA, END for each of the transfers. */
function assertInOrder(one: Opened, ids: string[]): void {
  for (const id of ids) {
    const types = one.stream.frames.all.flatMap((frame) =>
      "id" in frame && frame.id === id ? frame.type : []
    );
    assertEquals(types, ["offer", "data", "end"]);
  }
}

Deno.test("close() gets the last frames out, also while a body is being read", async () => {
  const one = await opened();
  const slow = waitingBody(pattern(100_000));
  one.send(slow.body);
  await slow.asked;
  one.connection.send({ type: "bye" });
  const closing = one.connection.close();
  slow.give();
  await one.stream.frames.until(({ type }) => type === "bye", "the bye");
  assertEquals(written(one), ["offer", "bye"]);
  await one.clock.advance(0);
  assert(one.stream.finished, "the sending half is still open");
  one.stream.end();
  await closing;
  assertEquals(await one.ended, "clean");
});

Deno.test("close() does not wait longer than a second for an end that does not come", async () => {
  const one = await opened();
  const closing = one.connection.close();
  await one.clock.advance(999);
  assertEquals(one.stream.closed, false);
  await one.clock.advance(1);
  await closing;
  assertEquals(one.stream.closed, true);
  await one.ended;
  assertEquals(one.clock.pending, 0);
});

Deno.test("a write that moves no byte ends the connection after the idle deadline", async () => {
  const one = await opened();
  one.stream.hold();
  one.send(new BytesBody(pattern(1_000)));
  await one.clock.advance(IDLE_MS - 1);
  assertEquals(one.stream.closed, false);
  await one.clock.advance(1);
  assertEquals(await one.ended, "no byte could be sent for 4 s");
  assertEquals(one.clock.pending, 0);
});

Deno.test("a connection whose other end takes no control frames is given up, not remembered without end", async () => {
  const one = await opened();
  one.stream.hold();
  const message = "x".repeat(2_000);
  for (let i = 0; i < 3_000 && one.connection.isOpen; i++) {
    one.connection.send({
      type: "error",
      code: "failure",
      scope: "transfer",
      retryable: false,
      message,
    });
  }
  assertEquals(await one.ended, "it stopped reading");
});

Deno.test("nothing more is read until the owner has dealt with what came", async () => {
  const handled = Promise.withResolvers<void>();
  const one = await opened({ data: () => handled.promise });
  const offered = offer({ size: 10_000, inline: true });
  one.stream.feed(
    { type: "offer", ...offered },
    dataFrame(offered.id, 0, pattern(10_000)),
  );
  await one.clock.advance(0);
  const before = one.stream.reads;
  one.stream.feed({ type: "ping", t1: 1 });
  await one.clock.advance(0);
  assertEquals(one.stream.reads, before);
  handled.resolve();
  await one.stream.frames.until(({ type }) => type === "pong", "a pong");
  await closed(one);
});

Deno.test("the end of the stream between two frames is a clean end, inside one the connection is lost", async () => {
  const clean = await opened();
  clean.stream.end();
  assertEquals(await clean.ended, "clean");
  const cut = await opened();
  cut.stream.feed(new Uint8Array(3));
  cut.stream.end();
  assertEquals(
    await cut.ended,
    "Cannot read frame: the connection ended inside a frame, after 3 bytes",
  );
  // Nobody is there to be told.
  assertEquals(written(cut), []);
});

Deno.test("an ERROR reaches a client that is still sending", async () => {
  await using hub = new TestHub();
  using end = await RawEnd.join(hub.port, "alice");
  const frame = dataFrame("00000000000000ff", 0, pattern(1_000_000));
  const sending = (async () => {
    for (let i = 0; i < 16; i++) await end.write(frame);
    await end.conn.closeWrite();
  })();
  const farewell = await end.farewell();
  assertEquals(
    farewell?.message,
    "Cannot take DATA: transfer 00000000000000ff is not open",
  );
  await sending;
  assertEquals(await end.next(), undefined);
});
