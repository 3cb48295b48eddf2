/** The ledger: what it keeps, what it survives, and who may read what. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { Ledger } from "../../lib/hub/ledger/ledger.ts";
import type { Viewer } from "../../lib/hub/sharing/giving.ts";
import { Share } from "../../lib/hub/sharing/share.ts";
import type { Identity } from "../../lib/identity/identity.ts";
import { LedgerFile } from "../../lib/hub/ledger/file.ts";
import type {
  RouteEnd,
  RouteFacts,
} from "../../lib/hub/routing/route_events.ts";
import { LEDGER_FLUSH_MS } from "../../lib/protocol/limits.ts";
import type { PastDelivery } from "../../lib/protocol/message.ts";
import { BytesBody } from "../../lib/transfer/body.ts";
import { FakeClock } from "../fake_clock.ts";
import { digestOf, pattern, TempDir } from "../support/files.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { keeping, newIdentity, proving } from "../support/identity.ts";
import { offer } from "../support/raw.ts";
import { Heard } from "../support/recorder.ts";

const ALL = { since: 0, limit: Infinity };
const DAY_MS = 86_400_000;
/** Lately, on the fake clock. */
const START = 1_767_323_045_678;

/** A ledger in a directory of its own, and what it warned of. */
class Kept implements Disposable {
  readonly dir = new TempDir();
  readonly clock = new FakeClock();
  readonly warnings: string[] = [];
  #ledger: Ledger | undefined;

  get ledger(): Ledger {
    return this.#ledger ??= this.open();
  }

  open(hub = "lab"): Ledger {
    return new Ledger({
      ...{ state: this.dir.path, hub, clock: this.clock },
      warn: (message) => this.warnings.push(message),
    });
  }

  close(): void {
    this.#ledger?.close();
    this.#ledger = undefined;
  }

  all(query = {}): PastDelivery[] {
    return [...this.ledger.deliveries({ ...ALL, ...query })].flat();
  }

  [Symbol.dispose](): void {
    this.close();
    this.dir[Symbol.dispose]();
  }
}

let ids = 0;

function route(fields: Partial<RouteFacts> = {}): RouteFacts {
  const id = (++ids).toString(16).padStart(16, "0");
  return {
    ...{ id, name: "a.csv", kind: "file", size: 4, from: "alice" },
    ...{ to: ["bob"], offeredAt: START, ...fields },
  };
}

function end(fields: Partial<RouteEnd> = {}): RouteEnd {
  return {
    recipient: "bob",
    outcome: { status: "delivered", verifyMs: 2, hopMs: 1 },
    digest: digestOf(pattern(4)),
    ...{ at: 1_767_323_045_700, offerMs: 5, totalMs: 20, ...fields },
  };
}

Deno.test("a hub's transfers are in its ledger, one for each recipient, with their latencies", async () => {
  using kept = new Kept();
  await using hub = new TestHub({
    clock: kept.clock,
    events: { routes: kept.ledger },
  });
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  await using _bob = await TestPeer.join(hub.port, "bob", hub.clock);
  const heard = new Heard();
  const body = new BytesBody(pattern(300_000));
  const offered = offer({ size: body.size, to: ["bob", "carol"] });
  alice.client.outbound.carry(offered, body, heard);
  await heard.outcome("bob");
  const [carol, bob, ...more] = kept.all();
  assertEquals(more, []);
  assert(bob !== undefined && carol !== undefined);
  const { latency_ms: latency, ended, ...rest } = bob;
  assertEquals(rest, {
    ...{ id: offered.id, name: "report.csv", kind: "file", size: 300_000 },
    ...{ from: "alice", to: bob.to, status: "delivered", at: rest.at },
    sha256: digestOf(pattern(300_000)).sha256,
  });
  assert(ended !== undefined && ended >= rest.at);
  assert(latency !== undefined);
  const { total, ...parts } = latency;
  const sum = Object.values(parts).reduce((a, b) => a + b, 0);
  assert(Math.abs(sum - total) < 1e-6, `${sum} is not ${total}`);
  assertEquals(
    [carol.to, carol.status, carol.code, carol.message, carol.retryable],
    ["carol", "failed", "absent", "carol is not connected", true],
  );
});

