/** Where a benchmark plays: files on tmpfs where there is one, and the processes of the scenario. */
import { fromFileUrl, join } from "@std/path";
import { median } from "../lib/bench/statistics.ts";
import { linesOf } from "./lines.ts";

const ACTOR = fromFileUrl(new URL("actor.ts", import.meta.url));
const MAIN = fromFileUrl(new URL("../main.ts", import.meta.url));

/** A process of the scenario that does what it is told. */
export class Actor {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #lines: AsyncGenerator<string>;
  /** What it said first. */
  port = 0;

  private constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.#writer = process.stdin.getWriter();
    this.#lines = linesOf(process.stdout);
  }

  static async start(...args: string[]): Promise<Actor> {
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", ACTOR, ...args],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const actor = new Actor(process);
    actor.port = (await actor.#answer()).port ?? 0;
    return actor;
  }

  /** Milliseconds an order took, as the actor measured them. */
  async time(order: unknown): Promise<number> {
    return (await this.tell(order)).ms ?? NaN;
  }

  /** The median round trip of an order of messages, in milliseconds. */
  async median(order: unknown): Promise<number> {
    return median((await this.tell(order)).rounds ?? []);
  }

  /** Gives an order; resolves with the answer. */
  async tell(order: unknown): Promise<Answer> {
    await this.#writer.write(
      new TextEncoder().encode(JSON.stringify(order) + "\n"),
    );
    return await this.#answer();
  }

  /** The most memory the process ever had resident, in megabytes (Linux). */
  peakMegabytes(): number {
    const status = Deno.readTextFileSync(`/proc/${this.#process.pid}/status`);
    return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1000);
  }

  async stop(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
  }

  async #answer(): Promise<Answer> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("an actor of the benchmark died");
    return JSON.parse(value);
  }
}

interface Answer {
  readonly port?: number;
  readonly ms?: number;
  readonly rounds?: number[];
}

/** What connections run over. */
export interface Wire {
  readonly secure: boolean;
}

const PLAIN: Wire = { secure: false };
/** Encrypted, as it is by default. */
export const TLS: Wire = { secure: true };

/** A directory and processes that are gone afterwards. */
export class Stage {
  readonly #stops: (() => Promise<unknown>)[] = [];

  /** Arrivals put aside. */
  #aside = 0;

  private constructor(readonly dir: string, readonly disk: boolean) {}

  static async open(disk = false): Promise<Stage> {
    const shm = disk ? undefined : await Deno.stat("/dev/shm").then(
      () => "/dev/shm",
      () => undefined,
    );
    const dir = await Deno.makeTempDir({
      prefix: "ferry-bench-",
      ...(shm === undefined ? {} : { dir: shm }),
    });
    await Deno.mkdir(join(dir, "in"));
    return new Stage(dir, disk);
  }

  /** Where everything that arrives goes. */
  get arrivals(): string {
    return join(this.dir, "in");
  }

  /** On a disk they are put aside: what a file system owes for files just removed would slow the next ones made. */
  async clearArrivals(): Promise<void> {
    if (this.disk) {
      const aside = join(this.dir, `aside-${this.#aside++}`);
      await Deno.rename(this.arrivals, aside);
    } else await Deno.remove(this.arrivals, { recursive: true });
    await Deno.mkdir(this.arrivals);
  }

  /** Calls `stop` when the stage closes, last one first. */
  onClose(stop: () => Promise<unknown>): void {
    this.#stops.unshift(stop);
  }

  async actor(...args: string[]): Promise<Actor> {
    const actor = await Actor.start(...args);
    this.onClose(() => actor.stop());
    return actor;
  }

