/**
 * One transfer on its way through the hub. The sender may be lost and come back, each recipient
 * too; a recipient that is away may have it kept for later.
 */
import { asFailure } from "../../failure.ts";
import { offersIn } from "../../protocol/bundle.ts";
import { MAX_PARK_MS, PARK_MS } from "../../protocol/limits.ts";
import type { Clock } from "../../time/clock.ts";
import { failedOutcome } from "../../transfer/outgoing.ts";
import type {
  Body,
  Cancel,
  Digest,
  Offer,
  Outcome,
  TransferListener,
} from "../../transfer/transfer.ts";
import { type FindCarrier, Leg, type LegRoute } from "./leg.ts";
import type { QueuedTrees, TreePart } from "../queue/queued_trees.ts";
import type { RouteEvents, RouteFacts } from "./route_events.ts";
import { RouteSender } from "./route_sender.ts";
import type { Spool } from "../spool/spool.ts";
import type { SpoolNote } from "../spool/spool_note.ts";

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

/** One transfer on its way through the hub. */
export class Route implements TreePart {
  readonly offer: Offer;
  readonly #needs: RouteNeeds;
  readonly #body: Body;
  readonly #spool: Spool | undefined;
  readonly #facts: RouteFacts;
  readonly #begunAt: number;
  readonly #sender: RouteSender;
  /** Whom it has not ended for, by lower-case name. */
  readonly #legs = new Map<string, Leg>();
  readonly #legRoute: LegRoute;
  #started = false;
  #bytes = 0;
  #stopParking = () => {};
  #closing = false;
  /** Something else was sent that has its fingerprint: no other offer is taken for it. */
  isAmbiguous = false;

  /** `spool` is the body where it is the hub's own to keep. */
  constructor(
    offer: Offer,
    body: Body,
    spool: Spool | undefined,
    listener: TransferListener | undefined,
    needs: RouteNeeds,
    { offeredAt, key }: Pick<RouteFacts, "offeredAt" | "key">,
  ) {
    this.offer = offer;
    this.#body = body;
    this.#spool = spool;
    this.#needs = needs;
    this.#begunAt = needs.clock.now();
    this.#sender = new RouteSender(offer, listener, spool !== undefined);
    this.#legRoute = this.#forLegs();
    this.#facts = factsOf(offer, offeredAt, key);
  }

