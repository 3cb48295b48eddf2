/**
 * Takes transfers from their senders to their recipients: one spool in the middle, one carrier for
 * each recipient, and what each of them says goes back to the sender.
 */
import { Failure } from "../../failure.ts";
import { MAX_QUEUE_MS } from "../../protocol/limits.ts";
import type { Clock } from "../../time/clock.ts";
import type {
  Body,
  Cancel,
  Carrier,
  Offer,
  TransferListener,
} from "../../transfer/transfer.ts";
import { answerKept, type Kept } from "../queue/again.ts";
import { both, type Incoming } from "./incoming.ts";
import type { FindCarrier } from "./leg.ts";
import { Route, type RouteInfo, type RouteNeeds } from "./route.ts";
import { QueuedTrees } from "../queue/queued_trees.ts";
import type { RouteEvents } from "./route_events.ts";
import { QueueCount } from "../queue/queue_count.ts";
import { Parked } from "./parked.ts";
import { Remembered } from "./remembered.ts";
import { isAgain, isQueuedAgain, isSame, isSameFile } from "./sameness.ts";
import { Spool } from "../spool/spool.ts";
import type { Leftover, SpoolRoom } from "../spool/spool_room.ts";

/** Files in a bundle that cost a hub as much memory as a transfer: of 128 with the longest paths, 145 kB, it was twelve. */
const FILES_PER_WEIGHT = 12;

/** Who asked the hub for what it sends. */
export interface RouteAsker {
  /** Takes it there. */
  readonly carrier: Carrier;
  /** The key it has shown, if any. */
  readonly key: string | undefined;
}

/** All transfers of a hub. */
export class Router {
  readonly #room: SpoolRoom;
  readonly #needs: RouteNeeds;
  readonly #routes = new Map<string, Route>();
  /** Those that can be offered again under another id, the oldest first. */
  readonly #byFingerprint = new Map<string, Set<Route>>();
  readonly #queued = new QueueCount();
  readonly #parked = new Parked<Route>();
  readonly #remembered = new Remembered();
  #closed = false;
  #emptied = Promise.withResolvers<void>();

