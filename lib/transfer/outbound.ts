/**
 * The sending half of one connection: offers transfers and brings each the answers of the other
 * side. A peer sends to its hub through it, and the hub to each recipient. Offers for which the
 * other side has no room now are held back until it has.
 */
import type { Connection } from "../net/connection.ts";
import type { Clock } from "../time/clock.ts";
import { formatSeconds } from "../time/deadline.ts";
import { type Answer, failedOutcome, Outgoing } from "./outgoing.ts";
import type {
  Body,
  Cancel,
  Carrier,
  Offer,
  Outcome,
  TransferListener,
} from "./transfer.ts";

/** How a sending half is set up. */
export interface OutboundOptions {
  readonly clock: Clock;
  /** Added to each deadline of an offer, in milliseconds: a sender lets the hub, which is nearer the recipient, speak first. */
  readonly graceMs: number;
  /** Control bytes waiting for the other side beyond which it is offered nothing more. */
  readonly maxBacklogBytes: number;
}

/** A transfer that waits until it may be offered. */
interface Held {
  readonly offer: Offer;
  /** Offers it. */
  begin(): void;
  /** Lets go of it, and says why to its listener. */
  fail(outcome: Outcome): void;
}

/** The sending half of a connection. */
export class Outbound implements Carrier {
  readonly #connection: Connection;
  readonly #options: OutboundOptions;
  readonly #open = new Map<string, Outgoing>();
  /** In the order they came. */
  readonly #held = new Set<Held>();

  constructor(connection: Connection, options: OutboundOptions) {
    this.#connection = connection;
    this.#options = options;
    connection.onWritten = () => this.#offerHeld();
  }

  /** Offers a transfer to the other side, now or as soon as there is room for it; see Carrier. */
  carry(
    offer: Offer,
    body: Body,
    listener: TransferListener,
  ): { cancel(reason: Cancel): void } {
    const mayGo = this.#hasRoom && this.#held.size === 0 &&
      !this.#isUsed(offer);
    if (mayGo || !this.#connection.isOpen) {
      return this.#begin(offer, body, listener);
    }
    let handle: { cancel(reason: Cancel): void };
    const { accept_ms } = offer.deadlines;
    const held: Held = {
      offer,
      begin: () => {
        stop();
        this.#held.delete(held);
        handle = this.#begin(offer, body, listener);
      },
      fail: (outcome) => {
        stop();
        this.#held.delete(held);
        for (const name of offer.to) listener.settled(name, outcome);
        body.dispose();
      },
    };
    const stop = this.#options.clock.after(accept_ms, () => {
      const limit = formatSeconds(accept_ms);
      const message = `the offer was not answered within ${limit}`;
      held.fail(failedOutcome({ code: "deadline.accept", message }));
    });
    handle = { cancel: (reason) => held.fail(failedOutcome(reason)) };
    this.#held.add(held);
    return { cancel: (reason) => handle.cancel(reason) };
  }

  /** Takes in an answer of the other side; the session has checked that it may come. */
  receive(answer: Answer): void {
    const outgoing = this.#open.get(answer.id);
    outgoing?.receive(answer);
    if (!this.#connection.session.isOutgoing(answer.id)) {
      this.#open.delete(answer.id);
    }
    this.#offerHeld();
  }

  /**
   * The connection has ended: every transfer still open fails. With `lost` it may be offered again
   * on another connection (see Outcome).
   */
  lost(reason: Cancel, lost: boolean): void {
    for (const outgoing of [...this.#open.values()]) {
      outgoing.lose(reason, lost);
    }
    this.#open.clear();
    const outcome = failedOutcome(reason, undefined, lost);
    for (const held of [...this.#held]) held.fail(outcome);
  }

  #begin(offer: Offer, body: Body, listener: TransferListener): Outgoing {
    const outgoing = new Outgoing(
      this.#connection,
      this.#options,
      offer,
      body,
      listener,
    );
    if (outgoing.begin()) this.#open.set(offer.id, outgoing);
    return outgoing;
  }

  #offerHeld(): void {
    if (this.#held.size === 0 || !this.#connection.isOpen) return;
    for (const held of [...this.#held]) {
      if (!this.#hasRoom) return;
      if (!this.#isUsed(held.offer)) held.begin();
    }
  }

  get #hasRoom(): boolean {
    const { session, backlog } = this.#connection;
    return session.mayOffer && backlog <= this.#options.maxBacklogBytes;
  }

  /** Whether a transfer of that id was given up, but the other side has not said so yet. */
  #isUsed({ id }: Offer): boolean {
    return this.#connection.session.isOutgoing(id);
  }
}
