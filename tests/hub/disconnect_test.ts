/** What whoever keeps a hub can do: see what goes through it, and send a peer away. */
import { assert, assertEquals } from "@std/assert";
import { BytesBody } from "../../lib/transfer/body.ts";
import { pattern } from "../support/files.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { offer } from "../support/raw.ts";
import { Heard } from "../support/recorder.ts";

Deno.test("a hub shows what goes through it, and a peer sent away is told and fails what it had", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock, {
    accept: { kind: "ask" },
    ask: () => new Promise(() => {}),
  });
  const heard = new Heard();
  const bytes = pattern(100);
  const offered = offer({ size: bytes.length, inline: true });
  alice.client.outbound.carry(offered, new BytesBody(bytes), heard);
  await bob.events.until(
    ({ event }) => event === "transfer.offered",
    "the offer",
  );
  const [route, ...others] = hub.hub.routes();
  assertEquals(others, []);
  assertEquals(
    [route?.id, route?.from, route?.to, route?.size, route?.bytes],
    [offered.id, "alice", ["bob"], 100, 0],
  );

  assert(!hub.hub.disconnect("nobody"));
  assert(hub.hub.disconnect("BOB"));
  const ended = await bob.client.finished;
  assertEquals([ended?.code, ended?.message], [
    "declined",
    "the hub has sent this peer away",
  ]);
  assertEquals((await heard.outcome("bob")).status, "failed");
  await hub.heard("left bob");
  assertEquals(hub.hub.peers().map(({ name }) => name), ["alice"]);
  assertEquals(hub.hub.routes(), []);
});
