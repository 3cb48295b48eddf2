/** Small files of a directory sent together: which, what is reported of each, and when they go one by one. */
import { assert, assertEquals } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { bundled } from "../../lib/peer/bundles.ts";
import type { Item } from "../../lib/peer/item.ts";
import { sendAll } from "../../lib/peer/outbox.ts";
import { Tree } from "../../lib/peer/tree.ts";
import { idWithin } from "../../lib/protocol/bundle.ts";
import { BytesBody } from "../../lib/transfer/body.ts";
import type {
  Carrier,
  Offer,
  Outcome,
  TransferListener,
} from "../../lib/transfer/transfer.ts";
import { FakeClock } from "../fake_clock.ts";
import { digestOf, pattern } from "../support/files.ts";
import { Events } from "../support/recorder.ts";

/** A small file that can be read, unless it is `lost`. */
function file(tree: Tree, name: string, size: number, lost = false): Item {
  const bytes = pattern(size);
  return {
    name: `${tree.name}/${name}`,
    kind: "file",
    size,
    tree,
    fill: (into) => {
      if (lost) throw new Failure("input", "permission denied");
      into.set(bytes);
    },
    open: () => {
      if (lost) throw new Failure("input", "permission denied");
      return new BytesBody(bytes);
    },
  };
}

function directory(tree: Tree, step: "first" | "last"): Item {
  const open = () => new BytesBody(new Uint8Array(0));
  return { name: tree.name, kind: "directory", size: 0, tree, step, open };
}

async function grouped(items: Item[], maxBytes = 65_536): Promise<string[]> {
  const groups: string[] = [];
  for await (const one of bundled(items, maxBytes)) {
    groups.push(
      one.kind === "bundle"
        ? one.parts.map(({ name }) => name).join(" ")
        : one.name,
    );
  }
  return groups;
}

const tree = new Tree("d");
const other = new Tree("e");
const { fill: _, ...unfillable } = file(tree, "u", 1);
const many = Array.from({ length: 129 }, (_, n) => file(tree, `${n}`, 0));
const long = (n: number) => file(tree, `${n}${"x".repeat(4000)}`, 0);

const GROUPS: [what: string, items: Item[], groups: number[]][] = [
  ["nothing", [], []],
  ["one alone", [file(tree, "a", 1)], [1]],
  ["what follows each other", [file(tree, "a", 1), file(tree, "b", 2)], [2]],
  [
    "a directory's beginning and end apart",
    [directory(tree, "first"), file(tree, "a", 1), directory(tree, "last")],
    [1, 1, 1],
  ],
  [
    "two directories",
    [file(tree, "a", 1), file(tree, "b", 1), file(other, "c", 1)],
    [2, 1],
  ],
  [
    "a large file between small ones",
    [file(tree, "a", 1), file(tree, "b", 16_385), file(tree, "c", 1)],
    [1, 1, 1],
  ],
  [
    "a file that has to be opened by itself",
    [file(tree, "a", 1), unfillable, file(tree, "c", 1)],
    [1, 1, 1],
  ],
  [
    "bytes up to the limit and beyond",
    Array.from({ length: 5 }, (_, n) => file(tree, `${n}`, 16_384)),
    [4, 1],
  ],
  ["files up to the limit and beyond", many, [128, 1]],
  [
    "paths up to the limit and beyond",
    Array.from({ length: 17 }, (_, n) => long(n)),
    [16, 1],
  ],
  [
    "no path that is too long for an offer",
    [1, 2, 3].map((n) => file(tree, `${n}${"x".repeat(4094)}`, 0)),
    [1, 1, 1],
  ],
];

for (const [what, items, groups] of GROUPS) {
  Deno.test(`bundled() groups ${what}, and keeps the order`, async () => {
    const found = await grouped(items);
    assertEquals(found.map((one) => one.split(" ").length), groups);
    const names = items.map(({ name }) => name).join(" ");
    assertEquals(found.join(" "), names);
  });
}

Deno.test("the ids within a bundle count on from its own, and around", () => {
  assertEquals(idWithin("0123456789abcdef", 0), "0123456789abcdef");
  assertEquals(idWithin("0123456789abcdef", 127), "0123456789abce6e");
  assertEquals(idWithin("01234567fffffffe", 3), "0123456700000001");
});

/** Answers offers as it is told to, and reads the bodies of those it takes. */
class Recipient implements Carrier {
  readonly offers: Offer[] = [];

  constructor(private readonly answer: (offer: Offer, to: string) => Outcome) {}

  carry(
    offer: Offer,
    body: BytesBody,
    listener: TransferListener,
  ): { cancel: () => void } {
    this.offers.push(offer);
    try {
      const reader = body.read(0);
      const room = new Uint8Array(Math.max(offer.size ?? 0, 1));
      while (reader.pull(room) !== null);
      listener.sent(reader.digest());
    } catch (error) {
      assert(error instanceof Failure);
      const { code, message } = error;
      for (const to of offer.to) {
        const failed = { status: "failed", code, message } as const;
        listener.settled(to, { ...failed, retryable: false });
      }
      return { cancel: () => {} };
    }
    for (const to of offer.to) listener.settled(to, this.answer(offer, to));
    return { cancel: () => {} };
  }
}

const DELIVERED: Outcome = { status: "delivered", verifyMs: 1, hopMs: 1 };
const SPLIT: Outcome = {
  status: "failed",
  code: "split",
  message: "one by one",
  retryable: true,
};

