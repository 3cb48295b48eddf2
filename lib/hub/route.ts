/**
 * One transfer on its way through the hub. The sender may be lost and come back, each recipient
 * too; a recipient that is away may have it kept for later. What a sender was not told yet is
 * remembered until it can be.
 */
import { asFailure } from "../failure.ts";
import { MAX_PARK_MS, PARK_MS } from "../protocol/limits.ts";
import type { Clock } from "../time/clock.ts";
import { failedOutcome } from "../transfer/outgoing.ts";
import type {
  Body,
  Cancel,
  Carrier,
  Digest,
  Offer,
  Outcome,
  TransferListener,
} from "../transfer/transfer.ts";
import type { QueuedTrees, TreePart } from "./queued_trees.ts";
import type { RouteEvents, RouteFacts } from "./route_events.ts";
import type { Spool } from "./spool.ts";
import type { SpoolNote } from "./spool_note.ts";

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

/** What a route needs of its hub. */
export interface RouteNeeds {
  readonly clock: Clock;
  readonly find: FindCarrier;
  readonly events: RouteEvents;
  /** In which order what is queued of a directory goes. */
  readonly trees: QueuedTrees;
  /** Whether recipients that are away are waited for; yes unless said otherwise. */
  readonly waits?: boolean;
  /** It has ended for everyone; what is left of it is what its sender was not told. */
  done(route: Route): void;
}

/** One recipient it has not ended for. */
interface Leg {
  readonly name: string;
  /** Who takes it there now; undefined while the recipient is away. */
  carrier: Carrier | undefined;
  handle: { cancel(reason: Cancel): void } | undefined;
  /** Takes back the timer of a recipient that is away. */
  stopWaiting: () => void;
  /** Until when it is kept for a recipient that is away, ms since the Unix epoch. */
  until: number | undefined;
  /** The sender was told that it is stored. */
  stored: boolean;
  startedAt: number | undefined;
  /** It was sent again after what arrived differed. */
  again: boolean;
}

/** One transfer on its way through the hub. */
export class Route implements TreePart {
  readonly offer: Offer;
  readonly #needs: RouteNeeds;
  readonly #body: Body;
  readonly #spool: Spool | undefined;
  readonly #facts: RouteFacts;
  readonly #begunAt: number;
  /** Who sends it; undefined while that connection is lost. */
  #listener: TransferListener | undefined;
  /** Who waits for a receipt on the sender's present connection, by lower-case name. */
  #awaited: Map<string, string>;
  /** The present sender has said END, or need not: it may be told of receipts. */
  #ended: boolean;
  readonly #legs = new Map<string, Leg>();
  /** What became of recipients that are settled, as far as this hub knows. */
  readonly outcomes = new Map<string, Outcome>();
  #started = false;
  #sent = false;
  #bytes = 0;
  #keeping: Promise<void> | undefined;
  #stopParking = () => {};
  #closing = false;

  /** `spool` is the body where it is the hub's own to keep. */
  constructor(
    offer: Offer,
    body: Body,
    spool: Spool | undefined,
    listener: TransferListener | undefined,
    needs: RouteNeeds,
    offeredAt: number,
  ) {
    this.offer = offer;
    this.#body = body;
    this.#spool = spool;
    this.#listener = listener;
    this.#needs = needs;
    this.#begunAt = needs.clock.now();
    this.#awaited = namesOf(offer);
    this.#ended = spool === undefined;
    const { id, name, kind, size, from, to } = offer;
    this.#facts = { id, name, kind, size, from, to, offeredAt };
  }

