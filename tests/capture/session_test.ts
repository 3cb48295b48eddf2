/**
 * A real session captured with tshark on the loopback while it runs: a hub, two peers, files,
 * messages, a broadcast, 20 MB, a directory twice, something queued; in another one, bundles. The
 * capture must hold every transfer of the log with the same bytes and a latency no greater than the
 * program's, and nothing malformed.
 */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { FerryEvent } from "../../lib/events.ts";
import { idWithin } from "../../lib/protocol/bundle.ts";
import { type Started, untilReady } from "../cli/started.ts";
import { asProcesses } from "../cli/world.ts";
import { listOf, pattern, sha256, TempDir } from "../support/files.ts";
import { within } from "../support/within.ts";
import { BETWEEN, Capture, fieldsOf, missingCapture } from "./tshark.ts";

const MAIN = fromFileUrl(new URL("../../main.ts", import.meta.url));
const LARGE_BYTES = 20_000_000;
const DATA = "6";
/** Types of frames that name a transfer: OFFER to CANCEL, and PROGRESS. */
const NAMES_TRANSFER = new Set(["3", "4", "5", DATA, "7", "8", "9", "129"]);

const why = await missingCapture("tests/capture/session_test.ts");

type Completed = Extract<FerryEvent, { event: "transfer.completed" }>;
type Stored = Extract<FerryEvent, { event: "transfer.stored" }>;
type Reconciled = Extract<FerryEvent, { event: "reconciled" }>;

/** Ferry as processes, in a directory of their own. */
class Stage implements AsyncDisposable {
  readonly dir = new TempDir();
  readonly #world = asProcesses([
    Deno.execPath(),
    "run",
    "-A",
    "--quiet",
    MAIN,
  ]);
  readonly #running: Started[] = [];

  constructor(private readonly env: Record<string, string>) {}

  #start(args: readonly string[]): Started {
    const running = this.#world.start({
      args,
      cwd: this.dir.path,
      env: {
        HOME: this.dir.path,
        XDG_STATE_HOME: this.dir.at("state"),
        ...this.env,
      },
      stdin: new Uint8Array(),
      stdinHeld: false,
      stdoutClosed: false,
    });
    return { args, running, seen: 0 };
  }

  /** Starts `serve` or `connect`; gives the address it says. */
  async stay(...args: string[]): Promise<string> {
    const started = this.#start([...args, "--json", "--no-menu"]);
    this.#running.push(started);
    return await untilReady(started) ?? "";
  }

  /** Runs a command to its end, with what it must end; gives what it printed. */
  async run(args: readonly string[], status = 0): Promise<string> {
    const { running } = this.#start(args);
    const code = await running.status;
    assertEquals(code, status, running.printed.stderr);
    return running.printed.stdout;
  }

  /** Ends what stays, the last first: peers say BYE, then the hub. */
  async end(): Promise<void> {
    for (const { running } of this.#running.splice(0).reverse()) {
      running.signal("sigterm");
      await within(running.status, "the end of a command");
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    this.dir[Symbol.dispose]();
  }
}

/** Sends of every kind, one after the other; gives the log. */
async function send(stage: Stage, hub: string): Promise<string> {
  const { dir } = stage;
  await Deno.writeTextFile(dir.at("report.csv"), "a,b\n1,2\n");
  const odd = 'we"ird ~ naïve 🎉.txt';
  await Deno.writeTextFile(dir.at(odd), "x");
  await Deno.writeFile(dir.at("large.bin"), pattern(LARGE_BYTES));
  await Deno.mkdir(dir.at("project"));
  await Deno.writeTextFile(dir.at("project/small.txt"), "small");
  await Deno.writeFile(dir.at("project/large.bin"), pattern(300_000));
  const to = (...args: string[]) => ["send", "--hub", hub, "--json", ...args];
  let log = "";
  for (
    const args of [
      to("--to", "alice", "report.csv"),
      to("--to", "bob", odd),
      to("--to", "hub", "--text", "hello, hub"),
      to("--to", "bob", "--data", '{"n": 12345678901234567890}'),
      ["broadcast", "--hub", hub, "--json", "report.csv"],
      to("--to", "alice", "large.bin"),
      to("--to", "bob", "project"),
      to("--to", "bob", "project"),
      to("--to", "carol", "--queue", "project/large.bin"),
      to("--to", "carol", "--queue", "project/large.bin"),
    ]
  ) log += await stage.run(args);
  return log;
}

function statusOf(one: Completed | Stored): Reconciled["status"] {
  if (one.event === "transfer.stored") return "stored";
  return one.unchanged === true ? "unchanged" : "delivered";
}

/** A body as its DATA frames carry it, one for each connection it went over. */
async function bodies(
  capture: string,
  id: string,
  options: readonly string[],
): Promise<Uint8Array[]> {
  const rows = await fieldsOf(
    capture,
    `ferry.type == 6 && ferry.transfer == "${id}"`,
    ["tcp.stream", "ferry.type", "ferry.transfer", "ferry.data"],
    options,
  );
  const byStream = Map.groupBy(rows, ([stream]) => stream);
  return [...byStream.values()].map((parts) => {
    const digits = parts.flatMap((part) => dataOf(part, id));
    return Uint8Array.fromHex(digits.join(""));
  });
}

