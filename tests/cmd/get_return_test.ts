/** `ferry get` whose connection is lost: it comes back by itself, and goes on where it was. */
import { assert, assertEquals } from "@std/assert";
import type { FerryEvent } from "../../lib/events.ts";
import { soon } from "../cli/started.ts";
import { inProcess, type Running } from "../cli/world.ts";
import { Place, says } from "../secure/place.ts";
import { digestOf, listOf, pattern, TempDir } from "../support/files.ts";
import { FaultProxy } from "../support/proxy.ts";
import { offer, RawListener, welcome } from "../support/raw.ts";

const MIB = 1024 * 1024;
const LARGE = pattern(20 * MIB);

/** A hub that shares a file and a directory, and a network to it. */
class Scene implements AsyncDisposable {
  private constructor(
    readonly place: Place,
    readonly proxy: FaultProxy,
    private hub: Running,
  ) {}

  static async open(): Promise<Scene> {
    const place = new Place();
    Deno.mkdirSync(place.dir.at("share", "docs", "empty"), { recursive: true });
    Deno.writeFileSync(place.dir.at("share", "large.bin"), LARGE);
    for (let n = 0; n < 40; n++) {
      const bytes = pattern(n % 10 === 0 ? 300_000 : 20_000 + n, n + 2);
      Deno.writeFileSync(place.dir.at("share", "docs", `f${n}`), bytes);
    }
    const { hub, port } = await place.hub(...SERVE);
    const proxy = new FaultProxy({ host: "127.0.0.1", port });
    return new Scene(place, proxy, hub);
  }

  /** Starts `ferry get`. */
  get(...args: string[]): Running {
    const at = `127.0.0.1:${this.proxy.port}`;
    const command = ["get", ...args, "--json", "--insecure", "--hub", at];
    return this.place.start([...command, "-o", "in"]);
  }

  async stopHub(): Promise<void> {
    await this.place.stop(this.hub);
  }

  async startHub(): Promise<void> {
    const { hub, port } = await this.place.hub(...SERVE);
    this.hub = hub;
    this.proxy.target = { host: "127.0.0.1", port };
  }

  /** What is in the inbox, by name. */
  got(...below: string[]): string[] {
    return listOf(this.place.dir.at("in", ...below));
  }

