/** Whole transfers over real sockets: every way through the hub, bodies of every kind. */
import { assert, assertEquals } from "@std/assert";
import { BytesBody, FileBody, StreamBody } from "../../lib/transfer/body.ts";
import type { Body } from "../../lib/transfer/transfer.ts";
import { digestOf, pattern, TempDir } from "../support/files.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { offer } from "../support/raw.ts";
import { Heard } from "../support/recorder.ts";

const MIB = 1024 * 1024;

/** Pieces of a body as a pipe gives them. */
function piped(bytes: Uint8Array, piece: number): StreamBody {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += piece) {
    pieces.push(bytes.subarray(at, at + piece));
  }
  return new StreamBody(ReadableStream.from(pieces));
}

const BODIES: [
  what: string,
  bytes: Uint8Array,
  body: (b: Uint8Array) => Body,
  inline: boolean,
][] = [
  ["an empty body", pattern(0), (b) => new BytesBody(b), true],
  [
    "a small body behind its offer",
    pattern(5_000),
    (b) => new BytesBody(b),
    true,
  ],
  [
    "a body that stays in memory",
    pattern(300_001),
    (b) => new BytesBody(b),
    false,
  ],
  [
    "a body spooled on disk",
    pattern(3 * MIB + 7),
    (b) => new BytesBody(b),
    false,
  ],
  ["a small pipe", pattern(999), (b) => piped(b, 100), false],
  ["an empty pipe", pattern(0), (b) => piped(b, 100), false],
  ["a large pipe", pattern(2 * MIB + 5), (b) => piped(b, 50_000), false],
];

for (const [what, bytes, body, inline] of BODIES) {
  Deno.test(`${what} goes peer to hub to peer: equal bytes, receipt, nothing left behind`, async () => {
    await using hub = new TestHub();
    await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
    await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
    const heard = new Heard();
    const sent = body(bytes);
    const offered = offer({ size: sent.size, inline });
    alice.client.outbound.carry(offered, sent, heard);
    assertEquals((await heard.outcome("bob")).status, "delivered");
    assertEquals(bob.read("report.csv"), bytes);
    assertEquals(bob.files(), ["report.csv"]);
    assertEquals(heard.digest, digestOf(bytes));
    const completed = await bob.events.of("transfer.completed");
    assertEquals(completed.sha256, digestOf(bytes).sha256);
    assertEquals(completed.bytes, bytes.length);
    assertEquals(completed.saved, `${bob.inboxDir}/report.csv`);
    assertEquals(hub.spooled(), []);
    assertEquals(hub.hub.transfers, 0);
  });

  Deno.test(`${what} goes peer to the hub's own inbox`, async () => {
    await using hub = new TestHub();
    await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
    const heard = new Heard();
    const sent = body(bytes);
    const offered = offer({ size: sent.size, inline, to: ["hub"] });
    alice.client.outbound.carry(offered, sent, heard);
    assertEquals((await heard.outcome("hub")).status, "delivered");
    assertEquals(Deno.readFileSync(`${hub.inboxDir}/report.csv`), bytes);
    assertEquals(hub.dir.list("inbox"), ["report.csv"]);
    assertEquals(hub.spooled(), []);
    assertEquals((await hub.events.of("transfer.completed")).from, "alice");
  });
}

Deno.test("the hub sends a file of its own without spooling it", async () => {
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  using dir = new TempDir();
  const bytes = pattern(3 * MIB + 1);
  Deno.writeFileSync(dir.at("disk.img"), bytes);
  const heard = new Heard();
  hub.hub.carry(
    offer({ name: "disk.img", from: "hub", size: bytes.length }),
    new FileBody(dir.at("disk.img"), bytes.length),
    heard,
  );
  assertEquals(await heard.code("bob"), "delivered");
  assertEquals(bob.read("disk.img"), bytes);
  assertEquals(heard.digest, digestOf(bytes));
  assertEquals(hub.dir.list("spool"), []);
});

