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
}

/** One experiment under way. */
export class Bench {
  readonly #samples: Sample[] = [];
  readonly #dir: string;
  readonly #commands: string[] = [];
  readonly #stops: (() => Promise<unknown>)[] = [];
  #facts: [string, string][] | null = null;
  /** Where `ferry bench` runs. */
  #place = (command: readonly string[]): string[] => [...command];

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
      facts: bench.#facts,
      commands: bench.#commands,
      ...(missing === undefined ? {} : { missing }),
    };
    await Deno.writeTextFile(
      join(data, `${name}.json`),
      JSON.stringify(notes, null, 2) + "\n",
    );
    await Deno.writeTextFile(
      join(data, `${name}.csv`),
      samplesCsv(bench.#samples),
    );
  }

  /** Measures; the arguments as a user would give them to `ferry bench`. */
  async measure(...args: string[]): Promise<void> {
    const file = join(this.#dir, "samples.csv");
    const all = this.quick ? [...args, "--repeat", "2"] : args;
    this.#commands.push(["ferry", "bench", ...all].join(" "));
    const [program = "", ...rest] = this.#place([
      ...FERRY,
      "bench",
      ...all,
      "--json",
      "--samples",
      file,
    ]);
    const process = new Deno.Command(program, {
      args: rest,
      env: this.#env(),
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    for await (const line of linesOf(process.stdout)) {
      const event: unknown = JSON.parse(line);
      if (isStarted(event)) this.#facts ??= factsOf(event);
    }
    const { code } = await process.status;
    if (code !== 0) throw new Error(`ferry bench ended with ${code}`);
    this.#samples.push(...parseSamples(await Deno.readTextFile(file)));
  }

  /**
   * Two namespaces with a network between them: a hub and bare TCP in one; what follows measures in
   * the other. Gives the arguments that say where they are. Throws NoNetwork.
   */
  async apart(options: NetworkOptions): Promise<string[]> {
    const network = await Network.open(options);
    this.#stops.push(() => network[Symbol.asyncDispose]());
    const { hub, bare } = await this.#serve(
      network.hubHost,
      (command) => network.onHub(command),
    );
    this.#place = (command) => network.onPeers(command);
    return ["--hub", hub, "--bare", bare];
  }

  /** A hub and bare TCP on the loopback behind proxies that deliver so much later each way. */
  async delayed(ms: number): Promise<string[]> {
    const { hub, bare } = await this.#serve(
      "127.0.0.1",
      (command) => [...command],
    );
    const behind = async (address: string) => {
      const proxy = [...DENO, PROXY, "--to", address, "--delay", `${ms}ms`];
      return `127.0.0.1:${await this.#start(proxy)}`;
    };
    return ["--hub", await behind(hub), "--bare", await behind(bare)];
  }

  async #serve(
    host: string,
    place: (command: readonly string[]) => string[],
  ): Promise<{ hub: string; bare: string }> {
    const listen = ["--host", host, "--port", "0", "--json"];
    const ready = async (...args: string[]) => {
      const line = await this.#start(place([...FERRY, ...args, ...listen]));
      const { addr: { port } } = JSON.parse(line);
      return `${host}:${port}`;
    };
    const inbox = ["--inbox", join(this.#dir, "inbox"), "--name", "lab"];
    return {
      hub: await ready("serve", "--insecure", ...inbox),
      bare: await ready("bench", "--serve-bare"),
    };
  }

  /** Starts a process that runs until the experiment is over; gives its first line. */
  async #start([program = "", ...args]: readonly string[]): Promise<string> {
    const process = new Deno.Command(program, {
      args: [...args],
      env: this.#env(),
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
    };
  }
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
