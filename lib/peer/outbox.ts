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

/** The latest moment a date can hold, ms since the Unix epoch: a hub may say anything. */
const MAX_DATE_MS = 8.64e15;

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
  /** What the carrier takes: transfers open at once, and bytes behind an OFFER; as WELCOME says. */
  readonly limits?: { readonly transfers: number; readonly inline: number };
  readonly emit: (event: FerryEvent) => void;
  /** The hub keeps it so long for recipients that are away, in milliseconds. */
  readonly queueMs?: number | undefined;
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
  items: readonly Item[],
  options: OutboxOptions,
): Promise<Delivery[]> {
  const outbox = new Outbox(options);
  for (const [index, item] of items.entries()) await outbox.begin(item, index);
  return outbox.finished();
}

class Outbox {
  readonly #options: OutboxOptions;
  readonly #deliveries: Delivery[] = [];
  readonly #running = new Set<{ cancel: (failure: Cancel) => void }>();
  #small = 0;
  #large = 0;
  #changed = Promise.withResolvers<void>();
  readonly #inlineBytes: number;
  readonly #mostSmall: number;
  readonly #mostLarge: number;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const { transfers = Infinity, inline = INLINE_BYTES } = options.limits ??
      {};
    this.#inlineBytes = Math.min(inline, INLINE_BYTES);
    // Both kinds may be in flight together; with room for one alone they take turns.
    this.#mostLarge = Math.min(
      MAX_LARGE,
      Math.max(1, Math.floor(transfers / 2)),
    );
    this.#mostSmall = Math.min(
      MAX_SMALL,
      Math.max(1, transfers - this.#mostLarge),
    );
    options.signal.addEventListener("abort", this.#stop);
  }

  /** Waits for room among the transfers in flight, then begins one. */
  async begin(item: Item, index: number): Promise<void> {
    const small = item.size !== null && item.size <= this.#inlineBytes;
    while (
      small ? this.#small >= this.#mostSmall : this.#large >= this.#mostLarge
    ) {
      await this.#change();
    }
    this.#send(item, index, small, this.#options.to, false);
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

  #send(
    item: Item,
    index: number,
    small: boolean,
    to: readonly string[],
    again: boolean,
  ): void {
    const { carrier, from, deadlines, clock, emit, signal, queueMs } =
      this.#options;
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
    let started = false;
    let digest: Digest = { size: size ?? 0, sha256: "" };
    const settled = (recipient: string, outcome: Outcome) => {
      awaited.delete(recipient);
      if (!again && mayStartOver(item, outcome) && !signal.aborted) {
        const { code, message } = outcome;
        emit({
          event: "warning",
          code,
          message: `Starting over with ${name} for ${recipient}: ${message}`,
        });
        this.#send(item, index, small, [recipient], true);
      } else {
        const { failure, event } = this.#ended(
          facts(recipient),
          outcome,
          digest,
          { offeredAt, startedAt },
        );
        this.#deliveries.push({ index, to: recipient, ...failure });
        emit(event);
      }
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
      inline: body.size !== null && body.size <= this.#inlineBytes,
      ...(body.fingerprint === undefined
        ? {}
        : { fingerprint: body.fingerprint }),
      ...(queueMs === undefined ? {} : { queue_ms: queueMs }),
      deadlines: {
        accept_ms: deadlines.acceptMs,
        idle_ms: deadlines.idleMs,
        receipt_ms: deadlines.receiptMs,
      },
    };
    const handle = carrier.carry(offer, body, {
      started: (offset) => {
        if (offset > 0 && offset < (body.size ?? 0)) {
          const share = Math.floor(offset / (body.size ?? 1) * 100);
          const message = `Going on with ${name} at ${share} %`;
          emit({ event: "warning", code: "resumed", message });
        }
        if (started) return;
        started = true;
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

  /** What is reported of a transfer that has ended for one recipient. */
  #ended(
    facts: TransferFacts,
    outcome: Outcome,
    digest: Digest,
    at: { offeredAt: number; startedAt: number },
  ): { event: FerryEvent; failure?: Pick<Delivery, "failure"> } {
    switch (outcome.status) {
      case "delivered":
        return {
          event: this.#completed(
            facts,
            digest,
            outcome,
            at.offeredAt,
            at.startedAt,
          ),
        };
      case "stored": {
        const latest = Math.min(outcome.until, MAX_DATE_MS);
        const until = new Date(latest).toISOString();
        const { sha256, size: bytes } = digest;
        const event = "transfer.stored";
        return { event: { event, ...facts, bytes, sha256, until } };
      }
      case "failed": {
        const { code, message, retryable } = outcome;
        const event = "transfer.failed";
        return {
          event: { event, ...facts, code, message, retryable },
          failure: { failure: { code, message } },
        };
      }
    }
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

/** Whether what arrived was not what was sent, and it can be sent once more. */
function mayStartOver(
  { size }: Item,
  outcome: Outcome,
): outcome is Extract<Outcome, { status: "failed" }> {
  return outcome.status === "failed" && outcome.code === "integrity" &&
    outcome.retryable && outcome.lost === undefined && size !== null;
}
