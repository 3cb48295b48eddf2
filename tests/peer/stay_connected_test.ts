/** A peer that stays: comes back by itself, under its name, and knows when not to. */
import { assert, assertEquals } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import type { Client } from "../../lib/peer/client.ts";
import { type PeerOptions, stayConnected } from "../../lib/peer/peer.ts";
import type { MessageOf } from "../../lib/protocol/message.ts";
import { FakeClock } from "../fake_clock.ts";
import { TestHub } from "../support/hub.ts";
import { RawEnd, RawListener, welcome } from "../support/raw.ts";
import { Recorder } from "../support/recorder.ts";
import { within } from "../support/within.ts";

/** A peer under test, told to dial whatever the test says. */
class Staying {
  readonly clock = new FakeClock();
  readonly connected = new Recorder<Client>();
  readonly lost = new Recorder<{ code: string; retryMs: number }>();
  readonly #leave = new AbortController();
  /** Undefined when it left, else what it gave up with. */
  readonly ended: Promise<Failure | undefined>;

  constructor(
    dial: () => Promise<Deno.TcpConn>,
    options: Partial<PeerOptions> = {},
  ) {
    const { clock } = this;
    const peer = stayConnected({
      dial,
      clock,
      random: () => 1,
      signal: this.#leave.signal,
      name: "bob",
      adapt: false,
      software: "test",
      handshakeMs: 5_000,
      idleMs: 30_000,
      connected: this.connected.add,
      disconnected: ({ code }, retryMs) => this.lost.add({ code, retryMs }),
      ...options,
    });
    this.ended = peer.then(() => undefined, (error) => error);
  }

  leave(): void {
    this.#leave.abort();
  }
}

function connect(port: number): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: "127.0.0.1", port });
}

const unreachable = () =>
  Promise.reject(new Failure("unreachable", "Cannot reach it: gone"));

/** Takes the next connection as a hub and greets it; gives what the peer said. */
async function greet(
  listener: RawListener,
): Promise<{ hub: RawEnd; said: MessageOf<"hello"> }> {
  const hub = await listener.accept();
  const said = await hub.expect("hello");
  await hub.send(welcome(said.name, { token: `token of ${said.name}` }));
  return { hub, said };
}

Deno.test("a lost hub is tried again after waits that double up to 15 seconds, each spread by chance", async () => {
  using listener = new RawListener();
  let attempts = 0;
  const peer = new Staying(() =>
    ++attempts === 1 ? connect(listener.port) : unreachable()
  );
  const { hub } = await greet(listener);
  await peer.connected.count(1, "connections");
  hub.conn.close();
  const waits = [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000];
  for (const [i, ms] of waits.entries()) {
    await peer.lost.count(i + 1, "losses");
    assertEquals(peer.lost.all[i]?.retryMs, ms);
    assertEquals(attempts, i + 1);
    await peer.clock.advance(ms - 1);
    assertEquals(attempts, i + 1, "it came back too early");
    await peer.clock.advance(1);
    assertEquals(attempts, i + 2);
  }
  assertEquals(peer.lost.all.map(({ code }) => code), [
    "disconnected",
    ...waits.map(() => "unreachable"),
  ]);
  peer.leave();
  assertEquals(await peer.ended, undefined);
  assertEquals(peer.clock.pending, 0);
});

Deno.test("chance takes up to half of a wait away", async () => {
  using listener = new RawListener();
  const peer = new Staying(() => connect(listener.port), { random: () => 0 });
  const { hub } = await greet(listener);
  hub.conn.close();
  await peer.lost.count(1, "losses");
  assertEquals(peer.lost.all[0]?.retryMs, 125);
  peer.leave();
  await peer.ended;
});

Deno.test("it comes back with its own name and token, and waits short again after a success", async () => {
  using listener = new RawListener();
  const peer = new Staying(() => connect(listener.port), { adapt: true });
  for (let i = 0; i < 3; i++) {
    const { hub, said } = await greet(listener);
    assertEquals(said.adapt, i === 0);
    assertEquals(said.token, i === 0 ? undefined : "token of bob");
    await peer.connected.count(i + 1, "connections");
    hub.conn.close();
    await peer.lost.count(i + 1, "losses");
    assertEquals(peer.lost.all[i], { code: "disconnected", retryMs: 250 });
    if (i < 2) await peer.clock.advance(250);
  }
  peer.leave();
  assertEquals(await peer.ended, undefined);
});

