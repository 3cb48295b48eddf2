/** What a hub keeps for recipients that are away: safe once it says so, delivered once, or expired. */
import { assert, assertEquals } from "@std/assert";
import type { Outcome } from "../../lib/transfer/transfer.ts";
import { BytesBody, StreamBody } from "../../lib/transfer/body.ts";
import { digestOf, pattern } from "../support/files.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { offer, RawEnd } from "../support/raw.ts";
import { Heard, Recorder } from "../support/recorder.ts";

const HOUR_MS = 3600_000;
const MIB = 1024 * 1024;

/** Hands on how transfers end, as a record of them would. */
function record(ends: Recorder<string>) {
  const word = (outcome: Outcome) =>
    outcome.status === "failed" ? outcome.code : outcome.status;
  return {
    routes: {
      stored: (_: unknown, to: string) => ends.add(`stored for ${to}`),
      settled: (
        _: unknown,
        { recipient, outcome }: { recipient: string; outcome: Outcome },
      ) => ends.add(`${word(outcome)} for ${recipient}`),
    },
    trouble: (who: string, { message }: Error) =>
      ends.add(`trouble ${who}: ${message}`),
  };
}

for (const size of [500, 2 * MIB]) {
  Deno.test(`${size} bytes for a peer that is away are stored, and delivered when it comes, by the next hub too`, async () => {
    const ends = new Recorder<string>();
    const first = new TestHub();
    const bytes = pattern(size);
    const heard = new Heard();
    {
      await using alice = await TestPeer.join(
        first.port,
        "alice",
        first.clock,
      );
      const inline = size <= 500;
      alice.client.outbound.carry(
        offer({ size, inline, queue_ms: HOUR_MS }),
        new BytesBody(bytes),
        heard,
      );
      const outcome = await heard.outcome("bob");
      assert(outcome.status === "stored");
      assertEquals(outcome.until, first.clock.date() + HOUR_MS);
    }
    await first.hub.shutdown();
    await using second = new TestHub({
      spoolDir: first.spoolDir,
      events: record(ends),
    });
    assertEquals(second.hub.transfers, 1);
    await using bob = await TestPeer.join(second.port, "bob", second.clock);
    await bob.events.of("transfer.completed");
    assertEquals(bob.read("report.csv"), bytes);
    await ends.until((end) => end === "delivered for bob", "the receipt");
    assertEquals(first.spooled(), []);
    await first[Symbol.asyncDispose]();
  });
}

Deno.test("of several recipients those here get it at once, the others when they come; a pipe too", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  const heard = new Heard();
  const bytes = pattern(300_000);
  alice.client.outbound.carry(
    offer({ size: null, to: ["bob", "carol"], queue_ms: HOUR_MS }),
    new StreamBody(new Blob([bytes]).stream()),
    heard,
  );
  assertEquals(await heard.code("bob"), "delivered");
  assertEquals(await heard.code("carol"), "stored");
  assertEquals(bob.read("report.csv"), bytes);
  await using carol = await TestPeer.join(hub.port, "carol", hub.clock);
  await carol.events.of("transfer.completed");
  assertEquals(carol.read("report.csv"), bytes);
});

Deno.test("what is queued for one peer comes in the order it was sent", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  const names = ["a.csv", "b.csv", "c.csv"];
  for (const name of names) {
    const heard = new Heard();
    alice.client.outbound.carry(
      offer({ name, queue_ms: HOUR_MS }),
      new BytesBody(pattern(4)),
      heard,
    );
    assertEquals(await heard.code("bob"), "stored");
  }
  using bob = await RawEnd.join(hub.port, "bob");
  for (const name of names) {
    const offered = await bob.expect("offer");
    assertEquals([offered.name, offered.queue_ms], [name, undefined]);
  }
});

