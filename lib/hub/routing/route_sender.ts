/**
 * The sender of a transfer on its way through the hub: there, or lost and maybe back; and what it
 * was not told yet, which is remembered until it can be.
 */
import type {
  Digest,
  Offer,
  Outcome,
  TransferListener,
} from "../../transfer/transfer.ts";

/** Who sends a transfer, and what it has heard of it. */
export class RouteSender {
  /** Undefined while its connection is lost. */
  #listener: TransferListener | undefined;
  /** Who waits for a receipt on its present connection, by lower-case name. */
  #awaited: Map<string, string>;
  /** It has said END on its present connection, or need not: it may be told of receipts. */
  #ended: boolean;
  #toldSent = false;
  /** What became of recipients that are settled, by lower-case name, as far as this hub knows. */
  readonly outcomes = new Map<string, Outcome>();

  /** Without `sendsBytes` the body is here already, and no END will come. */
  constructor(
    offer: Offer,
    listener: TransferListener | undefined,
    sendsBytes: boolean,
  ) {
    this.#listener = listener;
    this.#awaited = namesOf(offer);
    this.#ended = !sendsBytes;
  }

  /** Whether its connection is lost. */
  get isLost(): boolean {
    return this.#listener === undefined;
  }

  /** Whom it waits for, by lower-case name. */
  get awaited(): ReadonlyMap<string, string> {
    return this.#awaited;
  }

  /** Whether `listener` is its present connection. */
  is(listener: TransferListener): boolean {
    return this.#listener === listener;
  }

  /** Its connection is lost. */
  lose(): void {
    this.#listener = undefined;
  }

  /** It is back, and offers the transfer again. */
  attach(offer: Offer, listener: TransferListener): void {
    this.#listener = listener;
    this.#ended = false;
    this.#awaited = namesOf(offer);
  }

  /** It has said END: whatever it is told of next, it may be told. */
  finish(): void {
    this.#ended = true;
  }

  /** It may send from `offset` on. */
  started(offset: number): void {
    this.#listener?.started(offset);
  }

  /** The body has left for the first recipient. */
  sent(digest: Digest): void {
    if (this.#toldSent) return;
    this.#toldSent = true;
    this.#listener?.sent(digest);
  }

  /** `name` has so many bytes. */
  progress(name: string, bytes: number): void {
    if (!this.#awaited.has(name.toLowerCase())) return;
    this.#listener?.progress(name, bytes);
  }

  /** It has ended for the recipient, which is told now or when it may be. */
  settle(key: string, outcome: Outcome): void {
    this.outcomes.set(key, outcome);
    this.tell(key, outcome);
  }

  /** Tells what it has not heard yet. */
  tellAll(): void {
    for (const [key, outcome] of [...this.outcomes]) this.tell(key, outcome);
  }

  /** Tells it one outcome, if it is there, waits for it and may be told. */
  tell(key: string, outcome: Outcome): void {
    const name = this.#awaited.get(key);
    if (name === undefined || this.#listener === undefined) return;
    const early = outcome.status === "failed" ||
      (outcome.status === "delivered" && outcome.unchanged === true);
    if (!early && !this.#ended) return;
    this.#awaited.delete(key);
    this.#listener.settled(name, outcome);
  }
}

function namesOf({ to }: Offer): Map<string, string> {
  return new Map(to.map((name) => [name.toLowerCase(), name]));
}
