/** Senders and recipients that break the rules of a transfer: told so, ended, and nothing is written. */
import { assert, assertEquals } from "@std/assert";
import { BytesBody } from "../../lib/transfer/body.ts";
import type { Offer } from "../../lib/transfer/transfer.ts";
import { digestOf, pattern, sha256 } from "../support/files.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { offer, RawEnd } from "../support/raw.ts";
import { Heard } from "../support/recorder.ts";

const BODY = pattern(1_000);
const NO_ID = "00000000000000ff";

/** What a sender does wrong with an offer that was accepted, and what the hub says. */
const SENDERS: [
  what: string,
  does: (end: RawEnd, offered: Offer) => Promise<void>,
  told: (id: string) => string,
][] = [
  [
    "DATA for a transfer that was never offered",
    (end) => end.data(NO_ID, 0, BODY),
    () => `Cannot take DATA: transfer ${NO_ID} is not open`,
  ],
  [
    "DATA past the bytes before it",
    (end, { id }) => end.data(id, 10, BODY.subarray(10)),
    (id) => `Cannot take DATA of transfer ${id}: offset 10, expected 0`,
  ],
  [
    "DATA over bytes already sent",
    async (end, { id }) => {
      await end.data(id, 0, BODY.subarray(0, 600));
      await end.data(id, 0, BODY);
    },
    (id) => `Cannot take DATA of transfer ${id}: offset 0, expected 600`,
  ],
  [
    "more bytes than were offered",
    (end, { id }) => end.data(id, 0, pattern(1_001)),
    (id) =>
      `Cannot take DATA of transfer ${id}: more than the 1000 bytes offered`,
  ],
  [
    "an END that counts other bytes than were sent",
    async (end, { id }) => {
      await end.data(id, 0, BODY);
      await end.send({ type: "end", id, size: 999, sha256: sha256(BODY) });
    },
    (id) =>
      `Cannot end transfer ${id}: its size is 999, but 1000 bytes were sent`,
  ],
  [
    "an END before the bytes offered are there",
    async (end, { id }) => {
      const part = BODY.subarray(0, 600);
      await end.data(id, 0, part);
      await end.send({ type: "end", id, ...digestOf(part) });
    },
    (id) => `Cannot end transfer ${id}: 600 bytes of the 1000 offered`,
  ],
  [
    "an offer with an id in use",
    (end, offered) => end.send({ type: "offer", ...offered }),
    (id) => `Cannot offer transfer ${id}: its id is in use`,
  ],
  [
    "a receipt for a transfer it was not offered",
    (end, { id }) =>
      end.send({
        type: "receipt",
        status: "delivered",
        id,
        recipient: "bob",
        verify_ms: 0,
      }),
    (id) => `Cannot take a receipt for transfer ${id}: none is awaited`,
  ],
  [
    "PRESENCE, which only a hub tells",
    (end) =>
      end.send({
        type: "presence",
        change: "joined",
        peer: { name: "eve", since: 0, address: "here" },
      }),
    () => "Cannot take PRESENCE: only a hub tells it",
  ],
];

for (const [what, does, told] of SENDERS) {
  Deno.test(`safety: a receiver took what it had not agreed to: a sender of ${what} is told and ended, and its recipients keep nothing`, async () => {
    await using hub = new TestHub();
    await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
    using alice = await RawEnd.join(hub.port, "alice");
    const offered = offer({ size: BODY.length, to: ["bob", "hub"] });
    await alice.send({ type: "offer", ...offered });
    await alice.expect("accept");
    await does(alice, offered);
    const farewell = await alice.farewell();
    assert(farewell?.type === "error", "no error");
    assertEquals(farewell.code, "protocol");
    assertEquals(farewell.message, told(offered.id));
    alice.conn.close();
    await hub.heard("left alice");
    await bob.events.of("transfer.failed");
    await hub.events.of("transfer.failed");
    assertEquals(bob.files(), []);
    assertEquals(hub.dir.list("inbox"), []);
    assertEquals(hub.hub.transfers, 0);
  });
}

