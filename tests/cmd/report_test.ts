import { assertEquals } from "@std/assert";
import { Reporter, type Voice } from "../../cmd/report.ts";
import type { FerryEvent, TransferFacts } from "../../lib/events.ts";
import { parseExact } from "../../lib/text/exact_json.ts";
import { fakeContext } from "../fake_context.ts";

const PLAIN: Voice = {
  json: false,
  quiet: false,
  verbose: false,
  color: "auto",
  progress: "auto",
};

const SENT: TransferFacts = {
  id: "1f",
  dir: "send",
  from: "hub",
  to: "alice",
  name: "a.csv",
  kind: "file",
  bytes: 1_200_000,
};
const RECEIVED: TransferFacts = {
  ...SENT,
  dir: "receive",
  from: "alice",
  to: "bob",
};
const LATENCY = {
  total: 84.31,
  queue: 1,
  offer: 2,
  transfer: 80,
  verify: 1,
  ack: 0.31,
};

function said(events: readonly FerryEvent[], voice: Partial<Voice> = {}) {
  const world = fakeContext();
  const reporter = new Reporter(world.context, { ...PLAIN, ...voice });
  for (const event of events) reporter.event(event);
  reporter.close();
  return {
    stdout: world.stdout(),
    stderr: world.stderr(),
    events: world.events,
  };
}

