/** Runs experiments: `ferry bench` as a process, hubs and proxies beside it, and what came of it. */
import { fromFileUrl, join } from "@std/path";
import { linesOf } from "../../bench/lines.ts";
import {
  Network,
  type NetworkOptions,
  NoNetwork,
} from "../../bench/network.ts";
import { parseSamples, samplesCsv } from "../../lib/bench/csv.ts";
import type { Sample } from "../../lib/bench/sample.ts";
import {
  Capture,
  type Compared,
  comparedCsv,
  comparedOf,
  type Tap,
} from "./capture.ts";

const MAIN = fromFileUrl(new URL("../../main.ts", import.meta.url));
const PROXY = fromFileUrl(
  new URL("../../tests/support/proxy.ts", import.meta.url),
);
const DENO = [Deno.execPath(), "run", "-A", "--quiet"];
const FERRY = [...DENO, MAIN];

/** One thing to find out. */
export interface Experiment {
  readonly name: string;
  readonly title: string;
  /** What is set up and why, in Markdown. */
  readonly about: string;
  readonly run: (bench: Bench) => Promise<void>;
}

/** What is kept beside the measurements. */
export interface Notes {
  /** Date and machine; null when nothing could be measured. */
  readonly facts: readonly (readonly [string, string])[] | null;
  /** The command lines that measured, as a reader would type them. */
  readonly commands: readonly string[];
  /** Why it could not be measured here. */
  readonly missing?: string;
  /** What was captured; null when that could not be done here. */
  readonly capture?: CaptureNotes | null;
}

/** What is kept of a capture beside what it says of transfers. */
export interface CaptureNotes {
  readonly commands: readonly string[];
  /** Packets that were not captured. */
  readonly missed: number;
}

/** Where a hub is, and how it is joined and overheard. */
export interface Place {
  /** What is said to `ferry bench`. */
  readonly args: readonly string[];
  /** The same without bare TCP. */
  readonly hub: readonly string[];
  readonly tap: Tap;
}

/** One experiment under way. */
export class Bench {
  readonly #samples: Sample[] = [];
  readonly #dir: string;
  readonly #commands: string[] = [];
  readonly #stops: (() => Promise<unknown>)[] = [];
  readonly #compared: Compared[] = [];
  #capture: CaptureNotes | null | undefined;
  #facts: [string, string][] | null = null;
  /** Where `ferry bench` runs. */
  #place = (command: readonly string[]): string[] => [...command];
  #ticket: string | undefined;

  private constructor(dir: string, readonly quick: boolean) {
    this.#dir = dir;
  }

