/** What is queued already and sent again by hand: it is kept once, for as long as either wanted. */
import { assert, assertEquals } from "@std/assert";
import type { SingleOffer } from "../../lib/protocol/bundle.ts";
import { digestOf, pattern, TempDir } from "../support/files.ts";
import { lastingOffer } from "../support/fingerprint.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { keeping, newIdentity, shown } from "../support/identity.ts";
import { RawEnd } from "../support/raw.ts";
import { Recorder } from "../support/recorder.ts";

const HOUR_MS = 3600_000;
const BYTES = pattern(300_000);
const ONESHOT = { role: "oneshot" } as const;

/** An offer of BYTES to be kept for bob. */
function queued(fields: Partial<SingleOffer> = {}): SingleOffer {
  return lastingOffer(BYTES, { queue_ms: HOUR_MS, ...fields });
}

/** Offers, sends what is asked for, and gives where the body began and what became of it for each. */
async function send(
  end: RawEnd,
  offered: SingleOffer,
  bytes = BYTES,
): Promise<{ offset: number; said: Map<string, string>; until: number }> {
  const { id, to } = offered;
  await end.send({ type: "offer", ...offered });
  const { offset } = await end.expect("accept");
  if (offset < bytes.length) await end.data(id, offset, bytes.slice(offset));
  await end.send({ type: "end", id, ...digestOf(bytes) });
  const said = new Map<string, string>();
  let until = 0;
  while (said.size < to.length) {
    const receipt = await end.expect("receipt");
    said.set(
      receipt.recipient,
      receipt.status === "failed" ? receipt.code : receipt.status,
    );
    if (receipt.status === "stored") until = receipt.until;
  }
  return { offset, said, until };
}

/** Has it stored by a sender that is killed before it reads so. */
async function sendUnheard(
  hub: TestHub,
  stored: Recorder<string>,
  offered: SingleOffer,
): Promise<void> {
  const before = stored.all.length;
  using end = await RawEnd.join(hub.port, "alice", ONESHOT);
  const { id } = offered;
  await end.send({ type: "offer", ...offered });
  await end.expect("accept");
  await end.data(id, 0, BYTES);
  await end.send({ type: "end", id, ...digestOf(BYTES) });
  await stored.count(before + 1, "stored");
}

function recording(stored: Recorder<string>) {
  const routes = {
    stored: (_: unknown, to: string) => stored.add(to),
  };
  return { events: { routes } };
}