Deno.test("the parts of a latency are those the hub measured", () => {
  using kept = new Kept();
  const one = route();
  kept.ledger.offered(one);
  kept.ledger.settled(one, end());
  assertEquals(kept.all()[0]?.latency_ms, {
    ...{ total: 20, queue: 0, offer: 5, transfer: 12.5, verify: 2, ack: 0.5 },
  });
});

Deno.test("deliveries are read newest first, by name in any case, since a time, and so many", () => {
  using kept = new Kept();
  for (let n = 0; n < 450; n++) {
    const from = n % 3 === 0 ? "Alice" : "carol";
    const one = route({ name: `${n}`, from, offeredAt: START + n });
    kept.ledger.offered(one);
    if (n % 2 === 0) kept.ledger.settled(one, end());
  }
  const names = (query: object) => kept.all(query).map(({ name }) => name);
  assertEquals(names({}).length, 450, "more than one page");
  assertEquals(names({ limit: 2 }), ["449", "448"]);
  assertEquals(names({ since: START + 447 }), ["449", "448", "447"]);
  assertEquals(names({ peer: "ALICE" }).length, 150);
  assertEquals(names({ peer: "alice", limit: 1 }), ["447"]);
  assertEquals(names({ peer: "dave" }), []);
  assertEquals(kept.all({ limit: 1 })[0]?.status, "open");
});

Deno.test("a viewer is shown what is of its key, and what went to its names in any case", () => {
  using kept = new Kept();
  const facts: Partial<RouteFacts>[] = [
    { name: "own", key: "A" },
    { name: "own, under another name", from: "carol", key: "A" },
    { name: "another's under the same name", key: "B" },
    { name: "of who showed no key" },
    { name: "to it", from: "carol", to: ["Alice", "bob"], key: "B" },
    { name: "got from the hub", from: "hub", to: ["desk"], key: "A" },
    { name: "of the hub", from: "hub", to: ["bob"] },
  ];
  for (const one of facts) kept.ledger.offered(route(one));
  const seen = (viewer: Viewer, query = {}) =>
    kept.all({ viewer, ...query }).map(({ name, to }) => `${name} → ${to}`);
  assertEquals(seen({ key: "A", names: ["ALICE"] }), [
    "got from the hub → desk",
    "to it → Alice",
    "own, under another name → bob",
    "own → bob",
  ]);
  assertEquals(seen({ key: "A", names: [] }, { peer: "desk" }), [
    "got from the hub → desk",
  ]);
  assertEquals(seen({ key: "C", names: ["dave"] }), []);
  assertEquals(seen({ key: "", names: ["hub"] }, { peer: "x" }), []);
});

Deno.test("a ledger of the version before is read, and goes on with all it holds", () => {
  using kept = new Kept();
  const before = route({ name: "before.csv" });
  kept.ledger.offered(before);
  kept.ledger.stored(before, "bob", 0, digestOf(pattern(4)));
  kept.close();
  {
    using db = new DatabaseSync(kept.dir.at("ledger.db"));
    db.exec("ALTER TABLE deliveries DROP COLUMN client_key");
    db.exec("PRAGMA user_version = 1");
  }
  {
    using read = LedgerFileRead.in(kept.dir.path);
    assertEquals(read.all().map(({ name }) => name), ["before.csv"]);
  }
  kept.ledger.settled(before, end());
  kept.ledger.offered(route({ name: "after.csv", key: "A" }));
  kept.ledger.offered(route({ name: "nobody's.csv" }));
  kept.close();
  assertEquals(
    kept.all().map(({ name, status }) => [name, status]),
    [["nobody's.csv", "failed"], ["after.csv", "failed"], [
      "before.csv",
      "delivered",
    ]],
  );
  // Of what has no key noted the name decides, as it did then.
  const viewer = { key: "B", names: ["alice"] };
  assertEquals(kept.all({ viewer }).map(({ name }) => name), ["before.csv"]);
  assertEquals(kept.warnings, []);
});

