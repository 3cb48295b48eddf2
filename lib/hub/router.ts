/**
 * Takes a transfer from its sender to its recipients: one spool in the middle, one carrier for each
 * recipient, and what each of them says goes back to the sender.
 */
import { asFailure, Failure, isRetryable } from "../failure.ts";
import type {
  Body,
  Cancel,
  Carrier,
  Digest,
  Offer,
  Outcome,
  TransferListener,
} from "../transfer/transfer.ts";
import type { Clock } from "../time/clock.ts";
import type { RouteEvents, RouteFacts } from "./route_events.ts";
import { Spool, type SpoolRoom } from "./spool.ts";

/** Finds who takes transfers to a recipient, by name in any case; undefined when it is not here. */
export type FindCarrier = (name: string) => Carrier | undefined;

/** A transfer under way, for whoever looks at the hub. */
export interface RouteInfo {
  readonly id: string;
  readonly name: string;
  readonly from: string;
  /** Recipients it has not ended for. */
  readonly to: readonly string[];
  /** Bytes, or null while nobody knows. */
  readonly size: number | null;
  /** Bytes the fastest of its recipients has, as far as they have said. */
  readonly bytes: number;
}

/** All transfers of a hub. */
export class Router {
  readonly #room: SpoolRoom;
  readonly #find: FindCarrier;
  readonly #clock: Clock;
  readonly #events: RouteEvents;
  readonly #routes = new Map<string, Route>();
  #emptied = Promise.withResolvers<void>();

  constructor(
    room: SpoolRoom,
    find: FindCarrier,
    clock: Clock,
    events: RouteEvents = {},
  ) {
    this.#room = room;
    this.#find = find;
    this.#clock = clock;
    this.#events = events;
  }

  /** Transfers under way. */
  get size(): number {
    return this.#routes.size;
  }