  /** See RouteInfo. */
  get info(): RouteInfo {
    const { id, name, from } = this.offer;
    const to = [...this.#legs.values()].map((leg) => leg.name);
    return { id, name, from, to, size: this.#body.size, bytes: this.#bytes };
  }

  /** Whether its sender's connection is lost. */
  get isDetached(): boolean {
    return this.#sender.isLost;
  }

  /** What became of recipients that are settled, by lower-case name, as far as this hub knows. */
  get outcomes(): ReadonlyMap<string, Outcome> {
    return this.#sender.outcomes;
  }

  /** Everyone it is or was for. */
  get recipients(): Set<string> {
    return new Set([...this.#legs.keys(), ...this.outcomes.keys()]);
  }

  /** The key its sender has shown, if any. */
  get key(): string | undefined {
    return this.#facts.key;
  }

  /** Whether its sender was told that it is kept for `name`, which has not got it yet. */
  isKeptFor(name: string): boolean {
    return this.#legs.get(name.toLowerCase())?.isStored === true;
  }

  /**
   * Keeps what is kept for `name` until then at least (ms since the Unix epoch), as safely as
   * before, or for as long as it is kept now where the disk takes no more; gives what its sender is
   * told.
   */
  async keepLonger(name: string, until: number): Promise<Outcome> {
    const leg = this.#legs.get(name.toLowerCase());
    const known = this.outcomes.get(name.toLowerCase());
    if (known?.status !== "stored") return known ?? lostOutcome(name);
    // It may have ended meanwhile, as what is kept may at any time.
    if (leg === undefined || this.#closing || until <= known.until) {
      return known;
    }
    leg.prolong(until);
    try {
      await this.#keep();
    } catch {
      return known;
    }
    const outcome = { status: "stored", until } as const;
    this.#sender.outcomes.set(leg.key, outcome);
    return outcome;
  }

  /** The digest of the whole body, once it is here. */
  get digest(): Digest | undefined {
    return this.#spool?.digest;
  }

  /** Takes the body before any recipient does. */
  open(): void {
    this.#start(0);
  }

  /** Offers the transfer to every recipient. */
  begin(): void {
    this.#needs.events.offered?.(this.#facts);
    const names = [...this.#sender.awaited.values()];
    const legs = names.map((name) => this.#addLeg(name));
    for (const leg of legs) leg.carry();
    this.#note();
  }

  /** Goes on with what a hub before this one has left: recipients are waited for, and the sender. */
  resume({ left, digest }: SpoolNote): void {
    this.#started = true;
    const whole = this.digest !== undefined;
    for (const [name, until] of Object.entries(left)) {
      const leg = this.#addLeg(name, until !== null && whole);
      if (until !== null && !whole && digest !== undefined) {
        const message = "the hub has lost a part of it";
        leg.settle(failedOutcome({ code: "integrity", message }));
        continue;
      }
      if (until !== null && whole) {
        this.#sender.settle(leg.key, { status: "stored", until });
      }
      // The hub's own inbox is here at once.
      if (this.#needs.find(name) !== undefined) leg.carry();
      else if (until !== null) leg.enqueue(until);
      else leg.wait(lostOutcome(name), this.#parkMs);
    }
    if (!whole) this.#park();
  }

  /** A sender that was lost has come back and offers it again, maybe under another id. */
  attach(offer: Offer, listener: TransferListener): void {
    this.#stopParking();
    const sender = this.#sender;
    sender.attach(offer, listener);
    const spool = this.#spool;
    if (spool === undefined) return;
    spool.senderAway = this.digest === undefined;
    for (const [key, name] of sender.awaited) {
      if (this.#legs.has(key) || this.outcomes.has(key)) continue;
      // Settled by a hub before this one: the recipient knows what became of it.
      this.#addLeg(name).carry();
    }
    spool.written().then(() => {
      if (!sender.is(listener)) return;
      if (this.#started) sender.started(spool.length);
      sender.tellAll();
    });
  }

  /** Someone has joined: goes on with the transfer if it waits for them. */
  arrived(name: string): void {
    const leg = this.#legs.get(name.toLowerCase());
    if (leg?.isAway && !this.#closing) leg.carry();
  }

  /** It will not go to that recipient, where it is still kept for it. */
  refuse(name: string, outcome: Outcome): void {
    const leg = this.#legs.get(name.toLowerCase());
    if (leg?.isAway) leg.settle(outcome);
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
    if (spool === undefined || !this.#sender.is(listener)) return;
    const known = spool.length - offset;
    if (known >= bytes.length || known < 0) return;
    const wasOnDisk = spool.isOnDisk;
    try {
      return spool.append(known > 0 ? bytes.subarray(known) : bytes)
        ?.catch((error) => this.cancel(asFailure(error)));
    } catch (error) {
      this.cancel(asFailure(error));
    } finally {
      if (spool.isOnDisk && !wasOnDisk) this.#note();
    }
  }

  /** The sender has sent everything. */
  finish(listener: TransferListener, digest: Digest): void {
    const spool = this.#spool;
    if (spool === undefined || !this.#sender.is(listener)) return;
    this.#sender.finish();
    const before = spool.digest;
    if (before === undefined) {
      spool.finish(digest);
      this.#note();
    } else if (before.sha256 !== digest.sha256) {
      this.isAmbiguous = true;
      const message = "it differs from what was sent before";
      return this.abandon(listener, { code: "integrity", message });
    }
    this.#sender.tellAll();
    for (const leg of [...this.#legs.values()]) leg.store();
  }

  /** The sender's connection has ended; `left` when one of the two had taken its leave. */
  lost(listener: TransferListener, left: boolean): void {
    if (!this.#sender.is(listener) || this.#closing) return;
    this.#sender.lose();
    const whole = this.digest !== undefined;
    if (left || (!whole && this.offer.fingerprint === undefined)) {
      return this.cancel(this.#senderGone);
    }
    if (!whole) this.#park();
  }

  /** The sender gives it up, also for recipients of whom it has not heard yet. */
  abandon(listener: TransferListener, reason: Cancel): void {
    if (!this.#sender.is(listener)) return;
    this.cancel(reason);
    const outcome = failedOutcome(reason);
    for (const key of this.outcomes.keys()) this.#sender.tell(key, outcome);
  }

  /** Gives it up for those of these recipients, by lower-case name, that it has not ended for. */
  cancelFor(names: Iterable<string>, reason: Cancel): void {
    for (const name of names) this.#legs.get(name)?.cancel(reason);
  }

  /** Gives the transfer up for every recipient not settled, and not promised to. */
  cancel(reason: Cancel): void {
    this.#stopParking();
    for (const leg of [...this.#legs.values()]) leg.cancel(reason);
  }

  /**
   * The hub stops. What the next one can go on with stays on disk; the sender hears of it with the
   * end of its connection, and comes back.
   */
  suspend(reason: Cancel): void {
    const spool = this.#spool;
    if (spool === undefined) return this.cancel(reason);
    const stays = spool.isOnDisk && this.#canGoOn;
    // What was promised has its note on the disk.
    if (stays && !this.#isPromised) this.#note();
    this.#closing = true;
    this.#stopParking();
    if (stays) spool.leave();
    else spool.dispose();
    for (const leg of [...this.#legs.values()]) leg.close(reason);
    this.#doneIfEmpty();
  }

  /** Whether another hub could go on with it, once it is on disk. */
  get #canGoOn(): boolean {
    return this.offer.fingerprint !== undefined || this.#isPromised;
  }

  get #isPromised(): boolean {
    return [...this.#legs.values()].some((leg) => leg.isStored);
  }

  get #parkMs(): number {
    const { idle_ms } = this.offer.deadlines;
    return Math.max(PARK_MS, Math.min(idle_ms, MAX_PARK_MS));
  }

  /** Why it ends when the sender is gone for good. */
  get #senderGone(): Cancel {
    const message = `${this.offer.from} disconnected while sending`;
    return { code: "disconnected", message };
  }

  #addLeg(name: string, isStored = false): Leg {
    const leg = new Leg(name, this.#legRoute, isStored);
    this.#legs.set(leg.key, leg);
    this.#needs.trees.add(this, name);
    return leg;
  }

  #forLegs(): LegRoute {
    const { clock, find, waits = true } = this.#needs;
    const digest = () => this.digest;
    return {
      clock,
      find,
      waits,
      offer: this.offer,
      begunAt: this.#begunAt,
      keeps: this.#spool !== undefined,
      isHeld: (name) => this.#needs.trees.isHeld(this, name),
      get digest() {
        return digest();
      },
      body: () => this.#shared(),
      keep: () => this.#keep(),
      started: (offset) => this.#start(offset),
      sent: (digest) => this.#sender.sent(digest),
      progress: ({ name }, bytes) => {
        this.#bytes = Math.max(this.#bytes, bytes);
        this.#sender.progress(name, bytes);
      },
      stored: (leg, until, digest) => {
        this.#needs.events.stored?.(this.#facts, leg.name, until, digest);
        this.#sender.settle(leg.key, { status: "stored", until });
      },
      settled: (leg, outcome) => this.#settled(leg, outcome),
    };
  }

  /** The hub has a place for the body: the sender may send what is not here yet. */
  #start(offset: number): void {
    if (this.#started) return;
    this.#started = true;
    // One recipient that has a part of it: the sender need not send that, nor the hub keep it.
    const alone = this.#legs.size === 1 && this.outcomes.size === 0 &&
      this.offer.queue_ms === undefined;
    const from = alone ? offset : 0;
    this.#spool?.begin(from);
    this.#sender.started(this.#spool?.length ?? from);
  }

  #keep(): Promise<void> {
    return this.#spool?.keep(() => this.#noteNow()) ?? Promise.resolve();
  }

  #park(): void {
    if (this.#spool !== undefined) this.#spool.senderAway = true;
    this.#stopParking = this.#needs.clock.after(
      this.#parkMs,
      () => this.cancel(this.#senderGone),
    );
  }

  /** The body as one recipient gets it: it goes away with the last of them, not with the first. */
  #shared(): Body {
    return {
      size: this.#body.size,
      read: (offset, wake) => this.#body.read(offset, wake),
      hashAhead: () => this.#body.hashAhead?.(),
      dispose: () => {},
    };
  }

  /** It has ended for one recipient. */
  #settled(leg: Leg, outcome: Outcome): void {
    this.#legs.delete(leg.key);
    if (!this.#closing) {
      this.#record(leg, outcome);
      if (!leg.isStored) this.#sender.settle(leg.key, outcome);
      if (this.#legs.size > 0) this.#note();
    }
    this.#doneIfEmpty();
    if (!this.#closing) this.#needs.trees.settled(this, leg.name, outcome);
  }

  #doneIfEmpty(): void {
    if (this.#legs.size > 0) return;
    this.#stopParking();
    this.#body.dispose();
    this.#needs.done(this);
  }

  #record({ name, startedAt }: Leg, outcome: Outcome): void {
    const { clock, events } = this.#needs;
    events.settled?.(this.#facts, {
      recipient: name,
      outcome,
      digest: this.digest,
      at: clock.date(),
      offerMs: startedAt === undefined ? undefined : startedAt - this.#begunAt,
      totalMs: clock.now() - this.#begunAt,
    });
  }

  /** Writes down how it stands, where that can be gone on with. */
  #note(): void {
    const spool = this.#spool;
    if (spool === undefined || this.#closing || !this.#canGoOn) return;
    try {
      spool.note(this.#noteNow());
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
      key: this.#facts.key,
      base: this.#spool?.base ?? 0,
      digest: this.digest,
      left: Object.fromEntries(left),
    };
  }
}

function factsOf(
  offer: Offer,
  offeredAt: number,
  key: string | undefined,
): RouteFacts {
  const { id, name, kind, size, from, to } = offer;
  const facts = { id, name, kind, size, from, to, offeredAt, key };
  if (offer.kind !== "bundle") return facts;
  const within = offersIn(offer).map((one) => factsOf(one, offeredAt, key));
  return { ...facts, within };
}

function lostOutcome(name: string): Outcome {
  const message = `${name} disconnected before its receipt`;
  return failedOutcome({ code: "absent", message });
}
