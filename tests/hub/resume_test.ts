/** Senders, recipients and hubs that are cut off and come back: transfers go on where they were, once. */
import { assert, assertEquals } from "@std/assert";
import type {
  RouteEnd,
  RouteFacts,
} from "../../lib/hub/routing/route_events.ts";
import { PARK_MS } from "../../lib/protocol/limits.ts";
import { BytesBody } from "../../lib/transfer/body.ts";
import type { Offer } from "../../lib/transfer/transfer.ts";
import { digestOf, pattern, sha256 } from "../support/files.ts";
import { lastingOffer } from "../support/fingerprint.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { offer, RawEnd } from "../support/raw.ts";
import { Heard, Recorder } from "../support/recorder.ts";

const MIB = 1024 * 1024;
/** Too large for the hub's memory. */
const BODY = pattern(3 * MIB);
const HALF = 2 * MIB;

/** Sends a part of a body in pieces. */
async function pour(end: RawEnd, id: string, from: number, to: number) {
  for (let at = from; at < to; at += 512 * 1024) {
    await end.data(id, at, BODY.subarray(at, Math.min(at + 512 * 1024, to)));
  }
}

/** Offers a body, sends the first half of it and is cut off once the hub has it. */
async function sendHalf(hub: TestHub, offered: Offer): Promise<void> {
  using alice = await RawEnd.join(hub.port, "alice", { role: "oneshot" });
  await alice.send({ type: "offer", ...offered });
  assertEquals((await alice.expect("accept")).offset, 0);
  await pour(alice, offered.id, 0, HALF);
  await alice.send({ type: "ping", t1: 0 });
  await alice.expect("pong");
}

/** Resolves when the hub has noticed that a sender is gone, and so many are left. */
async function noticed(hub: TestHub, left = 1): Promise<void> {
  while (hub.hub.connections > left) await hub.clock.advance(0);
}

for (
  const [what, again] of [
    ["the same transfer", (one: Offer) => one],
    [
      "the file again, as another transfer",
      (one: Offer) => ({ ...one, id: "00000000000000aa" }),
    ],
  ] as const
) {
  Deno.test(`a sender that was cut off and offers ${what} goes on from what the hub has`, async () => {
    await using hub = new TestHub();
    await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
    const first = lastingOffer(BODY);
    await sendHalf(hub, first);
    await noticed(hub);
    using alice = await RawEnd.join(hub.port, "alice", { role: "oneshot" });
    const second = again(first);
    await alice.send({ type: "offer", ...second });
    assertEquals((await alice.expect("accept")).offset, HALF);
    await pour(alice, second.id, HALF, BODY.length);
    await alice.send({ type: "end", id: second.id, ...digestOf(BODY) });
    const receipt = await alice.expect("receipt");
    assertEquals([receipt.id, receipt.status], [second.id, "delivered"]);
    assertEquals(bob.files(), ["report.csv"]);
    assertEquals(bob.read("report.csv"), BODY);
    assertEquals(hub.spooled(), []);
  });
}

Deno.test("a sender comes back before the hub has found its old connection dead: the old one is passed over", async () => {
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  const offered = lastingOffer(BODY);
  const { id } = offered;
  using old = await RawEnd.join(hub.port, "alice", { role: "oneshot" });
  await old.send({ type: "offer", ...offered });
  await old.expect("accept");
  await pour(old, id, 0, HALF);
  await old.send({ type: "ping", t1: 0 });
  await old.expect("pong");
  using alice = await RawEnd.join(hub.port, "alice", { role: "oneshot" });
  await alice.send({ type: "offer", ...offered });
  assertEquals((await alice.expect("accept")).offset, HALF);
  // What still comes from the old one is not wanted twice.
  await pour(old, id, HALF, HALF + 512 * 1024);
  old.conn.close();
  await pour(alice, id, HALF, BODY.length);
  await alice.send({ type: "end", id, ...digestOf(BODY) });
  assertEquals((await alice.expect("receipt")).status, "delivered");
  assertEquals(bob.read("report.csv"), BODY);
});

