/** Recipients and senders that stall or vanish: they fail by themselves, everyone else goes on. */
import { assertEquals, assertMatch } from "@std/assert";
import { BytesBody, StreamBody } from "../../lib/transfer/body.ts";
import type { SingleOffer } from "../../lib/protocol/bundle.ts";
import { digestOf, pattern } from "../support/files.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { offer, RawEnd } from "../support/raw.ts";
import { Heard } from "../support/recorder.ts";

/** More than the sockets between two processes take in by themselves. */
const LARGE = 24 * 1024 * 1024;
/** Short, so that no heartbeat comes between. */
const deadlines = { accept_ms: 3_000, idle_ms: 4_000, receipt_ms: 5_000 };

function send(
  sender: TestPeer,
  bytes: Uint8Array,
  fields: Partial<SingleOffer> = {},
): Heard {
  const heard = new Heard();
  sender.client.outbound.carry(
    offer({ size: bytes.length, deadlines, ...fields }),
    new BytesBody(bytes),
    heard,
  );
  return heard;
}

Deno.test("a recipient that stops reading fails with deadline.idle; the others are served meanwhile", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  await using carol = await TestPeer.join(hub.port, "carol", hub.clock);
  using bob = await RawEnd.join(hub.port, "bob");
  const bytes = pattern(LARGE);
  const heard = send(alice, bytes, { to: ["bob", "carol"] });
  const { id } = await bob.expect("offer");
  await bob.send({ type: "accept", id, offset: 0 });
  await bob.expectData();
  assertEquals(await heard.code("carol"), "delivered");
  assertEquals(carol.read("report.csv"), bytes);
  await hub.clock.advance(deadlines.idle_ms);
  assertEquals(await heard.code("bob"), "deadline.idle");
  assertEquals(await heard.message("bob"), "no byte moved for 4 s");
  assertEquals(hub.spooled(), []);
  // It is still a member, and learns what it missed once it reads again.
  assertEquals(hub.hub.peers().length, 3);
});

Deno.test("a connection that takes no byte is ended by its hub; the sender hears which deadline it was", async () => {
  await using hub = new TestHub({ idleMs: 2_000 });
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  await using _carol = await TestPeer.join(hub.port, "carol", hub.clock);
  using bob = await RawEnd.join(hub.port, "bob");
  const heard = send(alice, pattern(LARGE), { to: ["bob", "carol"] });
  const { id } = await bob.expect("offer");
  await bob.send({ type: "accept", id, offset: 0 });
  await bob.expectData();
  assertEquals(await heard.code("carol"), "delivered");
  // Bob's socket still takes bytes until it is full; only then does the deadline run.
  let over = false;
  const ended = heard.code("bob").finally(() => over = true);
  while (!over) await hub.clock.advance(100);
  assertEquals(await ended, "deadline.idle");
  assertEquals(await heard.message("bob"), "no byte could be sent for 2 s");
  await hub.heard("trouble bob: deadline.idle");
  await hub.heard("left bob");
});

Deno.test("a recipient that does not answer an offer fails with deadline.accept and is told", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  using bob = await RawEnd.join(hub.port, "bob");
  const heard = send(alice, pattern(300_000));
  const { id } = await bob.expect("offer");
  await hub.clock.advance(deadlines.accept_ms);
  assertEquals(await heard.code("bob"), "deadline.accept");
  assertEquals(
    await heard.message("bob"),
    "the offer was not answered within 3 s",
  );
  const told = await bob.expect("cancel");
  assertEquals([told.id, told.code], [id, "deadline.accept"]);
  assertEquals(told.message, "the offer was not answered within 3 s");
});

for (const [how, inline] of [["accepted", false], ["inline", true]] as const) {
  Deno.test(`a recipient of an ${how} body that gives no receipt fails with a deadline`, async () => {
    await using hub = new TestHub();
    await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
    using bob = await RawEnd.join(hub.port, "bob");
    const heard = send(alice, pattern(1_000), { inline });
    const { id } = await bob.expect("offer");
    if (!inline) await bob.send({ type: "accept", id, offset: 0 });
    await bob.body(id);
    await hub.clock.advance(deadlines.receipt_ms);
    // Nothing was heard at all of a body that came behind its offer: nobody has accepted it.
    const code = inline ? "deadline.accept" : "deadline.receipt";
    assertEquals(await heard.code("bob"), code);
    assertEquals((await bob.expect("cancel")).code, code);
    assertEquals(hub.hub.transfers, 0);
  });
}