Deno.test("safety: a receiver took what it had not agreed to: DATA after END is a breach; what was delivered stays", async () => {
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  using alice = await RawEnd.join(hub.port, "alice");
  const { id, ...rest } = offer({ size: 1_000, inline: true });
  await alice.send({ type: "offer", id, ...rest });
  await alice.data(id, 0, BODY);
  await alice.send({ type: "end", id, ...digestOf(BODY) });
  assertEquals((await alice.expect("receipt")).status, "delivered");
  await alice.data(id, 1_000, BODY);
  const farewell = await alice.farewell();
  assertEquals(
    farewell?.message,
    `Cannot take DATA: transfer ${id} is not open`,
  );
  assertEquals(bob.read("report.csv"), BODY);
});

Deno.test("safety: a receiver took what it had not agreed to: DATA of a transfer that nobody takes is counted and dropped until its END", async () => {
  await using hub = new TestHub();
  using alice = await RawEnd.join(hub.port, "alice");
  const { id, ...rest } = offer({ size: 1_000, inline: true, to: ["nobody"] });
  await alice.send({ type: "offer", id, ...rest });
  const receipt = await alice.expect("receipt");
  assert(receipt.status === "failed");
  assertEquals(receipt.code, "absent");
  await alice.data(id, 0, BODY);
  await alice.send({ type: "end", id, ...digestOf(BODY) });
  // Now it is over: another byte is a breach.
  await alice.data(id, 1_000, BODY);
  assertEquals(
    (await alice.farewell())?.message,
    `Cannot take DATA: transfer ${id} is not open`,
  );
});

Deno.test("safety: a receiver took what it had not agreed to: DATA of an offer that was never accepted is a breach", async () => {
  await using hub = new TestHub();
  using alice = await RawEnd.join(hub.port, "alice");
  using bob = await RawEnd.join(hub.port, "bob");
  const { id, ...rest } = offer({ size: 1_000 });
  await alice.send({ type: "offer", id, ...rest });
  await bob.expect("offer");
  await alice.data(id, 0, BODY);
  assertEquals(
    (await alice.farewell())?.message,
    `Cannot take DATA: transfer ${id} is not open`,
  );
});

Deno.test("safety: a receiver that fell out of step wrote the wrong stream: a wrong SHA-256 in END is an integrity failure at every recipient, and no file", async () => {
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  using alice = await RawEnd.join(hub.port, "alice");
  for (const size of [1_000, 200_000]) {
    const body = pattern(size);
    const offered = offer({ size, to: ["bob", "hub"] });
    const { id } = offered;
    await alice.send({ type: "offer", ...offered });
    await alice.expect("accept");
    await alice.data(id, 0, body);
    await alice.send({ type: "end", id, size, sha256: sha256(BODY.slice(1)) });
    for (let i = 0; i < 2; i++) {
      const receipt = await alice.expect("receipt");
      assert(receipt.status === "failed", "it was delivered");
      assertEquals([receipt.code, receipt.retryable], ["integrity", true]);
    }
  }
  assertEquals(bob.files(), []);
  assertEquals(hub.dir.list("inbox"), []);
});

Deno.test("safety: a receiver took what it had not agreed to: a recipient that says delivered before the end is ended, and the sender hears of a failure", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  using bob = await RawEnd.join(hub.port, "bob");
  const heard = new Heard();
  alice.client.outbound.carry(
    offer({ size: 500_000 }),
    new BytesBody(pattern(500_000)),
    heard,
  );
  const { id } = await bob.expect("offer");
  await bob.send({
    type: "receipt",
    status: "delivered",
    id,
    recipient: "bob",
    verify_ms: 0,
  });
  assertEquals(
    (await bob.farewell())?.message,
    `Cannot take a receipt for transfer ${id}: it has not ended`,
  );
  bob.conn.close();
  assertEquals(await heard.code("bob"), "absent");
});

