/** What a recipient may say within the rules and must still not get: its sender, or the hub's spool for ever. */
import { assert, assertEquals } from "@std/assert";
import { encodeMessage } from "../../lib/protocol/message.ts";
import { digestOf, pattern } from "../support/files.ts";
import { TestHub } from "../support/hub.ts";
import { offer, RawEnd } from "../support/raw.ts";

const BODY = pattern(1_000);

/** Alice sends BODY to bob, who has it whole and owes his receipt. */
async function owed(alice: RawEnd, bob: RawEnd): Promise<string> {
  const deadlines = { accept_ms: 3_000, idle_ms: 3_000, receipt_ms: 3_000 };
  const offered = offer({ size: BODY.length, deadlines });
  const { id } = offered;
  await alice.send({ type: "offer", ...offered });
  await bob.expect("offer");
  await bob.send({ type: "accept", id, offset: 0 });
  await alice.expect("accept");
  await alice.data(id, 0, BODY);
  await alice.send({ type: "end", id, ...digestOf(BODY) });
  await bob.body(id);
  return id;
}

/** Resolves when the hub has taken in everything `end` said. */
async function taken(end: RawEnd): Promise<void> {
  await end.send({ type: "ping", t1: 0 });
  await end.expect("pong");
}

Deno.test("PROGRESS that tells of nothing new keeps no deadline away", async () => {
  await using hub = new TestHub();
  using alice = await RawEnd.join(hub.port, "alice");
  using bob = await RawEnd.join(hub.port, "bob");
  const id = await owed(alice, bob);
  const progress = { type: "progress", id, recipient: "bob" } as const;
  await bob.send({ ...progress, bytes: 400 });
  assertEquals((await alice.expect("progress")).bytes, 400);
  await hub.clock.advance(2_000);
  for (const bytes of [0, 399, 400, 1_001, Number.MAX_SAFE_INTEGER]) {
    await bob.send({ ...progress, bytes });
  }
  await bob.send({ ...progress, recipient: "alice", bytes: 800 });
  await taken(bob);
  await hub.clock.advance(1_000);
  // None of them was passed on either.
  let heard = await alice.next();
  while (heard?.type === "ping") heard = await alice.next();
  assert(heard?.type === "receipt" && heard.status === "failed");
  assertEquals(heard.code, "deadline.receipt");
  assertEquals(hub.hub.transfers, 0);
});

Deno.test("a flood of PROGRESS does not cut off a sender that reads slowly", async () => {
  await using hub = new TestHub();
  using alice = await RawEnd.join(hub.port, "alice");
  using bob = await RawEnd.join(hub.port, "b".repeat(64));
  const size = 130_000;
  const offered = offer({ size, to: ["b".repeat(64)] });
  const { id } = offered;
  await alice.send({ type: "offer", ...offered });
  await bob.expect("offer");
  await bob.send({ type: "accept", id, offset: 0 });
  await alice.expect("accept");
  await alice.data(id, 0, pattern(size));
  for (let at = 0; at < size;) at += (await bob.expectData()).bytes.length;
  const recipient = "b".repeat(64);
  for (let bytes = 0; bytes < size;) {
    const flood = Array.from(
      { length: 1_000 },
      () => encodeMessage({ type: "progress", id, recipient, bytes: ++bytes }),
    );
    await bob.write(await new Blob(flood).bytes());
    // As fast as a hub takes them, and no faster.
    await hub.clock.advance(20);
  }
  await taken(bob);
  await alice.send({ type: "ping", t1: 0.5 });
  let heard = await alice.next();
  while (heard?.type === "progress" || heard?.type === "ping") {
    heard = await alice.next();
  }
  assertEquals(heard?.type, "pong");
});