Deno.test("what nobody comes for expires, is reported, and leaves nothing", async () => {
  const ends = new Recorder<string>();
  await using hub = new TestHub({ events: record(ends) });
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  const heard = new Heard();
  alice.client.outbound.carry(
    offer({ inline: true, queue_ms: 5_000 }),
    new BytesBody(pattern(4)),
    heard,
  );
  assertEquals(await heard.code("bob"), "stored");
  assertEquals(hub.spooled().length, 2, "the body and its note");
  await hub.clock.advance(5_000);
  assertEquals(ends.all, [
    "stored for bob",
    "deadline.queue for bob",
    "trouble bob: Cannot deliver report.csv from alice: bob did not come in time",
  ]);
  assertEquals(hub.spooled(), []);
});

Deno.test("a body that is not what was sent is not stored: its sender is told to send it again", async () => {
  await using hub = new TestHub();
  using alice = await RawEnd.join(hub.port, "alice");
  const { id, ...rest } = offer({ inline: true, queue_ms: HOUR_MS });
  await alice.send({ type: "offer", id, ...rest });
  await alice.data(id, 0, pattern(4));
  const { sha256 } = digestOf(pattern(4, 7));
  await alice.send({ type: "end", id, size: 4, sha256 });
  const receipt = await alice.expect("receipt");
  assert(receipt.status === "failed");
  assertEquals([receipt.code, receipt.retryable], ["integrity", true]);
  assertEquals(hub.spooled(), []);
});

Deno.test("a recipient that leaves in the middle of what is queued for it gets it when it is back", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  const heard = new Heard();
  const bytes = pattern(2 * MIB);
  {
    using bob = await RawEnd.join(hub.port, "bob");
    alice.client.outbound.carry(
      offer({ size: bytes.length, queue_ms: HOUR_MS }),
      new BytesBody(bytes),
      heard,
    );
    const { id } = await bob.expect("offer");
    await bob.send({ type: "accept", id, offset: 0 });
    await bob.expectData();
    await bob.send({ type: "bye" });
  }
  assertEquals(await heard.code("bob"), "stored");
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  await bob.events.of("transfer.completed");
  assertEquals(bob.read("report.csv"), bytes);
});

Deno.test("a recipient whose disk was full keeps its place in the queue; one that declines does not", async () => {
  const ends = new Recorder<string>();
  await using hub = new TestHub({ events: record(ends) });
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  const heard = new Heard();
  alice.client.outbound.carry(
    offer({ queue_ms: HOUR_MS }),
    new BytesBody(pattern(4)),
    heard,
  );
  assertEquals(await heard.code("bob"), "stored");
  for (
    const [code, retryable] of [["disk-full", true], [
      "declined",
      false,
    ]] as const
  ) {
    using bob = await RawEnd.join(hub.port, "bob");
    const { id } = await bob.expect("offer");
    await bob.send({ type: "reject", id, code, message: "no", retryable });
    await bob.send({ type: "ping", t1: 0 });
    await bob.expect("pong");
    assertEquals(hub.hub.transfers, retryable ? 1 : 0);
    await bob.send({ type: "bye" });
    bob.conn.close();
    while (hub.hub.peers().length > 1) await hub.clock.advance(0);
  }
  assertEquals(ends.all.at(-1), "declined for bob");
});

Deno.test("nothing is queued past the longest time a hub keeps anything", async () => {
  await using hub = new TestHub();
  using alice = await RawEnd.join(hub.port, "alice");
  await alice.send({
    type: "offer",
    ...offer({ queue_ms: 31 * 24 * HOUR_MS }),
  });
  const { code, message } = await alice.expect("reject");
  assertEquals([code, message], [
    "limit",
    "the hub keeps nothing for over 30 days",
  ]);
});

/** Queues a directory with one file in it for bob; gives the file's bytes. */
async function queueTree(alice: TestPeer): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = pattern(300_000);
  const tree = "00000000000000aa";
  const root = { name: "project", kind: "directory", size: 0, tree } as const;
  const parts = [
    { ...root, id: tree, inline: true },
    { name: "project/a", size: bytes.length, tree },
    { ...root, inline: true, modified_ms: 1_000_000 },
  ];
  for (const part of parts) {
    const heard = new Heard();
    alice.client.outbound.carry(
      offer({ ...part, queue_ms: HOUR_MS }),
      new BytesBody(part.size === 0 ? new Uint8Array(0) : bytes),
      heard,
    );
    assertEquals(await heard.code("bob"), "stored");
  }
  return bytes;
}

