/** What is said of a log beside what a capture shows, on records made by hand. */
import { assert, assertEquals } from "@std/assert";
import { type Logged, reconcile } from "../../lib/capture/reconcile.ts";
import { Shown } from "../../lib/capture/shown.ts";

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
    sha256: SHA256,
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
