/** Row: half-open greetings, drip-fed bytes, thousands of silent connections (rsync 3.5, libp2p CVE-2022-23492). */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import {
  originOf,
  StrangerLog,
  Waiting,
} from "../../lib/hub/admission/strangers.ts";
import {
  GREETING_GRACE_MS,
  MAX_GREETING,
  MAX_GREETING_AT_ONCE,
} from "../../lib/protocol/limits.ts";
import { encodeMessage } from "../../lib/protocol/message.ts";
import { BytesBody } from "../../lib/transfer/body.ts";
import { pattern } from "../support/files.ts";
import { listenFrom, TestHub, TestPeer } from "../support/hub.ts";
import { hello, offer, RawEnd } from "../support/raw.ts";
import { Heard } from "../support/recorder.ts";

const ROW = "safety: half-open greetings and silent connections";
const FLOOD = "192.0.2.66";

Deno.test(`${ROW}: they take a bounded number of places, and keep nobody out`, async () => {
  const listener = listenFrom(
    "192.0.2.1",
    ...Array<string>(MAX_GREETING + 1).fill(FLOOD),
    "192.0.2.2",
    "192.0.2.3",
  );
  await using hub = new TestHub({ listener });
  using ends = new DisposableStack();
  const open = async () => ends.use(await RawEnd.connect(hub.port));
  // Slow to greet, and older than the whole flood.
  const slow = await open();
  const flood: RawEnd[] = [];
  while (flood.length < MAX_GREETING) flood.push(await open());
  // They may all be as slow as a far network is.
  await flood[0]?.send(hello("eve"));
  await flood[0]?.expect("welcome");
  flood.shift();
  flood.push(await open());
  await hub.clock.advance(GREETING_GRACE_MS);
  using _bob = await RawEnd.join(hub.port, "bob");
  // The flood made room for its own last and for bob, with its oldest.
  for (const gone of flood.slice(0, 2)) await gone.ended().catch(() => {});
  await hub.heard(`trouble ${FLOOD}: limit: others came before it had`);
  await slow.send(hello("carol"));
  await slow.expect("welcome");
  await flood[2]?.send(hello("dave"));
  await flood[2]?.expect("welcome");
  assertEquals(hub.hub.peers().map(({ name }) => name), [
    "eve",
    "bob",
    "carol",
    "dave",
  ]);
});

Deno.test(`${ROW}: silent ones, halves of a greeting and drops of one end at the deadline; a transfer goes on`, async () => {
  await using hub = new TestHub({ handshakeMs: 5_000 });
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  using ends = new DisposableStack();
  const greeting = encodeMessage(hello("eve"));
  const strangers: RawEnd[] = [];
  for (let n = 0; n < 30; n++) {
    const end = ends.use(await RawEnd.connect(hub.port));
    strangers.push(end);
    if (n % 3 > 0) await end.write(greeting.subarray(0, n));
  }
  const heard = new Heard();
  const body = pattern(3_000_000);
  const sent = offer({ size: body.length });
  alice.client.outbound.carry(sent, new BytesBody(body), heard);
  assertEquals(await heard.code("bob"), "delivered");
  assertEquals(bob.read("report.csv"), body);
  for (let second = 0; second < 5; second++) {
    // A byte now and then puts nothing off.
    for (const end of strangers) {
      await end.write(greeting.subarray(30 + second, 31 + second)).catch(
        () => {},
      );
    }
    await hub.clock.advance(1_000);
  }
  for (const end of strangers) await end.ended().catch(() => {});
  assertEquals(hub.hub.peers().length, 2);
});

Deno.test(`${ROW}: a hub that has its connections says so, and an address never has them all`, async () => {
  const near = Array<string>(7).fill("192.0.2.1");
  const listener = listenFrom(...near, "192.0.2.2", "192.0.2.2", "192.0.2.2");
  await using hub = new TestHub({ listener, maxConnections: 8 });
  using ends = new DisposableStack();
  const told = async () => {
    const end = ends.use(await RawEnd.connect(hub.port));
    await end.send(hello("x", { role: "oneshot" }));
    const heard = await end.next();
    return heard?.type === "error" ? heard.message : heard?.type;
  };
  for (let n = 0; n < 6; n++) assertEquals(await told(), "welcome");
  assertEquals(
    await told(),
    "Cannot join as x: the hub has 6 connections from its address",
  );
  assertEquals([await told(), await told()], ["welcome", "welcome"]);
  assertEquals(await told(), "Cannot join as x: the hub has its 8 connections");
});