for (const when of ["while that is under way", "after that has arrived"]) {
  Deno.test(`a sender that began anew before the hub noticed its end, ${when}: what it had begun before is dropped`, async () => {
    await using hub = new TestHub();
    await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
    const first = lastingOffer(BODY);
    using old = await RawEnd.join(hub.port, "alice", { role: "oneshot" });
    await old.send({ type: "offer", ...first });
    await old.expect("accept");
    await pour(old, first.id, 0, HALF);
    await old.send({ type: "ping", t1: 0 });
    await old.expect("pong");
    using alice = await RawEnd.join(hub.port, "alice", { role: "oneshot" });
    const second = { ...first, id: "00000000000000aa" };
    await alice.send({ type: "offer", ...second });
    assertEquals((await alice.expect("accept")).offset, 0);
    const drop = async () => {
      old.conn.close();
      while (hub.hub.connections > 2) await hub.clock.advance(0);
    };
    if (when.startsWith("while")) await drop();
    await pour(alice, second.id, 0, BODY.length);
    await alice.send({ type: "end", id: second.id, ...digestOf(BODY) });
    assertEquals((await alice.expect("receipt")).status, "delivered");
    if (!when.startsWith("while")) await drop();
    await bob.events.of("transfer.failed");
    assertEquals([hub.hub.transfers, hub.spooled()], [0, []]);
    assertEquals(bob.files(), ["report.csv"]);
  });
}

Deno.test("a sender that was lost and sends to others as well: who gets it anew goes on, nobody waits for what was begun", async () => {
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  await using carol = await TestPeer.join(hub.port, "carol", hub.clock);
  const first = lastingOffer(BODY);
  await sendHalf(hub, first);
  await noticed(hub, 2);
  using alice = await RawEnd.join(hub.port, "alice", { role: "oneshot" });
  const second = { ...first, id: "00000000000000aa", to: ["bob", "carol"] };
  await alice.send({ type: "offer", ...second });
  assertEquals((await alice.expect("accept")).offset, 0);
  const before = await bob.events.of("transfer.failed");
  assertEquals([before.id, before.code], [first.id, "disconnected"]);
  await pour(alice, second.id, 0, BODY.length);
  await alice.send({ type: "end", id: second.id, ...digestOf(BODY) });
  for (let n = 0; n < 2; n++) {
    assertEquals((await alice.expect("receipt")).status, "delivered");
  }
  assertEquals([hub.hub.transfers, hub.spooled()], [0, []]);
  for (const peer of [bob, carol]) assertEquals(peer.files(), ["report.csv"]);
});

Deno.test("nobody else goes on with a transfer, and another file does not either", async () => {
  await using hub = new TestHub();
  await using _bob = await TestPeer.join(hub.port, "bob", hub.clock);
  const offered = lastingOffer(BODY);
  await sendHalf(hub, offered);
  await noticed(hub);
  using eve = await RawEnd.join(hub.port, "eve", { role: "oneshot" });
  await eve.send({ type: "offer", ...offered });
  assertEquals(
    (await eve.expect("reject")).message,
    "its transfer id is in use",
  );
  using alice = await RawEnd.join(hub.port, "alice", { role: "oneshot" });
  for (
    const [n, other] of [
      { fingerprint: sha256(BODY) },
      { name: "other.csv" },
      { to: ["bob", "hub"] },
    ].entries()
  ) {
    const id = `00000000000000b${n}`;
    await alice.send({ type: "offer", ...offered, ...other, id });
    assertEquals((await alice.expect("accept")).offset, 0);
  }
});