Deno.test("a recipient's late receipt, after its deadline, changes nothing and breaks nothing", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  using bob = await RawEnd.join(hub.port, "bob");
  const heard = send(alice, pattern(1_000));
  const { id } = await bob.expect("offer");
  await bob.send({ type: "accept", id, offset: 0 });
  await bob.body(id);
  await hub.clock.advance(deadlines.receipt_ms);
  assertEquals(await heard.code("bob"), "deadline.receipt");
  await bob.expect("cancel");
  await bob.send({
    type: "receipt",
    status: "delivered",
    id,
    recipient: "bob",
    verify_ms: 0,
  });
  // The connection is as good as before.
  const again = send(alice, pattern(500), { inline: true });
  const second = await bob.expect("offer");
  await bob.body(second.id);
  await bob.send({
    type: "receipt",
    status: "delivered",
    id: second.id,
    recipient: "bob",
    verify_ms: 0,
  });
  assertEquals(await again.code("bob"), "delivered");
  assertEquals(heard.outcomes.all.length, 1);
});

Deno.test("a pipe that has nothing to give is not the recipient's fault: no deadline passes", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  const pipe = new TransformStream<Uint8Array, Uint8Array>();
  const heard = new Heard();
  alice.client.outbound.carry(
    offer({ size: null, deadlines }),
    new StreamBody(pipe.readable),
    heard,
  );
  const writer = pipe.writable.getWriter();
  await writer.write(pattern(100));
  await bob.events.of("transfer.started");
  await hub.clock.advance(2 * deadlines.idle_ms);
  await writer.write(pattern(50));
  await writer.close();
  assertEquals(await heard.code("bob"), "delivered");
  assertEquals(bob.read("report.csv").length, 150);
});

Deno.test("a recipient that is cut off mid-transfer and does not come back fails by the idle deadline; the others get everything", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  await using carol = await TestPeer.join(hub.port, "carol", hub.clock);
  using bob = await RawEnd.join(hub.port, "bob");
  const bytes = pattern(LARGE);
  const heard = send(alice, bytes, { to: ["bob", "carol"] });
  const { id } = await bob.expect("offer");
  await bob.send({ type: "accept", id, offset: 0 });
  await bob.expectData();
  bob.conn.close();
  await hub.heard("left bob");
  await hub.clock.advance(deadlines.idle_ms);
  assertEquals(await heard.code("bob"), "absent");
  assertMatch(
    await heard.message("bob"),
    /^bob disconnected before its receipt$/,
  );
  assertEquals(await heard.code("carol"), "delivered");
  assertEquals(carol.read("report.csv"), bytes);
  assertEquals(hub.spooled(), []);
});

Deno.test("a sender that disconnects mid-transfer leaves nothing at its recipients or in the spool", async () => {
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  using alice = await RawEnd.join(hub.port, "alice");
  const offered = offer({ size: LARGE, to: ["bob", "hub"] });
  await alice.send({ type: "offer", ...offered });
  await alice.expect("accept");
  const piece = pattern(512 * 1024);
  for (let at = 0; at < 4 * 1024 * 1024; at += piece.length) {
    await alice.data(offered.id, at, piece);
  }
  await bob.events.of("transfer.started");
  alice.conn.close();
  const failed = await bob.events.of("transfer.failed");
  assertEquals(failed.message, "alice disconnected while sending");
  await hub.events.of("transfer.failed");
  await hub.heard("left alice");
  assertEquals(bob.files(), []);
  assertEquals(hub.dir.list("inbox"), []);
  assertEquals(hub.spooled(), []);
  assertEquals(hub.hub.transfers, 0);
});

Deno.test("a sender that cancels says why, and its recipients keep nothing", async () => {
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  using alice = await RawEnd.join(hub.port, "alice");
  const offered = offer({ size: LARGE });
  const { id } = offered;
  await alice.send({ type: "offer", ...offered });
  await alice.expect("accept");
  await alice.data(id, 0, pattern(512 * 1024));
  await bob.events.of("transfer.started");
  await alice.send({
    type: "cancel",
    id,
    code: "cancelled",
    message: "the sender pressed Ctrl-C",
  });
  const failed = await bob.events.of("transfer.failed");
  assertEquals(failed.message, "the sender pressed Ctrl-C");
  assertEquals(bob.files(), []);
  const receipt = await alice.expect("receipt");
  assertEquals(receipt.status, "failed");
  assertEquals(hub.spooled(), []);
});

Deno.test("a hub that shuts down fails what is under way with shutdown and tells everyone", async () => {
  const hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  using bob = await RawEnd.join(hub.port, "bob");
  const heard = send(alice, pattern(LARGE), { to: ["bob", "hub"] });
  const { id } = await bob.expect("offer");
  await bob.send({ type: "accept", id, offset: 0 });
  await bob.expectData();
  await using _ = hub;
  const done = hub.hub.shutdown();
  assertEquals(await heard.code("bob"), "shutdown");
  assertEquals((await bob.farewell())?.code, "shutdown");
  assertEquals((await alice.client.finished)?.code, "shutdown");
  bob.conn.close();
  await done;
  assertEquals(hub.dir.list("spool"), []);
});

