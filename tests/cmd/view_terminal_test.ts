/** `ferry view` on a terminal: what is drawn, what keys do, and how the terminal is left. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { run } from "../../cmd/run.ts";
import { systemClock } from "../../lib/time/clock.ts";
import {
  fakeContext,
  type FakeOptions,
  type FakeWorld,
} from "../fake_context.ts";

const TESTDATA = fromFileUrl(new URL("../../testdata/", import.meta.url));
const ENTER = "\x1b[?1049h\x1b[?25l";
const SGR = new RegExp("\x1b\\[[0-9;]*m", "g");
const LEAVE = "\x1b[0m\x1b[?25h\x1b[?1049l";

interface Session extends FakeWorld {
  readonly status: Promise<number>;
  /** Resolves once stdout holds the text, behind what was waited for before. */
  shows(text: string): Promise<void>;
  /** The rows of the last screen drawn. */
  screen(): string[];
}

/** Starts `ferry view` on a terminal of 60 columns and 10 rows. */
function start(args: readonly string[], options: FakeOptions = {}): Session {
  let changed = Promise.withResolvers<void>();
  let seen = 0;
  const world = fakeContext({
    terminal: true,
    columns: 60,
    rows: 10,
    cwd: TESTDATA,
    clock: systemClock,
    ...options,
    env: { TERM: "tmux-256color", TMUX: "x", ...options.env },
    heard: () => {
      changed.resolve();
      changed = Promise.withResolvers();
    },
  });
  return {
    ...world,
    status: run(["view", ...args], world.context),
    async shows(text) {
      for (;;) {
        const at = world.stdout().indexOf(text, seen);
        if (at >= 0) {
          seen = at + text.length;
          return;
        }
        await within(changed.promise, `${text} in ${world.stdout()}`);
      }
    },
    screen: () =>
      world.stdout().split("\x1b[?2026h").at(-1)?.split("\x1b[?2026l")[0]
        ?.split("\x1b[2K").slice(1) ?? [],
  };
}

