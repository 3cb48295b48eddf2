/** The hub's own inbox when the hub stops: by then it is done with everything, one way or the other. */
import { assert, assertEquals } from "@std/assert";
import { BytesBody } from "../../lib/transfer/body.ts";
import { digestOf, pattern } from "../support/files.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { offer, RawEnd } from "../support/raw.ts";
import { Heard } from "../support/recorder.ts";

Deno.test("a hub that stops has taken away what was half in its inbox before it is finished", async () => {
  await using hub = new TestHub();
  using alice = await RawEnd.join(hub.port, "alice");
  const offered = offer({ size: 4_000_000, to: ["hub"] });
  await alice.send({ type: "offer", ...offered });
  await alice.expect("accept");
  for (let at = 0; at < 3_000_000; at += 500_000) {
    await alice.data(offered.id, at, pattern(500_000));
  }
  await alice.send({ type: "ping", t1: 0 });
  await alice.expect("pong");
  const done = hub.hub.shutdown();
  alice.conn.close();
  await done;
  assertEquals(hub.dir.list("inbox"), []);
  assertEquals(hub.events.kinds.at(-1), "transfer.failed");
});

Deno.test("a hub is not finished before its inbox is done with what it was given", async () => {
  const cancelled = Promise.withResolvers<void>();
  let settle = () => {};
  await using hub = new TestHub({
    inbox: {
      carry: (_offer, _body, listener) => {
        const { code, message } = {
          code: "shutdown",
          message: "over",
        } as const;
        settle = () =>
          listener.settled("hub", {
            status: "failed",
            code,
            message,
            retryable: true,
          });
        return { cancel: () => cancelled.resolve() };
      },
    },
  });
  hub.hub.carry(offer({ to: ["hub"] }), new BytesBody(pattern(4)), new Heard());
  let finished = false;
  const done = hub.hub.shutdown().then(() => finished = true);
  await cancelled.promise;
  await hub.clock.advance(0);
  assert(!finished, "it is finished too early");
  settle();
  await done;
});

Deno.test("a hub that stops while a person is asked is finished without an answer", async () => {
  const asked = Promise.withResolvers<AbortSignal>();
  await using hub = new TestHub({}, {
    accept: { kind: "ask" },
    ask: (_, signal) => {
      asked.resolve(signal);
      return new Promise(() => {});
    },
  });
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  const heard = new Heard();
  alice.client.outbound.carry(
    offer({ size: 4, to: ["hub"], inline: true }),
    new BytesBody(pattern(4)),
    heard,
  );
  const signal = await asked.promise;
  await hub.hub.shutdown();
  assert(signal.aborted, "the question is still open");
  assertEquals(await heard.code("hub"), "shutdown");
  assertEquals(hub.events.kinds.at(-1), "transfer.failed");
});

Deno.test("a hub that stops tells connections that have not greeted, and those that come are refused", async () => {
  await using hub = new TestHub();
  const { port } = hub;
  using silent = await RawEnd.connect(port);
  using _greeted = await RawEnd.join(port, "bob");
  const done = hub.hub.shutdown("maintenance");
  const farewell = await silent.farewell();
  assert(farewell?.type === "bye");
  assertEquals([farewell.code, farewell.message], ["shutdown", "maintenance"]);
  await Deno.connect({ hostname: "127.0.0.1", port }).then(
    (conn) => {
      conn.close();
      throw new Error("it still listens");
    },
    () => {},
  );
  silent.conn.close();
  _greeted.conn.close();
  await done;
});

Deno.test("a hub that stops lets what is under way end within its grace, and leaves new offers to the next hub", async () => {
  await using hub = new TestHub({ graceMs: 5_000 });
  using alice = await RawEnd.join(hub.port, "alice");
  using bob = await RawEnd.join(hub.port, "bob");
  const [first, second] = [offer({ inline: true }), offer({ inline: true })];
  const bytes = pattern(4);
  await alice.send({ type: "offer", ...first });
  await bob.expect("offer");
  const done = hub.hub.shutdown();
  await alice.send({ type: "offer", ...second });
  await alice.data(second.id, 0, bytes);
  await alice.data(first.id, 0, bytes);
  await alice.send({ type: "end", id: first.id, ...digestOf(bytes) });
  await bob.body(first.id);
  await bob.send({
    type: "receipt",
    status: "delivered",
    id: first.id,
    recipient: "bob",
    verify_ms: 0,
  });
  const receipt = await alice.expect("receipt");
  assertEquals([receipt.id, receipt.status], [first.id, "delivered"]);
  assertEquals((await alice.farewell())?.code, "shutdown");
  alice.conn.close();
  bob.conn.close();
  await done;
});

Deno.test("a hub that stops waits for its grace, no longer", async () => {
  await using hub = new TestHub({ graceMs: 5_000 });
  using alice = await RawEnd.join(hub.port, "alice");
  using bob = await RawEnd.join(hub.port, "bob");
  await alice.send({ type: "offer", ...offer() });
  await bob.expect("offer");
  const done = hub.hub.shutdown();
  await hub.clock.advance(4_999);
  assertEquals(hub.hub.transfers, 1);
  await hub.clock.advance(1);
  assertEquals((await bob.farewell())?.code, "shutdown");
  alice.conn.close();
  bob.conn.close();
  await done;
});