Deno.test(`${ROW}: one IPv6 host with a whole network of addresses counts as one`, () => {
  for (
    const [address, origin] of [
      ["192.0.2.1", "192.0.2.1"],
      ["::ffff:192.0.2.1", "192.0.2.1"],
      ["2001:db8::1", "2001:db8:0:0::/64"],
      ["2001:0db8:0:0:ffff::", "2001:db8:0:0::/64"],
      ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
      ["::1", "0:0:0:0::/64"],
      ["fe80::1%eth0", "fe80:0:0:0::/64"],
      ["local", "local"],
    ] as const
  ) assertEquals(originOf(address), origin);
});

/** Waiting connections, by name; `1.7` comes from address `1`. */
function crowd(...names: readonly (readonly [string, number])[]) {
  const waiting = new Waiting<string>();
  for (const [name, at] of names) {
    waiting.add(name, name.split(".")[0] ?? "", at);
  }
  return waiting;
}

Deno.test(`${ROW}: room is made by the oldest of the address that has the most`, () => {
  const many = Array.from(
    { length: MAX_GREETING },
    (_, n) => [`flood.${n}`, 100] as const,
  );
  const waiting = crowd(["quiet.0", 0], ...many);
  assertEquals(waiting.takeWhoMustGo(5_000), ["flood.0", "flood.1"]);
  assertEquals(waiting.size, MAX_GREETING - 1);
  assertEquals(waiting.takeWhoMustGo(5_000), []);
  waiting.delete("flood.5", "flood");
  waiting.delete("flood.5", "flood");
  waiting.delete("flood.0", "flood");
  assertEquals(waiting.size, MAX_GREETING - 2);
});

Deno.test(`${ROW}: whoever has just come is spared, up to a bound that holds for all`, () => {
  const waiting = crowd(["quiet.0", 0]);
  let gone = 0;
  for (let n = 0; n < 5 * MAX_GREETING_AT_ONCE; n++) {
    gone += waiting.takeWhoMustGo(10).length;
    waiting.add(`flood.${n}`, "flood", 10);
    assert(waiting.size <= MAX_GREETING_AT_ONCE);
  }
  assertEquals(gone, 4 * MAX_GREETING_AT_ONCE + 1);
  // Once they have had their moment, they go.
  const later = 10 + GREETING_GRACE_MS;
  assertEquals(waiting.takeWhoMustGo(later), [
    `flood.${gone}`,
    `flood.${gone + 1}`,
  ]);
  while (waiting.takeWhoMustGo(later).length > 0);
  assertEquals(waiting.size, MAX_GREETING - 1);
  waiting.delete("quiet.0", "quiet");
  assertEquals(waiting.size, MAX_GREETING - 2);
});

Deno.test(`${ROW}: a flood of them is no flood of lines in the log`, () => {
  const lines: string[] = [];
  const log = new StrangerLog((who, { message }) =>
    lines.push(`${who}: ${message}`)
  );
  const bad = new Failure("protocol", "no greeting");
  for (let n = 0; n < 2_000; n++) log.add(`a${n}`, bad, n);
  assertEquals(lines.length, 20);
  log.add("later", bad, 10_000);
  assertEquals(lines.slice(20), [
    "strangers: 1980 more were turned away before they had joined",
    "later: no greeting",
  ]);
  log.close();
  assertEquals(lines.length, 22);
});

Deno.test(`${ROW}: a flood of messages ends its connection, readably, and no other`, async () => {
  await using hub = new TestHub();
  using bob = await RawEnd.join(hub.port, "bob");
  using eve = await RawEnd.join(hub.port, "eve");
  const cancel = encodeMessage({
    type: "cancel",
    id: "0000000000000001",
    code: "cancelled",
    message: "",
  });
  const many = await new Blob(Array<typeof cancel>(1_000).fill(cancel)).bytes();
  const flood = (async () => {
    for (let n = 0; n < 101; n++) await eve.write(many);
  })().catch(() => {}); // Ended before it was done.
  const farewell = await eve.farewell();
  assert(farewell?.type === "error");
  assertEquals(farewell.code, "limit");
  assertMatch(farewell.message, /more than 50000 messages came in a second$/);
  eve.conn.close();
  await flood;
  await bob.send({ type: "ping", t1: 0 });
  await bob.expect("pong");
});
