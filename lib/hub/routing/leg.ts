/**
 * One recipient of a transfer on its way through the hub: it is carried there while the recipient is
 * here, and waited for or kept while they are away.
 */
import { asFailure } from "../../failure.ts";
import { MAX_PARK_MS } from "../../protocol/limits.ts";
import type { Clock } from "../../time/clock.ts";
import { failedOutcome } from "../../transfer/outgoing.ts";
import type {
  Body,
  Cancel,
  Carrier,
  Digest,
  Offer,
  Outcome,
} from "../../transfer/transfer.ts";

type Failed = Extract<Outcome, { status: "failed" }>;

/** Finds who takes transfers to a recipient, by name in any case; undefined when it is not here. */
export type FindCarrier = (name: string) => Carrier | undefined;

/** The transfer a leg is of. */
export interface LegRoute {
  readonly clock: Clock;
  readonly find: FindCarrier;
  readonly offer: Offer;
  /** When the hub began it, on `clock`. */
  readonly begunAt: number;
  /** Whether recipients that are away are waited for. */
  readonly waits: boolean;
  /** Whether the body is the hub's own to keep. */
  readonly keeps: boolean;
  /** Whether something else must reach that recipient first. */
  isHeld(name: string): boolean;
  /** The digest of the whole body, once it is here. */
  readonly digest: Digest | undefined;
  /** The body as one recipient gets it. */
  body(): Body;
  /** Makes the whole body durable. Rejects with Failure. */
  keep(): Promise<void>;
  /** There is a place for the body from `offset` on. */
  started(offset: number): void;
  /** The whole body has left for one recipient. */
  sent(digest: Digest): void;
  /** The recipient has so many bytes. */
  progress(leg: Leg, bytes: number): void;
  /** It is safe for a recipient that is away. */
  stored(leg: Leg, until: number, digest: Digest): void;
  /** It has ended for the recipient. Once. */
  settled(leg: Leg, outcome: Outcome): void;
}

/** One recipient a transfer has not ended for. */
export class Leg {
  readonly name: string;
  readonly #route: LegRoute;
  /** Who takes it there now; undefined while the recipient is away. */
  #carrier: Carrier | undefined;
  #handle: { cancel(reason: Cancel): void } | undefined;
  /** Takes back the timer of a recipient that is away. */
  #stopWaiting = () => {};
  #until: number | undefined;
  #isStored: boolean;
  #startedAt: number | undefined;
  /** It was sent again after what arrived differed. */
  #again = false;
  #closing = false;
  #over = false;

  /** With `isStored` a hub before this one has told the sender so. */
  constructor(name: string, route: LegRoute, isStored: boolean) {
    this.name = name;
    this.#route = route;
    this.#isStored = isStored;
  }

  /** The recipient's name as every table of a route holds it. */
  get key(): string {
    return this.name.toLowerCase();
  }

  /** Whether the recipient is not here. */
  get isAway(): boolean {
    return this.#carrier === undefined;
  }

  /** Until when it is kept for a recipient that is away, ms since the Unix epoch. */
  get until(): number | undefined {
    return this.#until;
  }

  /** Whether the sender was told that it is stored. */
  get isStored(): boolean {
    return this.#isStored;
  }

  /** When the recipient first took it, on the clock. */
  get startedAt(): number | undefined {
    return this.#startedAt;
  }