  /** Runs an experiment and writes NAME.csv and NAME.json; what the machine cannot do is noted there. */
  static async run(
    { name, run }: Experiment,
    data: string,
    quick: boolean,
  ): Promise<void> {
    const dir = await Deno.makeTempDir({ prefix: "ferry-experiment-" });
    const bench = new Bench(dir, quick);
    let missing: string | undefined;
    const load = loadNow();
    try {
      await run(bench);
    } catch (error) {
      if (!(error instanceof NoNetwork)) throw error;
      missing = error.message;
    } finally {
      for (const stop of bench.#stops.toReversed()) await stop();
      await Deno.remove(dir, { recursive: true });
    }
    const notes: Notes = {
      facts: bench.#facts === null
        ? null
        : [...bench.#facts, ["Load before and after", `${load}, ${loadNow()}`]],
      commands: bench.#commands,
      ...(missing === undefined ? {} : { missing }),
      ...(bench.#capture === undefined ? {} : { capture: bench.#capture }),
    };
    await Deno.writeTextFile(
      join(data, `${name}.json`),
      JSON.stringify(notes, null, 2) + "\n",
    );
    await Deno.writeTextFile(
      join(data, `${name}.csv`),
      samplesCsv(bench.#samples),
    );
    const compared = join(data, `${name}.capture.csv`);
    await Deno.remove(compared).catch(() => {});
    if (bench.#compared.length > 0) {
      await Deno.writeTextFile(compared, comparedCsv(bench.#compared));
    }
  }

  /** Measures; the arguments as a user would give them to `ferry bench`. */
  async measure(...args: string[]): Promise<void> {
    const file = join(this.#dir, "samples.csv");
    const all = this.quick ? [...args, "--repeat", "2"] : args;
    this.#commands.push(["ferry", "bench", ...all].join(" "));
    for await (const event of this.#ferryBench([...all, "--samples", file])) {
      if (isStarted(event)) this.#facts ??= factsOf(event);
    }
    this.#samples.push(...parseSamples(await Deno.readTextFile(file)));
  }

  /**
   * Captures the packets of each of these runs of `ferry bench` against the hub, and sets them
   * beside what it logged. Adds to what was compared before.
   */
  async compare(
    { hub, tap }: Place,
    ...runs: (readonly string[])[]
  ): Promise<void> {
    const file = join(this.#dir, "session.pcapng");
    const capture = await Capture.start(tap, file);
    if (capture === undefined) {
      this.#capture = null;
      return;
    }
    const commands: string[] = [];
    const logs: string[] = [];
    for (const [at, run] of runs.entries()) {
      const log = join(this.#dir, `log-${at}.ndjson`);
      const args = [...run, ...(this.quick ? ["--repeat", "2"] : []), ...hub];
      for await (const _ of this.#ferryBench([...args, "--log", log]));
      commands.push(["ferry", "bench", ...args, "--log", "FILE"].join(" "));
      logs.push("--log", log);
    }
    const missed = await capture.stop();
    const [program = "", ...args] = FERRY;
    const { stdout, stderr } = await new Deno.Command(program, {
      args: [
        ...[...args, "reconcile", file, ...logs],
        ...["--keylog", this.#keys, "--json"],
      ],
      env: this.#env(),
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    const compared = comparedOf(text.decode(stdout));
    if (compared.length === 0) {
      throw new Error(`ferry reconcile: ${text.decode(stderr)}`);
    }
    this.#compared.push(...compared);
    this.#capture = {
      commands: [...this.#capture?.commands ?? [], ...commands],
      missed: (this.#capture?.missed ?? 0) + missed,
    };
    await Deno.remove(file);
  }

  /** Runs `ferry bench` where it is to run; gives its events. */
  async *#ferryBench(args: readonly string[]): AsyncGenerator<unknown> {
    const [program = "", ...rest] = this.#place([
      ...FERRY,
      "bench",
      ...args,
      "--json",
    ]);
    const process = new Deno.Command(program, {
      args: rest,
      env: this.#env(),
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    for await (const line of linesOf(process.stdout)) yield JSON.parse(line);
    const { code } = await process.status;
    if (code !== 0) throw new Error(`ferry bench ended with ${code}`);
  }

  /** A hub on the loopback, in a process of its own. */
  async here(): Promise<Place> {
    const { hub } = await this.#serve("127.0.0.1", this.#place);
    return await this.#at("127.0.0.1", hub, undefined, "lo");
  }

  /**
   * Two namespaces with a network between them: a hub and bare TCP in one; what follows measures in
   * the other. Throws NoNetwork.
   */
  async apart(options: NetworkOptions): Promise<Place> {
    const network = await Network.open(options);
    this.#stops.push(() => network[Symbol.asyncDispose]());
    const host = network.hubHost;
    const { hub, bare } = await this.#serve(
      host,
      (command) => network.onHub(command),
    );
    this.#place = (command) => network.onPeers(command);
    return await this.#at(host, hub, bare, network.peersDevice);
  }

  /** A hub and bare TCP on the loopback behind proxies that deliver so much later each way. */
  async delayed(ms: number): Promise<Place> {
    const host = "127.0.0.1";
    const { hub, bare } = await this.#serve(host, this.#place);
    const behind = async (port: number) => {
      const to = ["--to", `${host}:${port}`, "--delay", `${ms}ms`];
      return Number(await this.#start([...DENO, PROXY, ...to]));
    };
    return await this.#at(host, await behind(hub), await behind(bare), "lo");
  }

  /** A place where the hub is reached at `port`; from now on its ticket is used. */
  async #at(
    host: string,
    port: number,
    bare: number | undefined,
    device: string,
  ): Promise<Place> {
    const [program = "", ...args] = FERRY;
    const { stdout } = await new Deno.Command(program, {
      args: [...args, "ticket", "--host", host, "--port", String(port)],
      env: this.#env(),
      stdin: "null",
    }).output();
    this.#ticket = new TextDecoder().decode(stdout).trim();
    const hub = ["--hub", `${host}:${port}`];
    return {
      hub,
      args: bare === undefined ? hub : [...hub, "--bare", `${host}:${bare}`],
      tap: { place: this.#place, device, port },
    };
  }

  /** Starts a hub, which writes down the secrets of its connections, and bare TCP; their ports. */
  async #serve(
    host: string,
    place: (command: readonly string[]) => string[],
  ): Promise<{ hub: number; bare: number }> {
    const listen = ["--host", host, "--port", "0", "--json"];
    const ready = async (args: readonly string[], env = {}) => {
      const command = place([...FERRY, ...args, ...listen]);
      const { addr } = JSON.parse(await this.#start(command, env));
      return Number(addr.port);
    };
    const inbox = ["--inbox", join(this.#dir, "inbox"), "--name", "lab"];
    return {
      hub: await ready(["serve", ...inbox], { SSLKEYLOGFILE: this.#keys }),
      bare: await ready(["bench", "--serve-bare"]),
    };
  }

  get #keys(): string {
    return join(this.#dir, "keys.log");
  }

  /** Starts a process that runs until the experiment is over; gives its first line. */
  async #start(
    [program = "", ...args]: readonly string[],
    env: Record<string, string> = {},
  ): Promise<string> {
    const process = new Deno.Command(program, {
      args: [...args],
      env: { ...this.#env(), ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#stops.push(async () => {
      process.kill("SIGTERM");
      await process.status;
    });
    const lines = linesOf(process.stdout);
    const { value, done } = await lines.next();
    if (done) throw new Error(`${program} ${args.join(" ")} did not start`);
    // The rest is read, so that it is never blocked.
    (async () => {
      for await (const _ of lines);
    })().catch(() => {});
    return value;
  }

  #env(): Record<string, string> {
    return {
      XDG_STATE_HOME: join(this.#dir, "state"),
      XDG_CONFIG_HOME: join(this.#dir, "config"),
      ...(this.#ticket === undefined ? {} : { FERRY_TICKET: this.#ticket }),
    };
  }
}

/** How many processes wanted a core in the last minute, as `uptime` says. */
function loadNow(): string {
  return (Deno.loadavg()[0] ?? 0).toFixed(1);
}

interface BenchStarted {
  readonly ts: string;
  readonly os: string;
  readonly arch: string;
  readonly cores: number;
  readonly deno: string;
  readonly secure: boolean;
}

function isStarted(event: unknown): event is BenchStarted {
  return typeof event === "object" && event !== null && "event" in event &&
    event.event === "bench.started";
}

function factsOf(started: BenchStarted): [string, string][] {
  const { ts, os, arch, cores, deno, secure } = started;
  return [
    ["Measured", ts.slice(0, 10)],
    ["Machine", `${os} ${arch}, ${cores} cores, Deno ${deno}`],
    ["Connections", secure ? "TLS" : "plain TCP"],
  ];
}
