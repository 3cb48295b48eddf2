/**
 * The sending half of one connection: offers transfers, streams their bodies, keeps the deadlines
 * and hears the receipts. A peer sends to its hub through it, and the hub to each recipient.
 */
import { type FailureCode, failureCode, isRetryable } from "../failure.ts";
import type { Connection } from "../net/connection.ts";
import type { Outflow } from "../net/outflow.ts";
import type { Message, MessageOf } from "../protocol/message.ts";
import { sentenceOf } from "../protocol/message.ts";
import type { Clock } from "../time/clock.ts";
import { formatSeconds } from "../time/deadline.ts";
import type {
  Body,
  Cancel,
  Carrier,
  Offer,
  Outcome,
  TransferListener,
} from "./transfer.ts";

/** Deadlines come from the sender, who may be hostile: they are not looked at more often than this. */
const LEAST_WAIT_MS = 10;

const LOST: Cancel = {
  code: "disconnected",
  message: "the connection was lost",
};
const TOO_MANY: Cancel = {
  code: "limit",
  message: "too many transfers to it are open already",
};

/** How a sending half is set up. */
export interface OutboundOptions {
  readonly clock: Clock;
  /** Added to each deadline of an offer, in milliseconds: a sender lets the hub, which is nearer the recipient, speak first. */
  readonly graceMs: number;
}

/** Answers of the other side that concern transfers it was offered. */
type Answer = MessageOf<"accept" | "reject" | "receipt" | "progress">;

