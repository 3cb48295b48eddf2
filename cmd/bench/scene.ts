/** Where one run of `ferry bench` measures: hub, peers, sender and bare TCP. */
import { BareHub, type BareUser } from "../../lib/bench/bare.ts";
import type { Path } from "../../lib/bench/cases.ts";
import type { Facts } from "../../lib/bench/report.ts";
import { Stage } from "../../lib/bench/stage.ts";
import { Failure } from "../../lib/failure.ts";
import {
  type Address,
  formatAddress,
  parseAddress,
} from "../../lib/net/address.ts";
import type { Client } from "../../lib/peer/client.ts";
import { chooseHub, type HubChoice } from "../hub_choice.ts";
import { joinBriefly, proofFor, SOFTWARE } from "../joining.ts";
import { senderName } from "../own_name.ts";
import { VERSION } from "../version.ts";
import { connectBare } from "./bare.ts";
import { ownHub } from "./hub.ts";
import type { Request } from "./request.ts";

/** Hub, peers, sender and bare TCP, as they stand for one run. */
export class Scene implements AsyncDisposable {
  readonly #request: Request;
  /** A directory for what is sent; whoever opens the scene removes it. */
  readonly dir: string;
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
    this.dir = dir;
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

  /** Sets it: with a hub of its `own` or the one asked for, and so many peers of its own. Throws Failure. */
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

  /** Who sends. */
  get client(): Client {
    if (this.#client === undefined) throw new Error("the scene is not set");
    return this.#client;
  }

  /** Removes what has arrived. */
  sweep(): void {
    this.#stage.sweep();
  }

  /** Who gets what is sent along a path. */
  recipients(path: Path): readonly string[] {
    if (path === "hub") return ["hub"];
    if (path === "broadcast") return this.#names;
    return [this.#request.options.to ?? this.#names[0] ?? ""];
  }

  /** Bare TCP beside a path, where its ends are the same. */
  bareBeside(path: Path): BareUser | undefined {
    const isOwn = path === "hub" ||
      this.recipients(path).every((name) => this.#names.includes(name));
    return isOwn ? this.#bare : undefined;
  }

  async #set(own: boolean, peers: number): Promise<void> {
    const { options, context, globals } = this.#request;
    const { clock, signal } = context;
    const connectMs = globals.connectTimeout;
    this.#own = own;
    const hub = own
      ? await ownHub(this.#stage, this.dir, options.insecure)
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
  announce(): Facts {
    const { context: { platform, clock }, reporter } = this.#request;
    const cores = navigator.hardwareConcurrency;
    const peers = this.#names.length;
    const { hub } = this.client.welcome;
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

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closing.toReversed()) await close();
    await this.#stage[Symbol.asyncDispose]();
  }
}
