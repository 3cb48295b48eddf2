/** One transfer on its way to the other side of a connection: its body, its receipts, its deadlines. */
import { type FailureCode, failureCode, isRetryable } from "../failure.ts";
import type { Connection } from "../net/connection.ts";
import type { Outflow } from "../net/outflow.ts";
import {
  type Message,
  type MessageOf,
  sentenceOf,
} from "../protocol/message.ts";
import type { Clock } from "../time/clock.ts";
import { deadlineOf, type Deadlines, type Standing } from "../time/deadline.ts";
import type {
  Body,
  Cancel,
  Offer,
  Outcome,
  TransferListener,
} from "./transfer.ts";

/** Deadlines come from the sender, who may be hostile: they are not looked at more often than this. */
const LEAST_WAIT_MS = 10;

/** An answer that takes longer than this is waited for by a person, or by a recipient that checks what it has. */
const SLOW_ANSWER_MS = 50;

/** Answers of the other side that concern transfers it was offered. */
export type Answer = MessageOf<"accept" | "reject" | "receipt" | "progress">;

/** Whether a message is an answer to an offer. */
export function isAnswer(message: Message): message is Answer {
  return message.type === "accept" || message.type === "reject" ||
    message.type === "receipt" ||
    message.type === "progress";
}

/** One transfer on its way to the other side of a connection. */
export class Outgoing {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #offer: Offer;
  readonly #deadlines: Deadlines;
  readonly #body: Body;
  readonly #listener: TransferListener;
  /** Recipients the listener has not heard the end of, by lower-case name. */
  readonly #awaited: Map<string, string>;
  /** How far each of them says it is, by lower-case name. */
  readonly #progress = new Map<string, number>();
  /** Bytes of the body handed to the connection, from its beginning. */
  #handed = 0;
  #outflow: Outflow | undefined;
  #stage: Standing["stage"] | "over" = "offered";
  #answered = false;
  /** The body itself has nothing to send now. */
  #starved = false;
  #movedAt: number;
  #stopTimer = () => {};
  #stopAhead = () => {};
  /** What a body still flowing is closed with. */
  #reason: Cancel = { code: "cancelled", message: "nobody is left to take it" };