const LINES: [string, FerryEvent, string, string][] = [
  [
    "a sent file",
    {
      event: "transfer.completed",
      ...SENT,
      sha256: "00",
      latency_ms: LATENCY,
      bytes_per_s: 14_233_000,
    },
    "sent a.csv → alice  1.2 MB  84.3 ms end to end (14.2 MB/s)\n",
    "",
  ],
  [
    "a file of a directory whose sending was stopped",
    {
      event: "transfer.failed",
      ...SENT,
      tree: "2e",
      code: "cancelled",
      message: "it was cancelled",
      retryable: true,
    },
    "",
    "",
  ],
  [
    "a directory whose sending was stopped",
    {
      event: "transfer.failed",
      ...SENT,
      kind: "directory",
      code: "cancelled",
      message: "it was cancelled",
      retryable: true,
    },
    "",
    "error: Cannot send a.csv/ to alice: it was cancelled\n",
  ],
  [
    "a file of a directory that failed for itself",
    {
      event: "transfer.failed",
      ...SENT,
      tree: "2e",
      code: "deadline.receipt",
      message: "no receipt came",
      retryable: true,
    },
    "",
    "error: Cannot send a.csv to alice: no receipt came\n",
  ],
  [
    "a directory that was there already",
    {
      event: "transfer.completed",
      ...SENT,
      kind: "directory",
      latency_ms: LATENCY,
      bytes_per_s: 14_233_000,
      files: { transferred: 0, unchanged: 2003, failed: 0 },
    },
    "unchanged a.csv/ → alice  2,003 files  1.2 MB  84.3 ms end to end\n",
    "",
  ],
  [
    "a received file",
    {
      event: "transfer.completed",
      ...RECEIVED,
      sha256: "00",
      saved: "/inbox/a.csv",
      bytes_per_s: 1,
    },
    "received a.csv ← alice  1.2 MB → /inbox/a.csv\n",
    "",
  ],
  [
    "a failed transfer",
    {
      event: "transfer.failed",
      ...SENT,
      code: "declined",
      message: "no\x1b",
      retryable: false,
    },
    "",
    "error: Cannot send a.csv to alice: no\\e\n",
  ],
  [
    "a transfer to someone absent",
    {
      event: "transfer.failed",
      ...SENT,
      code: "absent",
      message: "alice is not connected",
      retryable: true,
    },
    "",
    "error: Cannot send a.csv: alice is not connected\nhint: ferry peers lists who is; --queue leaves it at the hub\n",
  ],
  [
    "a transfer to someone who left meanwhile",
    {
      event: "transfer.failed",
      ...SENT,
      code: "absent",
      message: "alice disconnected before its receipt",
      retryable: true,
    },
    "",
    "error: Cannot send a.csv: alice disconnected before its receipt\nhint: ferry peers lists who is\n",
  ],
  [
    "a transfer that did not arrive",
    {
      event: "transfer.failed",
      ...RECEIVED,
      code: "disk-full",
      message: "the disk is full",
      retryable: true,
    },
    "",
    "error: Cannot receive a.csv from alice: the disk is full\n",
  ],
  [
    "a text message",
    {
      event: "transfer.completed",
      ...RECEIVED,
      kind: "text",
      text: "hello\n",
      sha256: "00",
      bytes_per_s: 1,
    },
    "alice: hello\n",
    "",
  ],
  [
    "a message of several lines",
    {
      event: "transfer.completed",
      ...RECEIVED,
      kind: "text",
      text: "a\r\nb\x1b",
      sha256: "00",
      bytes_per_s: 1,
    },
    "alice:\n    a\n    b\\e\n",
    "",
  ],
  [
    "a JSON message",
    {
      event: "transfer.completed",
      ...RECEIVED,
      kind: "json",
      data: parseExact('{"n":12345678901234567890}'),
      sha256: "00",
      bytes_per_s: 1,
    },
    'alice: {"n":12345678901234567890}\n',
    "",
  ],
  [
    "an offer to us",
    { event: "transfer.offered", ...RECEIVED },
    "",
    "alice offers a.csv (1.2 MB)\n",
  ],
  [
    "a step of our own transfer",
    { event: "transfer.accepted", ...SENT },
    "",
    "",
  ],
  [
    "a ready hub",
    {
      event: "ready",
      role: "hub",
      name: "lab",
      hub: "lab",
      addr: { host: "::1", port: 7788 },
      secure: false,
    },
    "",
    "hub lab is ready on [::1]:7788 (insecure: not encrypted, no secret)\n",
  ],
  [
    "a ready peer",
    {
      event: "ready",
      role: "peer",
      name: "bob",
      hub: "lab",
      addr: { host: "10.0.0.1", port: 7788 },
      secure: true,
    },
    "",
    "connected to lab as bob\n",
  ],
  [
    "a peer that came",
    { event: "peer.joined", name: "alice\n" },
    "",
    "alice\\n joined\n",
  ],
  [
    "a listed peer",
    {
      event: "peer",
      name: "alice",
      since: "2026-01-02T03:04:05.678Z",
      address: "10.0.0.1:5",
    },
    "alice  10.0.0.1:5  since 2026-01-02T03:04:05.678Z\n",
    "",
  ],
  [
    "a warning",
    {
      event: "warning",
      code: "limit",
      message: "Cannot keep a: it is full",
      hint: "make room",
    },
    "",
    "warning: Cannot keep a: it is full\nhint: make room\n",
  ],
  [
    "the outcome of one transfer",
    { event: "summary", ok: 1, failed: 0, bytes: 1, latency_ms: null, exit: 0 },
    "",
    "",
  ],
  [
    "the outcome of several",
    {
      event: "summary",
      ok: 2,
      failed: 1,
      bytes: 2_400_000,
      latency_ms: { p50: 80, p95: 90, max: 1240 },
      exit: 7,
    },
    "",
    "2 transferred, 1 failed, 2.4 MB, median 80.0 ms, longest 1.24 s\n",
  ],
];

for (const [name, event, stdout, stderr] of LINES) {
  Deno.test(`Reporter words ${name} for people`, () => {
    const got = said([event]);
    assertEquals([got.stdout, got.stderr], [stdout, stderr]);
  });
}

Deno.test("Reporter prints any event as one JSON line, v, ts and event first, fields in their order", () => {
  for (const [, event] of LINES) {
    const { stdout, stderr } = said([event], { json: true });
    const { event: name, ...fields } = event;
    const expected = {
      v: 1,
      ts: "2026-01-02T03:04:05.678Z",
      event: name,
      ...fields,
    };
    assertEquals([stdout, stderr], [JSON.stringify(expected) + "\n", ""]);
  }
});

Deno.test("Reporter keeps the digits of a JSON message", () => {
  const { stdout } = said([
    {
      event: "transfer.completed",
      ...RECEIVED,
      kind: "json",
      data: parseExact('{"n":1.0}'),
      sha256: "",
      bytes_per_s: 1,
    },
  ], { json: true });
  assertEquals(stdout.includes('"data":{"n":1.0}'), true, stdout);
});

