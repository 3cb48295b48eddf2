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
