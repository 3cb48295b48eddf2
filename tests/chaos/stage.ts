/** Where a round is played: a hub, its peers and senders as processes, and the network between them. */
import { join } from "@std/path";
import { encodeTicket } from "../../lib/net/ticket.ts";
import {
  hubFingerprint,
  readHubIdentity,
} from "../../lib/state/hub_identity.ts";
import { FaultProxy } from "../support/proxy.ts";
import { Actor } from "./actor.ts";
import type { Plan } from "./plan.ts";

/** Deadlines of every process: short, so that what hangs is found soon. */
const DEADLINES = [
  ...["--idle-timeout", "8s", "--accept-timeout", "8s"],
  ...["--connect-timeout", "8s"],
];
/** A hub that is told to stop lets transfers go on so long, and then takes about a second. */
export const GRACE_MS = 300;
/** A small disk has room for so much. Mebibytes. */
const DISK_MIB = 48;

/** A tmpfs. */
export class SmallDisk {
  constructor(readonly path: string) {
    Deno.mkdirSync(path, { recursive: true });
    const options = ["-t", "tmpfs", "-o", `size=${DISK_MIB}m`, "none", path];
    if (!succeeds("mount", options)) throw new Error("cannot mount a tmpfs");
  }

  /** Whether one can be had here. */
  static isPossible(): boolean {
    const path = Deno.makeTempDirSync();
    try {
      new SmallDisk(path).remove();
      return true;
    } catch {
      return false;
    } finally {
      Deno.removeSync(path);
    }
  }

  /** Leaves no byte free. */
  fill(): void {
    using file = Deno.openSync(join(this.path, "filler"), {
      write: true,
      create: true,
    });
    const zeros = new Uint8Array(64 * 1024);
    for (let size = zeros.length; size > 0;) {
      try {
        if (file.writeSync(zeros.subarray(0, size)) === 0) break;
      } catch {
        size = Math.floor(size / 16);
      }
    }
  }

  /** Gives the room back. */
  empty(): void {
    try {
      Deno.removeSync(join(this.path, "filler"));
    } catch {
      // It was not filled.
    }
  }

  remove(): void {
    succeeds("umount", [this.path]);
  }
}

function succeeds(program: string, args: string[]): boolean {
  try {
    const options = { args, stdout: "null", stderr: "null" } as const;
    return new Deno.Command(program, options).outputSync().success;
  } catch {
    return false;
  }
}

/** The processes of a round. */
export class Stage implements AsyncDisposable {
  readonly #command: readonly string[];
  readonly #plan: Plan;
  /** Between senders and hub, between hub and recipients. */
  readonly up: FaultProxy;
  readonly down: FaultProxy;
  readonly actors: Actor[] = [];
  readonly recipients: Actor[] = [];
  readonly disk: SmallDisk | undefined;
  hub!: Actor;

  constructor(
    readonly dir: string,
    plan: Plan,
    command: readonly string[],
  ) {
    this.#plan = plan;
    this.#command = command;
    const nowhere = { host: "127.0.0.1", port: 1 };
    this.up = new FaultProxy(nowhere, plan.network);
    this.down = new FaultProxy(nowhere, plan.network);
    if (plan.faults.some(({ act }) => act === "fill")) {
      this.disk = new SmallDisk(join(dir, "disk"));
    }
  }