Deno.test("a sender that does not come back in time: its recipients are told, and keep what may be gone on with", async () => {
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  await sendHalf(hub, lastingOffer(BODY));
  await bob.events.of("transfer.started");
  while (bob.files().length === 0) await hub.clock.advance(0);
  await noticed(hub);
  assert(!bob.events.kinds.includes("transfer.failed"), "given up at once");
  for (let ms = 0; ms < PARK_MS; ms += 5_000) await hub.clock.advance(5_000);
  const failed = await bob.events.of("transfer.failed");
  assertEquals(failed.message, "alice disconnected while sending");
  assertEquals(hub.spooled(), []);
  assertEquals(bob.files().length, 1, "nothing is left to go on with");
  // The file is sent again: only what bob does not have goes over either hop.
  using alice = await RawEnd.join(hub.port, "alice", { role: "oneshot" });
  const { id, ...rest } = lastingOffer(BODY);
  await alice.send({ type: "offer", id, ...rest });
  const { offset } = await alice.expect("accept");
  assert(offset > 0, "it begins anew");
  await pour(alice, id, offset, BODY.length);
  await alice.send({ type: "end", id, ...digestOf(BODY) });
  assertEquals((await alice.expect("receipt")).status, "delivered");
  assertEquals(bob.files(), ["report.csv"]);
  assertEquals(bob.read("report.csv"), BODY);
});

Deno.test("a recipient that is cut off and comes back gets the rest; the sender hears of nothing but the receipt", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  const heard = new Heard();
  const offered = lastingOffer(BODY);
  const { id } = offered;
  {
    using bob = await RawEnd.join(hub.port, "bob");
    alice.client.outbound.carry(offered, new BytesBody(BODY), heard);
    await bob.expect("offer");
    await bob.send({ type: "accept", id, offset: 0 });
    await bob.expectData();
  }
  await hub.heard("left bob");
  using bob = await RawEnd.join(hub.port, "bob");
  assertEquals((await bob.expect("offer")).id, id);
  await bob.send({ type: "accept", id, offset: HALF });
  const rest = await bob.body(id);
  assertEquals(rest.bytes, BODY.subarray(HALF));
  assertEquals(rest.end.sha256, sha256(BODY));
  assertEquals(heard.outcomes.all, []);
  const delivered = { status: "delivered", id, verify_ms: 0 } as const;
  await bob.send({ type: "receipt", recipient: "bob", ...delivered });
  assertEquals(await heard.code("bob"), "delivered");
});

Deno.test("a recipient that is away is waited for as long as the offer says, then it is absent", async () => {
  await using hub = new TestHub();
  using alice = await RawEnd.join(hub.port, "alice");
  const [first, second] = [
    offer({ wait_ms: 5_000 }),
    offer({ wait_ms: 9_000 }),
  ];
  await alice.send({ type: "offer", ...first });
  await alice.send({ type: "offer", ...second });
  await alice.send({ type: "ping", t1: 0 });
  await alice.expect("pong");
  await hub.clock.advance(5_000);
  const receipt = await alice.expect("receipt");
  assert(receipt.status === "failed");
  assertEquals([receipt.id, receipt.code], [first.id, "absent"]);
  using bob = await RawEnd.join(hub.port, "bob");
  const { id, wait_ms } = await bob.expect("offer");
  assertEquals([id, wait_ms], [second.id, undefined]);
});

Deno.test("a recipient that takes its leave is not waited for", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  using bob = await RawEnd.join(hub.port, "bob");
  const heard = new Heard();
  alice.client.outbound.carry(lastingOffer(BODY), new BytesBody(BODY), heard);
  await bob.expect("offer");
  await bob.send({ type: "bye" });
  bob.conn.close();
  assertEquals(await heard.code("bob"), "absent");
});

Deno.test("a receipt the sender did not hear is said again, and nothing is sent twice", async () => {
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  const offered = offer({ size: 500, inline: true });
  const { id } = offered;
  const bytes = pattern(500);
  for (let time = 0; time < 2; time++) {
    using alice = await RawEnd.join(hub.port, "alice", { role: "oneshot" });
    await alice.send({ type: "offer", ...offered });
    await alice.data(id, 0, bytes);
    await alice.send({ type: "end", id, ...digestOf(bytes) });
    assertEquals((await alice.expect("receipt")).status, "delivered");
  }
  assertEquals(bob.files(), ["report.csv"]);
});