/** What a packet has of one body, in hexadecimal digits: frames of other transfers may be in it too. */
function dataOf(
  [, types = "", ids = "", data = ""]: readonly string[],
  id: string,
): string[] {
  const all = data.split(BETWEEN);
  const named = types.split(BETWEEN).filter((type) => NAMES_TRANSFER.has(type));
  return ids.split(BETWEEN).flatMap((one, at) => {
    const digits = named[at] === DATA ? all.shift() ?? "" : "";
    return one === id ? digits : [];
  });
}

/** Captures what `send` does with a hub and two peers, to `session.pcapng`; gives the log, also in `log.ndjson`. */
async function capturing(
  stage: Stage,
  send: (stage: Stage, hub: string) => Promise<string>,
): Promise<FerryEvent[]> {
  const { dir } = stage;
  const hub = await stage.stay(
    ...["serve", "--host", "127.0.0.1", "--port", "0"],
    ...["--inbox", dir.at("hub")],
  );
  const capture = await Capture.start(dir.at("session.pcapng"), [
    Number(hub.split(":").at(-1)),
  ]);
  let log: string;
  try {
    for (const name of ["alice", "bob"]) {
      await stage.stay(
        ...["connect", hub, "--name", name, "--inbox", dir.at(name)],
      );
    }
    log = await send(stage, hub);
    await stage.end();
    await capture.stop();
  } catch (error) {
    await capture.abandon();
    throw error;
  }
  await Deno.writeTextFile(dir.at("log.ndjson"), log);
  return log.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** What a capture shows that should not be in any. */
async function faultsOf(
  capture: string,
  options: readonly string[],
): Promise<string[][]> {
  return await fieldsOf(
    capture,
    "_ws.malformed || ferry.breach || ferry.defect || ferry.gap || ferry.unsynced",
    ["frame.number", "_ws.expert.message"],
    options,
  );
}

/** The transfers a log says have succeeded. */
function sentOf(events: readonly FerryEvent[]): (Completed | Stored)[] {
  return events.filter((event): event is Completed | Stored =>
    (event.event === "transfer.completed" ||
      event.event === "transfer.stored") && event.files === undefined
  );
}

function rowsOf(printed: string): Reconciled[] {
  return printed.trimEnd().split("\n").map((line) => JSON.parse(line))
    .filter(({ event }) => event === "reconciled");
}

for (const way of ["plain", "TLS"] as const) {
  Deno.test({
    name: `a captured session agrees with its log (${way})`,
    ignore: why !== undefined,
    fn: async () => {
      using keys = new TempDir();
      const keylog = keys.at("keys.log");
      await using stage = new Stage(
        way === "plain" ? { FERRY_INSECURE: "1" } : { SSLKEYLOGFILE: keylog },
      );
      const { dir } = stage;
      const secrets = way === "plain" ? [] : ["--keylog", keylog];
      const file = dir.at("session.pcapng");
      const events = await capturing(stage, send);
      const options = way === "plain"
        ? []
        : ["-o", `tls.keylog_file:${keylog}`];
      assertEquals(await faultsOf(file, options), []);
      // The last BYE of each connection is there: nothing was lost at the end.
      const byes = await fieldsOf(
        file,
        "ferry.type == 13",
        ["tcp.stream"],
        options,
      );
      assertEquals(new Set(byes.flat()).size, 12);

      const sent = sentOf(events);
      const statuses = sent.map(statusOf);
      assertEquals(statuses, [
        ...Array(9).fill("delivered"),
        ...["unchanged", "unchanged", "stored", "stored"],
      ]);
      // The second is answered from what the first has left: nothing of it went over the wire.
      const repeated = sent.at(-1)?.id;
      for (const one of sent) {
        const { id, to, bytes } = one;
        if (statusOf(one) === "unchanged" || id === repeated) {
          assertEquals(await bodies(file, id, options), []);
          continue;
        }
        const hops = to === "hub" || to === "carol" ? 1 : 2;
        const found = await bodies(file, id, options);
        assert(found.length >= hops, `${id} went over ${found.length} hops`);
        assertEquals(
          new Set(found.map((body) => sha256(body))),
          new Set([one.sha256]),
          `${id}, ${bytes} bytes`,
        );
      }

      const printed = await stage.run([
        ...["reconcile", file, "--log", "log.ndjson", "--json"],
        ...secrets,
      ]);
      const rows = rowsOf(printed);
      assertEquals(
        rows.slice(0, sent.length)
          .map(({ id, to, status, verdict }) => [id, to, status, verdict]),
        sent.map((one) => [one.id, one.to, statusOf(one), "consistent"]),
      );
      // The two offers of a directory itself, twice.
      assertEquals(
        rows.slice(sent.length).map(({ name, verdict }) => [name, verdict]),
        Array(4).fill(["project", "not logged"]),
      );
      for (const row of rows.slice(0, sent.length)) {
        const { id, name, program_ms, capture_ms, hops, to, status } = row;
        assert(capture_ms !== null && capture_ms > 0, name);
        assertEquals(program_ms === null, status === "stored", name);
        assert(program_ms === null || capture_ms <= program_ms.total, name);
        const alone = to === "hub" || status === "stored";
        assertEquals(hops.map(({ hop }) => hop), alone ? [1] : [1, 2]);
        const none = status === "unchanged" || id === repeated;
        for (const { bytes } of hops) {
          assertEquals(bytes, none ? 0 : row.bytes, name);
        }
      }

      // A transfer that never was, and a log of another one's bytes.
      const [first] = sent;
      assert(first !== undefined);
      const other = { ...first, id: "0".repeat(16) };
      await Deno.writeTextFile(dir.at("more.ndjson"), JSON.stringify(other));
      await stage.run(
        ["reconcile", file, "--log", "more.ndjson", ...secrets],
        7,
      );
      const wrong = { ...first, sha256: "0".repeat(64) };
      await Deno.writeTextFile(dir.at("wrong.ndjson"), JSON.stringify(wrong));
      await stage.run(
        ["reconcile", file, "--log", "wrong.ndjson", ...secrets],
        8,
      );
      if (way === "TLS") await stage.run(["reconcile", file], 9);
      assertEquals(listOf(dir.at("hub")), []);
    },
  });
}

const FILES = 300;

/** Sends a directory of many small files: new, again as it is, and with one of them changed. */
async function sendMany(stage: Stage, hub: string): Promise<string> {
  const { dir } = stage;
  await Deno.mkdir(dir.at("many/sub ~ dir"), { recursive: true });
  for (let n = 0; n < FILES; n++) {
    const path = n % 3 === 0 ? `many/sub ~ dir/${n}.txt` : `many/né ${n}.txt`;
    await Deno.writeFile(dir.at(path), pattern(n * 7 % 1_000));
  }
  const args = ["send", "--hub", hub, "--json", "--to", "bob", "many"];
  let log = await stage.run(args);
  log += await stage.run(args);
  await Deno.writeTextFile(dir.at("many/né 1.txt"), "another");
  log += await stage.run(args);
  return log;
}

Deno.test({
  name: "each file of a captured bundle agrees with its log",
  ignore: why !== undefined,
  fn: async () => {
    await using stage = new Stage({ FERRY_INSECURE: "1" });
    const file = stage.dir.at("session.pcapng");
    const sent = sentOf(await capturing(stage, sendMany));
    // The one that was changed is new to bob once more.
    assertEquals(
      [0, 1, 2].map((n) =>
        sent.slice(n * FILES, (n + 1) * FILES)
          .filter((one) => statusOf(one) === "delivered").length
      ),
      [FILES, 0, 1],
    );
    assertEquals(await faultsOf(file, []), []);

    // What the capture has of the bundles' bytes is what was logged of the files.
    const offers = await fieldsOf(
      file,
      'ferry.hop == 1 && ferry.type == 3 && ferry.kind == "bundle"',
      ["ferry.record"],
    );
    const logged = new Map(sent.map((one) => [one.id, one.sha256]));
    const hashed = new Map<string, string>();
    for (const record of offers.flatMap(([all = ""]) => all.split(BETWEEN))) {
      const { type, message } = JSON.parse(record);
      if (type !== "OFFER" || message.kind !== "bundle") continue;
      const [body] = await bodies(file, message.id, []);
      if (body === undefined) continue;
      let at = 0;
      for (const [n, { size }] of message.files.entries()) {
        const id = idWithin(message.id, n);
        if (!logged.has(id)) continue;
        hashed.set(id, sha256(body.subarray(at, at += size)));
      }
    }
    assertEquals(hashed.size, FILES);
    for (const [id, digest] of hashed) assertEquals(digest, logged.get(id));
    const splits = await fieldsOf(file, 'ferry.code == "split"', [
      "frame.number",
    ]);
    assert(splits.length > 0);

    const printed = await stage.run(
      ["reconcile", file, "--log", "log.ndjson", "--json"],
    );
    const rows = rowsOf(printed);
    assertEquals(
      rows.slice(0, sent.length)
        .map(({ id, to, status, verdict }) => [id, to, status, verdict]),
      sent.map((one) => [one.id, one.to, statusOf(one), "consistent"]),
    );
    for (const { name, bytes, status, hops } of rows.slice(0, sent.length)) {
      const each = status === "unchanged" ? 0 : bytes;
      assertEquals(hops.map(({ bytes }) => bytes), [each, each], name);
    }
    assertEquals(
      rows.slice(sent.length).map(({ name, verdict }) => [name, verdict]),
      Array(6).fill(["many", "not logged"]),
    );
  },
});
