/** What a hub may say to a peer and must still not get: the peer, its memory or its inbox. */
import { assert, assertEquals } from "@std/assert";
import type { Message } from "../../lib/protocol/message.ts";
import { pattern } from "../support/files.ts";
import { codeOf, Hosted } from "../support/hosted.ts";
import { offer } from "../support/raw.ts";

for (const to of [["carol"], ["bob", "carol"]]) {
  Deno.test(`safety: a receiver took what it had not agreed to: an offer to ${to.join(" and ")} is none for bob: the hub is told, and nothing is written`, async () => {
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

Deno.test("a hub that tells of ever more peers is ended; the names it told of before are bounded", async () => {
  await using bob = await Hosted.join();
  const told = (n: number): Message => ({
    type: "presence",
    change: "joined",
    peer: { name: `peer-${n}`, since: 0, address: "here" },
  });
  const all = Array.from({ length: 1_024 }, (_, n) => told(n));
  // The same peer again is none more.
  await bob.hub.sendTogether(...all, told(7), { type: "ping", t1: 0 });
  assertEquals((await bob.hub.expect("pong")).t1, 0);
  await bob.hub.send(told(1_024));
  assertEquals(
    (await bob.hub.farewell())?.message,
    "Cannot take PRESENCE: more than 1024 peers",
  );
  assertEquals(bob.peer.client.peers.size, 1_024);
});

Deno.test("an ERROR about a transfer is a remark: it is not why the connection ended", async () => {
  await using bob = await Hosted.join();
  await bob.hub.send({
    type: "error",
    code: "auth",
    scope: "transfer",
    retryable: false,
    message: "a remark",
  });
  await bob.hub.send({ type: "bye" });
  bob.hub.conn.close();
  assertEquals(await bob.peer.client.finished, undefined);
});