  constructor(
    room: SpoolRoom,
    find: FindCarrier,
    clock: Clock,
    events: RouteEvents,
  ) {
    this.#room = room;
    this.#needs = {
      ...{ clock, find, events },
      trees: new QueuedTrees(),
      done: (route) => this.#done(route),
    };
  }

  /** Transfers under way. */
  get size(): number {
    return this.#routes.size;
  }

  /** The transfers under way, in the order they began. */
  routes(): RouteInfo[] {
    return [...this.#routes.values()].map((route) => route.info);
  }

  /** Goes on with what a hub before this one has left. */
  adopt(leftovers: readonly Leftover[]): void {
    const routes = leftovers.map((leftover) => {
      const { note } = leftover;
      const spool = Spool.adopt(this.#room, leftover);
      const { offer } = note;
      const needs = this.#needs;
      const route = new Route(offer, spool, spool, undefined, needs, note);
      this.#add(route);
      return { route, note };
    });
    for (const { route, note } of routes) {
      route.resume(note);
      this.#park(route);
    }
  }

  /**
   * Takes a transfer whose bytes the caller will add: a new one, or one whose sender was lost and is
   * back. `key` is the sender's, if it has shown one. Throws Failure when it cannot begin at all: its
   * id is in use, the spool or its disk is full, the hub is stopping.
   */
  take(offer: Offer, listener: TransferListener, key?: string): Incoming {
    if (this.#closed) throw new Failure("shutdown", "the hub is shutting down");
    if ((offer.queue_ms ?? 0) > MAX_QUEUE_MS) {
      const days = MAX_QUEUE_MS / (24 * 3600_000);
      throw new Failure("limit", `the hub keeps nothing for over ${days} days`);
    }
    const before = this.#routes.get(offer.id);
    if (before !== undefined) {
      if (!isSame(before.offer, offer)) {
        throw new Failure("failure", "its transfer id is in use");
      }
      return this.#goOn(before, offer, listener, key);
    }
    const known = this.#remembered.answer(offer, listener);
    if (known !== undefined) return known;
    const parked = this.#lostBefore(offer);
    if (parked !== undefined) return this.#goOn(parked, offer, listener, key);
    const { kept, rest } = this.#kept(offer, key);
    if (rest.length === 0) {
      listener.started(offer.size ?? 0);
      return this.#answer(kept, offer, listener);
    }
    this.#queued.assertRoom(offer);
    this.#dropBefore(offer);
    const spool = new Spool(this.#room, offer.id, offer.size, offer.from);
    const left = { ...offer, to: rest };
    const route = this.#begin(left, spool, spool, listener, { key });
    const incoming = this.#incoming(route, listener);
    if (kept.size === 0) return incoming;
    // Whether it is what is kept shows when all of it has come.
    route.open();
    return both(incoming, this.#answer(kept, offer, listener));
  }

  /** A sender is back with what it had offered before. */
  #goOn(
    route: Route,
    offer: Offer,
    listener: TransferListener,
    key: string | undefined,
  ): Incoming {
    const { kept, rest } = this.#kept(offer, key, route.recipients);
    this.#attach(route, { ...offer, to: rest }, listener);
    const incoming = this.#incoming(route, listener);
    if (kept.size === 0) return incoming;
    return both(incoming, this.#answer(kept, offer, listener));
  }

  #answer(kept: Kept, offer: Offer, listener: TransferListener): Incoming {
    const until = this.#needs.clock.date() + (offer.queue_ms ?? 0);
    return answerKept(kept, Math.round(until), listener);
  }

  /**
   * Begins a transfer of the hub's own; the body itself is the spool. With `asker` it goes to who
   * asked for it, under whatever name, and is not kept for one that has left. Throws Failure as
   * above.
   */
  carry(
    offer: Offer,
    body: Body,
    listener: TransferListener,
    asker?: RouteAsker,
  ): { cancel(reason: Cancel): void } {
    if (this.#routes.has(offer.id)) {
      throw new Failure("failure", "its transfer id is in use");
    }
    const needs = asker === undefined
      ? this.#needs
      : { ...this.#needs, find: () => asker.carrier, waits: false };
    const key = asker?.key;
    return this.#begin(offer, body, undefined, listener, { key, needs });
  }

  /** Someone has joined: what waits for them goes on, in the order it was offered. */
  arrived(name: string): void {
    for (const route of [...this.#routes.values()]) route.arrived(name);
  }

  /** Takes nothing new from now on. */
  close(): void {
    this.#closed = true;
  }

  /** Ends everything under way; what the next hub can go on with stays in the spool. */
  suspendAll(reason: Cancel): void {
    for (const route of [...this.#routes.values()]) route.suspend(reason);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#routes.size > 0) await this.#emptied.promise;
  }

  #begin(
    offer: Offer,
    body: Body,
    spool: Spool | undefined,
    listener: TransferListener,
    { key, needs = this.#needs }: {
      readonly key: string | undefined;
      readonly needs?: RouteNeeds;
    },
  ): Route {
    const origin = { offeredAt: needs.clock.date(), key };
    const route = new Route(offer, body, spool, listener, needs, origin);
    this.#add(route);
    route.begin();
    return route;
  }

  #incoming(route: Route, listener: TransferListener): Incoming {
    return {
      append: (offset, bytes) => route.append(listener, offset, bytes),
      finish: (digest) => route.finish(listener, digest),
      abandon: (reason) => route.abandon(listener, reason),
      lost: (left) => {
        route.lost(listener, left);
        this.#dropIfAnew(route);
        this.#park(route);
      },
    };
  }

  /** Counts a transfer without its sender; one too many ends the oldest. What is queued has a count of its own. */
  #park(route: Route): void {
    const { id, from, queue_ms, files } = route.offer;
    const isKept = route.isDetached && this.#routes.get(id) === route;
    if (!isKept || queue_ms !== undefined) return;
    const state = "its sender was lost, and the hub keeps no more of those";
    const weight = 1 + Math.ceil((files?.length ?? 0) / FILES_PER_WEIGHT);
    for (const gone of this.#parked.add(route, from, weight)) {
      gone.cancel({ code: "limit", message: state });
    }
  }

  #attach(route: Route, offer: Offer, listener: TransferListener): void {
    this.#parked.delete(route, route.offer.from);
    route.attach(offer, listener);
  }

  /**
   * A sender that was killed may have begun anew before its end was noticed: nobody who gets it in
   * that way waits for what it had begun before.
   */
  #dropIfAnew(route: Route): void {
    const { offer } = route;
    if (!isUnfinished(route)) return;
    const names = new Set(this.#remembered.gotBy(offer));
    for (const other of this.#same(offer)) {
      if (other === route || other.isDetached) continue;
      for (const name of other.recipients) names.add(name);
    }
    // As if its user had given it up: recipients need not keep what they have of it.
    route.cancelFor(names, { ...anew(offer), code: "cancelled" });
  }

  /** A sender begins anew, for others perhaps: who gets it now may go on with what they have of it. */
  #dropBefore(offer: Offer): void {
    const names = offer.to.map((name) => name.toLowerCase());
    for (const route of this.#same(offer)) {
      if (isUnfinished(route)) route.cancelFor(names, anew(offer));
    }
  }

  /** Transfers of the same file. */
  #same(offer: Offer): Route[] {
    const same = this.#byFingerprint.get(offer.fingerprint ?? "") ?? [];
    return [...same].filter((route) => isSameFile(route.offer, offer));
  }

  #add(route: Route): void {
    const { offer } = route;
    this.#routes.set(offer.id, route);
    this.#queued.add(offer);
    const { fingerprint } = offer;
    if (fingerprint === undefined) return;
    const same = this.#byFingerprint.get(fingerprint);
    if (same === undefined) {
      this.#byFingerprint.set(fingerprint, new Set([route]));
    } else same.add(route);
  }

  #remove(route: Route): boolean {
    const { offer } = route;
    if (!this.#routes.delete(offer.id)) return false;
    this.#queued.remove(offer);
    this.#parked.delete(route, offer.from);
    const { fingerprint = "" } = offer;
    const same = this.#byFingerprint.get(fingerprint);
    if (same?.delete(route) && same.size === 0) {
      this.#byFingerprint.delete(fingerprint);
    }
    return true;
  }

  #done(route: Route): void {
    if (!this.#remove(route)) return;
    this.#remembered.add(route, this.#needs.clock.now());
    if (this.#routes.size > 0) return;
    this.#emptied.resolve();
    this.#emptied = Promise.withResolvers();
  }

  /** The same file, as a sender that was lost had begun to send it. */
  #lostBefore(offer: Offer): Route | undefined {
    if (offer.fingerprint === undefined) return undefined;
    const same = this.#byFingerprint.get(offer.fingerprint) ?? [];
    return [...same].find((route) =>
      route.isDetached && !route.isAmbiguous &&
      isAgain(route.offer, offer, () => route.recipients)
    );
  }

  /**
   * The recipients of an offer for whom its very content is kept already, and the rest of them; one
   * of `before` belongs to the rest.
   */
  #kept(
    offer: Offer,
    key: string | undefined,
    before?: ReadonlySet<string>,
  ): { kept: Kept; rest: string[] } {
    const same = [...this.#byFingerprint.get(offer.fingerprint ?? "") ?? []]
      .filter((route) =>
        !route.isAmbiguous && route.key === key &&
        isSame(route.offer, offer) && isQueuedAgain(route.offer, offer)
      );
    const kept = new Map<string, Route>();
    for (const name of offer.to) {
      if (before?.has(name.toLowerCase())) continue;
      const route = same.find((route) => route.isKeptFor(name));
      if (route !== undefined) kept.set(name, route);
    }
    return { kept, rest: offer.to.filter((name) => !kept.has(name)) };
  }
}

/** Whether its sender was lost before all of it had come. */
function isUnfinished({ isDetached, digest }: Route): boolean {
  return isDetached && digest === undefined;
}

function anew({ from }: Offer): Cancel {
  const message = `${from} has begun to send it anew`;
  return { code: "disconnected", message };
}