Deno.test("nobody sees what a one-shot sent under a name of nobody, but who sent it and who got it", async () => {
  using kept = new Kept();
  using dir = new TempDir();
  Deno.writeTextFileSync(dir.at("list.csv"), "a");
  await using hub = new TestHub({
    clock: kept.clock,
    events: { routes: kept.ledger },
    history: kept.ledger,
    share: Share.open(dir.path, "share"),
    openHistory: false,
    ...keeping(dir.at("names")),
  });
  const [sender, recipient, other] = await Promise.all(
    [newIdentity(), newIdentity(), newIdentity()],
  );
  assert(sender && recipient && other);
  const join = (name: string, identity: Identity, greeting = {}) =>
    TestPeer.join(hub.port, name, hub.clock, {}, {
      role: "oneshot",
      ...proving(identity),
      ...greeting,
    });
  await using bob = await join("bob", recipient, { role: "peer" });
  {
    await using desk = await join("desk", sender);
    const heard = new Heard();
    const body = new BytesBody(pattern(4));
    desk.client.outbound.carry(offer({ inline: true }), body, heard);
    assertEquals(await heard.code("bob"), "delivered");
    for await (const _ of desk.client.ask({ what: "get", path: "list.csv" }));
  }
  const sees = async ({ client }: TestPeer, peer?: string) => {
    const all: string[] = [];
    const asked = { what: "history", ...(peer === undefined ? {} : { peer }) };
    for await (const { transfers = [] } of client.ask(asked)) {
      all.push(...transfers.map(({ from, to }) => `${from} → ${to}`));
    }
    return all;
  };
  const own = ["hub → desk", "desk → bob"];
  {
    await using again = await join("laptop", sender);
    assertEquals(await sees(again), own);
    assertEquals(await sees(again, "bob"), ["desk → bob"]);
    await using spy = await join("desk", other);
    assertEquals(await sees(spy), []);
  }
  // Nor by taking the name for good.
  await using taker = await join("desk", other, { role: "peer" });
  assertEquals(taker.client.name, "desk");
  assertEquals(await sees(taker, "bob"), []);
  assertEquals(await sees(bob), ["desk → bob"]);
  await using brief = await join("phone", recipient);
  assertEquals(await sees(brief), ["desk → bob"]);
});

Deno.test("what was noted is on disk after a moment, without waiting for the hub to stop", async () => {
  using kept = new Kept();
  const one = route();
  kept.ledger.offered(one);
  kept.ledger.settled(one, end());
  using before = LedgerFileRead.in(kept.dir.path);
  assertEquals(before.all(), []);
  await kept.clock.advance(LEDGER_FLUSH_MS);
  using after = LedgerFileRead.in(kept.dir.path);
  assertEquals(after.all().map(({ status }) => status), ["delivered"]);
});

/** The ledger as `ferry history` reads it where no hub runs. */
class LedgerFileRead implements Disposable {
  private constructor(readonly file: LedgerFile) {}

  static in(state: string): LedgerFileRead {
    const file = LedgerFile.read(state);
    assert(file !== undefined);
    return new LedgerFileRead(file);
  }

  all(): PastDelivery[] {
    return [...this.file.deliveries(ALL)].flat();
  }

  [Symbol.dispose](): void {
    this.file.close();
  }
}