Deno.test("a broadcast reaches five peers, each with its own receipt", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  await using all = new AsyncDisposableStack();
  const peers: TestPeer[] = [];
  const names = ["b", "c", "d", "e", "f"];
  for (const name of names) {
    peers.push(all.use(await TestPeer.join(hub.port, name, hub.clock)));
  }
  const bytes = pattern(2 * MIB);
  const heard = new Heard();
  alice.client.outbound.carry(
    offer({ size: bytes.length, to: names }),
    new BytesBody(bytes),
    heard,
  );
  for (const name of names) assertEquals(await heard.code(name), "delivered");
  for (const peer of peers) assertEquals(peer.read("report.csv"), bytes);
  assertEquals(heard.outcomes.all.length, 5);
  assertEquals(heard.steps.all, ["started", "sent"]);
  assertEquals(hub.spooled(), []);
});

Deno.test("the hub broadcasts a file of its own: every cursor reads it whole", async () => {
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  await using carol = await TestPeer.join(hub.port, "carol", hub.clock);
  using dir = new TempDir();
  const bytes = pattern(MIB + 3);
  Deno.writeFileSync(dir.at("disk.img"), bytes);
  const heard = new Heard();
  hub.hub.carry(
    offer({ from: "hub", size: bytes.length, to: ["bob", "carol", "dave"] }),
    new FileBody(dir.at("disk.img"), bytes.length),
    heard,
  );
  assertEquals(await heard.code("bob"), "delivered");
  assertEquals(await heard.code("carol"), "delivered");
  assertEquals(await heard.code("dave"), "absent");
  assertEquals(await heard.message("dave"), "dave is not connected");
  assertEquals(bob.read("report.csv"), bytes);
  assertEquals(carol.read("report.csv"), bytes);
});

Deno.test("both directions of a connection carry at once", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  const [there, back] = [pattern(2 * MIB, 3), pattern(2 * MIB, 4)];
  const [first, second] = [new Heard(), new Heard()];
  alice.client.outbound.carry(
    offer({ size: there.length }),
    new BytesBody(there),
    first,
  );
  bob.client.outbound.carry(
    offer({ size: back.length, from: "bob", to: ["alice"] }),
    new BytesBody(back),
    second,
  );
  assertEquals(await first.code("bob"), "delivered");
  assertEquals(await second.code("alice"), "delivered");
  assertEquals(bob.read("report.csv"), there);
  assertEquals(alice.read("report.csv"), back);
});

Deno.test("what a transfer took of the spool limit is given back when it is over", async () => {
  await using hub = new TestHub({ spoolLimit: 4 * MIB });
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  for (const size of [2 * MIB, 2 * MIB, 2 * MIB + 1]) {
    const heard = new Heard();
    const body = new BytesBody(pattern(size));
    alice.client.outbound.carry(offer({ size }), body, heard);
    const fits = size <= 2 * MIB;
    assertEquals(await heard.code("bob"), fits ? "delivered" : "limit");
    if (!fits) {
      assertEquals(
        await heard.message("bob"),
        "one sender may fill half of the hub's spool, no more",
      );
    }
  }
  assertEquals(bob.files(), ["report (2).csv", "report.csv"]);
});

Deno.test("a pipe that outgrows the spool limit fails, and its recipient keeps nothing", async () => {
  await using hub = new TestHub({ spoolLimit: MIB });
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  const heard = new Heard();
  const body = piped(pattern(3 * MIB), 100_000);
  alice.client.outbound.carry(offer({ size: null }), body, heard);
  assertEquals(await heard.code("bob"), "limit");
  await bob.events.of("transfer.failed");
  assertEquals(bob.files(), []);
  assertEquals(hub.spooled(), []);
});

Deno.test("the hub's spool directory is there while it runs and gone afterwards", async () => {
  using elsewhere = new TempDir();
  const spoolDir = elsewhere.at("spool");
  {
    await using hub = new TestHub({ spoolDir });
    await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
    await using _bob = await TestPeer.join(hub.port, "bob", hub.clock);
    const heard = new Heard();
    const body = new BytesBody(pattern(2 * MIB));
    alice.client.outbound.carry(offer({ size: 2 * MIB }), body, heard);
    await heard.outcome("bob");
    assert(elsewhere.list("spool").length === 1, "no directory of its own");
  }
  assertEquals(elsewhere.list("spool"), []);
});