Deno.test("safety: a receiver took what it had not agreed to: a recipient cannot answer in the name of another", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  using bob = await RawEnd.join(hub.port, "bob");
  using carol = await RawEnd.join(hub.port, "carol");
  const heard = new Heard();
  alice.client.outbound.carry(
    offer({ to: ["bob", "carol"], inline: true }),
    new BytesBody(pattern(4)),
    heard,
  );
  const { id } = await bob.expect("offer");
  await bob.body(id);
  await carol.expect("offer");
  const receipt = { type: "receipt", status: "delivered", id } as const;
  await bob.send({ ...receipt, recipient: "carol", verify_ms: 0 });
  assertEquals(
    (await bob.farewell())?.message,
    `Cannot take a receipt for transfer ${id}: none is awaited`,
  );
  bob.conn.close();
  assertEquals(await heard.code("bob"), "absent");
  await carol.body(id);
  await carol.send({ ...receipt, recipient: "carol", verify_ms: 0 });
  assertEquals(await heard.code("carol"), "delivered");
});

Deno.test("safety: a receiver that fell out of step wrote the wrong stream: two senders with the same transfer id: the second is refused, the first goes on", async () => {
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  using alice = await RawEnd.join(hub.port, "alice");
  using eve = await RawEnd.join(hub.port, "eve");
  const offered = offer({ size: 1_000 });
  const { id } = offered;
  await alice.send({ type: "offer", ...offered });
  await alice.expect("accept");
  await eve.send({ type: "offer", ...offered, name: "evil" });
  assertEquals(
    (await eve.expect("reject")).message,
    "its transfer id is in use",
  );
  await alice.data(id, 0, BODY);
  await alice.send({ type: "end", id, ...digestOf(BODY) });
  assertEquals((await alice.expect("receipt")).status, "delivered");
  assertEquals(bob.files(), ["report.csv"]);
  assertEquals((await bob.events.of("transfer.completed")).from, "alice");
});

Deno.test("safety: a receiver took what it had not agreed to: a sender cannot put another name on its offers", async () => {
  await using hub = new TestHub();
  using bob = await RawEnd.join(hub.port, "bob");
  using alice = await RawEnd.join(hub.port, "alice");
  await alice.send({ type: "offer", ...offer({ from: "carol" }) });
  assertEquals((await bob.expect("offer")).from, "alice");
});

Deno.test("a recipient with more offers open than a connection may hold: the rest are held back until there is room", async () => {
  await using hub = new TestHub();
  using bob = await RawEnd.join(hub.port, "bob");
  using alice = await RawEnd.join(hub.port, "alice");
  using carol = await RawEnd.join(hub.port, "carol");
  for (let i = 0; i < 1_024; i++) {
    await alice.send({ type: "offer", ...offer() });
  }
  // All of alice's are in once the hub has answered what came after them.
  await alice.send({ type: "ping", t1: 0 });
  await alice.expect("pong");
  const late = offer({ from: "carol" });
  await carol.send({ type: "offer", ...late });
  await carol.send({ type: "ping", t1: 0 });
  await carol.expect("pong");
  const first = await bob.expect("offer");
  for (let i = 1; i < 1_024; i++) await bob.expect("offer");
  await bob.send({ type: "ping", t1: 7 });
  assertEquals((await bob.next())?.type, "pong");
  const no = { code: "declined", message: "no", retryable: false };
  await bob.send({ type: "reject", id: first.id, ...no });
  assertEquals((await bob.expect("offer")).id, late.id);
});

Deno.test("an offer held back too long fails with deadline.accept, as if it had been made", async () => {
  await using hub = new TestHub();
  using _bob = await RawEnd.join(hub.port, "bob");
  using alice = await RawEnd.join(hub.port, "alice");
  using carol = await RawEnd.join(hub.port, "carol");
  for (let i = 0; i < 1_024; i++) {
    await alice.send({ type: "offer", ...offer() });
  }
  await alice.send({ type: "ping", t1: 0 });
  await alice.expect("pong");
  const deadlines = { accept_ms: 5_000, idle_ms: 1, receipt_ms: 1 };
  await carol.send({ type: "offer", ...offer({ from: "carol", deadlines }) });
  await carol.send({ type: "ping", t1: 0 });
  await carol.expect("pong");
  await hub.clock.advance(5_000);
  const receipt = await carol.expect("receipt");
  assert(receipt.status === "failed");
  assertEquals(receipt.code, "deadline.accept");
});
