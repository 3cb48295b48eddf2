/** A bundle on its way through the hub: to whom it may go, and what the hub's record says of it. */
import { assert, assertEquals } from "@std/assert";
import { Ledger } from "../../lib/hub/ledger/ledger.ts";
import { Failure } from "../../lib/failure.ts";
import { BundleBody } from "../../lib/peer/bundles.ts";
import { Tree } from "../../lib/peer/tree.ts";
import { idWithin } from "../../lib/protocol/bundle.ts";
import { BytesBody } from "../../lib/transfer/body.ts";
import type { Offer } from "../../lib/transfer/transfer.ts";
import { FakeClock } from "../fake_clock.ts";
import { pattern, TempDir } from "../support/files.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { offer, RawEnd } from "../support/raw.ts";
import { Heard } from "../support/recorder.ts";

const TREE = "00000000000000aa";
const BODY = pattern(30);

/** A bundle of two files. */
function bundle(to: string[]): Offer {
  const files = [{ name: "d/a", size: 10 }, { name: "d/b", size: 20 }];
  const { id, from, deadlines } = offer();
  return {
    ...{ id, from, to, deadlines, files, kind: "bundle", name: "d" },
    ...{ size: 30, inline: true, tree: TREE },
  };
}

Deno.test("a bundle reaches whoever knows bundles; who does not never sees one, and its sender learns it", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  using plain = await RawEnd.join(hub.port, "plain");
  const heard = new Heard();
  const to = ["bob", "hub", "plain"];
  alice.client.outbound.carry(bundle(to), new BytesBody(BODY), heard);
  assertEquals((await heard.outcome("bob")).status, "delivered");
  assertEquals((await heard.outcome("hub")).status, "delivered");
  assertEquals(await heard.code("plain"), "split");
  for (const dir of [bob.inboxDir, hub.inboxDir]) {
    assertEquals(Deno.readFileSync(`${dir}/d/a`), BODY.subarray(0, 10));
    assertEquals(Deno.readFileSync(`${dir}/d/b`), BODY.subarray(10));
  }
  // The next thing it hears of is a file.
  const single = offer({ to: ["plain"], inline: true, size: 30 });
  alice.client.outbound.carry(single, new BytesBody(BODY), new Heard());
  let next = await plain.next();
  while (next?.type !== "offer") next = await plain.next();
  assertEquals([next.id, next.kind], [single.id, "file"]);
});

Deno.test("the ledger has a row for each file of a bundle, and none for what comes again one by one", async () => {
  using dir = new TempDir();
  const warnings: string[] = [];
  const clock = new FakeClock();
  const ledger = new Ledger({
    ...{ state: dir.path, hub: "lab", clock },
    warn: (message) => warnings.push(message),
  });
  await using kept = new TestHub({ clock, events: { routes: ledger } });
  await using alice = await TestPeer.join(kept.port, "alice", clock);
  await using _bob = await TestPeer.join(kept.port, "bob", clock);
  using _plain = await RawEnd.join(kept.port, "plain");
  const heard = new Heard();
  const offered = bundle(["bob", "plain", "carol"]);
  alice.client.outbound.carry(offered, new BytesBody(BODY), heard);
  for (const one of ["bob", "plain", "carol"]) await heard.outcome(one);
  const rows = [...ledger.deliveries({ since: 0, limit: 100 })].flat();
  const told = rows.map(({ id, name, kind, size, to, status, code }) =>
    [id, name, kind, size, to, status, code].join(" ").trim()
  );
  const second = idWithin(offered.id, 1);
  assertEquals(told.sort(), [
    `${offered.id} d/a file 10 bob delivered`,
    `${offered.id} d/a file 10 carol failed absent`,
    `${second} d/b file 20 bob delivered`,
    `${second} d/b file 20 carol failed absent`,
  ]);
  const [bob] = rows.filter(({ to }) => to === "bob");
  assert(bob?.latency_ms !== undefined && bob.latency_ms.total >= 0);
  ledger.close();
  assertEquals(warnings, []);
});

Deno.test("a bundle its sender cannot read is no failure to anybody: its files come one by one", async () => {
  using dir = new TempDir();
  const clock = new FakeClock();
  const ledger = new Ledger({
    ...{ state: dir.path, hub: "lab", clock, warn: () => {} },
  });
  await using hub = new TestHub({ clock, events: { routes: ledger } });
  await using alice = await TestPeer.join(hub.port, "alice", clock);
  await using bob = await TestPeer.join(hub.port, "bob", clock);
  const tree = new Tree("d");
  const fill = (): never => {
    throw new Failure("input", "it grew while it was sent");
  };
  const open = () => new BytesBody(BODY);
  const part = { name: "d/a", kind: "file", tree, fill, open } as const;
  const parts = [{ ...part, size: 10 }, { ...part, name: "d/b", size: 20 }];
  const body = new BundleBody({ kind: "bundle", parts, size: 30, tree });
  const heard = new Heard();
  alice.client.outbound.carry(bundle(["bob"]), body, heard);
  assertEquals(await heard.code("bob"), "split");
  // What comes next has passed both.
  const next = new Heard();
  const single = offer({ inline: true, size: 30 });
  alice.client.outbound.carry(single, new BytesBody(BODY), next);
  assertEquals((await next.outcome("bob")).status, "delivered");
  const names = [...ledger.deliveries({ since: 0, limit: 100 })].flat()
    .map(({ name, status }) => `${name} ${status}`);
  ledger.close();
  assertEquals(names, ["report.csv delivered"]);
  assertEquals(
    bob.events.all.filter(({ event }) => event === "transfer.failed"),
    [],
  );
});
