import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import fc from "fast-check";
import { run } from "../../cmd/run.ts";
import { Failure } from "../../lib/failure.ts";
import { fakeContext, type FakeOptions } from "../fake_context.ts";
import { ENDINGS, recordingSend } from "./fake_commands.ts";

const TABLE = [recordingSend(() => {}), ...ENDINGS];

async function ran(args: string[], options: FakeOptions = {}) {
  const world = fakeContext(options);
  const status = await run(args, world.context, TABLE);
  assertEquals(world.clock.pending, 0, "timers left behind");
  return {
    status,
    stdout: world.stdout(),
    stderr: world.stderr(),
    events: world.events,
  };
}

Deno.test("run() suggests the closest flag", async () => {
  const { status, stdout, stderr } = await ran(["send", "--tmieout", "5s"]);
  assertEquals([status, stdout], [2, ""]);
  assertEquals(
    stderr,
    "error: Unknown flag --tmieout\nhint: did you mean --timeout?\n",
  );
});

Deno.test("run() gives a command's own status, and 0 for none", async () => {
  assertEquals((await ran(["good"])).status, 0);
  assertEquals((await ran(["partial"])).status, 7);
});

Deno.test("run() words a failure safely and exits with its status", async () => {
  const { status, stdout, stderr } = await ran(["refused"]);
  assertEquals([status, stdout], [6, ""]);
  assertEquals(
    stderr,
    "error: Cannot send a\\e.csv: alice is not connected\nhint: see ferry peers\n",
  );
});

Deno.test("run() reports a failure as events with --json, the summary last", async () => {
  for (const args of [["refused", "--json"], ["--json", "refused"]]) {
    const { status, events } = await ran(args);
    assertEquals(status, 6);
    assertEquals(events(), [
      {
        v: 1,
        ts: "2026-01-02T03:04:05.678Z",
        event: "error",
        code: "absent",
        message: "Cannot send a\x1b.csv: alice is not connected",
        hint: "see ferry peers",
      },
      {
        v: 1,
        ts: "2026-01-02T03:04:05.678Z",
        event: "summary",
        ok: 0,
        failed: 1,
        bytes: 0,
        latency_ms: null,
        exit: 6,
      },
    ]);
  }
});

Deno.test("run() keeps stdout NDJSON whatever goes wrong first", async () => {
  const cases: [string[], Record<string, string>][] = [
    [["--json", "nope"], {}],
    [["--json"], {}],
    [["send", "--json", "--nope"], {}],
    [["send", "--nope"], { FERRY_JSON: "1" }],
    [["broken", "--json"], {}],
    [["send", "--help", "--json"], {}],
    [["--version", "--json"], {}],
  ];
  for (const [args, env] of cases) {
    const { status, events } = await ran(args, { env });
    const all = events();
    assert(all.length > 0, args.join(" "));
    assert(
      all.every((event) => event["v"] === 1 && "ts" in event),
      args.join(" "),
    );
    if (status !== 0) {
      assertEquals([all.at(-1)?.["event"], all.at(-1)?.["exit"]], [
        "summary",
        status,
      ]);
    }
  }
});

Deno.test("run() calls an unexpected error a defect, its stack only with -v", async () => {
  const plain = await ran(["broken"]);
  assertEquals(
    [plain.status, plain.stderr],
    [1, "error: x is undefined (this is a defect in Ferry)\n"],
  );
  assertMatch(
    (await ran(["broken", "-v"])).stderr,
    /TypeError: x is undefined\n +at /,
  );
});

Deno.test("run() without a command: short usage on stderr, exit 2", async () => {
  const { status, stdout, stderr } = await ran([]);
  assertEquals([status, stdout], [2, ""]);
  assertStringIncludes(stderr, "Usage: ferry COMMAND");
});

Deno.test("run() shows the version before or behind a command", async () => {
  for (const args of [["--version"], ["send", "--version"]]) {
    const { status, stdout, stderr } = await ran(args);
    assertEquals([status, stderr], [0, ""]);
    assertMatch(
      stdout,
      /^ferry \d+\.\d+\.\d+ \(deno 2\.9\.6, linux x86_64, source(, commit [0-9a-f]+(-dirty)?)?\)\n$/,
    );
  }
});

