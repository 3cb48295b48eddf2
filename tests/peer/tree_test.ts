/** A directory through a hub: what arrives, what is left out, what is not sent again, and what stops it. */
import { assert, assertEquals } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import {
  type OutboxOptions,
  sendAll,
  type Sent,
} from "../../lib/peer/outbox.ts";
import { treeItems } from "../../lib/peer/tree.ts";
import type { Carrier, Offer } from "../../lib/transfer/transfer.ts";
import { systemClock } from "../../lib/time/clock.ts";
import { TempDir } from "../support/files.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { Events } from "../support/recorder.ts";

/** What a directory holds, by path: links and empty directories as such, files by content. */
function snapshot(dir: string, below = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { name, isDirectory, isSymlink } of Deno.readDirSync(dir)) {
    const path = `${dir}/${name}`;
    const shown = `${below}${name}`;
    if (isSymlink) found[shown] = "link";
    else if (!isDirectory) found[shown] = Deno.readTextFileSync(path);
    else {
      const inside = snapshot(path, `${shown}/`);
      Object.assign(
        found,
        Object.keys(inside).length === 0 ? { [`${shown}/`]: "" } : inside,
      );
    }
  }
  return found;
}

function write(dir: string, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    const at = path.lastIndexOf("/");
    if (at >= 0) {
      Deno.mkdirSync(`${dir}/${path.slice(0, at)}`, { recursive: true });
    }
    if (!path.endsWith("/")) Deno.writeTextFileSync(`${dir}/${path}`, content);
  }
}

interface Sending extends Partial<OutboxOptions> {
  readonly carrier: Carrier;
  readonly followLinks?: boolean;
  readonly madeBefore?: number;
}

async function send(
  path: string,
  { followLinks = false, madeBefore = Date.now(), ...options }: Sending,
): Promise<{ sent: Sent; events: Events; leftOut: string[] }> {
  const events = new Events();
  const leftOut: string[] = [];
  const items = treeItems(path, "project", {
    followLinks,
    madeBefore,
    leftOut: (name, state) => leftOut.push(`${name}: ${state}`),
  });
  const sent = await sendAll(items, {
    from: "alice",
    to: ["bob"],
    deadlines: { acceptMs: 5_000, idleMs: 5_000, receiptMs: 5_000 },
    clock: systemClock,
    commandAt: systemClock.now(),
    roundTripMs: () => 0,
    bundles: true,
    emit: events.add,
    signal: new AbortController().signal,
    ...options,
  });
  return { sent, events, leftOut };
}

/** A carrier that notes what is offered and passes it on. */
function noting(carrier: Carrier, offers: Offer[]): Carrier {
  return {
    carry(offer, body, listener) {
      offers.push(offer);
      return carrier.carry(offer, body, listener);
    },
  };
}

const FILES = {
  "a.txt": "a",
  "src/b.ts": "bb",
  "src/deep/er/large": "l".repeat(70_000),
  "src/.hidden": "h",
  "z-empty/": "",
};

Deno.test("a directory arrives as it was, through the hub and at the hub itself", async () => {
  using dir = new TempDir();
  write(dir.path, FILES);
  const then = new Date("2019-05-05T01:02:03.004Z");
  Deno.utimeSync(dir.at("src/b.ts"), then, then);
  Deno.chmodSync(dir.at("a.txt"), 0o755);
  Deno.utimeSync(dir.path, then, then);
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  const { sent, events } = await send(dir.path, {
    carrier: bob.client.outbound,
    to: ["bob", "hub"],
  });
  assertEquals([sent.failed, sent.least], [0, 2]);
  for (const inbox of [bob.inboxDir, hub.inboxDir]) {
    assertEquals(snapshot(`${inbox}/project`), snapshot(dir.path));
    const stat = (name: string) => Deno.statSync(`${inbox}/project/${name}`);
    assertEquals(stat("src/b.ts").mtime, then);
    assertEquals(stat("").mtime, then);
    assert(((stat("a.txt").mode ?? 0) & 0o100) !== 0);
    assert(((stat("src/b.ts").mode ?? 0) & 0o100) === 0);
  }
  // Each file once for each recipient, and the directory once.
  const completed = events.all.flatMap((event) =>
    event.event === "transfer.completed" ? [`${event.name} ${event.to}`] : []
  );
  assertEquals(completed.length, 12);
  assertEquals(new Set(completed).size, 12);
  assertEquals(completed.slice(-2).sort(), ["project bob", "project hub"]);
});

Deno.test("sent again nothing of it travels; after an interruption, what is missing does", async () => {
  using dir = new TempDir();
  write(dir.path, FILES);
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  await send(dir.path, { carrier: bob.client.outbound });
  const offers: Offer[] = [];
  const carrier = noting(bob.client.outbound, offers);
  const again = await send(dir.path, { carrier });
  assertEquals(again.sent.failed, 0);
  assert(offers.every(({ inline, kind }) => inline === (kind === "directory")));
  const last = again.events.all.at(-1);
  assert(last?.event === "transfer.completed");
  assertEquals(last.files, { transferred: 0, unchanged: 4, failed: 0 });
  const arrivals = bob.events.all.filter((event) =>
    event.event === "transfer.completed" && event.kind === "file" &&
    event.sha256 !== undefined
  );
  assertEquals(arrivals.length, 4, "something was received twice");

  Deno.removeSync(`${bob.inboxDir}/project/src/deep`, { recursive: true });
  const third = await send(dir.path, { carrier });
  const end = third.events.all.at(-1);
  assert(end?.event === "transfer.completed");
  assertEquals(end.files, { transferred: 1, unchanged: 3, failed: 0 });
  assertEquals(snapshot(`${bob.inboxDir}/project`), snapshot(dir.path));
});