  assertSame(path: string): void {
    const got = Deno.readFileSync(this.place.dir.at("in", path));
    const shared = Deno.readFileSync(this.place.dir.at("share", path));
    assertEquals(digestOf(got), digestOf(shared), path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.place[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
  }
}

const SERVE = [
  ...["--insecure", "--json", "--share", "share", "--grace", "50ms"],
];

async function ended(
  get: Running,
): Promise<{ status: number; events: FerryEvent[] }> {
  const status = await soon(get.status, "its end", get);
  const events = get.printed.stdout.trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  return { status, events };
}

/** The events about what is named so. */
function about(events: readonly FerryEvent[], name: string): FerryEvent[] {
  return events.filter((one) => "name" in one && one.name === name);
}

/** How far it is, is told when a second has passed. */
function kinds(events: readonly FerryEvent[]): string[] {
  return events.map(({ event }) => event)
    .filter((event) => event !== "transfer.progress");
}

Deno.test("a connection cut twice in the middle of a file: it comes once, no byte of it twice, told of as one transfer", async () => {
  await using scene = await Scene.open();
  const { proxy } = scene;
  for (const at of [5 * MIB, 12 * MIB]) {
    proxy.when("down", at, () => proxy.cut());
  }
  const { status, events } = await ended(scene.get("large.bin"));
  assertEquals(status, 0);
  assertEquals(scene.got(), ["large.bin"]);
  scene.assertSame("large.bin");
  const told = about(events, "large.bin");
  assertEquals(kinds(told), [
    "transfer.offered",
    "transfer.accepted",
    "transfer.started",
    "transfer.completed",
  ]);
  assertEquals(new Set(told.map((one) => "id" in one && one.id)).size, 1);
  const warned = events.filter(({ event }) => event === "warning");
  assertEquals(warned.length, 2);
  // What the sockets held of a cut connection is lost; begun anew it would be 12 MiB more.
  assert(
    proxy.passed.down < LARGE.length + 6 * MIB,
    `${proxy.passed.down} bytes passed`,
  );
});

for (const policy of ["rename", "overwrite", "fail"]) {
  Deno.test(`a connection cut in the middle of a directory, with ${policy}: every file comes once`, async () => {
    await using scene = await Scene.open();
    const { proxy } = scene;
    for (const at of [400_000, 900_000]) {
      proxy.when("down", at, () => proxy.cut());
    }
    const get = scene.get("docs", "--on-conflict", policy);
    const { status, events } = await ended(get);
    assertEquals(status, 0, get.printed.stdout);
    const names = listOf(scene.place.dir.at("share", "docs"));
    assertEquals(scene.got(), ["docs"]);
    assertEquals(scene.got("docs"), names);
    for (const name of names) {
      if (name !== "empty") scene.assertSame(`docs/${name}`);
      const ends = about(events, `docs/${name}`).filter(({ event }) =>
        event === "transfer.completed" || event === "transfer.failed"
      );
      assertEquals(kinds(ends), ["transfer.completed"], name);
    }
    const [begun, ...more] = about(events, "docs");
    const whole = more.at(-1);
    assert(begun?.event === "transfer.offered");
    assert(whole?.event === "transfer.completed");
    assertEquals(whole.id, begun.id);
    const { files } = whole;
    assertEquals(files, { transferred: 40, unchanged: 0, failed: 0 });
    const summary = events.at(-1);
    assert(summary?.event === "summary");
    assertEquals([summary.ok, summary.failed], [40, 0]);
  });
}

Deno.test("a hub that is stopped and started again is asked for the rest", async () => {
  await using scene = await Scene.open();
  const { proxy } = scene;
  const middle = Promise.withResolvers<void>();
  proxy.faults.rate = 20 * MIB;
  proxy.when("down", 2 * MIB, middle.resolve);
  const get = scene.get("large.bin", "docs");
  await middle.promise;
  await scene.stopHub();
  await scene.startHub();
  proxy.faults.rate = Infinity;
  const { status, events } = await ended(get);
  assertEquals(status, 0, get.printed.stdout);
  assertEquals(scene.got(), ["docs", "large.bin"]);
  scene.assertSame("large.bin");
  const failed = events.filter(({ event }) => event === "transfer.failed");
  assertEquals(failed, []);
});

Deno.test("a hub that is gone for good is waited for as long as the idle deadline; what there is stays to go on with", async () => {
  await using scene = await Scene.open();
  const { proxy } = scene;
  const middle = Promise.withResolvers<void>();
  proxy.faults.rate = 20 * MIB;
  proxy.when("down", 2 * MIB, middle.resolve);
  const get = scene.get("large.bin", "--idle-timeout", "800ms");
  await middle.promise;
  await scene.stopHub();
  const { status, events } = await ended(get);
  assertEquals(status, 4);
  const [failed, ...none] = about(events, "large.bin").slice(3)
    .filter(({ event }) => event !== "transfer.progress");
  assert(failed?.event === "transfer.failed" && none.length === 0);
  assertEquals(failed.message, "the hub is shutting down");
  assertEquals(scene.got().length, 1);
  await scene.startHub();
  proxy.faults.rate = Infinity;
  const before = proxy.passed.down;
  const again = await ended(scene.get("large.bin"));
  assertEquals(again.status, 0);
  assertEquals(scene.got(), ["large.bin"]);
  scene.assertSame("large.bin");
  assert(proxy.passed.down - before < LARGE.length - MIB);
});

Deno.test("told to stop while the hub is away, it stops at once", async () => {
  await using scene = await Scene.open();
  const middle = Promise.withResolvers<void>();
  scene.proxy.faults.rate = 20 * MIB;
  scene.proxy.when("down", 2 * MIB, middle.resolve);
  const get = scene.get("large.bin");
  await middle.promise;
  await scene.stopHub();
  await says(get, /trying again/);
  get.signal("sigint");
  assertEquals((await ended(get)).status, 130);
});

/** A `ferry get a.txt`, and its hub spoken by hand. */
async function withRawHub(
  play: (listener: RawListener, get: Running) => Promise<void>,
): Promise<void> {
  using dir = new TempDir();
  using listener = new RawListener();
  const at = `127.0.0.1:${listener.port}`;
  const get = inProcess.start({
    args: ["get", "a.txt", "--json", "--insecure", "--hub", at, "-o", dir.path],
    cwd: dir.path,
    env: { HOME: dir.path },
    stdin: new Uint8Array(),
    stdinHeld: false,
    stdoutClosed: false,
  });
  await play(listener, get);
  assertEquals(listOf(dir.path).filter((name) => name !== ".local"), ["a.txt"]);
}

const A = new TextEncoder().encode("hello");

Deno.test("a file that has come is not asked for again when only the answer was lost", async () => {
  await withRawHub(async (listener, get) => {
    {
      using end = await listener.accept();
      const { name } = await end.expect("hello");
      await end.send(welcome(name));
      assertEquals((await end.expect("request")).path, "a.txt");
      const offered = offer({
        ...{ from: "hub", name: "a.txt", to: [name] },
        ...{ size: A.length, inline: true },
      });
      await end.send({ type: "offer", ...offered });
      await end.data(offered.id, 0, A);
      await end.send({ type: "end", id: offered.id, ...digestOf(A) });
      await end.expect("receipt");
    }
    const { status, events } = await ended(get);
    assertEquals(status, 0);
    assertEquals(kinds(about(events, "a.txt")).at(-1), "transfer.completed");
  });
});