  /** The transfers under way, in the order they began. */
  routes(): RouteInfo[] {
    return [...this.#routes.values()].map((route) => route.info);
  }

  /**
   * Begins a transfer whose bytes the caller will add. Throws Failure when it cannot begin at all:
   * its id is in use, or the spool is full.
   */
  spool(offer: Offer, listener: TransferListener): Route {
    this.#assertNew(offer);
    const spool = new Spool(this.#room, offer.id, offer.size, offer.from);
    return this.#begin(offer, spool, spool, listener, this.#find);
  }

  /**
   * Begins a transfer of the hub's own; the body itself is the spool. `find` gives who takes it
   * where that is not who holds the recipient's name. Throws Failure as above.
   */
  carry(
    offer: Offer,
    body: Body,
    listener: TransferListener,
    find: FindCarrier = this.#find,
  ): Route {
    this.#assertNew(offer);
    return this.#begin(offer, body, undefined, listener, find);
  }

  /** Gives up everything under way. */
  cancelAll(reason: Cancel): void {
    for (const route of [...this.#routes.values()]) route.cancel(reason);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#routes.size > 0) await this.#emptied.promise;
  }

  #assertNew(offer: Offer): void {
    if (this.#routes.has(offer.id)) {
      throw new Failure("failure", "its transfer id is in use");
    }
  }

  #begin(
    offer: Offer,
    body: Body,
    spool: Spool | undefined,
    listener: TransferListener,
    find: FindCarrier,
  ): Route {
    const route = new Route(
      offer,
      body,
      spool,
      listener,
      () => this.#done(offer.id),
    );
    this.#routes.set(offer.id, route);
    route.begin(find, this.#clock, this.#events);
    return route;
  }

  #done(id: string): void {
    this.#routes.delete(id);
    if (this.#routes.size > 0) return;
    this.#emptied.resolve();
    this.#emptied = Promise.withResolvers();
  }
}

/** One transfer on its way through the hub. */
export class Route {
  readonly #offer: Offer;
  readonly #body: Body;
  readonly #spool: Spool | undefined;
  readonly #listener: TransferListener;
  readonly #done: () => void;
  readonly #open = new Map<
    string,
    { cancel(reason: Cancel): void } | undefined
  >();
  #record: ((name: string, outcome: Outcome) => void) | undefined;
  #digest: Digest | undefined;
  #started = false;
  #sent = false;
  #bytes = 0;

  constructor(
    offer: Offer,
    body: Body,
    spool: Spool | undefined,
    listener: TransferListener,
    done: () => void,
  ) {
    this.#offer = offer;
    this.#body = body;
    this.#spool = spool;
    this.#listener = listener;
    this.#done = done;
  }

  /** See RouteInfo. */
  get info(): RouteInfo {
    const { id, name, from, to } = this.#offer;
    return {
      id,
      name,
      from,
      to: to.filter((one) => this.#open.has(one.toLowerCase())),
      size: this.#body.size,
      bytes: this.#bytes,
    };
  }

  /** Offers the transfer to every recipient. */
  begin(find: FindCarrier, clock: Clock, events: RouteEvents): void {
    const recipients = new Map(
      this.#offer.to.map((name) => [name.toLowerCase(), name]),
    );
    for (const [key] of recipients) this.#open.set(key, undefined);
    const { id, name, kind, size, from, to } = this.#offer;
    const begunAt = clock.now();
    const offeredAt = Math.round(clock.date());
    const facts: RouteFacts = { id, name, kind, size, from, to, offeredAt };
    const started = new Map<string, number>();
    this.#record = (recipient, outcome) =>
      events.settled?.(facts, {
        ...{ recipient, outcome, digest: this.#digest },
        at: Math.round(clock.date()),
        offerMs: started.get(recipient),
        totalMs: clock.now() - begunAt,
      });
    events.offered?.(facts);
    for (const [key, name] of recipients) {
      const carrier = find(name);
      if (carrier === undefined) {
        this.#settle(name, failed("absent", `${name} is not connected`));
        continue;
      }
      const handle = carrier.carry(
        { ...this.#offer, to: [name] },
        this.#shared(),
        {
          started: () => {
            started.set(name, this.#offer.inline ? 0 : clock.now() - begunAt);
            if (this.#started) return;
            this.#started = true;
            this.#listener.started();
          },
          sent: (digest) => {
            this.#digest ??= digest;
            if (this.#sent) return;
            this.#sent = true;
            this.#listener.sent(digest);
          },
          progress: (_, bytes) => {
            this.#bytes = Math.max(this.#bytes, bytes);
            this.#listener.progress(name, bytes);
          },
          settled: (_, outcome) => this.#settle(name, outcome),
        },
      );
      if (this.#open.has(key)) this.#open.set(key, handle);
    }
  }

  /** Adds bytes of the sender; see Spool. A failure of the spool ends the transfer for everyone. */
  append(bytes: Uint8Array): void | Promise<void> {
    try {
      return this.#spool?.append(bytes)?.catch((error) => this.#giveUp(error));
    } catch (error) {
      this.#giveUp(error);
    }
  }

  /** The sender has sent everything. */
  finish(digest: Digest): void {
    this.#digest = digest;
    this.#spool?.finish(digest);
  }

  /** Gives the transfer up for every recipient not settled yet. */
  cancel(reason: Cancel): void {
    for (const [key, handle] of [...this.#open]) {
      if (handle === undefined) {
        this.#settle(key, failed(reason.code, reason.message));
      } else handle.cancel(reason);
    }
  }

  #giveUp(error: unknown): void {
    this.cancel(asFailure(error));
  }

  /** The body as one recipient gets it: it goes away with the last of them, not with the first. */
  #shared(): Body {
    return {
      size: this.#body.size,
      read: (offset, wake) => this.#body.read(offset, wake),
      dispose: () => {},
    };
  }

  #settle(name: string, outcome: Outcome): void {
    if (!this.#open.delete(name.toLowerCase())) return;
    this.#record?.(name, outcome);
    this.#listener.settled(name, outcome);
    if (this.#open.size > 0) return;
    this.#body.dispose();
    this.#done();
  }
}

function failed(code: Cancel["code"], message: string): Outcome {
  return { status: "failed", code, message, retryable: isRetryable(code) };
}