  /** Offers it to the recipient, or waits for them. */
  carry(): void {
    const { name } = this;
    const carrier = this.#route.find(name);
    if (carrier === undefined || this.#route.isHeld(name)) {
      this.#stopWaiting();
      const message = `${name} is not connected`;
      return this.#away(failedOutcome({ code: "absent", message }));
    }
    this.#stopWaiting();
    this.#carrier = carrier;
    const { queue_ms: _, wait_ms: __, ...offer } = this.#route.offer;
    let over = false;
    const handle = carrier.carry({ ...offer, to: [name] }, this.#route.body(), {
      started: (offset) => {
        this.#startedAt ??= this.#route.clock.now();
        this.#route.started(offset);
      },
      sent: (digest) => this.#route.sent(digest),
      progress: (_, bytes) => this.#route.progress(this, bytes),
      settled: (_, outcome) => {
        over = true;
        this.#carried(carrier, outcome);
      },
    });
    if (!over) this.#handle = handle;
  }

  /** Waits `ms` for the recipient to come; after that `outcome` is what became of it. */
  wait(outcome: Outcome, ms: number): void {
    this.#stopWaiting = this.#route.clock.after(
      ms,
      () => this.settle(outcome),
    );
  }

  /** Keeps it for a recipient that is away, until `until`. */
  enqueue(until: number): void {
    this.#until = until;
    const { clock } = this.#route;
    const code = "deadline.queue";
    const message = `${this.name} did not come in time`;
    const left = Math.max(until - clock.date(), 0);
    this.wait(failedOutcome({ code, message }), left);
    this.store();
  }

  /** Keeps what is stored until `until`, if that is later. */
  prolong(until: number): void {
    if (this.#until === undefined || until <= this.#until) return;
    this.#stopWaiting();
    if (this.isAway) this.enqueue(until);
    else this.#until = until;
  }

  /** Makes the body safe for a recipient that is away, once all of it is here, then says so. */
  async store(): Promise<void> {
    const until = this.#until;
    const { digest, keeps } = this.#route;
    if (!keeps || digest === undefined) return;
    if (this.#isStored || until === undefined || !this.isAway) return;
    try {
      await this.#route.keep();
    } catch (error) {
      if (this.isAway) this.settle(failedOutcome(asFailure(error)));
      return;
    }
    if (this.#over || !this.isAway || this.#isStored || this.#closing) return;
    this.#isStored = true;
    this.#route.stored(this, until, digest);
  }

  /** Gives it up, unless it was promised to the recipient. */
  cancel(reason: Cancel): void {
    if (this.#isStored) return;
    this.#until = undefined;
    if (this.#handle === undefined) this.settle(failedOutcome(reason));
    else this.#handle.cancel(reason);
  }

  /** The hub stops: who has it now is told, and whatever they answer is the end here. */
  close(reason: Cancel): void {
    this.#closing = true;
    this.#stopWaiting();
    if (this.#handle === undefined) this.settle(failedOutcome(reason));
    else this.#handle.cancel(reason);
  }

  /** It has ended for the recipient. */
  settle(outcome: Outcome): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopWaiting();
    this.#route.settled(this, outcome);
  }

  /** What a carrier made of it. */
  #carried(carrier: Carrier, outcome: Outcome): void {
    if (this.#carrier !== carrier) return;
    this.#carrier = undefined;
    this.#handle = undefined;
    if (outcome.status !== "failed" || this.#closing) {
      return this.settle(outcome);
    }
    if (outcome.lost) {
      const next = this.#route.find(this.name);
      // It was back before its old connection was found dead.
      if (next !== undefined && next !== carrier) return this.carry();
      return this.#away(outcome);
    }
    if (outcome.code === "absent") return this.#away(outcome);
    if (this.#isStored && outcome.retryable) {
      if (outcome.code !== "integrity" || this.#again) {
        return this.#away(outcome);
      }
      this.#again = true;
      return this.carry();
    }
    this.settle(outcome);
  }

  /** The recipient is not here: it is waited for, or the transfer has failed for it. */
  #away({ lost, ...final }: Failed): void {
    const { offer, clock, keeps, waits, begunAt } = this.#route;
    const { queue_ms, wait_ms = 0, deadlines } = offer;
    if (this.#until !== undefined) return this.enqueue(this.#until);
    if (queue_ms !== undefined && keeps) {
      const now = clock.date();
      this.#route.started(0);
      return this.enqueue(Math.round(now + queue_ms));
    }
    if (!waits) return this.settle(final);
    const waitMs = Math.max(lost ? deadlines.idle_ms : 0, wait_ms);
    const left = begunAt + MAX_PARK_MS - clock.now();
    if (waitMs > 0) return this.wait(final, Math.min(waitMs, left));
    this.settle(final);
  }
}
