/**
 * What a sender has to send, item by item: several transfers are kept in flight at once, so that
 * many small files cost no round trip each, and every recipient's receipt is reported with its
 * latency.
 */
import type { FerryEvent, TransferFacts } from "../events.ts";
import { asFailure, type FailureCode, isRetryable } from "../failure.ts";
import { transferId } from "../protocol/data.ts";
import { INLINE_BYTES } from "../protocol/limits.ts";
import type { Clock } from "../time/clock.ts";
import type { Deadlines } from "../time/deadline.ts";
import { latencyOf } from "../transfer/latency.ts";
import type {
  Body,
  Cancel,
  Carrier,
  Digest,
  Offer,
  Outcome,
} from "../transfer/transfer.ts";

/** Small bodies in flight: enough to hide a round trip of tens of milliseconds. */
const MAX_SMALL = 256;
/** Large bodies in flight: the next is accepted while one still flows, and few are half-sent when one fails. */
const MAX_LARGE = 3;

/** One thing to send. */
export interface Item {
  readonly name: string;
  readonly kind: TransferFacts["kind"];
  /** Bytes, or null when it comes through a pipe. */
  readonly size: number | null;
  /** The bytes; called when it is this item's turn. Throws Failure when they cannot be had. */
  open(): Body;
}

/** To whom, and how. */
export interface OutboxOptions {
  readonly carrier: Carrier;
  readonly from: string;
  readonly to: readonly string[];
  readonly deadlines: Deadlines;
  readonly clock: Clock;
  /** When the command was accepted, on `clock`: latencies count from here. */
  readonly commandAt: number;
  /** Smallest round trip to the carrier, in milliseconds. */
  readonly roundTripMs: () => number;
  readonly emit: (event: FerryEvent) => void;
  /** Aborted with a Failure: what is under way is cancelled, nothing more is begun. */
  readonly signal: AbortSignal;
}

/** How one item fared with one recipient. */
export interface Delivery {
  /** Which of the items, from 0. */
  readonly index: number;
  readonly to: string;
  /** Undefined when it was delivered. */
  readonly failure?: { readonly code: FailureCode; readonly message: string };
}

/** Sends every item to every recipient; resolves when each pair has its receipt or its failure. */
export async function sendAll(
  items: Iterable<Item> | AsyncIterable<Item>,
  options: OutboxOptions,
): Promise<Delivery[]> {
  const outbox = new Outbox(options);
  let index = 0;
  for await (const item of items) await outbox.begin(item, index++);
  return outbox.finished();
}

class Outbox {
  readonly #options: OutboxOptions;
  readonly #deliveries: Delivery[] = [];
  readonly #running = new Set<{ cancel: (failure: Cancel) => void }>();
  #small = 0;
  #large = 0;
  #changed = Promise.withResolvers<void>();

  constructor(options: OutboxOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", this.#stop);
  }

  /** Waits for room among the transfers in flight, then begins one. */
  async begin(item: Item, index: number): Promise<void> {
    const small = item.size !== null && item.size <= INLINE_BYTES;
    while (small ? this.#small >= MAX_SMALL : this.#large >= MAX_LARGE) {
      await this.#change();
    }
    this.#send(item, index, small);
  }

  /** Resolves when nothing is in flight any more. */
  async finished(): Promise<Delivery[]> {
    while (this.#small + this.#large > 0) await this.#change();
    this.#options.signal.removeEventListener("abort", this.#stop);
    return this.#deliveries;
  }

  #change(): Promise<void> {
    return this.#changed.promise;
  }

