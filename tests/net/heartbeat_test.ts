/** Signs of life: asked for, answered, measured; and what happens when none come. */
import { assert, assertEquals } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { pattern } from "../support/files.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { offer, RawEnd } from "../support/raw.ts";
import { Heard } from "../support/recorder.ts";
import { BytesBody } from "../../lib/transfer/body.ts";
import { opened } from "./open_connection.ts";

Deno.test("a quiet connection is asked for a sign of life every ten seconds", async () => {
  const one = await opened();
  for (let i = 1; i <= 4; i++) {
    await one.clock.advance(10_000);
    await one.stream.frames.count(i, "pings");
    one.stream.feed({ type: "pong", t1: 0, t2: 0, t3: 0 });
    await one.clock.advance(0);
  }
  assertEquals(one.stream.frames.all.map(({ type }) => type), [
    "ping",
    "ping",
    "ping",
    "ping",
  ]);
  assert(one.connection.isOpen);
  one.connection.abort(new Failure("cancelled", "over"));
  await one.ended;
  assertEquals(one.clock.pending, 0);
});

Deno.test("a connection from which nothing comes is dead after three unanswered pings", async () => {
  const one = await opened();
  await one.clock.advance(39_999);
  assert(one.connection.isOpen, "given up too early");
  await one.clock.advance(1);
  assertEquals(await one.ended, "nothing was heard from it for 40 s");
  assert(one.stream.closed);
});

Deno.test("a silent peer is dead to its hub: its transfers fail and its name is free", async () => {
  await using hub = new TestHub();
  using silent = await RawEnd.join(hub.port, "bob");
  const heard = new Heard();
  hub.hub.carry(offer({ from: "hub" }), new BytesBody(pattern(4)), heard);
  await silent.expect("offer");
  await hub.clock.advance(40_000);
  await hub.heard("trouble bob: disconnected: nothing was heard from it");
  await hub.heard("left bob");
  // It may be on its way back, for as long as nothing may move.
  await hub.clock.advance(30_000);
  assertEquals(await heard.code("bob"), "absent");
  await using _bob = await TestPeer.join(hub.port, "bob", hub.clock);
});

Deno.test("the smallest of the last round trips counts, without the time the other side took", async () => {
  const one = await opened();
  const { heartbeat } = one.connection;
  assertEquals(heartbeat.roundTripMs, undefined);
  await one.clock.advance(100);
  one.stream.feed({ type: "pong", t1: 40, t2: 5, t3: 25 });
  await one.clock.advance(0);
  assertEquals(heartbeat.roundTripMs, 40);
  one.stream.feed({ type: "pong", t1: 90, t2: 0, t3: 0 });
  // Nonsense: an answer before its question, and one older than the connection.
  one.stream.feed({ type: "pong", t1: 500, t2: 0, t3: 0 });
  one.stream.feed({ type: "pong", t1: 0, t2: 0, t3: 90_000 });
  await one.clock.advance(0);
  assertEquals(heartbeat.roundTripMs, 10);
  for (let i = 0; i < 8; i++) heartbeat.measured(30 + i);
  assertEquals(heartbeat.roundTripMs, 30);
  one.stream.end();
  await one.ended;
});

Deno.test("a PONG says back what was asked and when", async () => {
  const one = await opened();
  await one.clock.advance(7);
  one.stream.feed({ type: "ping", t1: 12.5 });
  await one.stream.frames.count(1, "frames");
  assertEquals(one.stream.frames.all, [
    { type: "pong", t1: 12.5, t2: 7, t3: 7 },
  ]);
  one.stream.end();
  await one.ended;
});