  #has(where: "inbox" | "spool"): boolean {
    return this.#plan.faults.some(({ who }) => who === where);
  }

  get spool(): string {
    return this.#has("spool")
      ? join(this.dir, "disk", "spool")
      : join(this.dir, "spool");
  }

  /** What a hub that is got from shares: what the first sending would send. */
  get share(): string {
    return join(this.dir, "source-0");
  }

  inbox(which: number): string {
    return this.#has("inbox")
      ? join(this.dir, "disk", `inbox-${which}`)
      : join(this.dir, `inbox-${which}`);
  }

  /** Starts a process. */
  start(
    name: string,
    args: readonly string[],
    env: Record<string, string> = {},
    home = name,
  ): Actor {
    const insecure = this.#plan.secure ? [] : ["--insecure"];
    const actor = new Actor(
      name,
      [...args, "--json", ...DEADLINES, ...insecure],
      {
        command: this.#command,
        home: join(this.dir, "home", home),
        env,
      },
    );
    this.actors.push(actor);
    return actor;
  }

  /** Starts the hub, for the first time or again; resolves when it is ready. */
  async startHub(): Promise<void> {
    const actor = this.start("hub", [
      ...["serve", "--host", "127.0.0.1", "--port", "0", "--name", "hub-1"],
      ...["--spool", this.spool, "--grace", `${GRACE_MS}ms`],
      ...["--inbox", join(this.dir, "inbox-hub")],
      ...(this.#plan.kind === "get" ? ["--share", this.share] : []),
    ]);
    this.hub = actor;
    const { addr } = await actor.until("ready", isReady);
    if (typeof addr !== "object" || addr === null || !("port" in addr)) {
      throw new Error("ready says no port");
    }
    const target = { host: "127.0.0.1", port: Number(addr.port) };
    this.up.target = this.down.target = target;
  }

  /** Where a client finds the hub: through one of the proxies. */
  async #way(proxy: FaultProxy): Promise<{
    args: string[];
    env: Record<string, string>;
  }> {
    if (!this.#plan.secure) {
      return { args: ["--hub", `127.0.0.1:${proxy.port}`], env: {} };
    }
    const state = join(this.dir, "home", "hub", ".local", "state", "ferry");
    const identity = readHubIdentity(state);
    if (identity === undefined) throw new Error("the hub has no identity");
    const ticket = encodeTicket({
      hosts: ["127.0.0.1"],
      port: proxy.port,
      secret: identity.ticket_secret,
      fingerprint: await hubFingerprint(identity),
    });
    return { args: [], env: { FERRY_TICKET: ticket } };
  }

  /** Starts a recipient, for the first time or again; resolves when it is ready. */
  async startRecipient(which: number): Promise<void> {
    const { args, env } = await this.#way(this.down);
    const name = recipientName(which);
    const actor = this.start(
      name,
      ["connect", ...args, "--name", name, "--inbox", this.inbox(which)],
      env,
    );
    this.recipients[which] = actor;
    await actor.until("ready", isReady);
  }

  /** Starts a sender; `which` sends under the same name again. */
  async startSender(
    which: number,
    by: readonly string[],
    paths: readonly string[],
  ): Promise<Actor> {
    const { args, env } = await this.#way(this.up);
    const name = `s${which}`;
    return this.start(
      name,
      [...by, ...args, "--name", name, "--receipt-timeout", "8s", ...paths],
      env,
    );
  }

  /** Starts a recipient that gets something from the hub. */
  async startGetter(which: number, name: string): Promise<Actor> {
    const { args, env } = await this.#way(this.down);
    const to = ["--name", recipientName(which), "-o", this.inbox(which)];
    return this.start(
      recipientName(which),
      ["get", name, ...args, ...to],
      env,
    );
  }

  /** Nothing of the network is bad any more. */
  calm(): void {
    for (const { faults } of [this.up, this.down]) {
      faults.delayMs = 0;
      faults.split =
        faults.rate =
        faults.cutAfter =
        faults.endAfter =
          Infinity;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const actor of this.actors) {
      if (actor.ended === undefined) actor.signal("SIGKILL");
    }
    await Promise.all(this.actors.map(({ finished }) => finished));
    await this.up[Symbol.asyncDispose]();
    await this.down[Symbol.asyncDispose]();
    this.disk?.remove();
  }
}

/** What a recipient is called. */
export function recipientName(which: number): string {
  return `r${which}`;
}

function isReady({ event }: { event: string }): boolean {
  return event === "ready";
}
