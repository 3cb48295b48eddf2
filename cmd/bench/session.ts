/** One run of `ferry bench`: sets the stage, measures case after case, clears up. */
import { BareHub, type BareUser } from "../../lib/bench/bare.ts";
import { type Case, caseName, SCENARIOS } from "../../lib/bench/cases.ts";
import { measure } from "../../lib/bench/measure.ts";
import type { Facts } from "../../lib/bench/report.ts";
import type { Sample } from "../../lib/bench/sample.ts";
import { Stage } from "../../lib/bench/stage.ts";
import type { TransferCompleted } from "../../lib/events.ts";
import { Failure, type FailureCode, failureCode } from "../../lib/failure.ts";
import {
  type Address,
  formatAddress,
  parseAddress,
} from "../../lib/net/address.ts";
import type { Client } from "../../lib/peer/client.ts";
import { Quantiles } from "../../lib/time/quantiles.ts";
import { writeFailure } from "../../lib/transfer/disk.ts";
import type { Context } from "../context.ts";
import type { Globals } from "../globals.ts";
import { chooseHub, type HubChoice, type HubOptions } from "../hub_choice.ts";
import { joinBriefly, proofFor, SOFTWARE } from "../joining.ts";
import { assertName, senderName } from "../own_name.ts";
import type { Reporter } from "../report.ts";
import { statusOf } from "../sending.ts";
import { VERSION } from "../version.ts";
import { connectBare } from "./bare.ts";
import { casesOf } from "./choice.ts";
import { itemOf } from "./contents.ts";
import { ownHub } from "./hub.ts";

const OWN_PEERS = 3;

/** What was asked for. */
export interface Request {
  readonly words: readonly string[];
  readonly options: {
    readonly to: string | undefined;
    readonly repeat: number | undefined;
    readonly size: number | undefined;
    readonly peers: number | undefined;
    readonly bare: string | undefined;
    readonly receiptTimeout: number;
    readonly name: string | undefined;
  } & HubOptions;
  readonly context: Context;
  readonly globals: Globals;
  readonly reporter: Reporter;
}

/** Who hears of it while it goes on. */
export interface Observer {
  /** The stage is set. */
  begin(): void;
  /** A case is done, or broken off; its samples. */
  done(samples: readonly Sample[]): void;
  /** A delivery that counts. */
  delivered(event: TransferCompleted): void;
  /** All cases are done; the summary follows. */
  end(): void;
}

/** How it went. */
export interface Outcome {
  readonly facts: Facts;
  readonly status: number;
}