Deno.test("Reporter with -q keeps data, failures and problems only", () => {
  const { stdout, stderr } = said(LINES.map(([, event]) => event), {
    quiet: true,
  });
  assertEquals(
    stdout,
    [
      "alice: hello",
      "alice:\n    a\n    b\\e",
      'alice: {"n":12345678901234567890}',
      "alice  10.0.0.1:5  since 2026-01-02T03:04:05.678Z",
      "",
    ].join("\n"),
  );
  assertEquals(
    stderr.split("\n").map((line) => line.split(":")[0]),
    [
      "error",
      "error",
      "error",
      "error",
      "hint",
      "error",
      "hint",
      "error",
      "warning",
      "hint",
      "",
    ],
  );
});

Deno.test("Reporter with -v words every step", () => {
  const steps = (["offered", "accepted", "declined", "started"] as const)
    .map((step): FerryEvent => ({ event: `transfer.${step}`, ...SENT }));
  assertEquals(
    said(steps, { verbose: true, progress: "none" }).stderr,
    "offered a.csv → alice (1.2 MB)\naccepted a.csv → alice\ndeclined a.csv → alice\nstarted a.csv → alice\n",
  );
});

Deno.test("Reporter prints progress of one transfer at most once a second", async () => {
  const world = fakeContext();
  const reporter = new Reporter(world.context, { ...PLAIN, json: true });
  for (let tick = 0; tick < 25; tick++) {
    for (const to of ["alice", "bob"]) {
      reporter.event({
        event: "transfer.progress",
        id: "1",
        bytes: tick,
        total: null,
        dir: "send",
        to,
      });
    }
    await world.clock.advance(100);
  }
  assertEquals(
    world.events().map((event) => [event["to"], event["bytes"]]),
    [["alice", 0], ["bob", 0], ["alice", 10], ["bob", 10], ["alice", 20], [
      "bob",
      20,
    ]],
  );
});

Deno.test("Reporter counts transfers for the summary, once", () => {
  const world = fakeContext();
  const reporter = new Reporter(world.context, { ...PLAIN, json: true });
  for (let n = 1; n <= 20; n++) {
    reporter.event({
      event: "transfer.completed",
      ...SENT,
      bytes: 10,
      sha256: "",
      latency_ms: { ...LATENCY, total: n },
      bytes_per_s: 1,
    });
  }
  reporter.event({
    event: "transfer.failed",
    ...SENT,
    code: "absent",
    message: "m",
    retryable: true,
  });
  reporter.summary({ exit: 7 });
  reporter.summary({ exit: 0 });
  assertEquals(world.events().slice(21), [{
    v: 1,
    ts: "2026-01-02T03:04:05.678Z",
    event: "summary",
    ok: 20,
    failed: 1,
    bytes: 200,
    latency_ms: { p50: 10, p95: 19, max: 20 },
    exit: 7,
  }]);
});

Deno.test("a --json line is one line for every reader, and nothing in it moves a terminal", () => {
  const text = "\x7f\x9b2J\x85a\u2028b\u2029\u202ec\u2066\u200f\ufeff\x1b[2J\n";
  const { context, stdout } = fakeContext();
  new Reporter(context, { ...PLAIN, json: true }).event({
    event: "transfer.completed",
    ...RECEIVED,
    kind: "text",
    sha256: "00",
    text,
    bytes_per_s: 0,
  });
  const line = stdout();
  assertEquals(
    line.match(/[^\n\x20-\x7e]/gu),
    null,
    "something stands as it came",
  );
  assertEquals(line.indexOf("\n"), line.length - 1);
  assertEquals(JSON.parse(line).text, text);
});

Deno.test("a one-way figure is shown with --verbose, and with its bound", () => {
  const received: FerryEvent = {
    event: "transfer.completed",
    ...RECEIVED,
    saved: "/inbox/a.csv",
    one_way_ms: { ms: 1.234, bound: 0.3 },
    bytes_per_s: 1,
  };
  assertEquals(
    said([received], { verbose: true }).stdout,
    "received a.csv ← alice  1.2 MB → /inbox/a.csv  one way 1.23 ms ± 0.30 ms\n",
  );
  assertEquals(
    said([received]).stdout,
    "received a.csv ← alice  1.2 MB → /inbox/a.csv\n",
  );
});