/** Whether a message is an answer to an offer. */
export function isAnswer(message: Message): message is Answer {
  return message.type === "accept" || message.type === "reject" ||
    message.type === "receipt" ||
    message.type === "progress";
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
  carry(offer: Offer, body: Body, listener: TransferListener): Outgoing {
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

  /** The connection has ended: every transfer still open fails. */
  lost(reason: Cancel): void {
    for (const outgoing of this.#open.values()) {
      outgoing.failAll(reason.code, reason.message);
    }
    this.#open.clear();
  }
}

/** One transfer on its way to the other side of a connection. */
class Outgoing {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #offer: Offer;
  readonly #body: Body;
  readonly #listener: TransferListener;
  /** Recipients the listener has not heard the end of, by lower-case name. */
  readonly #awaited: Map<string, string>;
  #outflow: Outflow | undefined;
  #stage: "new" | "offered" | "streaming" | "sent" | "over" = "new";
  #answered = false;
  /** The body itself has nothing to send now. */
  #starved = false;
  #movedAt: number;
  #stopTimer = () => {};
  /** What a body still flowing is closed with. */
  #reason: Cancel = { code: "cancelled", message: "nobody is left to take it" };

  constructor(
    connection: Connection,
    options: OutboundOptions,
    offer: Offer,
    body: Body,
    listener: TransferListener,
  ) {
    this.#connection = connection;
    this.#clock = options.clock;
    this.#graceMs = options.graceMs;
    this.#offer = offer;
    this.#body = body;
    this.#listener = listener;
    this.#awaited = new Map(offer.to.map((name) => [name.toLowerCase(), name]));
    this.#movedAt = this.#clock.now();
  }

  /** Makes the offer; false when it could not be made, and the transfer has failed. */
  begin(): boolean {
    const refused = this.#obstacle();
    if (refused === undefined) {
      this.#connection.send({ type: "offer", ...this.#offer });
      if (this.#connection.isOpen) {
        this.#stage = "offered";
        this.#watch();
        if (this.#offer.inline) this.#stream(0);
        return true;
      }
    }
    const { code, message } = refused ?? LOST;
    this.failAll(code, message);
    return false;
  }

  #obstacle(): Cancel | undefined {
    const { session } = this.#connection;
    // The id is the first sender's choice: the other side may still remember an earlier transfer by it.
    if (session.isOutgoing(this.#offer.id)) {
      return { code: "failure", message: "its transfer id is in use" };
    }
    return session.mayOffer ? undefined : TOO_MANY;
  }

  receive(answer: Answer): void {
    this.#movedAt = this.#clock.now();
    this.#answered = true;
    switch (answer.type) {
      case "accept":
        if (this.#stage === "offered") this.#stream(answer.offset);
        return;
      case "progress":
        if (this.#awaited.has(answer.recipient.toLowerCase())) {
          this.#listener.progress(answer.recipient, answer.bytes);
        }
        return;
      case "reject": {
        const { retryable, message } = answer;
        return this.failAll(failureCode(answer.code), message, retryable);
      }
      case "receipt": {
        if (answer.status === "delivered") {
          const {
            verify_ms,
            rtt_ms = this.#connection.heartbeat.roundTripMs ?? 0,
          } = answer;
          return this.#settle(answer.recipient, {
            status: "delivered",
            verifyMs: verify_ms,
            hopMs: rtt_ms,
          });
        }
        const { message, retryable } = answer;
        return this.#settle(answer.recipient, {
          status: "failed",
          code: failureCode(answer.code),
          message,
          retryable,
        });
      }
    }
  }

  /** Gives the transfer up for every recipient not settled yet. */
  cancel(reason: Cancel): void {
    this.failAll(reason.code, reason.message);
  }

  failAll(
    code: FailureCode,
    message: string,
    retryable = isRetryable(code),
  ): void {
    this.#reason = { code, message };
    const failed: Outcome = { status: "failed", code, message, retryable };
    const names = [...this.#awaited.values()];
    this.#awaited.clear();
    for (const name of names) this.#listener.settled(name, failed);
    // Even if nobody was awaited any more, what was begun must be closed.
    this.#finish();
  }

  #stream(offset: number): void {
    this.#enter("streaming");
    this.#listener.started();
    if (this.#awaited.size === 0) return;
    const outflow: Outflow = {
      id: this.#offer.id,
      size: this.#offer.size,
      reader: this.#body.read(offset, () => this.#connection.wake()),
      offset,
      moved: (bytes) => {
        this.#starved = bytes === 0;
        if (bytes > 0) this.#movedAt = this.#clock.now();
      },
      sent: (digest) => {
        this.#enter("sent");
        this.#outflow = undefined;
        this.#listener.sent(digest);
      },
      broken: (failure) => {
        this.#outflow = undefined;
        this.failAll(failure.code, failure.message);
      },
    };
    this.#outflow = outflow;
    this.#connection.attach(outflow);
  }

  #settle(recipient: string, outcome: Outcome): void {
    const name = this.#awaited.get(recipient.toLowerCase());
    if (name === undefined) return;
    this.#awaited.delete(recipient.toLowerCase());
    this.#listener.settled(name, outcome);
    if (this.#awaited.size === 0) this.#finish();
  }

  /** Nobody waits any more: closes a body that is still flowing, and lets go of everything. */
  #finish(): void {
    if (this.#stage === "over") return;
    const wasOffered = this.#stage !== "new";
    this.#stage = "over";
    this.#stopTimer();
    if (this.#outflow !== undefined) this.#connection.detach(this.#outflow);
    this.#outflow = undefined;
    const { id } = this.#offer;
    const { isOpen, session } = this.#connection;
    if (wasOffered && isOpen && session.isOutgoing(id)) {
      const { code, message } = this.#reason;
      this.#connection.send({
        type: "cancel",
        id,
        code,
        message: sentenceOf(message),
      });
    }
    this.#body.dispose();
  }

  #enter(stage: "streaming" | "sent"): void {
    this.#stage = stage;
    this.#movedAt = this.#clock.now();
  }

  /**
   * Looks whether the deadline now in force has passed, and again when it could. The first look
   * comes with the shortest of them, so that the timer is set once in the life of most transfers.
   */
  #watch(): void {
    const { limit, passed } = this.#deadline();
    const left = this.#movedAt + limit - this.#clock.now();
    if (left <= 0) return passed();
    const { accept_ms, idle_ms, receipt_ms } = this.#offer.deadlines;
    const soonest = Math.min(left, accept_ms, idle_ms, receipt_ms);
    const wait = Math.max(soonest, LEAST_WAIT_MS);
    this.#stopTimer = this.#clock.after(wait, () => this.#watch());
  }

  #deadline(): { limit: number; passed: () => void } {
    const { accept_ms, idle_ms, receipt_ms } = this.#offer.deadlines;
    const grace = this.#graceMs;
    // An answer for one of several recipients is no ACCEPT: the others may still be deciding.
    if (
      this.#stage === "offered" || (this.#stage === "sent" && !this.#answered)
    ) {
      const state = `the offer was not answered within ${
        formatSeconds(accept_ms)
      }`;
      return {
        limit: accept_ms + grace,
        passed: () => this.failAll("deadline.accept", state),
      };
    }
    if (this.#stage === "sent") {
      const state = `no receipt came within ${
        formatSeconds(receipt_ms)
      } of the last byte`;
      return {
        limit: receipt_ms + grace,
        passed: () => this.failAll("deadline.receipt", state),
      };
    }
    const state = `no byte moved for ${formatSeconds(idle_ms)}`;
    return {
      limit: idle_ms + grace,
      passed: () => {
        // A pipe may be slow; a file that stops coming is stuck.
        if (!this.#starved || this.#offer.size !== null) {
          return this.failAll("deadline.idle", state);
        }
        this.#movedAt = this.#clock.now();
        this.#watch();
      },
    };
  }
}
