/**
 * The receiving half of a peer's connection: answers the hub's offers, feeds what comes into the
 * inbox and says receipts.
 */
import { asFailure, Failure, failureCode, isRetryable } from "../failure.ts";
import type { Connection } from "../net/connection.ts";
import { offerOf } from "../protocol/bundle.ts";
import type { TransferId } from "../protocol/data.ts";
import { RemoteProtocolError } from "../protocol/errors.ts";
import { type MessageOf, sentenceOf } from "../protocol/message.ts";
import type { Clock } from "../time/clock.ts";
import type { Cancel } from "../transfer/transfer.ts";
import type { Admission, Held, Inbox } from "./inbox.ts";
import type { Whole } from "./taking.ts";

interface Incoming {
  readonly admission: Admission;
  /** Aborted when the offer is withdrawn or has failed. */
  readonly over: AbortController;
  /** It is whole and wanted, and being put in place: only the disk can stop that. */
  committing: boolean;
  /** Its sender's user has given it up meanwhile. */
  unwanted: boolean;
}

/** The receiving half of one connection. */
export class Inbound {
  readonly #connection: Connection;
  readonly #inbox: Inbox;
  readonly #clock: Clock;
  readonly #open = new Map<TransferId, Incoming>();
  /** Commits under way. */
  readonly #committing = new Set<Promise<void>>();
  #received = 0;
  #leaving = false;

  /** `name` is the recipient the hub knows this connection as. */
  constructor(
    connection: Connection,
    inbox: Inbox,
    readonly name: string,
    clock: Clock,
  ) {
    this.#connection = connection;
    this.#inbox = inbox;
    this.#clock = clock;
  }

  /** Bytes of bodies that have come. */
  get received(): number {
    return this.#received;
  }

  /** Its owner is about to leave: what is not being put in place by now will not be. */
  leave(): void {
    this.#leaving = true;
    this.#inbox.leave();
  }