/** Measures everything asked for. Throws Failure, and the signal's reason; nothing is left behind then either. */
export async function measureAll(
  request: Request,
  observer: Observer,
): Promise<Outcome> {
  const { options, words, context } = request;
  const { to } = options;
  if (to !== undefined) assertName(to, "send to");
  const own = options.hub === undefined && to === undefined;
  const peers = options.peers ?? (to === undefined ? OWN_PEERS : 0);
  const toHub = to?.toLowerCase() === "hub";
  const cases = casesOf({
    words,
    size: options.size,
    recipients: {
      ...(to === undefined || toHub ? { hub: 1 } : {}),
      ...((to === undefined ? peers > 0 : !toHub) ? { peer: 1 } : {}),
      ...(peers > 0 ? { broadcast: peers } : {}),
    },
  });
  const dir = await Deno.makeTempDir({ prefix: "ferry-bench-" }).catch(
    (cause) => {
      const { code, message } = writeFailure(cause);
      throw new Failure(code, `Cannot make a directory: ${message}`, { cause });
    },
  );
  try {
    await using scene = await Scene.open(request, dir, own, peers);
    context.signal.throwIfAborted();
    const facts = scene.announce(peers);
    observer.begin();
    return { facts, status: await scene.play(cases, observer) };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Hub, peers, sender and bare TCP, as they stand for one run. */
class Scene implements AsyncDisposable {
  readonly #request: Request;
  readonly #dir: string;
  readonly #stage: Stage;
  readonly #closing: (() => Promise<unknown>)[] = [];
  #hub: HubChoice | undefined;
  #own = false;
  #names: readonly string[] = [];
  #client: Client | undefined;
  #bare: BareUser | undefined;

  private constructor(request: Request, dir: string) {
    const { context, globals } = request;
    this.#request = request;
    this.#dir = dir;
    this.#stage = new Stage({
      dir,
      clock: context.clock,
      software: SOFTWARE,
      windows: context.platform.os === "windows",
      handshakeMs: globals.connectTimeout,
      idleMs: globals.idleTimeout,
      signal: context.signal,
    });
  }

  static async open(
    request: Request,
    dir: string,
    own: boolean,
    peers: number,
  ): Promise<Scene> {
    const scene = new Scene(request, dir);
    try {
      await scene.#set(own, peers);
      return scene;
    } catch (error) {
      await scene[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #set(own: boolean, peers: number): Promise<void> {
    const { options, context, globals } = this.#request;
    const { clock, signal } = context;
    const connectMs = globals.connectTimeout;
    this.#own = own;
    const hub = own
      ? await ownHub(this.#stage, this.#dir, options.insecure)
      : await chooseHub(options, context, globals);
    this.#hub = hub;
    const { secret } = hub.access;
    const credentials = {
      ...(secret === undefined ? {} : { secret }),
      ...(own ? {} : await proofFor(hub.access, context)),
    };
    const names: string[] = [];
    for (let n = 0; n < peers; n++) {
      const { stream } = await hub.access.open({ clock, connectMs, signal });
      names.push(await this.#stage.join(stream, credentials));
    }
    this.#names = names;
    const name = senderName(options.name, context);
    const client = await joinBriefly(hub, name, context, globals);
    this.#client = client;
    this.#closing.push(() => client.close());
    const { to } = options;
    if (
      to !== undefined && to.toLowerCase() !== "hub" &&
      !client.peers.has(to.toLowerCase())
    ) {
      throw new Failure("absent", `Cannot send to ${to}: it is not connected`, {
        hint: "ferry peers lists who is",
      });
    }
    this.#bare = await this.#openBare(own, peers);
    await this.#stage.settle();
  }

  async #openBare(own: boolean, peers: number): Promise<BareUser | undefined> {
    const { options, context: { signal } } = this.#request;
    let address: Address;
    if (options.bare !== undefined) address = parseAddress(options.bare);
    else if (own) {
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const hub = new BareHub(listener);
      this.#closing.push(() => hub.shutdown());
      const { hostname: host, port } = listener.addr;
      address = { host, port };
    } else return undefined;
    const bare = await connectBare(address, peers, signal);
    this.#closing.push(() => bare.close());
    // An exchange under way ends when its connections do.
    signal.addEventListener("abort", () => void bare.close());
    return bare;
  }

  /** Says what is measured on, and gives the same as facts for a report. */
  announce(peers: number): Facts {
    const { context: { platform, clock }, reporter } = this.#request;
    const cores = navigator.hardwareConcurrency;
    const hub = this.#client?.welcome.hub ?? "";
    const { address = { host: "", port: 0 }, access } = this.#hub ?? {};
    const secure = access?.secure ?? false;
    reporter.event({
      event: "bench.started",
      hub,
      own: this.#own,
      addr: address,
      peers,
      secure,
      bare: this.#bare !== undefined,
      os: platform.system,
      arch: platform.arch,
      cores,
      deno: platform.deno,
    });
    return [
      ["Measured", new Date(clock.date()).toISOString().slice(0, 16) + "Z"],
      ["Machine", `${platform.system} ${platform.arch}, ${cores} cores`],
      ["Ferry", `${VERSION}, Deno ${platform.deno}`],
      [
        "Hub",
        this.#own
          ? "its own, in the same process"
          : `${hub} at ${formatAddress(address)}`,
      ],
      ["Own peers", String(peers)],
      ["Connections", secure ? "TLS" : "plain TCP"],
    ];
  }

  /** Measures all cases; the exit status. */
  async play(cases: readonly Case[], observer: Observer): Promise<number> {
    const latencies = new Quantiles();
    const codes = new Set<FailureCode>();
    let failures = 0;
    let bytes = 0;
    for (const of of cases) {
      const samples: Sample[] = [];
      try {
        for await (const sample of this.#measure(of, observer)) {
          samples.push(sample);
        }
      } finally {
        if (samples.length > 0) observer.done(samples);
      }
      for (const { latency, failed } of samples) {
        if (failed !== null) {
          failures++;
          codes.add(failureCode(failed));
        }
        if (latency === null) continue;
        latencies.add(latency.total);
        bytes += of.bytes * of.recipients;
      }
    }
    observer.end();
    const delivered = latencies.count;
    const status = statusOf({ delivered, failed: failures, codes });
    this.#request.reporter.summary({
      ok: delivered,
      failed: failures,
      bytes,
      latency_ms: latencies.summary(),
      exit: status,
    });
    return status;
  }

  async *#measure(of: Case, observer: Observer): AsyncGenerator<Sample> {
    const { options, context, globals, reporter } = this.#request;
    const client = this.#client;
    if (client === undefined) return;
    const to = this.#recipients(of);
    const isOwn = of.path === "hub" ||
      to.every((name) => this.#names.includes(name));
    const measured = measure({
      of,
      item: await itemOf(of, this.#dir, context, reporter),
      to,
      client,
      bare: isOwn ? this.#bare : undefined,
      rounds: options.repeat === undefined
        ? { atMost: SCENARIOS[of.scenario].repeats }
        : { times: options.repeat },
      deadlines: {
        acceptMs: globals.acceptTimeout,
        idleMs: globals.idleTimeout,
        receiptMs: options.receiptTimeout,
      },
      clock: context.clock,
      signal: context.signal,
      log: (event) => observer.delivered(event),
      between: () => this.#stage.sweep(),
    });
    const warned = new Set<string>();
    for await (const { sample, message } of measured) {
      if (sample.failed !== null && !warned.has(sample.failed)) {
        warned.add(sample.failed);
        reporter.warn(
          sample.failed,
          `Cannot send ${caseName(of)}: ${message}`,
        );
      }
      yield sample;
    }
  }

  #recipients({ path }: Case): readonly string[] {
    if (path === "hub") return ["hub"];
    if (path === "broadcast") return this.#names;
    return [this.#request.options.to ?? this.#names[0] ?? ""];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closing.toReversed()) await close();
    await this.#stage[Symbol.asyncDispose]();
  }
}