/** Says that an inline body was taken. */
async function receive(bob: RawEnd, name: string): Promise<void> {
  const offered = await bob.expect("offer");
  assertEquals([offered.name, offered.kind], [name, "directory"]);
  await bob.expect("end");
  // What may come before the receipt has come when this is answered.
  await bob.send({ type: "ping", t1: 0 });
  await bob.expect("pong");
  const { id } = offered;
  await bob.send({
    ...{ type: "receipt", status: "delivered", id },
    ...{ recipient: "bob", verify_ms: 0 },
  });
}

for (const how of ["the same hub", "the next hub"]) {
  Deno.test(`${how} gives a queued directory first, then what is in it, and its last offer when all of that is through`, async () => {
    const first = new TestHub();
    let bytes: Uint8Array<ArrayBuffer>;
    {
      await using alice = await TestPeer.join(
        first.port,
        "alice",
        first.clock,
      );
      bytes = await queueTree(alice);
    }
    const again = how === "the next hub";
    if (again) await first.hub.shutdown();
    const hub = again ? new TestHub({ spoolDir: first.spoolDir }) : first;
    {
      using bob = await RawEnd.join(hub.port, "bob");
      await receive(bob, "project");
      const { id, name } = await bob.expect("offer");
      assertEquals(name, "project/a");
      await bob.send({ type: "accept", id, offset: 0 });
      for (let got = 0; got < bytes.length;) {
        got += (await bob.expectData()).bytes.length;
      }
      await bob.expect("end");
      await bob.send({ type: "ping", t1: 0 });
      await bob.expect("pong");
      await bob.send({
        ...{ type: "receipt", status: "delivered", id },
        ...{ recipient: "bob", verify_ms: 0 },
      });
      await receive(bob, "project");
      await bob.send({ type: "ping", t1: 0 });
      await bob.expect("pong");
      assertEquals(hub.hub.transfers, 0);
      assertEquals(first.spooled(), []);
    }
    if (again) await hub[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
  });
}

Deno.test("who declines a queued directory is offered nothing of it", async () => {
  const ends = new Recorder<string>();
  await using hub = new TestHub({ events: record(ends) });
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  await queueTree(alice);
  using bob = await RawEnd.join(hub.port, "bob");
  const { id } = await bob.expect("offer");
  await bob.expect("end");
  const no = { code: "declined", message: "no", retryable: false };
  await bob.send({ type: "reject", id, ...no });
  await bob.send({ type: "ping", t1: 0 });
  await bob.expect("pong");
  assertEquals(
    ends.all.filter((end) => end.startsWith("declined")),
    Array(3).fill("declined for bob"),
  );
  assertEquals([hub.hub.transfers, hub.spooled()], [0, []]);
});

Deno.test("a hub begun while the one before it still stops goes on with its queue once it has stopped", async () => {
  const first = new TestHub();
  const heard = new Heard();
  {
    await using alice = await TestPeer.join(first.port, "alice", first.clock);
    alice.client.outbound.carry(
      offer({ inline: true, queue_ms: HOUR_MS }),
      new BytesBody(pattern(4)),
      heard,
    );
    assertEquals(await heard.code("bob"), "stored");
  }
  await using second = new TestHub({ spoolDir: first.spoolDir });
  assertEquals(second.hub.transfers, 0);
  await using bob = await TestPeer.join(second.port, "bob", second.clock);
  await first.hub.shutdown();
  await second.clock.advance(1_000);
  await bob.events.of("transfer.completed");
  assertEquals(bob.read("report.csv"), pattern(4));
  await first[Symbol.asyncDispose]();
});