Deno.test("what a killed hub left open has failed; what a later one ends is the same delivery", () => {
  using kept = new Kept();
  const [lost, stored] = [route(), route({ name: "kept.csv" })];
  kept.ledger.offered(lost);
  kept.ledger.offered(stored);
  kept.ledger.stored(stored, "bob", 0, digestOf(pattern(4)));
  kept.close();
  assertEquals(
    kept.all().map(({ status, code }) => [status, code]),
    [["stored", undefined], ["failed", "shutdown"]],
  );
  const at = stored.offeredAt + DAY_MS;
  kept.ledger.settled(stored, end({ at }));
  const [one, ...others] = kept.all();
  assertEquals(others.length, 1, "no delivery is told twice");
  assertEquals(one?.status, "delivered");
  assertEquals(one?.latency_ms?.total, DAY_MS, "it waited a day");
  assertEquals(one?.latency_ms?.queue, DAY_MS - 15);
});

Deno.test("only its user can read it", () => {
  if (Deno.build.os === "windows") return;
  using kept = new Kept();
  kept.ledger.offered(route());
  assertEquals(kept.all().length, 1);
  for (const name of kept.dir.list()) {
    const { mode } = Deno.statSync(kept.dir.at(name));
    assertEquals((mode ?? 0) & 0o777, 0o600, name);
  }
});

const BAD: readonly (readonly [what: string, make: (path: string) => void])[] =
  [
    ["garbage", (path) => Deno.writeTextFileSync(path, "no database at all ")],
    ["another program's database", (path) => {
      using db = new DatabaseSync(path);
      db.exec("CREATE TABLE bookmarks (url TEXT)");
    }],
    ["a later Ferry's ledger", (path) => {
      using kept = new Kept();
      kept.ledger.offered(route());
      kept.close();
      Deno.copyFileSync(kept.dir.at("ledger.db"), path);
      using db = new DatabaseSync(path);
      db.exec("PRAGMA user_version = 9");
    }],
    ["a ledger without its columns", (path) => {
      using kept = new Kept();
      kept.ledger.offered(route());
      kept.close();
      Deno.copyFileSync(kept.dir.at("ledger.db"), path);
      using db = new DatabaseSync(path);
      db.exec("ALTER TABLE deliveries DROP COLUMN sha256");
    }],
    ["a ledger cut short", (path) => {
      using kept = new Kept();
      for (let n = 0; n < 500; n++) kept.ledger.offered(route());
      kept.close();
      const bytes = Deno.readFileSync(kept.dir.at("ledger.db"));
      Deno.writeFileSync(path, bytes.subarray(0, 5000));
    }],
  ];

for (const [what, make] of BAD) {
  Deno.test(`${what} is set aside with one warning, and a new ledger begun`, () => {
    using kept = new Kept();
    make(kept.dir.at("ledger.db"));
    const before = Deno.readFileSync(kept.dir.at("ledger.db"));
    const one = route();
    kept.ledger.offered(one);
    assertEquals(kept.all().map(({ id }) => id), [one.id]);
    assertEquals(kept.warnings.length, 1, kept.warnings.join());
    assertMatch(kept.warnings[0] ?? "", /^Cannot use the ledger: .*new one/);
    const aside = kept.dir.list().filter((name) => name.includes("damaged"));
    assertEquals(aside.length, 1);
    assertEquals(Deno.readFileSync(kept.dir.at(aside[0] ?? "")), before);
  });
}

Deno.test("a ledger that cannot be written costs one warning, and is caught up on when it can be", async () => {
  using kept = new Kept();
  const { ledger } = kept;
  {
    // Somebody else holds it: as good as a full disk, and works for root too.
    using other = new DatabaseSync(kept.dir.at("ledger.db"));
    other.exec("BEGIN IMMEDIATE");
    const one = route();
    ledger.offered(one);
    await kept.clock.advance(LEDGER_FLUSH_MS);
    ledger.settled(one, end());
    await kept.clock.advance(60_000);
    assertEquals(kept.warnings.length, 1, kept.warnings.join());
    assertMatch(kept.warnings[0] ?? "", /^Cannot write the ledger: /);
    other.exec("ROLLBACK");
  }
  await kept.clock.advance(60_000);
  using read = LedgerFileRead.in(kept.dir.path);
  assertEquals(read.all().map(({ status }) => status), ["delivered"]);
});

