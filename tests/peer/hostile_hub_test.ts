/** What a hub may say to a peer and must still not get: the peer, its memory or its inbox. */
import { assert, assertEquals } from "@std/assert";
import { pattern } from "../support/files.ts";
import { codeOf, Hosted } from "../support/hosted.ts";
import { offer } from "../support/raw.ts";

for (const to of [["carol"], ["bob", "carol"]]) {
  Deno.test(`an offer to ${to.join(" and ")} is none for bob: the hub is told, and nothing is written`, async () => {
    await using bob = await Hosted.join();
    const body = pattern(4);
    const { id } = await bob.offer({ to, inline: true });
    await bob.body(id, body).catch(() => {}); // It may be gone by then.
    const farewell = await bob.hub.farewell();
    assert(farewell?.type === "error", "no error");
    assertEquals(farewell.code, "protocol");
    assertEquals(
      farewell.message,
      `Cannot take OFFER of transfer ${id}: it is not for bob alone`,
    );
    assertEquals(bob.peer.files(), []);
  });
}

Deno.test("a withdrawn offer whose id comes back at once says nothing about the new one", async () => {
  const answers: ((yes: boolean) => void)[] = [];
  await using bob = await Hosted.join({
    accept: { kind: "ask" },
    ask: () => new Promise((answer) => answers.push(answer)),
  });
  const { id } = await bob.offer({ name: "old" });
  const cancel = { type: "cancel", code: "cancelled", message: "no" } as const;
  // In one write: the peer takes both before anything it does about the first.
  const again = offer({ id, name: "new" });
  await bob.hub.sendTogether(
    { ...cancel, id },
    { type: "offer", ...again },
  );
  assertEquals(codeOf(await bob.hub.expect("receipt")), "cancelled");
  await bob.hub.send({ type: "ping", t1: 0 });
  assertEquals((await bob.hub.expect("pong")).t1, 0);
  answers[1]?.(true);
  assertEquals((await bob.hub.expect("accept")).id, id);
});
