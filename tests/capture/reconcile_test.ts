/** What is said of a log beside what a capture shows, on records made by hand. */
import { assert, assertEquals } from "@std/assert";
import { type Logged, reconcile } from "../../lib/capture/reconcile.ts";
import { readLog } from "../../lib/capture/log.ts";
import { Shown } from "../../lib/capture/shown.ts";
import { TempDir } from "../support/files.ts";

const ID = "00000000000000aa";
const SHA256 = "a".repeat(64);

/** A record as the dissector writes it, `ms` after the first. */
function record(
  type: string,
  hop: number,
  ms: number,
  message: Record<string, unknown>,
  captured = 0,
): string {
  return JSON.stringify({
    type,
    frame: Math.round(ms),
    at: 1_800_000_000 + ms / 1000,
    stream: String(hop),
    hop,
    captured,
    message: { id: ID, ...message },
  });
}

const offer = (hop: number, ms: number, to = ["bob"], size: unknown = 8) =>
  record("OFFER", hop, ms, {
    ...{ name: "a.txt", kind: "file", from: "desk", to, size, inline: false },
  });
const accept = (hop: number, ms: number, offset = 0) =>
  record("ACCEPT", hop, ms, { offset });
const end = (hop: number, ms: number, captured = 8, sha256 = SHA256) =>
  record("END", hop, ms, { size: 8, sha256 }, captured);
const receipt = (hop: number, ms: number, recipient = "bob", verify_ms = 2) =>
  record("RECEIPT", hop, ms, { status: "delivered", recipient, verify_ms });
const failed = (hop: number, ms: number, recipient = "bob") =>
  record("RECEIPT", hop, ms, {
    ...{ status: "failed", recipient, code: "disconnected" },
  });

/** A whole transfer: 20 ms on hop 1, 12 of them on hop 2. */
const WHOLE = [
  offer(1, 0),
  offer(2, 3),
  accept(2, 4),
  accept(1, 6),
  end(1, 9),
  end(2, 10),
  receipt(2, 15),
  receipt(1, 20),
];

function logged(total: number, more: Partial<Logged> = {}): Logged {
  return {
    ...{ id: ID, name: "a.txt", from: "desk", to: "Bob", bytes: 8 },
    ...{ sha256: SHA256, status: "delivered" },
    latency_ms: { total, queue: 5, offer: 0, transfer: 0, verify: 0, ack: 0 },
    ...more,
  };
}

function rows(log: Logged[], records: string[]) {
  const shown = new Shown();
  for (const one of records) assert(shown.add(one), one);
  return reconcile(log, shown);
}

/** What it says of one logged transfer. */
function said(records: string[], log = logged(30)): [string, ...string[]] {
  const [row] = rows([log], records);
  return [row?.verdict ?? "", ...row?.why ?? []];
}

Deno.test("reconcile: what lies between the program's figure and the capture's is said", () => {
  const [row] = rows([logged(30)], WHOLE);
  assertEquals([row?.capture_ms, row?.difference_ms], [20, 10]);
  assertEquals(row?.hops.map((hop) => Object.values(hop).slice(0, 7)), [
    [1, 20, 6, 3, 11, 2, 8],
    [2, 12, 1, 6, 5, 2, 8],
  ]);
  assertEquals(said(WHOLE), [
    "consistent",
    "5.00 ms before the OFFER was handed over",
    "5.00 ms in the sender before and after the wire",
  ]);
});