  readonly #stop = (): void => {
    const reason = stopOf(this.#options.signal);
    for (const { cancel } of [...this.#running]) cancel(reason);
  };

  #send(item: Item, index: number, small: boolean): void {
    const { carrier, from, to, deadlines, clock, emit, signal } = this.#options;
    const id = transferId(crypto.getRandomValues(new Uint8Array(8)));
    const { name, kind, size } = item;
    const facts = (recipient: string): TransferFacts => (
      { id, dir: "send", from, to: recipient, name, kind, bytes: size }
    );
    if (small) this.#small++;
    else this.#large++;
    const awaited = new Set(to);
    const offeredAt = clock.now();
    let startedAt = offeredAt;
    let digest: Digest = { size: size ?? 0, sha256: "" };
    const settled = (recipient: string, outcome: Outcome) => {
      const delivered = outcome.status === "delivered";
      awaited.delete(recipient);
      this.#deliveries.push({
        index,
        to: recipient,
        ...(delivered
          ? {}
          : { failure: { code: outcome.code, message: outcome.message } }),
      });
      emit(
        delivered
          ? this.#completed(
            facts(recipient),
            digest,
            outcome,
            offeredAt,
            startedAt,
          )
          : {
            event: "transfer.failed",
            ...facts(recipient),
            ...failureOf(outcome),
          },
      );
      if (awaited.size > 0) return;
      this.#running.delete(running);
      if (small) this.#small--;
      else this.#large--;
      const { resolve } = this.#changed;
      this.#changed = Promise.withResolvers<void>();
      resolve();
    };
    const failAll = ({ code, message }: Cancel) => {
      for (const recipient of to) {
        settled(recipient, {
          status: "failed",
          code,
          message,
          retryable: isRetryable(code),
        });
      }
    };
    const running = { cancel: failAll };
    this.#running.add(running);
    for (const recipient of to) {
      emit({ event: "transfer.offered", ...facts(recipient) });
    }
    if (signal.aborted) return failAll(stopOf(signal));
    let body: Body;
    try {
      body = item.open();
    } catch (error) {
      return failAll(asFailure(error));
    }
    const offer: Offer = {
      id,
      name,
      kind,
      size: body.size,
      from,
      to: [...to],
      inline: body.size !== null && body.size <= INLINE_BYTES,
      deadlines: {
        accept_ms: deadlines.acceptMs,
        idle_ms: deadlines.idleMs,
        receipt_ms: deadlines.receiptMs,
      },
    };
    const handle = carrier.carry(offer, body, {
      started: () => {
        startedAt = offer.inline ? offeredAt : clock.now();
        for (const recipient of awaited) {
          emit({ event: "transfer.started", ...facts(recipient) });
        }
      },
      sent: (whole) => digest = whole,
      progress: (recipient, bytes) =>
        emit({
          event: "transfer.progress",
          id,
          bytes,
          total: size,
          dir: "send",
          to: recipient,
        }),
      settled,
    });
    running.cancel = ({ code, message }) => handle.cancel({ code, message });
  }

  #completed(
    facts: TransferFacts,
    { size, sha256 }: Digest,
    { verifyMs, hopMs }: Extract<Outcome, { status: "delivered" }>,
    offeredAt: number,
    startedAt: number,
  ): FerryEvent {
    const { clock, commandAt, roundTripMs } = this.#options;
    const latency = latencyOf({
      commandAt,
      offeredAt,
      startedAt,
      settledAt: clock.now(),
      verifyMs,
      roundTripMs: roundTripMs() + hopMs,
    });
    return {
      event: "transfer.completed",
      ...facts,
      bytes: size,
      sha256,
      latency_ms: latency,
      bytes_per_s: latency.total > 0
        ? Math.round(size / latency.total * 1000)
        : 0,
    };
  }
}

/** Why everything is given up: the command's own failure, as the state of one transfer. */
function stopOf({ reason }: AbortSignal): Cancel {
  const { code, state } = asFailure(reason);
  const signalled = code === "sigint" || code === "sigterm";
  return { code: signalled ? "cancelled" : code, message: state };
}

function failureOf(
  { code, message, retryable }: Extract<Outcome, { status: "failed" }>,
): { code: string; message: string; retryable: boolean } {
  return { code, message, retryable };
}
