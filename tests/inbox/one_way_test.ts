/** How long a body's END was under way: known from the clocks' offset on, and never without its bound. */
import { assertEquals } from "@std/assert";
import { digestOf, pattern } from "../support/files.ts";
import { Hosted } from "../support/hosted.ts";

const BODY = pattern(9);

/** Sends a body whose END the hub's clock says it sent at `sent_ms`; what bob tells of its way. */
async function sent(
  bob: Hosted,
  sent_ms?: number,
): Promise<{ ms: number; bound: number } | undefined> {
  const { id } = await bob.offer({ size: BODY.length, inline: true });
  await bob.hub.data(id, 0, BODY);
  const said = sent_ms === undefined ? {} : { sent_ms };
  await bob.hub.send({ type: "end", id, ...digestOf(BODY), ...said });
  await bob.hub.expect("receipt");
  const { event, ...done } = await bob.peer.events.of("transfer.completed");
  assertEquals(event, "transfer.completed");
  return done.one_way_ms;
}

/** Bob's clock shows 0 when he joins; lets him find out that the hub's shows 5,000, within 10. */
async function meetsClock(bob: Hosted): Promise<void> {
  await bob.clock.advance(50);
  const { t1 } = await bob.hub.expect("ping");
  await bob.clock.advance(20);
  await bob.hub.send({ type: "pong", t1, t2: t1 + 5_010, t3: t1 + 5_010 });
  await bob.hub.send({ type: "ping", t1: 0 });
  await bob.hub.expect("pong");
}

Deno.test("a receiving side tells how long the END was under way, with the bound", async () => {
  await using bob = await Hosted.join();
  await meetsClock(bob);
  // His clock shows 70, so the hub's 5,070.
  assertEquals(await sent(bob, 5_058), { ms: 12, bound: 10 });
});

Deno.test("a receiving side says nothing of a way it cannot know", async (test) => {
  await test.step("before the clocks met", async () => {
    await using bob = await Hosted.join();
    assertEquals(await sent(bob, 0), undefined);
  });
  await test.step("where the sender says no time", async () => {
    await using bob = await Hosted.join();
    await meetsClock(bob);
    assertEquals(await sent(bob), undefined);
  });
  await test.step("where the time is still to come", async () => {
    await using bob = await Hosted.join();
    await meetsClock(bob);
    assertEquals(await sent(bob, 5_081), undefined);
  });
});