for (const which of ["the same hub", "the next hub"]) {
  Deno.test(`sent again by hand, what ${which} keeps already needs no byte and is delivered once`, async () => {
    const stored = new Recorder<string>();
    const first = new TestHub(recording(stored));
    await sendUnheard(first, stored, queued());
    const again = which === "the next hub";
    if (again) await first.hub.shutdown();
    const hub = again ? new TestHub({ spoolDir: first.spoolDir }) : first;
    {
      using alice = await RawEnd.join(hub.port, "alice", ONESHOT);
      const { offset, said } = await send(alice, queued());
      assertEquals(offset, BYTES.length);
      assertEquals([...said], [["bob", "stored"]]);
      assertEquals(hub.hub.transfers, 1);
      assertEquals(first.spooled().length, 2, "one body and its note");
      await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
      await bob.events.of("transfer.completed");
      assertEquals(bob.read("report.csv"), BYTES);
      assertEquals(bob.files(), ["report.csv"]);
      // Once he has it, it may be sent again: that is meant.
      await send(alice, queued());
      assertEquals(bob.files(), ["report (2).csv", "report.csv"]);
    }
    if (again) await hub[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
  });
}

Deno.test("what is sent again is kept as long as the longer of the two, by the next hub too", async () => {
  const stored = new Recorder<string>();
  const first = new TestHub(recording(stored));
  const now = first.clock.date();
  await sendUnheard(first, stored, queued());
  {
    using alice = await RawEnd.join(first.port, "alice", ONESHOT);
    const longer = await send(alice, queued({ queue_ms: 3 * HOUR_MS }));
    assertEquals(longer.until, now + 3 * HOUR_MS);
    const shorter = await send(alice, queued({ queue_ms: HOUR_MS / 2 }));
    assertEquals(shorter.until, now + 3 * HOUR_MS);
  }
  await first.clock.advance(2 * HOUR_MS);
  assertEquals(first.hub.transfers, 1);
  await first.hub.shutdown();
  await using second = new TestHub({ spoolDir: first.spoolDir });
  await second.clock.advance(3 * HOUR_MS - 1);
  assertEquals(second.hub.transfers, 1);
  await second.clock.advance(1);
  assertEquals(second.hub.transfers, 0);
  await first[Symbol.asyncDispose]();
});

Deno.test("of several recipients only those it is not kept for get it anew", async () => {
  const stored = new Recorder<string>();
  await using hub = new TestHub(recording(stored));
  await sendUnheard(hub, stored, queued());
  await using carol = await TestPeer.join(hub.port, "carol", hub.clock);
  using alice = await RawEnd.join(hub.port, "alice", ONESHOT);
  const to = ["carol", "BOB", "dave"];
  const { offset, said } = await send(alice, queued({ to }));
  assertEquals(offset, 0);
  assertEquals(
    to.map((name) => said.get(name)),
    ["delivered", "stored", "stored"],
  );
  assertEquals(carol.read("report.csv"), BYTES);
  assertEquals(stored.all, ["bob", "dave"]);
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  await bob.events.of("transfer.completed");
  assertEquals(bob.files(), ["report.csv"]);
});

Deno.test("what is kept for one is answered also when all others decline before a byte has come", async () => {
  const stored = new Recorder<string>();
  await using hub = new TestHub(recording(stored));
  await sendUnheard(hub, stored, queued());
  using carol = await RawEnd.join(hub.port, "carol");
  using alice = await RawEnd.join(hub.port, "alice", ONESHOT);
  const offered = queued({ to: ["bob", "carol"] });
  await alice.send({ type: "offer", ...offered });
  const { id } = await carol.expect("offer");
  const no = { code: "declined", message: "no", retryable: false };
  await carol.send({ type: "reject", id, ...no });
  const heard = [await alice.next(), await alice.next(), await alice.next()]
    .flatMap((one) => one === undefined || one.type === "data" ? [] : one.type);
  assert(heard.includes("accept"), heard.join());
  assert(heard.includes("receipt"), heard.join());
  await alice.data(id, 0, BYTES);
  await alice.send({ type: "end", id, ...digestOf(BYTES) });
  assertEquals((await alice.expect("receipt")).status, "stored");
  assertEquals(hub.hub.transfers, 1);
});

Deno.test("a sender lost while it sends to more than it is kept for goes on, and it is still kept once", async () => {
  const stored = new Recorder<string>();
  await using hub = new TestHub(recording(stored));
  await sendUnheard(hub, stored, queued());
  const offered = queued({ to: ["bob", "dave"] });
  {
    using alice = await RawEnd.join(hub.port, "alice", ONESHOT);
    await alice.send({ type: "offer", ...offered });
    await alice.expect("accept");
    await alice.data(offered.id, 0, BYTES.slice(0, 100_000));
    await alice.send({ type: "ping", t1: 0 });
    await alice.expect("pong");
  }
  while (hub.hub.connections > 0) await hub.clock.advance(0);
  using alice = await RawEnd.join(hub.port, "alice", ONESHOT);
  const { offset, said } = await send(alice, offered);
  assertEquals(offset, 100_000);
  assertEquals([said.get("bob"), said.get("dave")], ["stored", "stored"]);
  assertEquals(stored.all, ["bob", "dave"]);
});

Deno.test("other bytes under the same fingerprint are sent once more, and kept beside", async () => {
  const stored = new Recorder<string>();
  await using hub = new TestHub(recording(stored));
  await sendUnheard(hub, stored, queued());
  const other = BYTES.slice();
  other[150_000] = (other[150_000] ?? 0) ^ 1;
  using alice = await RawEnd.join(hub.port, "alice", ONESHOT);
  const first = await send(alice, queued(), other);
  assertEquals([...first.said], [["bob", "integrity"]]);
  const second = await send(alice, queued(), other);
  assertEquals([second.offset, ...second.said], [0, ["bob", "stored"]]);
  assertEquals(hub.hub.transfers, 2);
});

Deno.test("a sender that was lost and comes back with other bytes is not told that those are stored", async () => {
  const stored = new Recorder<string>();
  await using hub = new TestHub(recording(stored));
  const to = ["bob", "dave"];
  const offered = queued({ to });
  {
    using alice = await RawEnd.join(hub.port, "alice", ONESHOT);
    // Dave is here and says nothing: the sender has not heard the last of it.
    using dave = await RawEnd.join(hub.port, "dave");
    await alice.send({ type: "offer", ...offered });
    await alice.expect("accept");
    await alice.data(offered.id, 0, BYTES);
    await alice.send({ type: "end", id: offered.id, ...digestOf(BYTES) });
    await stored.count(1, "stored");
    alice.conn.close();
    while (hub.hub.connections > 1) await hub.clock.advance(0);
    await dave.send({ type: "bye" });
  }
  const other = BYTES.slice();
  other[150_000] = (other[150_000] ?? 0) ^ 1;
  using alice = await RawEnd.join(hub.port, "alice", ONESHOT);
  const { said } = await send(alice, queued({ to }), other);
  assertEquals([said.get("bob"), said.get("dave")], ["integrity", "integrity"]);
  const second = await send(alice, queued({ to }), other);
  assertEquals([second.said.get("bob"), second.said.get("dave")], [
    "stored",
    "stored",
  ]);
});

Deno.test("what differs in any way, or has no fingerprint, is kept each for itself", async () => {
  const stored = new Recorder<string>();
  await using hub = new TestHub(recording(stored));
  using alice = await RawEnd.join(hub.port, "alice", ONESHOT);
  using carol = await RawEnd.join(hub.port, "carol", ONESHOT);
  const none = { fingerprint: undefined };
  const offers: [RawEnd, Partial<SingleOffer>][] = [
    [alice, {}],
    [carol, {}],
    [alice, { name: "other.csv" }],
    [alice, { executable: true }],
    [alice, { modified_ms: 7 }],
    [alice, { fingerprint: "another" }],
    [alice, { to: ["dave"] }],
    [alice, none],
    [alice, none],
  ];
  for (const [end, fields] of offers) {
    const { offset } = await send(end, queued(fields));
    assertEquals(offset, 0, JSON.stringify(fields));
  }
  assertEquals(hub.hub.transfers, offers.length);
});

Deno.test("over TLS, one of the same name with another key is another sender", async () => {
  using dir = new TempDir();
  await using hub = new TestHub(keeping(dir.path));
  const offsets: number[] = [];
  const keys = [await newIdentity(), await newIdentity()];
  for (const key of [...keys, ...keys]) {
    const fields = await shown(key, "alice", "oneshot");
    using alice = await RawEnd.join(hub.port, "alice", fields);
    offsets.push((await send(alice, queued())).offset);
  }
  assertEquals(offsets, [0, 0, BYTES.length, BYTES.length]);
});

Deno.test("whoever gives up what is kept already takes nothing from it", async () => {
  const stored = new Recorder<string>();
  await using hub = new TestHub(recording(stored));
  await sendUnheard(hub, stored, queued());
  using alice = await RawEnd.join(hub.port, "alice", ONESHOT);
  const { id, ...rest } = queued();
  await alice.send({ type: "offer", id, ...rest });
  await alice.expect("accept");
  const cancelled = { code: "cancelled", message: "it was cancelled" };
  await alice.send({ type: "cancel", id, ...cancelled });
  const receipt = await alice.expect("receipt");
  assert(receipt.status === "failed");
  assertEquals(receipt.code, "cancelled");
  assertEquals(hub.hub.transfers, 1);
});