for (const code of ["name-taken", "bad-name", "version", "auth"]) {
  Deno.test(`a return refused with ${code} is given up`, async () => {
    using listener = new RawListener();
    const peer = new Staying(() => connect(listener.port));
    const { hub } = await greet(listener);
    await peer.connected.count(1, "connections");
    hub.conn.close();
    await peer.lost.count(1, "losses");
    await peer.clock.advance(250);
    using second = await listener.accept();
    await second.expect("hello");
    const message = "Cannot join as bob: no";
    await second.send({
      type: "error",
      code,
      scope: "connection",
      retryable: false,
      message,
    });
    second.conn.close();
    const failure = await within(peer.ended, "the end");
    assertEquals([failure?.code, failure?.message], [code, message]);
  });
}

Deno.test("a return refused for want of room is tried again", async () => {
  using listener = new RawListener();
  const peer = new Staying(() => connect(listener.port));
  const first = await greet(listener);
  first.hub.conn.close();
  await peer.lost.count(1, "losses");
  await peer.clock.advance(250);
  using second = await listener.accept();
  await second.expect("hello");
  await second.send({ type: "bye", code: "limit", message: "full" });
  second.conn.close();
  await peer.lost.count(2, "losses");
  assertEquals(peer.lost.all[1], { code: "limit", retryMs: 500 });
  peer.leave();
  await peer.ended;
});

Deno.test("a first connection that fails is not tried again", async () => {
  const peer = new Staying(unreachable);
  assertEquals((await peer.ended)?.code, "unreachable");
  assertEquals(peer.lost.all, []);
  assertEquals(peer.clock.pending, 0);
});

Deno.test("a hub that does not greet in time fails the first connection", async () => {
  using listener = new RawListener();
  const peer = new Staying(() => connect(listener.port));
  using hub = await listener.accept();
  await hub.expect("hello");
  await peer.clock.advance(5_000);
  const failure = await peer.ended;
  assertEquals(failure?.code, "deadline.handshake");
  assertEquals(
    failure?.message,
    "Cannot join: the hub did not greet within 5 s",
  );
});

Deno.test("told to leave, it says BYE and is gone from its hub", async () => {
  await using hub = new TestHub();
  const peer = new Staying(() => connect(hub.port));
  await hub.heard("joined bob");
  await peer.connected.count(1, "connections");
  peer.leave();
  assertEquals(await within(peer.ended, "the end"), undefined);
  await hub.heard("left bob");
  assertEquals(hub.news.all, ["joined bob", "left bob"]);
  assertEquals(peer.clock.pending, 0);
});

Deno.test("told to leave while it waits or greets, it leaves at once", async () => {
  using listener = new RawListener();
  const waiting = new Staying(() => connect(listener.port));
  const { hub } = await greet(listener);
  hub.conn.close();
  await waiting.lost.count(1, "losses");
  waiting.leave();
  assertEquals(await within(waiting.ended, "the end"), undefined);

  const greeting = new Staying(() => connect(listener.port));
  using silent = await listener.accept();
  await silent.expect("hello");
  greeting.leave();
  assertEquals(await within(greeting.ended, "the end"), undefined);
});

Deno.test("a hub that comes back at its address gets its peer back", async () => {
  let hub = new TestHub();
  const peer = new Staying(() => connect(hub.port));
  await peer.connected.count(1, "connections");
  await hub[Symbol.asyncDispose]();
  await peer.lost.count(1, "losses");
  assertEquals(peer.lost.all[0]?.code, "shutdown");
  hub = new TestHub();
  await using _ = hub;
  await peer.clock.advance(250);
  await hub.heard("joined bob");
  assert(peer.connected.all.length <= 2);
  peer.leave();
  await peer.ended;
});

Deno.test("a name that is held when it first comes is an error at once", async () => {
  await using hub = new TestHub();
  using _held = await RawEnd.join(hub.port, "bob");
  const peer = new Staying(() => connect(hub.port));
  const failure = await peer.ended;
  assertEquals([failure?.code, failure?.message], [
    "name-taken",
    "Cannot join as bob: the name is already held",
  ]);
});