Deno.test("a state directory that takes no ledger costs one warning and no transfer", async () => {
  using kept = new Kept();
  Deno.mkdirSync(kept.dir.at("ledger.db.lock"));
  const one = route();
  kept.ledger.offered(one);
  await kept.clock.advance(60_000);
  kept.ledger.settled(one, end());
  await kept.clock.advance(60_000);
  assertEquals(kept.all(), []);
  assertEquals(kept.warnings.length, 1, kept.warnings.join());
});

Deno.test("two hubs of a user keep a ledger each; histories of hubs of other names stay apart", () => {
  using kept = new Kept();
  const other = kept.open("annex");
  try {
    kept.ledger.offered(route({ name: "lab's" }));
    other.offered(route({ name: "annex's" }));
    assertEquals([...other.deliveries(ALL)].flat().map(({ name }) => name), [
      "annex's",
    ]);
    assertEquals(kept.all().map(({ name }) => name), ["lab's"]);
  } finally {
    other.close();
  }
  kept.close();
  const later = kept.open("depot");
  try {
    assertEquals([...later.deliveries(ALL)].flat(), []);
  } finally {
    later.close();
  }
  assertEquals(kept.warnings, []);
});

Deno.test("what is too old goes, what is not stays", async () => {
  using kept = new Kept();
  const now = kept.clock.date();
  for (const days of [200, 91, 89, 0]) {
    const offeredAt = now - days * DAY_MS;
    kept.ledger.offered(route({ name: `${days}`, offeredAt }));
  }
  await kept.clock.advance(LEDGER_FLUSH_MS);
  assertEquals(kept.all().map(({ name }) => name), ["0", "89"]);
});

Deno.test("refused outcomes keep their code and words", () => {
  using kept = new Kept();
  const one = route();
  kept.ledger.settled(
    one,
    end({
      outcome: {
        status: "failed",
        code: "absent",
        message: "bob is not connected",
        retryable: true,
      },
      digest: undefined,
    }),
  );
  const [past] = kept.all();
  assertEquals(
    [past?.status, past?.code, past?.message, past?.latency_ms, past?.sha256],
    ["failed", "absent", "bob is not connected", undefined, undefined],
  );
});

Deno.test("a history of few among many is looked for in short steps, and found whole", () => {
  using kept = new Kept();
  const count = 12_000;
  for (let n = 0; n < count; n++) {
    const from = n % 4_000 === 17 ? "carol" : "alice";
    kept.ledger.offered(route({ from }));
  }
  const steps = [...kept.ledger.deliveries({ ...ALL, peer: "carol" })];
  assert(steps.length >= 3, `${steps.length} steps`);
  assertEquals(steps.flat().length, 3);
  assertEquals(kept.all().length, count);
  assertEquals(kept.all({ limit: 450 }).length, 450);
});

Deno.test("a hub begun while another stops takes over its ledger once it has stopped; beside one that runs it keeps its own", async () => {
  using kept = new Kept();
  kept.ledger.offered(route());
  kept.ledger.stopping();
  const next = kept.open();
  next.offered(route({ name: "b.csv" }));
  assertEquals([...next.deliveries(ALL)].flat(), []);
  kept.close();
  await kept.clock.advance(1_000);
  const told = [...next.deliveries(ALL)].flat();
  assertEquals(told.map(({ name, status }) => [name, status]), [
    ["b.csv", "open"],
    ["a.csv", "failed"],
  ]);
  const beside = kept.open();
  assertEquals([...beside.deliveries(ALL)].flat(), []);
  beside.offered(route());
  assertEquals([...beside.deliveries(ALL)].flat().length, 1);
  beside.close();
  next.close();
  assertEquals(kept.warnings, []);
});