  /** See RouteInfo. */
  get info(): RouteInfo {
    const { id, name, from } = this.offer;
    const to = [...this.#legs.values()].map((leg) => leg.name);
    return { id, name, from, to, size: this.#body.size, bytes: this.#bytes };
  }

  /** Whether its sender's connection is lost. */
  get isDetached(): boolean {
    return this.#listener === undefined;
  }

  /** Everyone it is or was for. */
  get recipients(): Set<string> {
    return new Set([...this.#legs.keys(), ...this.outcomes.keys()]);
  }

  /** The digest of the whole body, once it is here. */
  get digest(): Digest | undefined {
    return this.#spool?.digest;
  }

  /** Offers the transfer to every recipient. */
  begin(): void {
    this.#needs.events.offered?.(this.#facts);
    const legs = [...this.#awaited.values()].map((name) => this.#addLeg(name));
    for (const leg of legs) this.#carry(leg);
    // The hub itself takes what is kept for those who are away.
    if (legs.some(({ until }) => until !== undefined)) this.#start(0);
    this.#note();
  }

  /** Goes on with what a hub before this one has left: recipients are waited for, and the sender. */
  resume({ left, digest }: SpoolNote): void {
    this.#started = true;
    for (const [name, until] of Object.entries(left)) {
      const leg = this.#addLeg(name);
      const whole = this.digest !== undefined;
      if (until !== null && !whole && digest !== undefined) {
        const message = "the hub has lost a part of it";
        this.#settle(leg, failedOutcome({ code: "integrity", message }));
        continue;
      }
      leg.stored = until !== null && whole;
      if (until !== null && whole) {
        this.outcomes.set(name.toLowerCase(), { status: "stored", until });
      }
      // The hub's own inbox is here at once.
      if (this.#needs.find(name) !== undefined) this.#carry(leg);
      else if (until === null) {
        this.#await(leg, lostOutcome(name), this.#parkMs);
      } else this.#enqueue(leg, until);
    }
    if (this.digest === undefined) this.#park();
  }

  /** A sender that was lost has come back and offers it again, maybe under another id. */
  attach(offer: Offer, listener: TransferListener): void {
    this.#stopParking();
    this.#listener = listener;
    this.#ended = false;
    this.#awaited = namesOf(offer);
    const spool = this.#spool;
    if (spool === undefined) return;
    spool.senderAway = this.digest === undefined;
    for (const [key, name] of this.#awaited) {
      if (this.#legs.has(key) || this.outcomes.has(key)) continue;
      // Settled by a hub before this one: the recipient knows what became of it.
      this.#carry(this.#addLeg(name));
    }
    spool.written().then(() => {
      if (this.#listener !== listener) return;
      if (this.#started) listener.started(spool.length);
      for (const [key, outcome] of this.outcomes) this.#tell(key, outcome);
    });
  }

  /** Someone has joined: goes on with the transfer if it waits for them. */
  arrived(name: string): void {
    const leg = this.#legs.get(name.toLowerCase());
    if (leg === undefined || leg.carrier !== undefined || this.#closing) return;
    this.#carry(leg);
  }

  /** It will not go to that recipient, where it is still kept for it. */
  refuse(name: string, outcome: Outcome): void {
    const leg = this.#legs.get(name.toLowerCase());
    if (leg !== undefined && leg.carrier === undefined) {
      this.#settle(leg, outcome);
    }
  }

  /**
   * Adds bytes of the sender that stand at `offset`; those here already are passed over. A failure
   * of the spool ends the transfer for everyone.
   */
  append(
    listener: TransferListener,
    offset: number,
    bytes: Uint8Array,
  ): void | Promise<void> {
    const spool = this.#spool;
    if (spool === undefined || this.#listener !== listener) return;
    const known = spool.length - offset;
    if (known >= bytes.length || known < 0) return;
    const wasOnDisk = spool.isOnDisk;
    try {
      return spool.append(known > 0 ? bytes.subarray(known) : bytes)
        ?.catch((error) => this.#giveUp(error));
    } catch (error) {
      this.#giveUp(error);
    } finally {
      if (spool.isOnDisk && !wasOnDisk) this.#note();
    }
  }

  /** The sender has sent everything. */
  finish(listener: TransferListener, digest: Digest): void {
    const spool = this.#spool;
    if (spool === undefined || this.#listener !== listener) return;
    this.#ended = true;
    const before = spool.digest;
    if (before === undefined) {
      spool.finish(digest);
      this.#note();
    } else if (before.sha256 !== digest.sha256) {
      const message = "it differs from what was sent before";
      this.cancel({ code: "integrity", message });
    }
    for (const [key, outcome] of [...this.outcomes]) this.#tell(key, outcome);
    for (const leg of [...this.#legs.values()]) {
      if (leg.until !== undefined && leg.carrier === undefined) {
        this.#store(leg);
      }
    }
  }

  /** The sender's connection has ended; `left` when one of the two had taken its leave. */
  lost(listener: TransferListener, left: boolean): void {
    if (this.#listener !== listener || this.#closing) return;
    this.#listener = undefined;
    const { from, fingerprint } = this.offer;
    const message = `${from} disconnected while sending`;
    const whole = this.digest !== undefined;
    if (left || (!whole && fingerprint === undefined)) {
      return this.cancel({ code: "disconnected", message });
    }
    if (!whole) this.#park();
  }

  /** The sender gives it up, also for recipients of whom it has not heard yet. */
  abandon(listener: TransferListener, reason: Cancel): void {
    if (this.#listener !== listener) return;
    this.cancel(reason);
    const outcome = failedOutcome(reason);
    for (const key of this.outcomes.keys()) this.#tell(key, outcome);
  }

  /** Gives the transfer up for every recipient not settled, and not promised to. */
  cancel(reason: Cancel): void {
    this.#stopParking();
    for (const leg of [...this.#legs.values()]) {
      if (leg.stored) continue;
      leg.until = undefined;
      if (leg.handle === undefined) this.#settle(leg, failedOutcome(reason));
      else leg.handle.cancel(reason);
    }
  }

  /**
   * The hub stops. What the next one can go on with stays on disk; the sender hears of it with the
   * end of its connection, and comes back.
   */
  suspend(reason: Cancel): void {
    const spool = this.#spool;
    if (spool === undefined) return this.cancel(reason);
    const stays = spool.isOnDisk &&
      (this.offer.fingerprint !== undefined || this.#isPromised);
    if (stays) this.#note();
    this.#closing = true;
    this.#stopParking();
    if (stays) spool.leave();
    else spool.dispose();
    for (const leg of [...this.#legs.values()]) {
      leg.stopWaiting();
      if (leg.handle === undefined) this.#legs.delete(leg.name.toLowerCase());
      else leg.handle.cancel(reason);
    }
    this.#doneIfEmpty();
  }

  get #isPromised(): boolean {
    return [...this.#legs.values()].some((leg) => leg.stored);
  }

  get #parkMs(): number {
    const { idle_ms } = this.offer.deadlines;
    return Math.max(PARK_MS, Math.min(idle_ms, MAX_PARK_MS));
  }

  #addLeg(name: string): Leg {
    const leg: Leg = {
      name,
      carrier: undefined,
      handle: undefined,
      stopWaiting: () => {},
      until: undefined,
      stored: false,
      startedAt: undefined,
      again: false,
    };
    this.#legs.set(name.toLowerCase(), leg);
    this.#needs.trees.add(this, name);
    return leg;
  }

  /** Offers it to one recipient, or waits for them. */
  #carry(leg: Leg): void {
    const { name } = leg;
    const carrier = this.#needs.find(name);
    if (carrier === undefined || this.#needs.trees.isHeld(this, name)) {
      leg.stopWaiting();
      const message = `${name} is not connected`;
      return this.#away(leg, failedOutcome({ code: "absent", message }));
    }
    leg.stopWaiting();
    leg.carrier = carrier;
    const { queue_ms: _, wait_ms: __, ...offer } = this.offer;
    let over = false;
    const handle = carrier.carry({ ...offer, to: [name] }, this.#shared(), {
      started: (offset) => {
        leg.startedAt ??= this.#needs.clock.now();
        // One recipient that has a part of it: the sender need not send that, nor the hub keep it.
        const alone = this.#legs.size === 1 && this.outcomes.size === 0 &&
          this.offer.queue_ms === undefined;
        this.#start(alone ? offset : 0);
      },
      sent: (digest) => {
        if (this.#sent) return;
        this.#sent = true;
        this.#listener?.sent(digest);
      },
      progress: (_, bytes) => {
        this.#bytes = Math.max(this.#bytes, bytes);
        if (this.#awaited.has(name.toLowerCase())) {
          this.#listener?.progress(name, bytes);
        }
      },
      settled: (_, outcome) => {
        over = true;
        this.#carried(leg, carrier, outcome);
      },
    });
    if (!over) leg.handle = handle;
  }

  /** The hub has a place for the body: the sender may send what is not here yet. */
  #start(offset: number): void {
    if (this.#started) return;
    this.#started = true;
    this.#spool?.begin(offset);
    this.#listener?.started(this.#spool?.length ?? offset);
  }

  /** What a carrier made of it. */
  #carried(leg: Leg, carrier: Carrier, outcome: Outcome): void {
    if (leg.carrier !== carrier) return;
    leg.carrier = undefined;
    leg.handle = undefined;
    if (outcome.status !== "failed" || this.#closing) {
      return this.#settle(leg, outcome);
    }
    if (outcome.lost) {
      const next = this.#needs.find(leg.name);
      // It was back before its old connection was found dead.
      if (next !== undefined && next !== carrier) return this.#carry(leg);
      return this.#away(leg, outcome);
    }
    if (outcome.code === "absent") return this.#away(leg, outcome);
    if (leg.stored && outcome.retryable) {
      if (outcome.code !== "integrity" || leg.again) {
        return this.#away(leg, outcome);
      }
      leg.again = true;
      return this.#carry(leg);
    }
    this.#settle(leg, outcome);
  }

  /** The recipient is not here: it is waited for, or the transfer has failed for it. */
  #away(leg: Leg, outcome: Extract<Outcome, { status: "failed" }>): void {
    const { queue_ms, wait_ms = 0, deadlines } = this.offer;
    const { lost, ...final } = outcome;
    if (leg.until !== undefined) return this.#enqueue(leg, leg.until);
    if (queue_ms !== undefined && this.#spool !== undefined) {
      const now = this.#needs.clock.date();
      this.#start(0);
      return this.#enqueue(leg, Math.round(now + queue_ms));
    }
    if (this.#needs.waits === false) return this.#settle(leg, final);
    const waitMs = Math.max(lost ? deadlines.idle_ms : 0, wait_ms);
    const left = this.#begunAt + MAX_PARK_MS - this.#needs.clock.now();
    if (waitMs > 0) return this.#await(leg, final, Math.min(waitMs, left));
    this.#settle(leg, final);
  }

  /** Waits for a recipient to come back, for so long. */
  #await(leg: Leg, outcome: Outcome, ms: number): void {
    leg.stopWaiting = this.#needs.clock.after(
      ms,
      () => this.#settle(leg, outcome),
    );
  }

  #enqueue(leg: Leg, until: number): void {
    leg.until = until;
    const code = "deadline.queue";
    const message = `${leg.name} did not come in time`;
    const left = Math.max(until - this.#needs.clock.date(), 0);
    this.#await(leg, failedOutcome({ code, message }), left);
    this.#store(leg);
  }

  /** Makes the body safe for a recipient that is away, then says so. */
  async #store(leg: Leg): Promise<void> {
    const spool = this.#spool;
    const { until } = leg;
    const digest = spool?.digest;
    if (spool === undefined || digest === undefined) return;
    if (leg.stored || until === undefined) return;
    try {
      this.#keeping ??= spool.keep(() => this.#noteNow());
      await this.#keeping;
    } catch (error) {
      if (this.#isWaiting(leg)) {
        this.#settle(leg, failedOutcome(asFailure(error)));
      }
      return;
    }
    if (!this.#isWaiting(leg) || leg.stored || this.#closing) return;
    leg.stored = true;
    this.#note(true);
    this.#needs.events.stored?.(this.#facts, leg.name, until, digest);
    const outcome: Outcome = { status: "stored", until };
    const key = leg.name.toLowerCase();
    this.outcomes.set(key, outcome);
    this.#tell(key, outcome);
  }

  #isWaiting(leg: Leg): boolean {
    return this.#legs.get(leg.name.toLowerCase()) === leg &&
      leg.carrier === undefined;
  }

  #park(): void {
    if (this.#spool !== undefined) this.#spool.senderAway = true;
    const { from } = this.offer;
    const message = `${from} disconnected while sending`;
    this.#stopParking = this.#needs.clock.after(
      this.#parkMs,
      () => this.cancel({ code: "disconnected", message }),
    );
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

  #settle(leg: Leg, outcome: Outcome): void {
    const key = leg.name.toLowerCase();
    if (this.#legs.get(key) !== leg) return;
    leg.stopWaiting();
    this.#legs.delete(key);
    if (!this.#closing) {
      this.#record(leg, outcome);
      if (!leg.stored) {
        this.outcomes.set(key, outcome);
        this.#tell(key, outcome);
      }
      if (this.#legs.size > 0) this.#note();
    }
    this.#doneIfEmpty();
    if (!this.#closing) this.#needs.trees.settled(this, leg.name, outcome);
  }

  #record(leg: Leg, outcome: Outcome): void {
    const { clock, events } = this.#needs;
    const { startedAt } = leg;
    events.settled?.(this.#facts, {
      recipient: leg.name,
      outcome,
      digest: this.digest,
      at: clock.date(),
      offerMs: startedAt === undefined ? undefined : startedAt - this.#begunAt,
      totalMs: clock.now() - this.#begunAt,
    });
  }

  /** Tells the sender, if it is there and may be told; otherwise it is told when it is. */
  #tell(key: string, outcome: Outcome): void {
    const name = this.#awaited.get(key);
    if (name === undefined || this.#listener === undefined) return;
    const early = outcome.status === "failed" ||
      (outcome.status === "delivered" && outcome.unchanged === true);
    if (!early && !this.#ended) return;
    this.#awaited.delete(key);
    this.#listener.settled(name, outcome);
  }

  #doneIfEmpty(): void {
    if (this.#legs.size > 0) return;
    this.#stopParking();
    this.#body.dispose();
    this.#needs.done(this);
  }

  /** Writes down how it stands, where that can be gone on with. */
  #note(safely = false): void {
    const spool = this.#spool;
    if (spool === undefined || this.#closing) return;
    if (this.offer.fingerprint === undefined && !this.#isPromised) return;
    try {
      spool.note(this.#noteNow(), safely);
    } catch {
      // Without it the transfer goes on; only another hub could not go on with it.
    }
  }

  #noteNow(): SpoolNote {
    const left = [...this.#legs.values()].map((leg) =>
      [leg.name, leg.until ?? null] as const
    );
    return {
      offer: this.offer,
      offeredAt: Math.round(this.#facts.offeredAt),
      base: this.#spool?.base ?? 0,
      digest: this.digest,
      left: Object.fromEntries(left),
    };
  }
}

function namesOf({ to }: Offer): Map<string, string> {
  return new Map(to.map((name) => [name.toLowerCase(), name]));
}

function lostOutcome(name: string): Outcome {
  const message = `${name} disconnected before its receipt`;
  return failedOutcome({ code: "absent", message });
}
