/**
 * The hub: accepts connections, gives names, tells everyone who is there, and routes transfers
 * between its members and its own inbox.
 */
import { asFailure, Failure } from "../failure.ts";
import type { ByteStream } from "../net/connection.ts";
import {
  MAX_ADDRESS_SHARE,
  MAX_CONNECTIONS,
  MAX_GREETING,
  MAX_PEERS,
} from "../protocol/limits.ts";
import type { MessageOf } from "../protocol/message.ts";
import type { Clock } from "../time/clock.ts";
import type {
  Body,
  Carrier,
  Offer,
  TransferListener,
} from "../transfer/transfer.ts";
import type { Door } from "./door.ts";
import type { FerryEvent } from "../events.ts";
import type { Answering } from "./answers.ts";
import { answersFor, type History } from "./giving.ts";
import { Member, type MemberHub, type PeerInfo } from "./member.ts";
import type { NameBook } from "./names.ts";
import { nameForOneshot, nameForPeer, type Names } from "./naming.ts";
import { assertNotReserved, Registry } from "./registry.ts";
import type { RouteEvents } from "./route_events.ts";
import { type RouteInfo, Router } from "./router.ts";
import type { Share } from "./share.ts";
import { SpoolRoom } from "./spool_room.ts";
import { firstToGo, originOf, StrangerLog } from "./strangers.ts";

/**
 * A connection from which nothing has come for so long has left a PING unanswered; who comes with
 * the same key may take its name. Milliseconds.
 */
const SILENT_MS = 15_000;

/** What a hub that stops slowly leaves is looked for so often, and so many times. */
const LOOK_MS = 1_000;
const LOOKS = 60;

/** Where connections come from; `Deno.listen` and `Deno.listenTls` give one. */
export interface Listener {
  readonly addr: { hostname: string; port: number };
  accept(): Promise<ByteStream & { remoteAddr?: unknown }>;
  close(): void;
}

/** What a hub reports while it runs. */
export interface HubEvents {
  joined?(peer: PeerInfo): void;
  left?(peer: PeerInfo): void;
  /** A connection ended badly; `who` is its name or address. */
  trouble?(who: string, failure: Failure): void;
  /** What goes through, for a record of it. */
  readonly routes?: RouteEvents;
  /** Something shared is got. */
  given?(event: FerryEvent): void;
}

/** How a hub is set up; durations in milliseconds, sizes in bytes. */
export interface HubOptions {
  readonly listener: Listener;
  readonly name: string;
  readonly software: string;
  readonly clock: Clock;
  /** Directory for bodies too large for memory. */
  readonly spoolDir: string;
  readonly spoolLimit?: number;
  readonly maxPeers?: number;
  /** Peers and one-shots together. */
  readonly maxConnections?: number;
  /** Whose names are whose, and the SHA-256 of the hub's certificate; without it names belong to nobody. */
  readonly identities?: {
    readonly fingerprint: Uint8Array;
    readonly names: NameBook;
  };
  /** How long a new connection may take to greet. */
  readonly handshakeMs?: number;
  /** How long transfers under way may go on when the hub is told to stop. */
  readonly graceMs?: number;
  /** A connection that takes no byte for so long is ended. */
  readonly idleMs?: number;
  /** Who may join: for a listener with TLS. Without one everybody may, and nobody is the operator. */
  readonly door?: Door;
  /** Takes what is sent to the hub itself. */
  readonly inbox?: Carrier;
  /** What was recorded, where requests for it are to be answered. */
  readonly history?: History;
  /** What clients may get. */
  readonly share?: Share;
  /** Whether everyone may see the transfers of others: where names prove nothing. Yes unless said otherwise. */
  readonly openHistory?: boolean;
  readonly events?: HubEvents;
}

