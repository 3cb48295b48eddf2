/** What a sender may say within the rules and must still not get: the hub, or a recipient, brought down. */
import { assert, assertEquals } from "@std/assert";
import { TestHub } from "../support/hub.ts";
import { offer, RawEnd } from "../support/raw.ts";

for (const idle_ms of [0, 1e-300, 1e308]) {
  Deno.test(`a pipe without bytes under an idle deadline of ${idle_ms} ms is waited for, and no more`, async () => {
    await using hub = new TestHub();
    using alice = await RawEnd.join(hub.port, "alice");
    using bob = await RawEnd.join(hub.port, "bob");
    const deadlines = { accept_ms: 60_000, idle_ms, receipt_ms: 60_000 };
    const offered = offer({ size: null, deadlines });
    await alice.send({ type: "offer", ...offered });
    const { id } = await bob.expect("offer");
    await bob.send({ type: "accept", id, offset: 0 });
    await alice.expect("accept");
    await hub.clock.advance(25);
    await alice.data(id, 0, new Uint8Array([7]));
    assertEquals((await bob.expectData()).bytes, new Uint8Array([7]));
  });
}

Deno.test("an inline body whose accept deadline has passed before it began is never begun", async () => {
  await using hub = new TestHub();
  using alice = await RawEnd.join(hub.port, "alice");
  using bob = await RawEnd.join(hub.port, "bob");
  const deadlines = { accept_ms: 0, idle_ms: 0, receipt_ms: 0 };
  await alice.send({ type: "offer", ...offer({ inline: true, deadlines }) });
  const receipt = await alice.expect("receipt");
  assert(receipt.status === "failed");
  assertEquals(receipt.code, "deadline.accept");
  await bob.expect("offer");
  await bob.expect("cancel");
});

Deno.test("safety: a receiver that fell out of step wrote the wrong stream: an id that comes back before its recipient has let go of it is held back until it has", async () => {
  await using hub = new TestHub();
  using alice = await RawEnd.join(hub.port, "alice");
  using bob = await RawEnd.join(hub.port, "bob");
  const offered = offer();
  const { id } = offered;
  await alice.send({ type: "offer", ...offered });
  await bob.expect("offer");
  const cancelled = { code: "cancelled", message: "no" };
  await alice.send({ type: "cancel", id, ...cancelled });
  await alice.expect("receipt");
  await alice.send({ type: "offer", ...offered });
  await bob.expect("cancel");
  await bob.send({ type: "ping", t1: 0 });
  assertEquals((await bob.expect("pong")).t1, 0);
  // Once bob has answered, the id is free again.
  await bob.send({ type: "reject", id, ...cancelled, retryable: true });
  assertEquals((await bob.expect("offer")).id, id);
});

Deno.test("a flood of offers to a slow reader is held back, and does not cut the reader off", async () => {
  await using hub = new TestHub();
  using bob = await RawEnd.join(hub.port, "bob");
  using alice = await RawEnd.join(hub.port, "alice");
  // More than the sockets take in and the hub keeps for one reader, in frames of 24 KiB.
  const name = "\x01".repeat(4_096);
  for (let i = 0; i < 600; i++) {
    await alice.send({ type: "offer", ...offer({ name }) });
  }
  await alice.send({ type: "ping", t1: 0 });
  await alice.expect("pong");
  for (let i = 0; i < 600; i++) await bob.expect("offer");
  await bob.send({ type: "ping", t1: 0.5 });
  assertEquals((await bob.expect("pong")).t1, 0.5);
});
