/**
 * The sending half of one connection: offers transfers and brings each the answers of the other
 * side. A peer sends to its hub through it, and the hub to each recipient.
 */
import type { Connection } from "../net/connection.ts";
import type { Clock } from "../time/clock.ts";
import { type Answer, failedOutcome, Outgoing } from "./outgoing.ts";
import type {
  Body,
  Cancel,
  Carrier,
  Offer,
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

/** The sending half of a connection. */
export class Outbound implements Carrier {
  readonly #connection: Connection;
  readonly #options: OutboundOptions;
  readonly #open = new Map<string, Outgoing>();

  constructor(connection: Connection, options: OutboundOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** Offers a transfer to the other side; see Carrier. */
  carry(
    offer: Offer,
    body: Body,
    listener: TransferListener,
  ): { cancel(reason: Cancel): void } {
    const refusal = this.#refusal(offer);
    if (refusal !== undefined) {
      const failed = failedOutcome(refusal);
      for (const name of offer.to) listener.settled(name, failed);
      body.dispose();
      return { cancel: () => {} };
    }
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

  /** Takes in an answer of the other side; the session has checked that it may come. */
  receive(answer: Answer): void {
    const outgoing = this.#open.get(answer.id);
    outgoing?.receive(answer);
    if (!this.#connection.session.isOutgoing(answer.id)) {
      this.#open.delete(answer.id);
    }
  }

  /** Why an offer cannot be made now, or undefined. */
  #refusal({ id }: Offer): Cancel | undefined {
    const { session, backlog } = this.#connection;
    // Given up, but its recipient has not said so yet.
    if (session.isOutgoing(id)) {
      return { code: "failure", message: "its transfer id is in use" };
    }
    if (!session.mayOffer) {
      const message = "too many transfers to it are open already";
      return { code: "limit", message };
    }
    if (backlog > this.#options.maxBacklogBytes) {
      return { code: "limit", message: "it reads too slowly for more offers" };
    }
  }

  /** The connection has ended: every transfer still open fails. */
  lost(reason: Cancel): void {
    for (const outgoing of this.#open.values()) {
      outgoing.failAll(reason.code, reason.message);
    }
    this.#open.clear();
  }
}