  /** What actors over TLS are told: where the hub's identity is. */
  #state({ secure }: Wire): string[] {
    return secure ? [join(this.dir, "state", "ferry")] : [];
  }

  hub(wire: Wire = PLAIN): Promise<Actor> {
    const spool = join(this.dir, `spool-${wire.secure}`);
    return this.actor("hub", spool, ...this.#state(wire));
  }

  client(port: number, wire: Wire = PLAIN): Promise<Actor> {
    return this.actor("client", String(port), ...this.#state(wire));
  }

  /** A real `ferry connect`. */
  async peer(port: number, name: string, wire: Wire = PLAIN): Promise<void> {
    const args = [`127.0.0.1:${port}`, "--name", name];
    if (!wire.secure) args.push("--insecure");
    await this.#stay(["connect", ...args, "--inbox", this.arrivals]);
  }

  /** A real `ferry serve`; its port. `preload` is a library its process starts with. */
  async serve(preload?: string): Promise<number> {
    const args = ["--host", "127.0.0.1", "--port", "0", "--insecure"];
    const ready = await this.#stay([
      "serve",
      ...args,
      "--inbox",
      this.arrivals,
      "--spool",
      join(this.dir, `spool-${preload ?? ""}`.replaceAll("/", "-")),
    ], preload);
    const [, port] = / on \S+:(\d+) /.exec(ready) ?? [];
    if (port === undefined) throw new Error(`ferry serve: ${ready}`);
    return Number(port);
  }

  /** Starts a command that stays; what it says when it is ready. */
  async #stay(args: string[], preload?: string): Promise<string> {
    const process = this.#ferry(args, "piped", preload).spawn();
    this.onClose(() => {
      process.kill("SIGKILL");
      return process.status;
    });
    const lines = linesOf(process.stderr);
    const ready = await lines.next();
    (async () => {
      for await (const _ of lines);
    })().catch(() => {});
    return ready.value ?? "";
  }

  /** The whole process of a real `ferry send`, in milliseconds. */
  async ferrySend(
    port: number,
    to: string,
    paths: readonly string[],
  ): Promise<number> {
    const from = performance.now();
    const { code } = await this.#ferry([
      "send",
      "--insecure",
      "--hub",
      `127.0.0.1:${port}`,
      "--to",
      to,
      ...paths,
    ], "null").output();
    if (code !== 0) throw new Error(`ferry send: exit ${code}`);
    return performance.now() - from;
  }

  /** A bare loop over these files, made ready to run. */
  async bare(
    paths: readonly string[],
    wire: Wire = PLAIN,
  ): Promise<() => Promise<number>> {
    const receiver = await this.actor("bare-receive", ...this.#state(wire));
    const sender = await this.actor("bare-send", ...this.#state(wire));
    const dir = await Deno.makeTempDir({ dir: this.dir });
    return async () => {
      const received = receiver.tell({ dir });
      const ms = await sender.time({ port: receiver.port, paths });
      await received;
      return ms;
    };
  }

  /** A bare ping-pong, made ready to run; gives the median round trip. */
  async bareMessages(
    order: { messages: number; bytes: number },
  ): Promise<() => Promise<number>> {
    const receiver = await this.actor("bare-receive");
    const sender = await this.actor("bare-send");
    return async () => {
      const received = receiver.tell(order);
      const ms = await sender.median({ ...order, port: receiver.port });
      await received;
      return ms;
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stop of this.#stops) await stop().catch(() => {});
    await Deno.remove(this.dir, { recursive: true });
  }

  #ferry(
    args: string[],
    stderr: "piped" | "null",
    preload?: string,
  ): Deno.Command {
    return new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", MAIN, ...args],
      stdin: "null",
      stdout: "null",
      stderr,
      env: {
        XDG_STATE_HOME: join(this.dir, "state"),
        XDG_CONFIG_HOME: join(this.dir, "config"),
        ...(preload === undefined ? {} : { LD_PRELOAD: preload }),
      },
    });
  }
}

/** The library that makes every sync return at once (Debian: libeatmydata1), where it is installed. */
export async function findUnsyncing(): Promise<string | undefined> {
  for (const dir of ["/usr/lib", `/usr/lib/${Deno.build.arch}-linux-gnu`]) {
    const path = `${dir}/libeatmydata.so`;
    if (await Deno.stat(path).then(() => true, () => false)) return path;
  }
}

/** A file of `bytes` bytes that do not compress. */
export async function makeFile(
  dir: string,
  name: string,
  bytes: number,
): Promise<string> {
  const path = join(dir, name);
  using file = await Deno.create(path);
  const block = new Uint8Array(65536);
  const chunk = new Uint8Array(1024 * 1024);
  for (let at = 0; at < bytes; at += chunk.length) {
    for (let fill = 0; fill < chunk.length; fill += block.length) {
      if (at === 0) crypto.getRandomValues(block);
      chunk.set(block, fill);
    }
    chunk[0] = at / chunk.length;
    const part = chunk.subarray(0, Math.min(chunk.length, bytes - at));
    for (let done = 0; done < part.length;) {
      done += await file.write(part.subarray(done));
    }
  }
  return path;
}

/** `count` files of `bytes` bytes in `dir/tree`. */
export async function makeTree(
  dir: string,
  count: number,
  bytes: number,
): Promise<string[]> {
  const tree = join(dir, "tree");
  await Deno.mkdir(tree);
  const content = crypto.getRandomValues(new Uint8Array(bytes));
  const paths: string[] = [];
  for (let n = 0; n < count; n++) {
    const path = join(tree, `file-${n}.bin`);
    await Deno.writeFile(path, content);
    paths.push(path);
  }
  return paths;
}

/** `count` files of `bytes` bytes in `dir/tree`, a hundred in a directory, the directories in tens; its path. */
export async function makeDeepTree(
  dir: string,
  count: number,
  bytes: number,
): Promise<string> {
  const tree = join(dir, "tree");
  const content = crypto.getRandomValues(new Uint8Array(bytes));
  for (let n = 0; n < count; n++) {
    const hundred = Math.floor(n / 100);
    const below = join(tree, `part-${Math.floor(hundred / 10)}`, `d${hundred}`);
    if (n % 100 === 0) await Deno.mkdir(below, { recursive: true });
    new DataView(content.buffer).setUint32(0, n);
    await Deno.writeFile(join(below, `file-${n}.bin`), content);
  }
  return tree;
}
