/** The greeting: who gets in under which name, and what strangers are told. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { BytesBody } from "../../lib/transfer/body.ts";
import { pattern } from "../support/files.ts";
import { listenFrom, TestHub, TestPeer } from "../support/hub.ts";
import { hello, offer, RawEnd } from "../support/raw.ts";
import { Heard } from "../support/recorder.ts";

const encoder = new TextEncoder();

/** What a stranger says, and what it is told. */
const STRANGERS: [
  what: string,
  says: (end: RawEnd) => Promise<void>,
  code: string,
  told: RegExp,
][] = [
  [
    "garbage",
    (end) => end.write(encoder.encode("GET / HTTP/1.1\r\nHost: x\r\n\r\n")),
    "protocol",
    /^Cannot read frame: type 47 is not expected here$/,
  ],
  [
    "a frame over its limit",
    (end) => end.write(new Uint8Array([0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0])),
    "protocol",
    /^Cannot read frame: length 4294967295 exceeds the limit of 8192 for type 1$/,
  ],
  [
    "an offer before its greeting",
    (end) => end.send({ type: "offer", ...offer() }),
    "protocol",
    /^Cannot read frame: type 3 is not expected here$/,
  ],
  [
    "a greeting that is not JSON",
    (end) => end.frame("HELLO", "hello!"),
    "protocol",
    /^Cannot read HELLO: the payload is not JSON in UTF-8$/,
  ],
  [
    "a greeting nested without end",
    (end) => end.frame("HELLO", "[".repeat(8_000)),
    "protocol",
    /^Cannot read HELLO: the payload is not JSON/,
  ],
  [
    "a greeting without a role",
    (end) => end.frame("HELLO", JSON.stringify({ ...hello("x"), role: null })),
    "protocol",
    /^Cannot read HELLO: role is missing or wrong$/,
  ],
  [
    "a name that is none",
    (end) => end.send(hello("../x")),
    "protocol",
    /^Cannot read HELLO: name is missing or wrong$/,
  ],
  [
    "a version from the future",
    (end) => end.send(hello("bob", { version: { min: 7, max: 9 } })),
    "version",
    /^Cannot join: this hub speaks protocol version 1 to 1, the peer 7 to 9$/,
  ],
  [
    "the reserved name hub",
    (end) => end.send(hello("Hub")),
    "bad-name",
    /^Cannot join as Hub: the name is reserved$/,
  ],
  [
    "the reserved name all",
    (end) => end.send(hello("all")),
    "bad-name",
    /^Cannot join as all: the name is reserved$/,
  ],
  [
    "a name that is held, in other letters",
    (end) => end.send(hello("ALICE")),
    "name-taken",
    /^Cannot join as ALICE: the name is already held$/,
  ],
  [
    "a held name with somebody else's token",
    (end) => end.send(hello("alice", { token: "guessed" })),
    "name-taken",
    /^Cannot join as alice: the name is already held$/,
  ],
  [
    "a connection cut inside a frame",
    async (end) => {
      await end.write(new Uint8Array([0, 0, 0, 9, 1, 0]));
      await end.conn.closeWrite();
    },
    "protocol",
    /^Cannot read frame: the connection ended inside a frame, after 6 bytes$/,
  ],
];

for (const [what, says, code, told] of STRANGERS) {
  Deno.test(`${what} ends that connection with a readable error; transfers of others go on`, async () => {
    await using hub = new TestHub();
    await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
    await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
    const heard = new Heard();
    const bytes = pattern(3_000_000);
    alice.client.outbound.carry(
      offer({ size: bytes.length }),
      new BytesBody(bytes),
      heard,
    );
    using stranger = await RawEnd.connect(hub.port);
    await says(stranger);
    const farewell = await stranger.farewell();
    assert(farewell?.type === "error", `no error but ${farewell?.type}`);
    assertEquals([farewell.code, farewell.scope], [code, "connection"]);
    assertMatch(farewell.message, told);
    assertEquals(await stranger.next(), undefined);
    stranger.conn.close();
    await hub.heard(`trouble 127.0.0.1: ${code}`);
    assertEquals(await heard.code("bob"), "delivered");
    assertEquals(bob.read("report.csv"), bytes);
    assertEquals(hub.hub.peers().map(({ name }) => name), ["alice", "bob"]);
  });
}

Deno.test("a connection that does not greet in time is told so and ended", async () => {
  await using hub = new TestHub({ handshakeMs: 5_000 });
  using silent = await RawEnd.connect(hub.port);
  using dripping = await RawEnd.connect(hub.port);
  await dripping.write(new Uint8Array([0, 0]));
  // Connections are taken in order: when this one is greeted, those before were taken.
  using _greeted = await RawEnd.join(hub.port, "bob");
  await hub.clock.advance(5_000);
  for (const end of [silent, dripping]) {
    const farewell = await end.farewell();
    assert(farewell?.type === "error");
    assertEquals(farewell.code, "deadline.handshake");
    assertEquals(farewell.message, "Cannot join: no greeting came within 5 s");
  }
  assertEquals(hub.hub.peers().length, 1);
});

Deno.test("a name that is held is adapted for who allows it, and found under the new name", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  const second = await TestPeer.join(hub.port, "Alice", hub.clock, {}, {
    adapt: true,
  });
  await using _ = second;
  assertEquals(second.client.name, "Alice-2");
  const heard = new Heard();
  alice.client.outbound.carry(
    offer({ to: ["alice-2"], inline: true }),
    new BytesBody(pattern(4)),
    heard,
  );
  assertEquals(await heard.code("alice-2"), "delivered");
  assertEquals(second.files(), ["report.csv"]);
});