async function send(
  items: (tree: Tree) => Item[],
  answer: (offer: Offer, to: string) => Outcome,
  to = ["bob"],
  queueMs?: number,
) {
  const tree = new Tree("d");
  const carrier = new Recipient(answer);
  const events = new Events();
  const sent = await sendAll(
    [directory(tree, "first"), ...items(tree), directory(tree, "last")],
    {
      carrier,
      from: "alice",
      to,
      deadlines: { acceptMs: 1_000, idleMs: 1_000, receiptMs: 1_000 },
      clock: new FakeClock(),
      commandAt: 0,
      roundTripMs: () => 0,
      bundles: true,
      queueMs,
      emit: events.add,
      signal: new AbortController().signal,
    },
  );
  const ends = events.all.flatMap((one) =>
    one.event === "transfer.completed" || one.event === "transfer.failed"
      ? [one]
      : []
  );
  return { sent, ends, offers: carrier.offers };
}

const THREE = (tree: Tree) => ["a", "b", "c"].map((n) => file(tree, n, 10));

Deno.test("each file of a bundle is reported by itself, with its own id, size and digest", async () => {
  const { sent, ends, offers } = await send(THREE, () => DELIVERED);
  assertEquals(offers.map(({ kind }) => kind), [
    "directory",
    "bundle",
    "directory",
  ]);
  const bundle = offers[1];
  assert(bundle?.kind === "bundle" && bundle.inline);
  assertEquals(bundle.files.map(({ name, size }) => [name, size]), [
    ["d/a", 10],
    ["d/b", 10],
    ["d/c", 10],
  ]);
  assertEquals([sent.delivered, sent.failed], [4, 0]);
  const files = ends.slice(0, 3).map((one) => ({ ...one }));
  for (const [n, one] of files.entries()) {
    assert(one.event === "transfer.completed");
    assertEquals(one.id, idWithin(bundle.id, n));
    assertEquals([one.name, one.bytes, one.kind], [
      `d/${"abc"[n]}`,
      10,
      "file",
    ]);
    assertEquals(one.sha256, digestOf(pattern(10)).sha256);
  }
  const whole = ends.at(-1);
  assert(whole?.event === "transfer.completed");
  assertEquals(whole.files, { transferred: 3, unchanged: 0, failed: 0 });
  assertEquals(whole.bytes, 30);
});

Deno.test("who wants the files of a bundle one by one gets them so, and nobody else", async () => {
  const { sent, ends, offers } = await send(
    THREE,
    (offer, to) => offer.kind === "bundle" && to === "bob" ? SPLIT : DELIVERED,
    ["bob", "carol"],
  );
  assertEquals(offers.map(({ name, to }) => `${name} ${to}`), [
    "d bob,carol",
    "d bob,carol",
    "d/a bob",
    "d/b bob",
    "d/c bob",
    "d bob,carol",
  ]);
  assertEquals([sent.delivered, sent.failed, sent.least], [8, 0, 2]);
  const told = ends.map(({ name, to }) => `${name} ${to}`).sort();
  assertEquals(told, [
    ...["d bob", "d carol", "d/a bob", "d/a carol"],
    ...["d/b bob", "d/b carol", "d/c bob", "d/c carol"],
  ]);
});

Deno.test("a file that cannot be read fails alone", async () => {
  const { sent, ends } = await send(
    (tree) => [...THREE(tree), file(tree, "z", 5, true)],
    () => DELIVERED,
  );
  assertEquals([sent.delivered, sent.failed, [...sent.codes]], [4, 1, [
    "input",
  ]]);
  const [failed] = ends.filter(({ event }) => event === "transfer.failed");
  assertEquals(failed?.name, "d/z");
});

Deno.test("a bundle that fails for another reason has failed for each of its files", async () => {
  const { sent, ends, offers } = await send(
    THREE,
    ({ kind }) =>
      kind === "bundle"
        ? { ...SPLIT, code: "output", message: "it is read-only" }
        : DELIVERED,
  );
  assertEquals(offers.length, 3);
  assertEquals([sent.delivered, sent.failed], [1, 3]);
  assertEquals(
    ends.filter(({ event }) => event === "transfer.failed").length,
    3,
  );
});

Deno.test("a bundle that arrived damaged is sent once more as it is", async () => {
  let bundles = 0;
  const { sent, offers } = await send(THREE, ({ kind }) => {
    if (kind !== "bundle" || bundles++ > 0) return DELIVERED;
    return { ...SPLIT, code: "integrity", message: "it differs" };
  });
  assertEquals(offers.map(({ kind }) => kind), [
    ...["directory", "bundle", "bundle", "directory"],
  ]);
  assertEquals([sent.delivered, sent.failed, sent.least], [4, 0, 1]);
});

Deno.test("what is queued goes file by file: its sender may be gone when it must be taken apart", async () => {
  const { offers } = await send(THREE, () => DELIVERED, ["bob"], 60_000);
  assertEquals(offers.map(({ name }) => name), ["d", "d/a", "d/b", "d/c", "d"]);
});

Deno.test("of a directory that stops half-way it is said how much of it is there, and that it goes on", async () => {
  let bundles = 0;
  const { ends } = await send(
    (tree) => Array.from({ length: 1_300 }, (_, n) => file(tree, `${n}`, 1)),
    ({ kind }) =>
      kind !== "bundle" || bundles++ < 10
        ? DELIVERED
        : { ...SPLIT, code: "absent", message: "bob left" },
  );
  const whole = ends.at(-1);
  assert(whole?.event === "transfer.failed" && whole.kind === "directory");
  const there = "1,280 of its files are there";
  assertEquals(whole.hint, `${there}; send it again to go on`);
});