/** The promise, or an error when it keeps one waiting: no test hangs. */
async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no ${what}`)), 10_000);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** A file of this many rows; removed with the returned object. */
function numbered(rows: number): { path: string } & Disposable {
  const path = Deno.makeTempFileSync({ suffix: ".csv" });
  const lines = Array.from({ length: rows }, (_, n) => `${n},row ${n}`);
  Deno.writeTextFileSync(path, `n,name\n${lines.join("\n")}\n`);
  return { path, [Symbol.dispose]: () => Deno.removeSync(path) };
}

/** Whether the terminal is as it was: what was entered was left, and nobody listens to keys. */
function assertLeft(session: Session): void {
  const out = session.stdout();
  assertEquals(session.isRaw(), false, "the terminal is still raw");
  const entered = out.split(ENTER).length;
  assertEquals(out.split(LEAVE).length, entered, "the screen was not left");
  const hidden = out.lastIndexOf("\x1b[?25l");
  assert(out.lastIndexOf("\x1b[?25h") >= hidden, "the cursor stays hidden");
}

Deno.test("view: what fits the screen is printed and stays there", async () => {
  using file = numbered(3);
  const session = start([file.path, "--color", "never"]);
  assertEquals(await session.status, 0);
  assertEquals(
    session.stdout(),
    "n  name\n─  ─────\n0  row 0\n1  row 1\n2  row 2\n3 rows\n",
  );
  assertLeft(session);
});

Deno.test("view: a long table is paged, searched, and left with q", async () => {
  using file = numbered(5000);
  const session = start([file.path]);
  await session.shows("1-9 of");
  assert(session.stdout().includes(ENTER));
  assertEquals(session.isRaw(), true);
  assertMatch(session.screen()[2] ?? "", /row 0/);
  session.type(" ");
  await session.shows("9-17 of");
  session.type("\x1b[B");
  await session.shows("10-18 of");
  session.type("/row 4444\r");
  await session.shows("row 4444");
  session.type("G");
  await session.shows("(end)");
  assertMatch(session.screen()[8] ?? "", /5,000 rows/);
  session.type("q");
  assertEquals(await session.status, 0);
  assertLeft(session);
  assert(session.stdout().endsWith(LEAVE), "something is printed after");
});

for (
  const [name, keys] of [
    ["Ctrl-C", "\x03"],
    ["Ctrl-C in a search", "/ro\x03"],
    ["the end of input", "\x04"],
    ["Esc", "\x1b"],
  ] as const
) {
  Deno.test(`view: ${name} leaves the pager and the terminal as it was`, async () => {
    using file = numbered(500);
    const session = start([file.path]);
    await session.shows("1-9 of");
    session.type(keys);
    assertEquals(await within(session.status, "end"), 0);
    assertLeft(session);
  });
}

Deno.test("view: Ctrl-C stops a search, and only then the pager", async () => {
  using file = numbered(200_000);
  const session = start([file.path]);
  await session.shows("1-9 of");
  session.type("/not there\r");
  await session.shows("Searching");
  session.type("\x03");
  await session.shows("Stopped");
  assertMatch(session.screen()[2] ?? "", /row 0/);
  session.type("\x03");
  assertEquals(await within(session.status, "end"), 0);
  assertLeft(session);
});

Deno.test("view: SIGTERM leaves the pager and the terminal as it was", async () => {
  using file = numbered(500);
  const session = start([file.path]);
  await session.shows("1-9 of");
  session.interrupt("sigterm");
  assertEquals(await within(session.status, "end"), 143);
  assertLeft(session);
});

Deno.test("view: the pager follows the size of the terminal", async () => {
  using file = numbered(500);
  const session = start([file.path]);
  await session.shows("1-9 of");
  session.resize(40, 6);
  await session.shows("1-5 of");
  assertEquals(session.screen().length, 6);
  session.type("q");
  assertEquals(await session.status, 0);
});

Deno.test("view: words about a file wait until its pager is gone", async () => {
  const session = start(["view/wrapped.json", "--date", "2024", "--tz", "UTC"]);
  await session.shows("1-9 of");
  assertEquals(session.stderr(), "");
  session.type("G");
  await session.shows("(end)");
  session.type("q");
  assertEquals(await session.status, 0);
  assertMatch(session.stderr(), /^date field: created_at \(.*5\/5/);
});

Deno.test("view: several files are paged as one, each under its name", async () => {
  using file = numbered(500);
  const session = start(["view/lone.json", "nowhere", file.path]);
  await session.shows("==> view/lone.json <==");
  session.type("q");
  assertEquals(await session.status, 7);
  assertMatch(session.stderr(), /Cannot read nowhere: there is no such file/);
  assertLeft(session);
});

Deno.test("view: a broken file shows what there is, then its error", async () => {
  const session = start(["view/cut.ndjson", "--color", "never"]);
  assertEquals(await session.status, 9);
  assertEquals(session.stdout(), '{\n  "a": 1\n}\n');
  assertMatch(
    session.stderr(),
    /Cannot read view\/cut.ndjson as NDJSON: line 2/,
  );
});

Deno.test("view: a pipe is paged with the keys of the terminal", async () => {
  const rows = Array.from({ length: 500 }, (_, n) => `${n},row ${n}\n`);
  const session = start(["-"], {
    terminal: { stdout: true },
    keyboard: true,
    stdin: `n,name\n${rows.join("")}`,
  });
  await session.shows("1-9 of");
  session.type("q");
  assertEquals(await session.status, 0);
  assertLeft(session);
});

for (
  const [name, args, options] of [
    ["--no-pager", ["--no-pager"], {}],
    ["--no-input", ["--no-input"], {}],
    ["a terminal that only writes", [], { env: { TERM: "dumb" } }],
    ["no keyboard", [], { terminal: { stdout: true } }],
  ] as const
) {
  Deno.test(`view: ${name} prints everything`, async () => {
    using file = numbered(500);
    const session = start([file.path, "--color", "never", ...args], options);
    assertEquals(await session.status, 0);
    assert(session.stdout().endsWith("500 rows\n"));
    assert(!session.stdout().includes(ENTER));
  });
}

Deno.test("view: PAGER is used, and a missing one is named", async () => {
  using file = numbered(500);
  const dir = Deno.makeTempDirSync();
  try {
    const paged = join(dir, "paged");
    const session = start([file.path, "--color", "never"], {
      env: { PAGER: `cat > ${paged}` },
    });
    assertEquals(await session.status, 0);
    assertEquals(session.stdout(), "");
    assertMatch(Deno.readTextFileSync(paged), /499 {2}row 499\n500 rows\n$/);
    const early = start([file.path], {
      env: { PAGER: "head -n 1 > /dev/null" },
    });
    assertEquals(await early.status, 0);
    const short = start(["view/lone.json"], { env: { PAGER: "exit 3" } });
    assertEquals(await short.status, 0);
    assert(short.stdout().length > 0, "what fits is printed");
    const missing = start([file.path], {
      env: { PAGER: `${dir}/nowhere 2> /dev/null` },
    });
    assertEquals(await missing.status, 1);
    assertMatch(missing.stderr(), /Cannot page with .*: there is no such/);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});

Deno.test("view: an image is drawn as half blocks, and no wider than the screen", async () => {
  const session = start(["view/image/photo-420.jpg"]);
  assertEquals(await session.status, 0);
  const lines = session.stdout().trimEnd().split("\n");
  assert(lines.length <= 9, `${lines.length} lines`);
  assertMatch(lines[0] ?? "", /;2;[0-9;]*m▀/);
  const cells = session.stdout().replace(SGR, "").split("\n");
  assert(cells.every((line) => line.length <= 60));
  assertLeft(session);
});

Deno.test("view: an animation stops at a key", async () => {
  const session = start(["view/image/disposal-1.gif", "--loops", "0"]);
  await session.shows("\x1b[?2026h");
  assertEquals(session.isRaw(), true);
  session.type(" ");
  assertEquals(await within(session.status, "end"), 0);
  assertLeft(session);
});

Deno.test("view: an animation stops at SIGTERM, the cursor shown", async () => {
  const session = start(["view/image/disposal-1.gif", "--loops", "0"]);
  await session.shows("\x1b[?2026h");
  session.interrupt("sigterm");
  assertEquals(await within(session.status, "end"), 143);
  assertLeft(session);
});

Deno.test("view: hostile cells reach the terminal spelled out", async () => {
  const session = start(["view/hostile.csv", "--color", "never"]);
  assertEquals(await session.status, 0);
  assertEquals(/(?!\n)\p{Cc}/u.exec(session.stdout()), null);
});

Deno.test("view: a pipe that says nothing is left at Ctrl-C", async () => {
  const asked = Promise.withResolvers<void>();
  const never = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: () => asked.resolve(),
  }, { highWaterMark: 0 });
  const session = start(["-"], {
    terminal: { stdout: true },
    stdin: never,
  });
  await within(asked.promise, "reading");
  session.interrupt("sigint");
  assertEquals(await within(session.status, "end"), 130);
  assertLeft(session);
});
