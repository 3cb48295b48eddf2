/** A hub on a free port of this machine, with its own clock and directories, and peers of it. */
import type { Failure } from "../../lib/failure.ts";
import { Hub } from "../../lib/hub/hub.ts";
import type { HubOptions, Listener } from "../../lib/hub/hub_options.ts";
import { LocalRecipient } from "../../lib/hub/local.ts";
import { Inbox, type InboxOptions } from "../../lib/inbox/inbox.ts";
import { Client, type ClientOptions } from "../../lib/peer/client.ts";
import type { Clock } from "../../lib/time/clock.ts";
import { FakeClock } from "../fake_clock.ts";
import { listOf, TempDir } from "./files.ts";
import { Events, Recorder } from "./recorder.ts";
import { within } from "./within.ts";

/** What happened to the hub's connections, worded: `joined bob`, `left bob`, `trouble bob: protocol: …`. */
export type HubNews = Recorder<string>;

/** A hub under test. */
export class TestHub implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly dir = new TempDir();
  readonly news: HubNews = new Recorder();
  /** What the hub's own inbox reported. */
  readonly events = new Events();
  readonly hub: Hub;
  readonly #inbox: Inbox;

  constructor(
    options: Partial<HubOptions> = {},
    inbox: Partial<InboxOptions> = {},
  ) {
    const { clock, news } = this;
    this.#inbox = testInbox(this.inboxDir, "hub", clock, this.events, inbox);
    this.hub = new Hub({
      listener: options.listener ??
        Deno.listen({ hostname: "127.0.0.1", port: 0 }),
      name: "testhub",
      software: "test",
      clock,
      spoolDir: this.spoolDir,
      inbox: new LocalRecipient(this.#inbox, clock),
      events: {
        joined: ({ name }) => news.add(`joined ${name}`),
        left: ({ name }) => news.add(`left ${name}`),
        trouble: (who, failure) => news.add(troubleOf(who, failure)),
      },
      ...options,
    });
  }

  get port(): number {
    return this.hub.addr.port;
  }

  get spoolDir(): string {
    return this.dir.at("spool");
  }

  get inboxDir(): string {
    return this.dir.at("inbox");
  }

  /** Every file below the spool directory but the locks, also those of hubs before. */
  spooled(): string[] {
    return listOf(this.spoolDir).flatMap((hub) =>
      listOf(`${this.spoolDir}/${hub}`)
    ).filter((name) => name !== "lock");
  }

  /** Resolves when someone joined, left, or was trouble. */
  async heard(news: string): Promise<string> {
    return await this.news.until((one) => one.startsWith(news), news);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const done = this.hub.shutdown();
    // Past the time a closing connection gets: some tests leave theirs open.
    await this.clock.advance(1_000);
    await within(done, "the end of the hub");
    this.#inbox.close();
    this.dir[Symbol.dispose]();
  }
}

/** A Ferry peer of a hub, receiving into a directory of its own. */
export class TestPeer implements AsyncDisposable {
  private constructor(
    readonly client: Client,
    readonly dir: TempDir,
    readonly events: Events,
    private readonly inbox: Inbox,
  ) {}

  /** Joins the hub at `port`. */
  static async join(
    port: number,
    name: string,
    clock: Clock,
    inbox: Partial<InboxOptions> = {},
    greeting: Partial<ClientOptions> = {},
  ): Promise<TestPeer> {
    const dir = new TempDir();
    const events = new Events();
    const into = testInbox(dir.at("inbox"), name, clock, events, inbox);
    try {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port });
      conn.setNoDelay();
      const client = await Client.greet(conn, {
        role: "peer",
        name,
        adapt: false,
        software: "test",
        clock,
        handshakeMs: 10_000,
        idleMs: 30_000,
        inbox: into,
        ...greeting,
      });
      return new TestPeer(client, dir, events, into);
    } catch (error) {
      dir[Symbol.dispose]();
      throw error;
    }
  }

  get inboxDir(): string {
    return this.dir.at("inbox");
  }

  /** Names in its inbox. */
  files(): string[] {
    return listOf(this.inboxDir);
  }

  /** The content of a file in its inbox. */
  read(name: string): Uint8Array {
    return Deno.readFileSync(`${this.inboxDir}/${name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await within(this.client.close(), "the end of the peer");
    this.inbox.close();
    this.dir[Symbol.dispose]();
  }
}

/** An inbox that takes everything and renames, unless told otherwise. */
export function testInbox(
  dir: string,
  name: string,
  clock: Clock,
  events: Events,
  options: Partial<InboxOptions> = {},
): Inbox {
  return new Inbox({
    dir,
    name: () => name,
    accept: { kind: "all" },
    onConflict: "rename",
    keepMessages: false,
    windows: false,
    clock,
    emit: events.add,
    ...options,
  });
}

function troubleOf(who: string, { code, message }: Failure): string {
  return `trouble ${who}: ${code}: ${message}`;
}

/** A listener whose connections seem to come from these addresses, in turn; later ones from the last. */
export function listenFrom(...addresses: string[]): Listener {
  const inner = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return {
    addr: inner.addr,
    close: () => inner.close(),
    async accept() {
      const conn = await inner.accept();
      return {
        read: (into) => conn.read(into),
        write: (bytes) => conn.write(bytes),
        closeWrite: () => conn.closeWrite(),
        close: () => conn.close(),
        remoteAddr: {
          hostname: addresses.length > 1 ? addresses.shift() : addresses[0],
        },
      };
    },
  };
}
