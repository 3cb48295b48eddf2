/** Signs of life: asked for, answered, measured; and what happens when none come. */
import { assert, assertEquals } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { pattern } from "../support/files.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { offer, RawEnd } from "../support/raw.ts";
import { Heard } from "../support/recorder.ts";
import { BytesBody } from "../../lib/transfer/body.ts";
import { opened } from "./open_connection.ts";

Deno.test("a quiet connection is asked for a sign of life when it is young, then every ten seconds", async () => {
  const one = await opened();
  for (let i = 1; i <= 7; i++) {
    await one.clock.advance([0, 50, 100, 200, 9_650][i] ?? 10_000);
    await one.stream.frames.count(i, "pings");
    one.stream.feed({ type: "pong", t1: 0, t2: 0, t3: 0 });
    await one.clock.advance(0);
  }
  assertEquals(
    one.stream.frames.all.map((frame) => frame.type === "ping" && frame.t1),
    [50, 150, 350, 10_000, 20_000, 30_000, 40_000],
  );
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

Deno.test("the clock offset is that of the smallest round trip, and the truth within its bound", async () => {
  const one = await opened();
  const { heartbeat } = one.connection;
  heartbeat.measured(1);
  assertEquals(heartbeat.clockOffset, undefined, "a greeting has no stamps");
  // The other clock is 1,000 ahead. What one way takes, and the other, in milliseconds.
  const ways = [[30, 10], [4, 8], [20, 20], [1, 50]];
  let now = 0;
  for (const [there = 0, back = 0] of ways) {
    const t1 = now;
    const t2 = t1 + there + 1_000;
    now += there + 2 + back;
    await one.clock.advance(there + 2 + back);
    one.stream.feed({ type: "pong", t1, t2, t3: t2 + 2 });
    await one.clock.advance(0);
  }
  // Half of what the two ways of the best differ by (4 and 8) is the error; 6 is its bound, and more
  // as it ages: two PONGs came since, after 42 and 53 ms.
  assertEquals(heartbeat.clockOffset, { ms: 998, boundMs: 6 + 95 * 1e-4 });
  // The other clock shows 1,000 more than ours, by our reckoning 998.
  const sent = one.clock.now() + 1_000 - 7;
  assertEquals(heartbeat.sinceMs(sent), { ms: 5, bound: 6.01 });
  assertEquals(heartbeat.sinceMs(sent + 10), { ms: 0, bound: 6.01 });
  assertEquals(heartbeat.sinceMs(sent + 12), undefined, "still to come");
  for (let n = 0; n < 8; n++) {
    const t1 = now;
    now += 40;
    await one.clock.advance(40);
    one.stream.feed({ type: "pong", t1, t2: t1 + 1_020, t3: t1 + 1_020 });
    await one.clock.advance(0);
  }
  assertEquals(heartbeat.clockOffset, { ms: 1_000, boundMs: 20 });
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