/** A running hub. */
export class Hub implements Carrier {
  readonly #options: HubOptions;
  readonly #room: SpoolRoom;
  readonly #router: Router;
  readonly #registry = new Registry<Member>();
  readonly #members = new Set<Member>();
  readonly #serving = new Set<Promise<void>>();
  /** A flood of strangers does not become a flood of lines. */
  readonly #strangers = new StrangerLog((who, failure) =>
    this.#trouble(who, failure)
  );
  #closing = false;
  #stopLooking = () => {};
  /** Resolves when the hub has stopped and everything of it is gone. */
  readonly finished: Promise<void>;

  constructor(options: HubOptions) {
    this.#options = options;
    const { spoolDir, spoolLimit, name, clock } = options;
    this.#room = new SpoolRoom(spoolDir, spoolLimit, name);
    const find = (name: string) => {
      if (name.toLowerCase() === "hub") return options.inbox;
      return this.#registry.find(name)?.outbound;
    };
    this.#router = new Router(this.#room, find, clock, this.#routeEvents());
    this.#adopt(LOOKS);
    this.finished = this.#accept();
  }

  /** Takes over what other hubs left; looks again for one that is just stopping. */
  #adopt(looks: number): void {
    const { clock } = this.#options;
    this.#router.adopt(this.#room.adopt(clock.date()));
    if (!this.#room.isContested || looks === 0) return;
    this.#stopLooking = clock.after(LOOK_MS, () => this.#adopt(looks - 1));
  }

  /** Where it listens. */
  get addr(): { host: string; port: number } {
    const { hostname, port } = this.#options.listener.addr;
    return { host: hostname, port };
  }

  /** Who is connected, in the order they came. */
  peers(): PeerInfo[] {
    return [...this.#registry.all()].flatMap((member) => member.info ?? []);
  }

  /** Connections of any kind, also those that have not greeted. */
  get connections(): number {
    return this.#members.size;
  }

  /** Transfers under way. */
  get transfers(): number {
    return this.#router.size;
  }

  /** What goes through the hub now, in the order it began. */
  routes(): RouteInfo[] {
    return this.#router.routes();
  }

  /**
   * Sends a peer away: its transfers fail, and it is told that it is not wanted, so that it does
   * not come back by itself. False when nobody of that name is here.
   */
  disconnect(name: string): boolean {
    const member = this.#registry.find(name);
    if (member === undefined) return false;
    const message = "the hub has sent this peer away";
    member.connection.send({ type: "bye", code: "declined", message });
    member.connection.close();
    return true;
  }

  /** Sends something of the hub's own; the file itself is the spool. Throws Failure. */
  carry(
    offer: Offer,
    body: Body,
    listener: TransferListener,
  ): ReturnType<Router["carry"]> {
    return this.#router.carry(offer, body, listener);
  }

  /**
   * Stops: no new connections and transfers, those under way have `graceMs` to end, what is not done
   * then stays in the spool for the next hub as far as it can be gone on with, every peer is told.
   * Resolves when all that is done, within about a second and the grace.
   */
  async shutdown(message = "the hub is shutting down"): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#stopLooking();
      this.#options.listener.close();
      this.#router.close();
      await this.#grace();
      this.#router.suspendAll({ code: "shutdown", message });
      for (const member of this.#members) {
        member.connection.send({ type: "bye", code: "shutdown", message });
        member.connection.close();
      }
    }
    await this.finished;
  }

  async #grace(): Promise<void> {
    const { clock, graceMs = 0 } = this.#options;
    if (graceMs === 0 || this.#router.size === 0) return;
    const over = Promise.withResolvers<void>();
    const stop = clock.after(graceMs, over.resolve);
    await Promise.race([this.#router.idle(), over.promise]);
    stop();
  }

  #routeEvents(): RouteEvents {
    const events = this.#options.events;
    return {
      offered: (route) => events?.routes?.offered?.(route),
      stored: (...about) => events?.routes?.stored?.(...about),
      settled: (route, end) => {
        events?.routes?.settled?.(route, end);
        const { outcome, recipient } = end;
        if (outcome.status !== "failed" || outcome.code !== "deadline.queue") {
          return;
        }
        const state =
          `Cannot deliver ${route.name} from ${route.from}: ${outcome.message}`;
        events?.trouble?.(recipient, new Failure(outcome.code, state));
      },
    };
  }

  async #accept(): Promise<void> {
    const { listener, clock } = this.#options;
    while (!this.#closing) {
      let stream;
      try {
        stream = await listener.accept();
      } catch (error) {
        if (this.#closing || error instanceof Deno.errors.BadResource) break;
        // Out of file descriptors, or a connection that was gone at once: others may still come.
        this.#trouble("a new connection", error);
        await new Promise<void>((resolve) => clock.after(100, resolve));
        continue;
      }
      this.#welcome(stream);
    }
    await Promise.all(this.#serving);
    this.#strangers.close();
    await this.#router.idle();
    this.#room.close();
  }

  #welcome(
    stream: ByteStream & { remoteAddr?: unknown; setNoDelay?(): void },
  ): void {
    if (this.#closing) return stream.close();
    this.#makeRoomToGreet();
    try {
      stream.setNoDelay?.();
    } catch {
      // Some systems refuse it on a connection that has ended already; reading will tell.
    }
    const member = new Member(
      stream,
      addressOf(stream.remoteAddr),
      this.#memberHub(),
    );
    this.#members.add(member);
    const serving = this.#serve(member).finally(() =>
      this.#serving.delete(serving)
    );
    this.#serving.add(serving);
  }

  /** Who greets at once gets in, however many do not. */
  #makeRoomToGreet(): void {
    const waiting = [...this.#members].filter(({ info, connection }) =>
      info === undefined && !connection.isClosed
    );
    if (waiting.length < MAX_GREETING) return;
    const state = "others came before it had greeted";
    firstToGo(waiting)?.connection.abort(new Failure("limit", state));
  }

  async #serve(member: Member): Promise<void> {
    try {
      await member.run();
    } catch (error) {
      if (!this.#closing && this.#isNews(member)) {
        if (member.info !== undefined) {
          this.#trouble(member.info.name, error);
        } else {
          const now = this.#options.clock.now();
          this.#strangers.add(member.address, asFailure(error), now);
        }
      }
    } finally {
      this.#members.delete(member);
      this.#leave(member);
    }
  }

  #memberHub(): MemberHub {
    const { clock, name, software, handshakeMs = 10_000, idleMs = 30_000 } =
      this.#options;
    return {
      clock,
      name,
      software,
      router: this.#router,
      handshakeMs,
      idleMs,
      fingerprint: this.#options.identities?.fingerprint,
      door: this.#options.door ?? (() => ({ operator: false })),
      join: (member, hello) => this.#join(member, hello),
      peers: () => this.peers(),
      answering: (member) => this.#answering(member),
      joined: (member) => {
        this.#announce("joined", member);
        if (member.info !== undefined) this.#router.arrived(member.info.name);
      },
    };
  }

  #answering(member: Member): Answering {
    const { clock, history, share, openHistory = true, events } = this.#options;
    const emit = (event: FerryEvent) => events?.given?.(event);
    return answersFor({ clock, history, share, emit }, {
      name: member.info?.name ?? "",
      seesAll: openHistory || member.operator,
      // It may be a one-shot, whose name others may bear.
      carrier: {
        carry: (offer, body, listener) =>
          this.#router.carry(offer, body, listener, member.outbound),
      },
      roundTripMs: () => 0,
    });
  }

  #join(
    member: Member,
    hello: MessageOf<"hello">,
  ): { name: string; token: string } {
    this.#assertRoom(member, hello.name);
    const token = crypto.randomUUID();
    if (hello.role === "oneshot") {
      return { name: this.#nameOfOneshot(member, hello), token };
    }
    this.#takeOver(member, hello);
    const limit = this.#options.maxPeers ?? MAX_PEERS;
    if (this.#registry.size >= limit) {
      throw new Failure(
        "limit",
        `Cannot join as ${hello.name}: the hub has its ${limit} peers`,
      );
    }
    return { name: this.#claim(member, hello), token };
  }

  /** Throws Failure `limit` when there are too many connections, or too many from its address. */
  #assertRoom({ address }: Member, name: string): void {
    const limit = this.#options.maxConnections ?? MAX_CONNECTIONS;
    const joined = [...this.#members].filter(({ info }) => info !== undefined);
    if (joined.length >= limit) {
      const state = `the hub has its ${limit} connections`;
      throw new Failure("limit", `Cannot join as ${name}: ${state}`);
    }
    const share = Math.ceil(limit * MAX_ADDRESS_SHARE);
    if (joined.length < share) return;
    const origin = originOf(address);
    const near = joined.filter((other) => originOf(other.address) === origin);
    if (near.length >= share) {
      const state = `the hub has ${share} connections from its address`;
      throw new Failure("limit", `Cannot join as ${name}: ${state}`);
    }
  }

  #nameOfOneshot(
    { key, address }: Member,
    { name, adapt }: MessageOf<"hello">,
  ): string {
    const { identities } = this.#options;
    if (identities !== undefined) {
      const names = this.#names(identities.names);
      return nameForOneshot({ name, adapt, key }, names);
    }
    if (!adapt) assertNotReserved(name);
    // Where names belong to nobody, only the machine a peer runs on may send under that peer's name.
    const own = this.#registry.find(name)?.address === address;
    return own ? name : this.#registry.freeVariant(name);
  }

  /** The same peer has come back before its old connection was found dead: that one goes. */
  #takeOver(member: Member, { name, token }: MessageOf<"hello">): void {
    const holder = this.#registry.find(name);
    if (holder === undefined || holder.key !== member.key) return;
    const isDead = member.key !== undefined &&
      holder.connection.heartbeat.silentMs > SILENT_MS;
    if (holder.token !== token && !isDead) return;
    this.#leave(holder);
    holder.connection.abort(new Failure("disconnected", "it connected anew"));
  }

  #claim(
    member: Member,
    { name, adapt }: MessageOf<"hello">,
  ): string {
    const { identities, clock } = this.#options;
    const { key } = member;
    if (identities === undefined || key === undefined) {
      return this.#registry.claim(name, member, adapt);
    }
    const { names } = identities;
    const given = nameForPeer({ name, adapt, key }, this.#names(names));
    names.bind(given, key, clock.date());
    return this.#registry.claim(given, member, false);
  }

  #names(book: NameBook): Names {
    return {
      isHeld: (name) => this.#registry.find(name) !== undefined,
      // Who holds a name keeps it while connected, also when it was freed meanwhile.
      owner: (name) => this.#registry.find(name)?.key ?? book.owner(name),
      namesOf: (key) => book.namesOf(key),
    };
  }

  #leave(member: Member): void {
    if (member.info === undefined) return;
    if (this.#registry.release(member.info.name, member)) {
      this.#announce("left", member);
    }
  }

  #announce(change: "joined" | "left", { info: peer }: Member): void {
    if (peer === undefined) return;
    for (const other of this.#members) {
      if (
        other.info !== undefined && other.info !== peer && other.can("presence")
      ) {
        other.connection.send({ type: "presence", change, peer: { ...peer } });
      }
    }
    this.#options.events?.[change]?.(peer);
  }

  /** Who fails before TLS is up is a port scanner, or has given up: no news, and there may be many. */
  #isNews(member: Member): boolean {
    return this.#options.door === undefined || member.connection.heard;
  }

  #trouble(who: string, error: unknown): void {
    this.#options.events?.trouble?.(who, asFailure(error));
  }
}

function addressOf(addr: unknown): string {
  if (typeof addr !== "object" || addr === null) return "local";
  return "hostname" in addr ? String(addr.hostname) : "local";
}