Deno.test("reconcile: what the capture lacks is missing, what contradicts the log differs", () => {
  const without = (...lost: string[]) =>
    WHOLE.filter((one) => !lost.includes(one));
  assertEquals(said([offer(1, 0)]), [
    "missing",
    "the capture shows no receipt of it",
  ]);
  assertEquals(said(without(end(2, 10))), [
    "missing",
    "its END was not captured on hop 2",
  ]);
  assertEquals(said([...without(end(1, 9)), end(1, 9, 5)]), [
    "missing",
    "3 bytes were not captured on hop 1",
  ]);
  assertEquals(said(WHOLE, logged(30, { sha256: "b".repeat(64) })), [
    "differs",
    "END names another SHA-256 on hop 1",
    "END names another SHA-256 on hop 2",
  ]);
  assertEquals(said(WHOLE, logged(30, { bytes: 9 })).slice(0, 2), [
    "differs",
    "END names 8 bytes on hop 1",
  ]);
  assertEquals(said(WHOLE, logged(19)), [
    "differs",
    "the capture's latency is the longer one: a clock was set meanwhile",
  ]);
  // Two clocks are not compared to the microsecond.
  assertEquals(said(WHOLE, logged(19.99))[0], "consistent");
  assertEquals(said([...without(receipt(2, 15)), receipt(2, 24)]), [
    "differs",
    "hop 2 took longer than hop 1, which it is a part of",
  ]);
  assertEquals(
    said([...without(receipt(2, 15)), receipt(2, 15, "bob", 13)]),
    ["differs", "the recipient says it verified longer than hop 2 took"],
  );
});

Deno.test("reconcile: a resumed transfer counts from its first offer, and its bytes from where it went on", () => {
  const resumed = [
    offer(1, 0),
    accept(1, 1),
    failed(1, 4),
    offer(1, 10),
    accept(1, 11, 6),
    end(1, 12, 2),
    offer(2, 13),
    accept(2, 14),
    end(2, 15),
    receipt(2, 16),
    receipt(1, 17),
  ];
  const [row] = rows([logged(30)], resumed);
  assertEquals([row?.verdict, row?.capture_ms], ["consistent", 17]);
});

const settled = (hop: number, ms: number, more: Record<string, unknown>) =>
  record("RECEIPT", hop, ms, { recipient: "bob", ...more });

Deno.test("reconcile: what was unchanged needs no body, and has none to miss", () => {
  const log = logged(30, { status: "unchanged", sha256: undefined });
  const same = { status: "delivered", verify_ms: 0, unchanged: true };
  const unchanged = [
    offer(1, 0),
    offer(2, 3),
    settled(2, 4, same),
    settled(1, 6, same),
  ];
  const [row] = rows([log], unchanged);
  assertEquals(
    [row?.verdict, row?.status, row?.capture_ms, row?.difference_ms],
    ["consistent", "unchanged", 6, 24],
  );
  assertEquals(
    row?.hops.map(({ transfer_ms, receipt_ms }) => [
      transfer_ms,
      receipt_ms,
    ]),
    [[null, null], [null, null]],
  );
  // It was on its way already: drained, and closed.
  const drained = [...unchanged, end(1, 7), end(2, 8)];
  const [late] = rows([log], drained);
  assertEquals([late?.verdict, late?.hops[0]?.receipt_ms], [
    "consistent",
    null,
  ]);
  assertEquals(said(unchanged, { ...log, bytes: 9 }), [
    "differs",
    "OFFER names 8 bytes on hop 1",
    "OFFER names 8 bytes on hop 2",
  ]);
  assertEquals(said(WHOLE, log), [
    "differs",
    "the RECEIPT on hop 1 says delivered, the log unchanged",
  ]);
  const [unlogged] = rows([], unchanged);
  assertEquals([unlogged?.verdict, unlogged?.status, unlogged?.bytes], [
    "not logged",
    "unchanged",
    8,
  ]);
});