Deno.test("a reserved name is adapted for who allows it", async () => {
  await using hub = new TestHub();
  using end = await RawEnd.join(hub.port, "hub", { adapt: true });
  assertEquals(end.welcome.name, "hub-2");
});

Deno.test("who comes back with its token takes its name from its old connection", async () => {
  await using hub = new TestHub();
  using watcher = await RawEnd.join(hub.port, "watcher");
  using first = await RawEnd.join(hub.port, "bob");
  const { token } = first.welcome;
  using second = await RawEnd.join(hub.port, "bob", { token });
  assertEquals(second.welcome.name, "bob");
  assert(second.welcome.token !== token, "the token was not renewed");
  await first.ended().catch(() => {});
  await hub.heard("trouble bob: disconnected: it connected anew");
  assertEquals(hub.hub.peers().map(({ name }) => name), ["watcher", "bob"]);
  const changes: string[] = [];
  while (changes.length < 3) {
    const heard = await watcher.next();
    if (heard?.type === "presence") changes.push(heard.change);
  }
  assertEquals(changes, ["joined", "left", "joined"]);
});

Deno.test("a hub with all its peers refuses another, and takes one again when one has left", async () => {
  await using hub = new TestHub({ maxPeers: 2 });
  using _alice = await RawEnd.join(hub.port, "alice");
  using bob = await RawEnd.join(hub.port, "bob");
  const refused = await assertRejects(
    () => TestPeer.join(hub.port, "carol", hub.clock),
    Failure,
    "Cannot join as carol: the hub has its 2 peers",
  );
  assertEquals(refused.code, "limit");
  using oneshot = await RawEnd.join(hub.port, "once", { role: "oneshot" });
  assertEquals(oneshot.welcome.peers.map(({ name }) => name), ["alice", "bob"]);
  await bob.send({ type: "bye" });
  await bob.ended();
  bob.conn.close();
  await hub.heard("left bob");
  using _carol = await RawEnd.join(hub.port, "carol");
});

Deno.test("a one-shot holds no name: it is not listed, not announced and cannot be sent to", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  using _once = await RawEnd.join(hub.port, "once", { role: "oneshot" });
  assertEquals(hub.hub.peers().map(({ name }) => name), ["alice"]);
  const heard = new Heard();
  alice.client.outbound.carry(
    offer({ to: ["once"], inline: true }),
    new BytesBody(pattern(4)),
    heard,
  );
  assertEquals(await heard.code("once"), "absent");
  assertEquals(hub.news.all, ["joined alice"]);
});

Deno.test("a second greeting on one connection is a breach", async () => {
  await using hub = new TestHub();
  using bob = await RawEnd.join(hub.port, "bob");
  await bob.send(hello("carol"));
  const farewell = await bob.farewell();
  assertEquals(farewell?.message, "Cannot take HELLO: it was said before");
  bob.conn.close();
  await hub.heard("left bob");
  assertEquals(hub.hub.peers(), []);
});

Deno.test("everyone hears who joins and leaves, with the names each holds", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  const heard = Promise.withResolvers<string>();
  alice.client.onPresence((change, { name }) => {
    if (change === "left") heard.resolve(name);
  });
  {
    await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
    assertEquals([...bob.client.peers.keys()], ["alice", "bob"]);
  }
  assertEquals(await heard.promise, "bob");
  assertEquals([...alice.client.peers.keys()], ["alice"]);
});

Deno.test("a one-shot sends under a peer's name only from the machine of that peer", async () => {
  const listener = listenFrom("192.0.2.1", "192.0.2.1", "192.0.2.2");
  await using hub = new TestHub({ listener });
  using _bob = await RawEnd.join(hub.port, "bob");
  using own = await RawEnd.join(hub.port, "Bob", { role: "oneshot" });
  assertEquals(own.welcome.name, "Bob");
  using other = await RawEnd.join(hub.port, "Bob", { role: "oneshot" });
  assertEquals(other.welcome.name, "Bob-2");
});

Deno.test("a one-shot cannot take a reserved name", async () => {
  await using hub = new TestHub();
  using end = await RawEnd.connect(hub.port);
  await end.send(hello("hub", { role: "oneshot" }));
  const told = await end.expect("error");
  assertEquals(told.code, "bad-name");
});

Deno.test("a one-shot on a machine named hub sends under a variant of the name", async () => {
  await using hub = new TestHub();
  using end = await RawEnd.join(hub.port, "hub", {
    role: "oneshot",
    adapt: true,
  });
  assertEquals(end.welcome.name, "hub-2");
});

Deno.test("a connection the system cannot set up any more ends by itself, and the hub goes on", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let taken = 0;
  await using hub = new TestHub({
    listener: {
      addr: listener.addr,
      close: () => listener.close(),
      async accept() {
        const conn = await listener.accept();
        // What macOS says of a connection that was reset before it was taken.
        if (taken++ === 0) {
          conn.setNoDelay = () => {
            throw new TypeError("Invalid argument");
          };
        }
        return conn;
      },
    },
  });
  using first = await RawEnd.connect(hub.port);
  first.conn.close();
  using _bob = await RawEnd.join(hub.port, "bob");
});