Deno.test("a body that is all here is delivered though its sender was cut off; it hears when it is back", async () => {
  await using hub = new TestHub();
  const offered = lastingOffer(BODY, { to: ["bob", "hub"] });
  const { id } = offered;
  using bob = await RawEnd.join(hub.port, "bob");
  {
    using alice = await RawEnd.join(hub.port, "alice", { role: "oneshot" });
    await alice.send({ type: "offer", ...offered });
    await alice.expect("accept");
    await pour(alice, id, 0, BODY.length);
    await alice.send({ type: "end", id, ...digestOf(BODY) });
    assertEquals((await alice.expect("receipt")).recipient, "hub");
  }
  await bob.expect("offer");
  await bob.send({ type: "accept", id, offset: 0 });
  await bob.body(id);
  const delivered = { status: "delivered", id, verify_ms: 0 } as const;
  await bob.send({ type: "receipt", recipient: "bob", ...delivered });
  await bob.send({ type: "ping", t1: 0 });
  await bob.expect("pong");
  assertEquals(hub.hub.transfers, 0);
  using alice = await RawEnd.join(hub.port, "alice", { role: "oneshot" });
  await alice.send({ type: "offer", ...offered, to: ["bob"] });
  assertEquals((await alice.expect("accept")).offset, BODY.length);
  await alice.send({ type: "end", id, ...digestOf(BODY) });
  const receipt = await alice.expect("receipt");
  assertEquals([receipt.recipient, receipt.status], ["bob", "delivered"]);
});

Deno.test("a file that arrived after its sender was cut off is told of once: sent another time, it goes another time", async () => {
  await using hub = new TestHub();
  using bob = await RawEnd.join(hub.port, "bob");
  const first = lastingOffer(BODY);
  {
    using alice = await RawEnd.join(hub.port, "alice", { role: "oneshot" });
    await alice.send({ type: "offer", ...first });
    await bob.expect("offer");
    await bob.send({ type: "accept", id: first.id, offset: 0 });
    await alice.expect("accept");
    await pour(alice, first.id, 0, BODY.length);
    await alice.send({ type: "end", id: first.id, ...digestOf(BODY) });
    await bob.body(first.id);
  }
  await noticed(hub);
  const delivered = { status: "delivered", verify_ms: 0 } as const;
  await bob.send({
    type: "receipt",
    recipient: "bob",
    ...delivered,
    id: first.id,
  });
  await bob.send({ type: "ping", t1: 0 });
  await bob.expect("pong");
  // Whoever was told, and lost again before it heard, may ask again.
  for (const id of ["00000000000000aa", "00000000000000aa"]) {
    using alice = await RawEnd.join(hub.port, "alice", { role: "oneshot" });
    await alice.send({ type: "offer", ...first, id });
    assertEquals((await alice.expect("accept")).offset, BODY.length);
    await alice.send({ type: "end", id, ...digestOf(BODY) });
    assertEquals((await alice.expect("receipt")).status, "delivered");
  }
  const id = "00000000000000ab";
  using alice = await RawEnd.join(hub.port, "alice", { role: "oneshot" });
  await alice.send({ type: "offer", ...first, id });
  assertEquals((await bob.expect("offer")).id, id);
});

