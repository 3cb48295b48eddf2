import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import fc from "fast-check";
import stringWidth from "string-width";
import { type BarView, plainLine, renderBar } from "../../cmd/bar.ts";
import { Reporter, type Voice } from "../../cmd/report.ts";
import type { TransferFacts } from "../../lib/events.ts";
import { fakeContext, type FakeOptions } from "../fake_context.ts";

const VIEW: BarView = {
  name: "report.csv",
  to: "→ alice",
  done: 600_000,
  total: 1_200_000,
  rate: 14_200_000,
  eta: 42_000,
};

Deno.test("renderBar() drops what tells least as columns run out", () => {
  const lines = [20, 40, 80, 200].map((columns) => renderBar(VIEW, columns));
  assertEquals(lines, [
    "report.cs…   50 %",
    "report.csv → alice   50 %  14.2 MB/s",
    "report.csv → alice  [####----]   50 %  600 kB of 1.2 MB  14.2 MB/s  42 s left",
    "report.csv → alice  [##############--------------]   50 %  600 kB of 1.2 MB  14.2 MB/s  42 s left",
  ]);
});

Deno.test("a directory's progress counts what has gone of its files under way, once", async () => {
  const world = fakeContext();
  const reporter = new Reporter(world.context, {
    json: false,
    quiet: false,
    verbose: false,
    color: "never",
    progress: "plain",
  });
  const tree: TransferFacts = {
    id: "2e",
    dir: "send",
    from: "hub",
    to: "alice",
    name: "tree",
    kind: "directory",
    bytes: null,
  };
  const file = { ...tree, id: "3e", tree: "2e", name: "tree/a", bytes: 3_000 };
  reporter.event({ event: "transfer.started", ...tree });
  for (const bytes of [1_000, 2_000]) {
    reporter.event({
      event: "transfer.progress",
      id: "3e",
      tree: "2e",
      dir: "send",
      to: "alice",
      total: 3_000,
      bytes,
    });
  }
  await world.clock.advance(10_000);
  assertStringIncludes(world.stderr(), "2.0 kB");
  reporter.event({
    event: "transfer.completed",
    ...file,
    kind: "file",
    bytes_per_s: 1,
  });
  await world.clock.advance(10_000);
  assertStringIncludes(world.stderr(), "3.0 kB");
  reporter.close();
});

Deno.test("renderBar() cuts wide names at a whole character", () => {
  const view = { ...VIEW, name: "日本語の報告書👩‍👩‍👧.csv" };
  for (const columns of [20, 40, 80, 200]) {
    const line = renderBar(view, columns);
    assert(stringWidth(line) <= columns - 3, line);
    assert(!line.includes("\ufffd"));
  }
  assertEquals(renderBar(view, 20), "日本語の…   50 %");
});

Deno.test("renderBar() fits every width and holds no control character", () => {
  fc.assert(
    fc.property(
      fc.record({
        name: fc.string({ unit: "grapheme" }),
        to: fc.string({ unit: "binary" }),
        done: fc.nat(),
        total: fc.option(fc.nat()),
        rate: fc.nat(),
        eta: fc.option(fc.nat()),
      }),
      fc.integer({ min: 1, max: 250 }),
      (view, columns) => {
        const line = renderBar(view, columns);
        assert(stringWidth(line) <= Math.max(columns - 3, 1), line);
        assert(!/\p{Cc}/u.test(line));
      },
    ),
  );
});

Deno.test("renderBar() says 100 % only when every byte is through", () => {
  assertMatch(renderBar({ ...VIEW, done: 1_199_999 }, 80), / 99 %/);
  assertMatch(renderBar({ ...VIEW, done: 1_200_000 }, 80), / 100 %/);
});

Deno.test("plainLine() leaves out what is not known", () => {
  assertEquals(
    plainLine({ ...VIEW, total: null, eta: null }),
    "report.csv → alice  600 kB  14.2 MB/s",
  );
});

const FACTS: TransferFacts = {
  id: "1",
  dir: "send",
  from: "hub",
  to: "alice",
  name: "a.csv",
  kind: "file",
  bytes: 1000,
};
const VOICE: Voice = {
  json: false,
  quiet: false,
  verbose: false,
  color: "never",
  progress: "auto",
};

