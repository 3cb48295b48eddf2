/** Row: an alias taken for an identity (LocalSend CVE-2025-54792). */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { NameBook } from "../../lib/hub/admission/names.ts";
import { BytesBody } from "../../lib/transfer/body.ts";
import { pattern, TempDir } from "../support/files.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { keeping, newIdentity, proving, shown } from "../support/identity.ts";
import { hello, offer, RawEnd } from "../support/raw.ts";
import { Heard } from "../support/recorder.ts";

const ROW = "safety: an alias taken for an identity";
const [ALICE, EVE] = [await newIdentity(), await newIdentity()];

const taken = async (joining: Promise<unknown>) => {
  const failure = await assertRejects(() => joining, Failure);
  return `${failure.code}: ${failure.message}`;
};
const BELONGS =
  "name-taken: Cannot join as ALICE: the name belongs to another; ferry peers --forget ALICE on the hub's machine frees it";

Deno.test(`${ROW}: a name belongs to the first key, while it is held, after, and on the next hub`, async () => {
  using dir = new TempDir();
  const state = dir.at("hub");
  {
    await using hub = new TestHub(keeping(state));
    const join = (name: string, identity = ALICE) =>
      TestPeer.join(hub.port, name, hub.clock, {}, proving(identity));
    {
      await using _alice = await join("alice");
      assertEquals(
        await taken(join("ALICE", EVE)),
        "name-taken: Cannot join as ALICE: the name is already held",
      );
    }
    await hub.heard("left alice");
    assertEquals(await taken(join("ALICE", EVE)), BELONGS);
    await using _again = await join("alice");
  }
  await using next = new TestHub(keeping(state));
  const eve = TestPeer.join(next.port, "ALICE", next.clock, {}, proving(EVE));
  assertEquals(await taken(eve), BELONGS);
});

Deno.test(`${ROW}: the operator frees a name, and a hub that runs sees it at once`, async () => {
  using dir = new TempDir();
  await using hub = new TestHub(keeping(dir.path));
  const join = (identity = ALICE) =>
    TestPeer.join(hub.port, "alice", hub.clock, {}, proving(identity));
  const alice = await join();
  assert(new NameBook(dir.path).forget("alice"));
  // Who holds it keeps it until it leaves.
  assertMatch(await taken(join(EVE)), /already held/);
  await alice[Symbol.asyncDispose]();
  await hub.heard("left alice");
  await using _eve = await join(EVE);
  assertMatch(await taken(join()), /already held/);
});

Deno.test(`${ROW}: a stolen token without the key takes no name`, async () => {
  using dir = new TempDir();
  await using hub = new TestHub(keeping(dir.path));
  using alice = await RawEnd.join(
    hub.port,
    "alice",
    await shown(ALICE, "alice"),
  );
  const { token } = alice.welcome;
  using eve = await RawEnd.connect(hub.port);
  await eve.send(hello("alice", { ...await shown(EVE, "alice"), token }));
  assertEquals((await eve.expect("error")).code, "name-taken");
  using again = await RawEnd.join(hub.port, "alice", {
    ...await shown(ALICE, "alice"),
    token,
  });
  assertEquals(again.welcome.name, "alice");
  await hub.heard("trouble alice: disconnected: it connected anew");
});

Deno.test(`${ROW}: a key held live is not taken over by its own, unless that has gone silent`, async () => {
  using dir = new TempDir();
  await using hub = new TestHub(keeping(dir.path));
  using first = await RawEnd.join(
    hub.port,
    "alice",
    await shown(ALICE, "alice"),
  );
  const wish = hello("alice", await shown(ALICE, "alice"));
  using second = await RawEnd.connect(hub.port);
  await second.send(wish);
  assertEquals((await second.expect("error")).code, "name-taken");
  await hub.clock.advance(15_001);
  const theirs = hello("alice", await shown(EVE, "alice"));
  using eve = await RawEnd.connect(hub.port);
  await eve.send(theirs);
  assertEquals((await eve.expect("error")).code, "name-taken");
  using third = await RawEnd.connect(hub.port);
  await third.send(wish);
  assertEquals((await third.expect("welcome")).name, "alice");
  await first.ended().catch(() => {});
});