Deno.test("the next hub goes on with what the last one left, from either end", async () => {
  const first = new TestHub();
  const offered = lastingOffer(BODY);
  const { id } = offered;
  using silent = await RawEnd.join(first.port, "bob");
  using sender = await RawEnd.join(first.port, "alice", { role: "oneshot" });
  await sender.send({ type: "offer", ...offered });
  await silent.expect("offer");
  await silent.send({ type: "accept", id, offset: 0 });
  await sender.expect("accept");
  await pour(sender, id, 0, HALF);
  await silent.expectData();
  // The hub has taken everything before this.
  await sender.send({ type: "ping", t1: 0 });
  await sender.expect("pong");
  const done = first.hub.shutdown();
  assertEquals((await sender.farewell())?.code, "shutdown");
  sender.conn.close();
  silent.conn.close();
  await done;
  assertEquals(first.spooled().length, 2, "the body and its note");
  await using second = new TestHub({ spoolDir: first.spoolDir });
  using bob = await RawEnd.join(second.port, "bob");
  assertEquals((await bob.expect("offer")).id, id);
  await bob.send({ type: "accept", id, offset: MIB });
  assertEquals((await bob.expectData()).offset, MIB);
  using alice = await RawEnd.join(second.port, "alice", { role: "oneshot" });
  await alice.send({ type: "offer", ...offered });
  assertEquals((await alice.expect("accept")).offset, HALF);
  await pour(alice, id, HALF, BODY.length);
  await alice.send({ type: "end", id, ...digestOf(BODY) });
  await bob.body(id);
  const delivered = { status: "delivered", id, verify_ms: 0 } as const;
  await bob.send({ type: "receipt", recipient: "bob", ...delivered });
  assertEquals((await alice.expect("receipt")).status, "delivered");
  assertEquals(first.spooled(), []);
  await first[Symbol.asyncDispose]();
});

Deno.test("what was on its way to the hub's own inbox goes on in the next hub, from what the inbox has", async () => {
  const first = new TestHub();
  const offered = lastingOffer(BODY, { to: ["hub"] });
  const { id } = offered;
  using sender = await RawEnd.join(first.port, "alice", { role: "oneshot" });
  await sender.send({ type: "offer", ...offered });
  await sender.expect("accept");
  await pour(sender, id, 0, HALF);
  await sender.send({ type: "ping", t1: 0 });
  await sender.expect("pong");
  const done = first.hub.shutdown();
  await sender.farewell();
  sender.conn.close();
  await done;
  await using second = new TestHub(
    { spoolDir: first.spoolDir },
    { dir: first.inboxDir },
  );
  await second.events.of("transfer.started");
  using alice = await RawEnd.join(second.port, "alice", { role: "oneshot" });
  await alice.send({ type: "offer", ...offered });
  assertEquals((await alice.expect("accept")).offset, HALF);
  await pour(alice, id, HALF, BODY.length);
  await alice.send({ type: "end", id, ...digestOf(BODY) });
  assertEquals((await alice.expect("receipt")).status, "delivered");
  assertEquals(first.dir.list("inbox"), ["report.csv"]);
  assertEquals(Deno.readFileSync(first.dir.at("inbox", "report.csv")), BODY);
  await first[Symbol.asyncDispose]();
});

Deno.test("whoever keeps a record hears of an offer and of each end, with size, digest and times", async () => {
  const told = new Recorder<[RouteFacts, RouteEnd | undefined]>();
  await using hub = new TestHub({
    events: {
      routes: {
        offered: (route) => told.add([route, undefined]),
        settled: (route, end) => told.add([route, end]),
      },
    },
  });
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  const heard = new Heard();
  const offered = offer({ size: 500, inline: true, to: ["hub", "nobody"] });
  const body = new BytesBody(pattern(500));
  alice.client.outbound.carry(offered, body, heard);
  assertEquals(await heard.code("hub"), "delivered");
  const [first, ...ends] = await told.count(3, "calls");
  const facts = first?.[0];
  assertEquals(
    [facts?.id, facts?.name, facts?.from, facts?.size, facts?.offeredAt],
    [offered.id, "report.csv", "alice", 500, hub.clock.date()],
  );
  const of = (name: string) =>
    ends.find(([, end]) => end?.recipient === name)?.[1];
  assertEquals(of("nobody")?.outcome.status, "failed");
  assertEquals(of("hub")?.outcome.status, "delivered");
  assertEquals(of("hub")?.digest, digestOf(pattern(500)));
  assertEquals(of("hub")?.totalMs, 0);
});