Deno.test("reconcile: what was stored has no latency in the log, and is delivered whenever the recipient comes", () => {
  const log = logged(0, { status: "stored", latency_ms: null });
  const stored = [
    offer(1, 0),
    accept(1, 1),
    end(1, 4),
    settled(1, 9, { status: "stored", until: 1_800_000_000_000 }),
  ];
  const [row] = rows([log], stored);
  assertEquals(
    [row?.verdict, row?.status, row?.capture_ms, row?.difference_ms],
    ["consistent", "stored", 9, null],
  );
  const later = [offer(2, 5_000), accept(2, 5_001), end(2, 5_004)];
  const [whole] = rows([log], [...stored, ...later, receipt(2, 5_020)]);
  assertEquals(whole?.verdict, "consistent");
  assertEquals(whole?.hops.map(({ latency_ms }) => latency_ms), [9, 20]);
  const lost = [...stored, ...later.slice(0, 2), end(2, 5_004, 3)];
  assertEquals(said([...lost, receipt(2, 5_020)], log), [
    "missing",
    "5 bytes were not captured on hop 2",
  ]);
  assertEquals(said([...stored], logged(30)), [
    "differs",
    "the RECEIPT on hop 1 says stored, the log delivered",
  ]);
  const [unlogged] = rows([], [...stored, ...later, receipt(2, 5_020)]);
  assertEquals([unlogged?.verdict, unlogged?.status], ["not logged", "stored"]);
});

const FILES = [
  { name: "src/a", size: 3 },
  { name: "src/b", size: 5 },
  { name: "src/c", size: 0 },
];

function bundle(hop: number, ms: number, more: Record<string, unknown> = {}) {
  return record("OFFER", hop, ms, {
    ...{ id: "00000000fffffffe", name: "src", kind: "bundle", from: "desk" },
    ...{ to: ["bob"], size: 8, inline: true, files: FILES, ...more },
  });
}

/** What ends the bundle. */
function ofBundle(one: string): string {
  return one.replaceAll(ID, "00000000fffffffe");
}

const BUNDLED = [
  bundle(1, 0),
  ofBundle(end(1, 1)),
  bundle(2, 3),
  ofBundle(end(2, 4)),
  ofBundle(receipt(2, 15)),
  ofBundle(receipt(1, 20)),
];

/** The log of its files: ids count on, past the last number, each has its own bytes and SHA-256. */
const BUNDLE_LOG = ["fffffffe", "ffffffff", "00000000"].map((low, n) =>
  logged(30, {
    ...{ id: `00000000${low}`, name: FILES[n]?.name ?? "" },
    ...{ bytes: FILES[n]?.size ?? 0, sha256: String(n).repeat(64) },
  })
);

Deno.test("reconcile: each file of a bundle has the bundle's times and its own size", () => {
  const all = rows(BUNDLE_LOG, BUNDLED);
  assertEquals(
    all.map(({ name, verdict, capture_ms, hops, difference_ms }) => [
      ...[name, verdict, capture_ms, difference_ms],
      hops.map(({ latency_ms, bytes }) => [latency_ms, bytes]),
    ]),
    FILES.map(({ name, size }) => [
      ...[name, "consistent", 20, 10],
      [[20, size], [12, size]],
    ]),
  );
  const [, second] = BUNDLE_LOG;
  assert(second !== undefined);
  assertEquals(said(BUNDLED, { ...second, bytes: 8 }), [
    "differs",
    "OFFER names 5 bytes on hop 1",
    "OFFER names 5 bytes on hop 2",
  ]);
  // One more than it has.
  assertEquals(
    said(BUNDLED, { ...second, id: "0000000000000001" })[0],
    "missing",
  );
  const swapped = BUNDLED.with(3, ofBundle(end(2, 4, 8, "b".repeat(64))));
  assertEquals(said(swapped, second), [
    "differs",
    "END names another SHA-256 on hop 2",
  ]);
  const holed = BUNDLED.with(3, ofBundle(end(2, 4, 4)));
  assertEquals(said(holed, second), [
    "missing",
    "4 bytes of its bundle were not captured on hop 2",
  ]);
  const [row] = rows([second], holed);
  assertEquals(row?.hops.map(({ bytes }) => bytes), [5, 1]);
});