function moving(options: FakeOptions, voice: Partial<Voice> = {}) {
  const world = fakeContext(options);
  const reporter = new Reporter(world.context, { ...VOICE, ...voice });
  reporter.event({ event: "transfer.started", ...FACTS });
  return {
    ...world,
    reporter,
    progress: (bytes: number) =>
      reporter.event({
        event: "transfer.progress",
        id: "1",
        bytes,
        total: 1000,
        dir: "send",
        to: "alice",
      }),
    fail: () =>
      reporter.event({
        event: "transfer.failed",
        ...FACTS,
        code: "absent",
        message: "gone",
        retryable: true,
      }),
  };
}

Deno.test("progress: a bar after 500 ms on a terminal, ten times a second", async () => {
  const { clock, stderr, reporter, progress } = moving({ terminal: true });
  await clock.advance(499);
  assertEquals(stderr(), "");
  progress(500);
  await clock.advance(1);
  assert(stderr().startsWith("\r\x1b[Ka.csv → alice  ["), stderr());
  assertMatch(stderr(), / 50 % [^\n]*$/);
  await clock.advance(1000);
  assertEquals(stderr().split("\r").length - 1, 11);
  reporter.close();
  assertEquals(clock.pending, 0);
});

Deno.test("progress: the bar is erased before another line and comes back", async () => {
  const { clock, stderr, reporter } = moving({ terminal: true });
  await clock.advance(500);
  const before = stderr().length;
  reporter.note("hello");
  assertEquals(stderr().slice(before), "\r\x1b[Khello\n");
  await clock.advance(100);
  assertStringIncludes(stderr(), "hello\n\r\x1b[Ka.csv");
  reporter.close();
});

Deno.test("progress: the bar is gone when the last transfer ends", async () => {
  const { clock, stderr, fail } = moving({ terminal: true });
  await clock.advance(500);
  const before = stderr().length;
  fail();
  const added = stderr().slice(before);
  assert(added.startsWith("\r\x1b[Kerror: "), added);
  assertMatch(added, /\nhint: .*\n$/);
  assertEquals(clock.pending, 0);
});

Deno.test("progress: several transfers share one line", async () => {
  const { clock, stderr, reporter } = moving({ terminal: true });
  reporter.event({ event: "transfer.started", ...FACTS, to: "bob" });
  await clock.advance(500);
  assertMatch(stderr(), /2 transfers .*0 B of 2\.0 kB/);
  reporter.close();
});

Deno.test("progress: a plain line every 10 s without a terminal", async () => {
  const { clock, stderr, progress, fail } = moving({});
  await clock.advance(9_999);
  assertEquals(stderr(), "");
  progress(250);
  await clock.advance(20_001);
  assertEquals(
    stderr(),
    [
      "a.csv → alice  25 %  250 B of 1.0 kB  25 B/s",
      "a.csv → alice  25 %  250 B of 1.0 kB  13 B/s",
      "a.csv → alice  25 %  250 B of 1.0 kB  8 B/s",
      "",
    ].join("\n"),
  );
  fail();
  assertEquals(clock.pending, 0);
});

Deno.test("progress: nothing with -q, --json or --progress none", async () => {
  for (
    const voice of [{ quiet: true }, { json: true }, {
      progress: "none" as const,
    }]
  ) {
    const { clock, stderr } = moving({ terminal: true }, voice);
    assertEquals(clock.pending, 0);
    await clock.advance(60_000);
    assertEquals(stderr(), "");
  }
});

Deno.test("progress: --progress and TERM=dumb choose the form", async () => {
  const cases: [FakeOptions, Partial<Voice>, boolean][] = [
    [{ terminal: true }, { progress: "plain" }, false],
    [{ terminal: true, env: { TERM: "dumb" } }, {}, false],
    [{}, { progress: "bar" }, true],
  ];
  for (const [options, voice, bar] of cases) {
    const { clock, stderr, reporter } = moving(options, voice);
    await clock.advance(10_000);
    assertEquals(stderr().includes("\r"), bar);
    reporter.close();
  }
});