for (const [kind, status] of [["sigint", 130], ["sigterm", 143]] as const) {
  Deno.test(`run() answers the first ${kind} with a word and ends with ${status}`, async () => {
    for (const name of ["obeys", "returns", "salvages", "shows"]) {
      const world = fakeContext();
      const ended = run([name], world.context, TABLE);
      await world.clock.advance(1);
      world.interrupt(kind);
      assertEquals(await ended, status);
      assertEquals(world.stderr(), "Cancelling… press Ctrl-C again to force\n");
      assertEquals(world.exitedNow(), undefined);
      assertEquals(world.clock.pending, 0);
    }
  });

  Deno.test(`run() exits with ${status} at once on a second ${kind}`, async () => {
    const world = fakeContext();
    const ended = run(["hangs"], world.context, TABLE);
    await world.clock.advance(1);
    world.interrupt(kind);
    assertEquals(world.exitedNow(), undefined);
    world.interrupt(kind);
    assertEquals(world.exitedNow(), status);
    await world.clock.advance(2000);
    assertEquals(await ended, status);
  });
}

Deno.test("run() tells scripts about an interrupt in the last two events", async () => {
  const world = fakeContext();
  const ended = run(["obeys", "--json"], world.context, TABLE);
  await world.clock.advance(1);
  world.interrupt("sigint");
  await ended;
  assertEquals(
    world.events().map((event) => event["code"] ?? event["exit"]),
    ["sigint", 130],
  );
});

Deno.test("run() ends within 2 s a command that does not stop", async () => {
  const world = fakeContext();
  const ended = run(["hangs"], world.context, TABLE);
  await world.clock.advance(1);
  world.interrupt("sigint");
  await world.clock.advance(2000);
  assertEquals(await ended, 130);
});

Deno.test("run() ends a command at --timeout with exit 5", async () => {
  for (const name of ["obeys", "returns", "hangs"]) {
    const world = fakeContext();
    const ended = run([name, "--timeout", "10s"], world.context, TABLE);
    await world.clock.advance(9_999);
    assertEquals(world.stderr(), "");
    await world.clock.advance(2_001);
    assertEquals(await ended, 5);
    assertStringIncludes(
      world.stderr(),
      `error: Cannot finish ${name}: the time given by --timeout is over\n`,
    );
    assertEquals(world.clock.pending, 0);
  }
});

Deno.test("run() ends quietly when stdout is closed; only who just prints counts as done", async () => {
  for (
    const [name, status] of [
      ["shows", 0],
      ["rewords", 0],
      ["obeys", 10],
      ["hangs", 10],
    ] as const
  ) {
    const world = fakeContext();
    const ended = run([name], world.context, TABLE);
    await world.clock.advance(1);
    world.closeStdout();
    await world.clock.advance(2000);
    assertEquals([await ended, world.stderr()], [status, ""]);
  }
});

Deno.test("run() reports output that cannot be written, also when the command did not notice", async () => {
  const world = fakeContext();
  world.closeStdout(
    new Failure("disk-full", "Cannot write output: no space is left"),
  );
  assertEquals(await run(["good"], world.context, TABLE), 10);
  assertEquals(
    world.stderr(),
    "error: Cannot write output: no space is left\n",
  );
});

Deno.test("run() colours its words on a terminal only, as NO_COLOR and --color say", async () => {
  const cases: [FakeOptions, string[], boolean][] = [
    [{}, [], false],
    [{ terminal: true }, [], true],
    [{ terminal: { stdout: true } }, [], false],
    [{ terminal: true, env: { NO_COLOR: "1" } }, [], false],
    [{ terminal: true, env: { TERM: "dumb" } }, [], false],
    [{ terminal: true }, ["--color", "never"], false],
    [{ env: { NO_COLOR: "1" } }, ["--color", "always"], true],
  ];
  for (const [options, args, colored] of cases) {
    const { stderr } = await ran(["refused", ...args], options);
    assertEquals(
      stderr.includes("\x1b["),
      colored,
      JSON.stringify([options, args]),
    );
  }
});

Deno.test("run() gives a status to any arguments and never throws", async () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "--",
      "-",
      "--to",
      "--json",
      "-q",
      "--help",
      "send",
      "good",
      "refused",
      "--version",
      "--color",
    ),
    fc.string().map((text) => `--${text}`),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 6 }), async (args) => {
      // --config and --timeout reach outside this test.
      fc.pre(!args.some((arg) => /^--?(config|timeout)/.test(arg)));
      const { status } = await ran(args);
      assert([0, 2, 6].includes(status), `${status}`);
    }),
  );
});