Deno.test("a sender that stops in the middle of a file without leaving fails by the idle deadline, at every recipient", async () => {
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  using alice = await RawEnd.join(hub.port, "alice");
  const deadlines = { accept_ms: 9_000, idle_ms: 5_000, receipt_ms: 9_000 };
  const offered = offer({ size: LARGE, to: ["bob", "hub"], deadlines });
  await alice.send({ type: "offer", ...offered });
  await alice.expect("accept");
  const piece = pattern(64 * 1024);
  await alice.data(offered.id, 0, piece);
  await bob.events.of("transfer.started");
  await hub.events.of("transfer.started");
  await hub.clock.advance(20_000);
  const receipts = [
    await alice.expect("receipt"),
    await alice.expect("receipt"),
  ];
  assertEquals(
    receipts.map(({ recipient, status }) => `${recipient} ${status}`).sort(),
    ["bob failed", "hub failed"],
  );
  assertEquals((await bob.events.of("transfer.failed")).code, "deadline.idle");
  assertEquals((await hub.events.of("transfer.failed")).code, "deadline.idle");
  assertEquals(bob.files(), []);
  assertEquals(hub.spooled(), []);
});

Deno.test("a sender waits for the hub as long as its longest deadline, whatever one recipient has answered", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  await using _carol = await TestPeer.join(hub.port, "carol", hub.clock);
  using bob = await RawEnd.join(hub.port, "bob");
  const heard = send(alice, pattern(1_000), {
    to: ["bob", "carol"],
    inline: true,
    deadlines: { accept_ms: 20_000, idle_ms: 1_000, receipt_ms: 1_000 },
  });
  await bob.expect("offer");
  assertEquals(await heard.code("carol"), "delivered");
  await hub.clock.advance(20_000);
  assertEquals(await heard.code("bob"), "deadline.accept");
});

Deno.test("heartbeats between do not put off the idle deadline of a file that stops coming", async () => {
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  using alice = await RawEnd.join(hub.port, "alice");
  const offered = offer({ size: LARGE });
  await alice.send({ type: "offer", ...offered });
  await alice.expect("accept");
  await alice.data(offered.id, 0, pattern(64 * 1024));
  await bob.events.of("transfer.started");
  // Past the deadline of 30 s, short of the 35 s after which alice herself would be taken for dead.
  for (let s = 0; s < 32; s++) await hub.clock.advance(1_000);
  assertEquals((await bob.events.of("transfer.failed")).code, "deadline.idle");
});

Deno.test("an answer for one recipient does not shorten the time another has to accept", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  using bob = await RawEnd.join(hub.port, "bob");
  const short = { accept_ms: 20_000, idle_ms: 5_000, receipt_ms: 5_000 };
  const heard = send(alice, pattern(300_000), {
    to: ["nobody", "bob"],
    deadlines: short,
  });
  const { id } = await bob.expect("offer");
  assertEquals(await heard.code("nobody"), "absent");
  await hub.clock.advance(15_000);
  await bob.send({ type: "accept", id, offset: 0 });
  await bob.body(id);
  await bob.send({
    type: "receipt",
    status: "delivered",
    id,
    recipient: "bob",
    verify_ms: 0,
  });
  assertEquals(await heard.code("bob"), "delivered");
});

Deno.test("the END of a body that nobody takes any more breaks nothing", async () => {
  await using hub = new TestHub();
  using alice = await RawEnd.join(hub.port, "alice");
  using bob = await RawEnd.join(hub.port, "bob");
  const body = pattern(2_000_000); // Too large for memory: the spool is a file.
  const { id, ...rest } = offer({ size: body.length });
  await alice.send({ type: "offer", id, ...rest });
  await bob.expect("offer");
  await bob.send({ type: "accept", id, offset: 0 });
  await alice.expect("accept");
  await alice.data(id, 0, body.subarray(0, 1_000_000));
  await bob.expectData();
  await bob.send({
    type: "receipt",
    status: "failed",
    id,
    recipient: "bob",
    code: "disk-full",
    message: "the disk is full",
    retryable: true,
  });
  await alice.expect("receipt");
  // They crossed it on their way.
  await alice.data(id, 1_000_000, body.subarray(1_000_000));
  await alice.send({ type: "end", id, ...digestOf(body) });
  await alice.send({ type: "ping", t1: 0 });
  await alice.expect("pong");
});

Deno.test("an id that is not yet forgotten towards a recipient waits until it is", async () => {
  await using hub = new TestHub();
  using alice = await RawEnd.join(hub.port, "alice");
  using bob = await RawEnd.join(hub.port, "bob");
  const offered = offer({ size: LARGE });
  const { id } = offered;
  await alice.send({ type: "offer", ...offered });
  await bob.expect("offer");
  await alice.send({ type: "cancel", id, code: "cancelled", message: "no" });
  await alice.expect("receipt");
  // Bob has not answered yet: between him and the hub the id still means the first one.
  await alice.send({ type: "offer", ...offered });
  await bob.expect("cancel");
  await bob.send({
    type: "reject",
    id,
    code: "cancelled",
    message: "no",
    retryable: true,
  });
  assertEquals((await bob.expect("offer")).id, id);
});
