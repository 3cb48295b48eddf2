/** What a hub says in WELCOME it takes is what a client sends, and no more. */
import { assert, assertEquals } from "@std/assert";
import { Client } from "../../lib/peer/client.ts";
import { sendAll } from "../../lib/peer/outbox.ts";
import { BytesBody } from "../../lib/transfer/body.ts";
import { FakeClock } from "../fake_clock.ts";
import { pattern } from "../support/files.ts";
import { RawListener, welcome } from "../support/raw.ts";

Deno.test("a client opens no more transfers, and sends no more behind an offer, than its hub says", async () => {
  const clock = new FakeClock();
  using listener = new RawListener();
  const conn = await Deno.connect({
    hostname: "127.0.0.1",
    port: listener.port,
  });
  const greeting = Client.greet(conn, {
    role: "oneshot",
    name: "alice",
    adapt: true,
    software: "test",
    clock,
    handshakeMs: 10_000,
    idleMs: 30_000,
  });
  using hub = await listener.accept();
  await hub.expect("hello");
  await hub.send(welcome("alice", { limits: { transfers: 2, inline: 10 } }));
  const client = await greeting;
  assert(client.connection.session.mayOffer);
  const item = (size: number) => ({
    name: "x",
    kind: "file" as const,
    size,
    open: () => new BytesBody(pattern(size)),
  });
  const sending = sendAll([item(10), item(10), item(11), item(11)], {
    carrier: client.outbound,
    from: "alice",
    to: ["bob"],
    deadlines: { acceptMs: 60_000, idleMs: 30_000, receiptMs: 60_000 },
    clock,
    commandAt: 0,
    roundTripMs: () => 0,
    limits: client.welcome.limits,
    emit: () => {},
    signal: new AbortController().signal,
  });
  const seen: [size: number | null, inline: boolean][] = [];
  const open = new Set<string>();
  while (seen.length < 4 || open.size > 0) {
    const heard = await hub.next();
    assert(heard !== undefined && "id" in heard && heard.id !== undefined);
    const { id } = heard;
    if (heard.type === "offer") {
      seen.push([heard.size, heard.inline]);
      open.add(id);
      assert(open.size <= 2, "too many at once");
    }
    if (heard.type !== "end" && !(heard.type === "offer" && !heard.inline)) {
      continue;
    }
    open.delete(id);
    const no = { code: "declined", message: "no", retryable: false };
    await hub.send({ type: "reject", id, ...no });
  }
  seen.sort(([one], [other]) => (one ?? 0) - (other ?? 0));
  assertEquals(seen, [[10, true], [10, true], [11, false], [11, false]]);
  assertEquals((await sending).length, 4);
  const closing = client.close();
  hub.conn.close();
  await closing;
});