Deno.test("links are left out and named, or followed once when told to", async () => {
  using dir = new TempDir();
  write(dir.path, { "tree/a": "a", "beside/b": "b" });
  const tree = dir.at("tree");
  Deno.symlinkSync("a", `${tree}/to-file`);
  Deno.symlinkSync("../beside", `${tree}/to-directory`);
  Deno.symlinkSync("..", `${tree}/up`);
  Deno.symlinkSync("nowhere", `${tree}/broken`);
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  const carrier = bob.client.outbound;
  const plain = await send(tree, { carrier });
  assertEquals(plain.sent.failed, 0);
  assertEquals(plain.leftOut.map((one) => one.split(":")[0]), [
    "project/broken",
    "project/to-directory",
    "project/to-file",
    "project/up",
  ]);
  assertEquals(snapshot(`${bob.inboxDir}/project`), { a: "a" });

  const followed = await send(tree, { carrier, followLinks: true });
  // `broken`, and it again in `up`.
  assertEquals([followed.sent.failed, [...followed.sent.codes]], [2, [
    "input",
  ]]);
  const got = snapshot(`${bob.inboxDir}/project`);
  assertEquals(got["to-file"], "a");
  assertEquals(got["to-directory/b"], "b");
  // `up` holds the directory itself, which is not entered again.
  assertEquals(got["up/beside/b"], "b");
  assertEquals(got["up/tree/a"], "a");
  assert(Object.keys(got).every((name) => !name.includes("up/tree/up")));
});

Deno.test("what cannot be read fails by itself, for everyone", async () => {
  using dir = new TempDir();
  write(dir.path, { a: "a", b: "b" });
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  const carrier: Carrier = {
    carry(offer, body, listener) {
      // Found when the directory was walked, gone at its turn.
      if (offer.name === "project") Deno.chmodSync(dir.at("a"), 0o000);
      return bob.client.outbound.carry(offer, body, listener);
    },
  };
  const isRoot = Deno.uid() === 0; // Whom nothing is forbidden.
  if (isRoot) Deno.symlinkSync("nowhere", dir.at("c"));
  const { sent, events } = await send(dir.path, {
    carrier,
    followLinks: isRoot,
  });
  assertEquals([sent.failed, [...sent.codes]], [1, ["input"]]);
  assertEquals(bob.read("project/b"), new TextEncoder().encode("b"));
  const failed = await events.of("transfer.failed");
  assertEquals(
    failed.tree,
    events.all[0] && "id" in events.all[0] ? events.all[0].id : "",
  );
});

Deno.test("a directory that holds the inbox it goes to is sent once, not for ever", async () => {
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  const root = bob.dir.path;
  write(root, { "0-first": "x", "z-last": "y" });
  // The inbox is made by the first offer.
  const madeBefore = Date.now() - 1_000;
  const carrier = bob.client.outbound;
  const { sent, leftOut } = await send(root, { carrier, madeBefore });
  assertEquals(sent.failed, 0);
  assertEquals(leftOut, [
    "project/inbox: it was made after the sending began",
  ]);
  const got = snapshot(`${bob.inboxDir}/project`);
  assertEquals([got["0-first"], got["z-last"]], ["x", "y"]);
  assertEquals(Object.keys(got).length, 2);
});

Deno.test("who is away is told of once, and gets nothing more offered", async () => {
  using dir = new TempDir();
  write(dir.path, FILES);
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  const offers: Offer[] = [];
  const { sent, events } = await send(dir.path, {
    carrier: noting(bob.client.outbound, offers),
    to: ["bob", "carol"],
  });
  assertEquals([sent.failed, sent.least], [1, 1]);
  const failures = events.all.filter((one) => one.event === "transfer.failed");
  assertEquals(failures.length, 1);
  assert(offers.slice(1).every(({ to }) => to.join() === "bob"));
});

Deno.test("a recipient that leaves ends the walk; so does an interruption", async () => {
  using dir = new TempDir();
  const many = Array.from({ length: 1_000 }, (_, n) => [`f${n}`, "x"]);
  write(dir.path, Object.fromEntries(many));
  for (const how of ["leaves", "interrupted"] as const) {
    const stop = new AbortController();
    const offers: Offer[] = [];
    const carrier: Carrier = {
      carry(offer, _body, listener) {
        offers.push(offer);
        const gone = {
          status: "failed",
          code: "absent",
          message: "bob left",
        } as const;
        if (offer.kind === "directory") {
          listener.settled("bob", {
            status: "delivered",
            verifyMs: 0,
            hopMs: 0,
          });
        } else if (how === "leaves") {
          listener.settled("bob", { ...gone, retryable: true });
        } else if (offers.length === 5) {
          stop.abort(new Failure("sigint", "Cannot send: cancelled by SIGINT"));
        }
        return {
          cancel: ({ code, message }) =>
            listener.settled("bob", {
              status: "failed",
              code,
              message,
              retryable: true,
            }),
        };
      },
    };
    const { sent, events } = await send(dir.path, {
      carrier,
      signal: stop.signal,
    });
    assert(offers.length <= 6, `${offers.length} offers`);
    assert(sent.failed > 0);
    const last = events.all.at(-1);
    assert(last?.event === "transfer.failed" && last.kind === "directory", how);
  }
});