  constructor(
    connection: Connection,
    options: { readonly clock: Clock; readonly graceMs: number },
    offer: Offer,
    body: Body,
    listener: TransferListener,
  ) {
    this.#connection = connection;
    this.#clock = options.clock;
    this.#graceMs = options.graceMs;
    this.#offer = offer;
    const { accept_ms, idle_ms, receipt_ms } = offer.deadlines;
    this.#deadlines = {
      acceptMs: accept_ms,
      idleMs: idle_ms,
      receiptMs: receipt_ms,
    };
    this.#body = body;
    this.#listener = listener;
    this.#awaited = new Map(offer.to.map((name) => [name.toLowerCase(), name]));
    this.#movedAt = this.#clock.now();
  }

  /** Makes the offer; false when the connection is lost, and the transfer has failed. */
  begin(): boolean {
    this.#connection.send({ type: "offer", ...this.#offer });
    if (!this.#connection.isOpen) {
      this.lose({ code: "disconnected", message: "the connection was lost" });
      return false;
    }
    this.#watch();
    if (this.#stage !== "offered") return true;
    if (this.#offer.inline) this.#stream(0);
    else if (this.#body.hashAhead !== undefined) {
      this.#stopAhead = this.#clock.after(
        SLOW_ANSWER_MS,
        () => this.#body.hashAhead?.(),
      );
    }
    return true;
  }

  /** Takes in an answer of the other side. */
  receive(answer: Answer): void {
    if (answer.type === "progress" && !this.#advances(answer)) return;
    this.#movedAt = this.#clock.now();
    this.#answered = true;
    switch (answer.type) {
      case "accept":
        if (this.#stage === "offered") this.#stream(answer.offset);
        return;
      case "progress":
        // It checks a part it has: what is hashed here meanwhile need not be hashed after it.
        if (this.#stage === "offered") this.#body.hashAhead?.();
        return this.#listener.progress(answer.recipient, answer.bytes);
      case "reject": {
        const { retryable, message } = answer;
        return this.failAll(failureCode(answer.code), message, retryable);
      }
      case "receipt": {
        if (answer.status === "stored") {
          const { recipient, until } = answer;
          return this.#settle(recipient, { status: "stored", until });
        }
        if (answer.status === "delivered") {
          const {
            verify_ms,
            rtt_ms = this.#connection.heartbeat.roundTripMs ?? 0,
          } = answer;
          return this.#settle(answer.recipient, {
            status: "delivered",
            verifyMs: verify_ms,
            hopMs: rtt_ms,
            ...(answer.unchanged === true ? { unchanged: true } : {}),
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

  /** Whether PROGRESS tells of bytes that were sent and not told of before: anything else keeps no deadline away. */
  #advances({ recipient, bytes }: MessageOf<"progress">): boolean {
    const key = recipient.toLowerCase();
    // Before it accepts, a recipient tells how much of what it has it has checked.
    const most = this.#stage === "offered"
      ? this.#offer.size ?? 0
      : this.#handed;
    if (!this.#awaited.has(key) || bytes > most) return false;
    if (bytes <= (this.#progress.get(key) ?? 0)) return false;
    this.#progress.set(key, bytes);
    return true;
  }

  /** Gives the transfer up for every recipient not settled yet. */
  cancel(reason: Cancel): void {
    this.failAll(reason.code, reason.message);
  }

  /** The connection is gone: nobody knows how it stands with the recipients not settled yet. */
  lose({ code, message }: Cancel, lost = true): void {
    this.failAll(code, message, isRetryable(code), lost);
  }

  /** Ends the transfer badly for every recipient not settled yet. */
  failAll(
    code: FailureCode,
    message: string,
    retryable = isRetryable(code),
    lost?: boolean,
  ): void {
    this.#reason = { code, message };
    const failed = failedOutcome(this.#reason, retryable, lost);
    const names = [...this.#awaited.values()];
    this.#awaited.clear();
    for (const name of names) this.#listener.settled(name, failed);
    // Even if nobody was awaited any more, what was begun must be closed.
    this.#finish();
  }

  #stream(offset: number): void {
    this.#enter("streaming");
    // What was told of before counts from there.
    this.#progress.clear();
    this.#listener.started(offset);
    if (this.#awaited.size === 0) return;
    this.#handed = offset;
    const outflow: Outflow = {
      id: this.#offer.id,
      size: this.#offer.size,
      reader: this.#body.read(offset, () => this.#connection.wake()),
      offset,
      moved: (bytes) => {
        this.#starved = bytes === 0;
        this.#handed += bytes;
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
    this.#stage = "over";
    this.#stopTimer();
    this.#stopAhead();
    if (this.#outflow !== undefined) this.#connection.detach(this.#outflow);
    this.#outflow = undefined;
    const { id } = this.#offer;
    const { isOpen, session } = this.#connection;
    if (isOpen && session.isOutgoing(id)) {
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
    this.#stopAhead();
    this.#stage = stage;
    this.#movedAt = this.#clock.now();
  }

  /**
   * Looks whether the deadline now in force has passed, and again when it could. The first look
   * comes with the shortest of them, so that the timer is set once in the life of most transfers.
   */
  #watch(): void {
    if (this.#stage === "over") return;
    const standing = { stage: this.#stage, answered: this.#answered };
    const { code, limitMs, state } = deadlineOf(
      standing,
      this.#deadlines,
      this.#graceMs,
    );
    const left = this.#movedAt + limitMs - this.#clock.now();
    if (left <= 0) {
      // A pipe may be slow; a file that stops coming is stuck.
      const waits = code === "deadline.idle" && this.#starved &&
        (this.#offer.size === null || this.#outflow?.reader.waits?.());
      if (!waits) return this.failAll(code, state);
      this.#movedAt = this.#clock.now();
    }
    const { acceptMs, idleMs, receiptMs } = this.#deadlines;
    const next = left > 0 ? left : limitMs;
    const soonest = Math.min(next, acceptMs, idleMs, receiptMs);
    const wait = Math.max(soonest, LEAST_WAIT_MS);
    this.#stopTimer = this.#clock.after(wait, () => this.#watch());
  }
}

/** The failure of a transfer as its outcome for a recipient. */
export function failedOutcome(
  { code, message }: Cancel,
  retryable = isRetryable(code),
  lost?: boolean,
): Extract<Outcome, { status: "failed" }> {
  const failed = { status: "failed", code, message, retryable } as const;
  return lost === undefined ? failed : { ...failed, lost };
}