Deno.test("reconcile: of a bundle, the files that are not logged are named; one that was split is no transfer", () => {
  assertEquals(
    rows(BUNDLE_LOG.slice(1, 2), BUNDLED)
      .map(({ id, name, bytes, verdict }) => [id, name, bytes, verdict]),
    [
      ["00000000ffffffff", "src/b", 5, "consistent"],
      ["00000000fffffffe", "src/a", 3, "not logged"],
      ["0000000000000000", "src/c", 0, "not logged"],
    ],
  );
  const refused = (hop: number, ms: number) =>
    ofBundle(settled(hop, ms, { status: "failed", code: "split" }));
  const apart = [...BUNDLED.slice(0, 4), refused(2, 5), refused(1, 6)];
  assertEquals(
    rows([logged(30)], [...apart, ...WHOLE]).map((
      { id, verdict },
    ) => [id, verdict]),
    [[ID, "consistent"]],
  );
  // Who has it already may say so before its body.
  const same = { status: "delivered", verify_ms: 0, unchanged: true };
  const known = [
    bundle(1, 0, { inline: false }),
    ofBundle(settled(1, 2, same)),
  ];
  const log = BUNDLE_LOG.map((one) => ({
    ...one,
    ...{ status: "unchanged" as const, sha256: undefined },
  }));
  assertEquals(
    rows(log, known).map(({ verdict, hops }) => [verdict, hops[0]?.bytes]),
    Array(3).fill(["consistent", 0]),
  );
});

Deno.test("reconcile: of a log, what was completed or stored counts, with a SHA-256 or without; a whole directory does not", async () => {
  using dir = new TempDir();
  const facts = {
    ...{ id: ID, dir: "send", name: "a", from: "desk", to: "bob", bytes: 8 },
  };
  const { latency_ms } = logged(30);
  const lines = [
    { event: "transfer.offered", ...facts },
    { event: "transfer.completed", ...facts, sha256: SHA256, latency_ms },
    { event: "transfer.completed", ...facts, unchanged: true, latency_ms },
    { event: "transfer.stored", ...facts, sha256: SHA256, until: "2027" },
    {
      ...{ event: "transfer.completed", ...facts, latency_ms },
      ...{ kind: "directory", files: { transferred: 1 } },
    },
    { event: "transfer.stored", ...facts, files: {}, until: "2027" },
    { event: "transfer.completed", ...facts, dir: "receive", sha256: SHA256 },
    { event: "summary", ok: 3 },
  ];
  const path = dir.at("log.ndjson");
  Deno.writeTextFileSync(path, lines.map((x) => JSON.stringify(x)).join("\n"));
  const read = await readLog(path, "log.ndjson");
  assertEquals(
    read.map(({ status, sha256, latency_ms }) => [
      status,
      sha256,
      latency_ms?.total,
    ]),
    [
      ["delivered", SHA256, 30],
      ["unchanged", undefined, 30],
      ["stored", SHA256, undefined],
    ],
  );
});

Deno.test("reconcile: without a log, each receipt of the capture is a row", () => {
  const broadcast = [
    offer(1, 0, ["bob", "carol", "hub"]),
    accept(1, 1),
    end(1, 2),
    receipt(1, 5, "bob"),
    failed(1, 6, "carol"),
    receipt(1, 7, "hub"),
  ];
  assertEquals(
    rows([], broadcast).map(({ to, verdict, capture_ms }) => [
      to,
      verdict,
      capture_ms,
    ]),
    [["bob", "not logged", 5], ["hub", "not logged", 7]],
  );
});

Deno.test("reconcile: what is no record, or has no OFFER, is not taken", () => {
  const shown = new Shown();
  for (
    const stray of [
      "{",
      "[]",
      '{"type":"OFFER"}',
      record("OFFER", 1, 0, { name: 5 }),
      end(1, 0),
    ]
  ) assertEquals(shown.add(stray), false);
  assertEquals(shown.hops, []);
});