  /** Resolves once nothing that arrived whole is still being put in place. */
  async settled(): Promise<void> {
    await Promise.all(this.#committing);
  }

  /** Answers an offer. Throws RemoteProtocolError when it is for anyone else. */
  offer(message: MessageOf<"offer">): void {
    const offer = offerOf(message);
    const { id, inline } = offer;
    // Every receipt is said in our name: the hub must await one from us, and from nobody else.
    if (offer.to.some((to) => to.toLowerCase() !== this.name.toLowerCase())) {
      throw new RemoteProtocolError(
        `Cannot take OFFER of transfer ${id}: it is not for ${this.name} alone`,
      );
    }
    const over = new AbortController();
    let admission: Admission | Held;
    try {
      admission = this.#inbox.admit(offer, over.signal);
    } catch (error) {
      return this.#reject(id, error);
    }
    if (admission.held) {
      return void this.#delivered(id, true, this.#clock.now());
    }
    const incoming: Incoming = {
      ...{ admission, over, committing: false, unwanted: false },
    };
    this.#open.set(id, incoming);
    // Once it was withdrawn, its id may be that of another offer.
    const isOpen = () => this.#open.get(id) === incoming;
    const { arrival, agreed } = admission;
    const answer = (offset: number) => {
      if (!isOpen()) return;
      this.#connection.send({ type: "accept", id, offset });
    };
    const refuse = (error: unknown) => {
      if (!isOpen()) return;
      this.#open.delete(id);
      this.#reject(id, error);
    };
    const tell = this.#teller(id);
    const accept = () => {
      if (inline || !isOpen()) return;
      const offset = arrival.prepare(tell);
      if (typeof offset === "number") return answer(offset);
      offset.then(answer, (error) => this.#fail(id, error, incoming));
    };
    if (agreed === true) return accept();
    agreed.then(accept, refuse);
  }

  #teller(id: TransferId): (received: number) => void {
    return (bytes) =>
      this.#connection.send({
        type: "progress",
        id,
        recipient: this.name,
        bytes,
      });
  }

  /** Takes bytes; the session has checked that they may come. */
  data(id: TransferId, bytes: Uint8Array): void | Promise<void> {
    const incoming = this.#open.get(id);
    if (incoming === undefined) return;
    this.#received += bytes.length;
    const { arrival } = incoming.admission;
    try {
      return arrival.write(bytes, this.#teller(id))?.catch((error) =>
        this.#fail(id, error)
      );
    } catch (error) {
      this.#fail(id, error);
    }
  }

  /** The body is whole: puts it in place and says the receipt, while others go on. */
  end({ id, size, sha256, sent_ms }: MessageOf<"end">): void {
    const incoming = this.#open.get(id);
    if (incoming === undefined) return;
    const arrivedAt = this.#clock.now();
    const oneWay = sent_ms === undefined
      ? undefined
      : this.#connection.heartbeat.sinceMs(sent_ms);
    const whole = { size, sha256, ...(oneWay === undefined ? {} : { oneWay }) };
    const commit = () => {
      if (this.#leaving || this.#open.get(id) !== incoming) return;
      incoming.committing = true;
      const done = this.#commit(id, incoming, whole, arrivedAt)
        .finally(() => this.#committing.delete(done));
      this.#committing.add(done);
    };
    const { agreed } = incoming.admission;
    if (agreed === true) commit();
    else agreed.then(commit, () => {}); // offer() has said why it is not wanted.
  }

  /** The sender has given up. */
  cancel({ id, code, message }: MessageOf<"cancel">): void {
    const incoming = this.#open.get(id);
    if (incoming?.committing === true) {
      incoming.unwanted ||= failureCode(code) === "cancelled";
    }
    if (incoming?.committing !== false) return;
    const failure = new Failure(failureCode(code), message);
    // Given up by its sender's user: nobody wants the rest. Otherwise it may be gone on with.
    this.#fail(id, failure, undefined, failure.code !== "cancelled");
  }

  /** The connection has ended: whatever is not being put in place already is given up. */
  lost(reason: Cancel): void {
    for (const [id, { admission, over, committing }] of [...this.#open]) {
      if (committing) continue;
      this.#open.delete(id);
      over.abort(new Failure(reason.code, reason.message));
      admission.arrival.abort(reason, true, true);
    }
  }

  async #commit(
    id: TransferId,
    incoming: Incoming,
    whole: Whole,
    arrivedAt: number,
  ): Promise<void> {
    // Counted as under way before anything of it is reported: who leaves then still says the receipt.
    await Promise.resolve();
    let unchanged: boolean;
    try {
      ({ unchanged } = await incoming.admission.arrival.commit(whole));
    } catch (error) {
      return this.#fail(id, error);
    }
    this.#open.delete(id);
    const said = this.#delivered(id, unchanged, arrivedAt);
    if (!said && !incoming.unwanted) this.#inbox.owed.add(id);
  }

  /** Says the receipt of what is in its place; false when it is too late for it on this connection. */
  #delivered(id: TransferId, unchanged: boolean, arrivedAt: number): boolean {
    const { isOpen, session } = this.#connection;
    if (!isOpen || session.isEnded || !session.isIncoming(id)) return false;
    this.#connection.send({
      type: "receipt",
      status: "delivered",
      id,
      recipient: this.name,
      verify_ms: round(this.#clock.now() - arrivedAt),
      ...(unchanged ? { unchanged } : {}),
    });
    this.#inbox.owed.delete(id);
    return true;
  }

  /** Refuses an offer; nothing of it was kept yet. */
  #reject(id: TransferId, error: unknown): void {
    const { code, message } = asFailure(error);
    this.#connection.send({
      type: "reject",
      id,
      code,
      message: sentenceOf(message),
      retryable: isRetryable(code),
    });
  }

  /** Ends a transfer badly: the partial file goes unless it is to be kept, the sender is told. */
  #fail(
    id: TransferId,
    error: unknown,
    only?: Incoming,
    keep = false,
  ): void {
    const incoming = this.#open.get(id);
    if (incoming === undefined) return;
    // Its id may be that of another offer by now.
    if (only !== undefined && incoming !== only) return;
    this.#open.delete(id);
    const failure = asFailure(error);
    const retryable = isRetryable(failure.code);
    incoming.over.abort(failure);
    incoming.admission.arrival.abort(failure, retryable, keep);
    const { code, message } = failure;
    this.#connection.send({
      type: "receipt",
      status: "failed",
      id,
      recipient: this.name,
      code,
      message: sentenceOf(message),
      retryable,
    });
  }
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
