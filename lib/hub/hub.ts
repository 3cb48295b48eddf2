/**
 * The hub: accepts connections, gives names, tells everyone who is there, and routes transfers
 * between its members and its own inbox.
 */
import type { FerryEvent } from "../events.ts";
import { asFailure, Failure } from "../failure.ts";
import type { ByteStream } from "../net/connection.ts";
import type {
  Body,
  Carrier,
  Offer,
  TransferListener,
} from "../transfer/transfer.ts";
import { Admission } from "./admission/admission.ts";
import type { Answering } from "./sharing/answers.ts";
import { answersFor } from "./sharing/giving.ts";
import type { HubOptions } from "./hub_options.ts";
import { Member, type MemberHub, type PeerInfo } from "./member.ts";
import { Registry } from "./registry.ts";
import type { RouteInfo } from "./routing/route.ts";
import type { RouteEvents } from "./routing/route_events.ts";
import { Router } from "./routing/router.ts";
import { SpoolRoom } from "./spool/spool_room.ts";
import { StrangerLog, Waiting } from "./admission/strangers.ts";

/** What a hub that stops slowly leaves is looked for so often, and so many times. */
const LOOK_MS = 1_000;
const LOOKS = 60;

/** A running hub. */
export class Hub implements Carrier {
  readonly #options: HubOptions;
  readonly #room: SpoolRoom;
  readonly #router: Router;
  readonly #registry = new Registry<Member>();
  readonly #members = new Set<Member>();
  readonly #admission: Admission;
  readonly #serving = new Set<Promise<void>>();
  /** A flood of strangers does not become a flood of lines. */
  /** Connections that have not greeted. */
  readonly #waiting = new Waiting<Member>();
  readonly #strangers = new StrangerLog((who, failure) =>
    this.#trouble(who, failure)
  );
  #closing = false;
  #stopLooking = () => {};
  /** Resolves when the hub has stopped and everything of it is gone. */
  readonly finished: Promise<void>;

  constructor(options: HubOptions) {
    this.#options = options;
    const { spoolDir, spoolLimit, name, clock, identities } = options;
    this.#admission = new Admission({
      clock,
      registry: this.#registry,
      members: this.#members,
      maxPeers: options.maxPeers,
      maxConnections: options.maxConnections,
      names: identities?.names,
      leave: (member) => this.#leave(member),
    });
    this.#room = new SpoolRoom(spoolDir, spoolLimit, name);
    const find = (name: string) => {
      if (name.toLowerCase() === "hub") return options.inbox;
      return this.#registry.find(name)?.carrier;
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
    const { clock } = this.#options;
    this.#waiting.add(member, member.address, clock.now());
    const serving = this.#serve(member).finally(() =>
      this.#serving.delete(serving)
    );
    this.#serving.add(serving);
  }

  /** Who greets at once gets in, however many do not. */
  #makeRoomToGreet(): void {
    const state = "others came before it had greeted";
    for (const one of this.#waiting.takeWhoMustGo(this.#options.clock.now())) {
      one.connection.abort(new Failure("limit", state));
    }
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
      this.#waiting.delete(member, member.address);
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
      join: (member, hello) => {
        const joined = this.#admission.admit(member, hello);
        this.#waiting.delete(member, member.address);
        return joined;
      },
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
    const { outbound, key } = member;
    return answersFor({ clock, history, share, emit }, {
      name: member.info?.name ?? "",
      sees: openHistory || member.operator
        ? "all"
        : () =>
          key === undefined
            ? undefined
            : { key, names: this.#admission.namesOf(member) },
      // It may be a one-shot, whose name others may bear.
      carrier: {
        carry: (offer, body, listener) =>
          this.#router.carry(offer, body, listener, { carrier: outbound, key }),
      },
      roundTripMs: () => 0,
      takesBundles: member.can("bundle"),
    });
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