Deno.test(`${ROW}: nobody joins without a key, or with one it cannot sign with`, async () => {
  using dir = new TempDir();
  await using hub = new TestHub(keeping(dir.path));
  const good = await shown(ALICE, "alice");
  const elsewhere = new Uint8Array(32).fill(9);
  const cases = {
    "no key": {},
    "no signature": { key: ALICE.key },
    "another's key": { ...good, key: EVE.key },
    "another name's signature": await shown(ALICE, "bob"),
    "another role's signature": { ...good, role: "oneshot" as const },
    "another hub's signature": await shown(ALICE, "alice", "peer", elsewhere),
  };
  for (const [what, fields] of Object.entries(cases)) {
    using eve = await RawEnd.connect(hub.port);
    await eve.send(hello("alice", fields));
    assertEquals((await eve.expect("error")).code, "auth", what);
  }
  assertEquals(dir.list(), [], "nothing was bound");
});

Deno.test(`${ROW}: a one-shot sends under a name only with the key it belongs to`, async () => {
  using dir = new TempDir();
  await using hub = new TestHub(keeping(dir.path));
  using _alice = await RawEnd.join(
    hub.port,
    "Alice",
    await shown(ALICE, "Alice"),
  );
  const nameOf = async (identity: typeof ALICE | undefined, adapt: boolean) => {
    const fields = identity === undefined
      ? { role: "oneshot" as const }
      : await shown(identity, "alice", "oneshot");
    using end = await RawEnd.connect(hub.port);
    await end.send(hello("alice", { ...fields, adapt }));
    const heard = await end.next();
    assert(heard?.type === "welcome" || heard?.type === "error");
    return heard.type === "welcome" ? heard.name : heard.code;
  };
  assertEquals(await nameOf(ALICE, false), "alice");
  assertEquals(await nameOf(EVE, false), "name-taken");
  assertEquals(await nameOf(undefined, false), "name-taken");
  assertEquals(await nameOf(ALICE, true), "alice");
  assertEquals(await nameOf(EVE, true), "alice-2");
  assertEquals(await nameOf(undefined, true), "alice-2");
  // A one-shot binds nothing.
  assertEquals([...new NameBook(dir.path).namesOf(EVE.key)], []);
});

Deno.test(`${ROW}: a name made unique is the same again next time`, async () => {
  using dir = new TempDir();
  const state = dir.at("hub");
  const named = async (hub: TestHub, identity: typeof ALICE) => {
    const wish = { ...proving(identity), adapt: true };
    return await TestPeer.join(hub.port, "host", hub.clock, {}, wish);
  };
  {
    await using hub = new TestHub(keeping(state));
    await using first = await named(hub, ALICE);
    await using second = await named(hub, EVE);
    await using third = await named(hub, EVE);
    const names = [first, second, third].map(({ client }) => client.name);
    assertEquals(names, ["host", "host-2", "host-3"]);
  }
  await using hub = new TestHub(keeping(state));
  await using eve = await named(hub, EVE);
  assertEquals(eve.client.name, "host-2");
  await using twin = await named(hub, EVE);
  assertEquals(twin.client.name, "host-3");
  using other = await RawEnd.join(hub.port, "host", {
    ...await shown(await newIdentity(), "host"),
    adapt: true,
  });
  assertEquals(other.welcome.name, "host-4");
  new NameBook(state).forget("host");
  await using again = await named(hub, ALICE);
  assertEquals(again.client.name, "host");
});

Deno.test(`${ROW}: what is sent to a name whose owner is away goes to nobody else`, async () => {
  using dir = new TempDir();
  await using hub = new TestHub(keeping(dir.path));
  const alice = await TestPeer.join(
    hub.port,
    "alice",
    hub.clock,
    {},
    proving(ALICE),
  );
  await alice[Symbol.asyncDispose]();
  await hub.heard("left alice");
  await using eve = await TestPeer.join(hub.port, "alice", hub.clock, {}, {
    ...proving(EVE),
    adapt: true,
  });
  assertEquals(eve.client.name, "alice-2");
  const heard = new Heard();
  const sent = offer({ to: ["alice"], inline: true });
  eve.client.outbound.carry(sent, new BytesBody(pattern(4)), heard);
  assertEquals(await heard.code("alice"), "absent");
  assertEquals(eve.files(), []);
});
