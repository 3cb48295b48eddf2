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
import type {
  Body,
  Cancel,
  Carrier,
  Digest,
  Offer,
  Outcome,
} from "../transfer/transfer.ts";
import { endedEvent, failureOf, treeFacts } from "./sent_events.ts";
import type { Tree } from "./tree.ts";

/** Small bodies in flight: enough to hide a round trip of tens of milliseconds. */
const MAX_SMALL = 256;
/** Large bodies in flight: the next is accepted while one still flows, and few are half-sent when one fails. */
const MAX_LARGE = 3;

/** One thing to send. */
export interface Item {
  /** In a directory: the path from there on, the directory's own name first. */
  readonly name: string;
  readonly kind: TransferFacts["kind"];
  /** Bytes, or null when it comes through a pipe. */
  readonly size: number | null;
  /** When it was modified, ms since the Unix epoch. */
  readonly modifiedMs?: number;
  readonly executable?: boolean;
  /** The directory it is a part of. */
  readonly tree?: Tree;
  /** It is that directory itself: before everything in it, or after. */
  readonly step?: "first" | "last";
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

/** How everything fared, over all items and recipients. */
export interface Sent {
  /** Deliveries that succeeded, or are stored where that was asked for. */
  readonly delivered: number;
  /** Deliveries that failed. */
  readonly failed: number;
  /** What they failed with. */
  readonly codes: ReadonlySet<FailureCode>;
  /** Recipients the item has that reached the fewest. */
  readonly least: number;
}

/**
 * Sends every item to every recipient; resolves when each pair has its receipt or its failure. An
 * item is asked for when there is room for it in flight, and forgotten when it is done.
 */
export async function sendAll(
  items: Iterable<Item> | AsyncIterable<Item>,
  options: OutboxOptions,
): Promise<Sent> {
  const outbox = new Outbox(options);
  for await (const item of items) await outbox.begin(item);
  return outbox.finished();
}

/** Recipients an item has reached, and those it has not ended for. */
interface Reach {
  reached: number;
  open: number;
}

class Outbox {
  readonly #options: OutboxOptions;
  readonly #running = new Set<{ cancel: (failure: Cancel) => void }>();
  #small = 0;
  #large = 0;
  #delivered = 0;
  #failed = 0;
  readonly #codes = new Set<FailureCode>();
  #least = Infinity;
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

  /** Waits for room among the transfers in flight, then begins one; of a directory, for what must come before. */
  async begin(item: Item): Promise<void> {
    const small = item.size !== null && item.size <= this.#inlineBytes;
    while (
      small ? this.#small >= this.#mostSmall : this.#large >= this.#mostLarge
    ) {
      await this.#change();
    }
    const { tree, step } = item;
    if (tree === undefined) {
      return this.#send(item, small, this.#options.to);
    }
    if (step === "last") {
      while (tree.open > 0) await this.#change();
      this.#reportLost(tree);
    }
    const to = step === "first" ? this.#options.to : tree.recipients;
    if (to.length > 0) this.#send(item, small, to);
    // Who takes it, and who has some of it, is known now.
    while (step === "first" && tree.open > 0) await this.#change();
  }

  /** Resolves when nothing is in flight any more. */
  async finished(): Promise<Sent> {
    while (this.#small + this.#large > 0) await this.#change();
    this.#options.signal.removeEventListener("abort", this.#stop);
    return {
      delivered: this.#delivered,
      failed: this.#failed,
      codes: this.#codes,
      least: this.#least,
    };
  }

  #change(): Promise<void> {
    return this.#changed.promise;
  }

  readonly #stop = (): void => {
    const reason = stopOf(this.#options.signal);
    for (const { cancel } of [...this.#running]) cancel(reason);
  };

  /** Tells of those who got a part of a directory and then could take no more. */
  #reportLost(tree: Tree): void {
    for (const recipient of this.#options.to) {
      const { lost } = tree.of(recipient);
      if (lost === undefined) continue;
      this.#count(lost);
      this.#options.emit({
        event: "transfer.failed",
        ...treeFacts(tree, this.#options.from, recipient),
        ...failureOf(lost),
      });
    }
  }

  #count(outcome: Outcome): void {
    if (outcome.status !== "failed") this.#delivered++;
    else {
      this.#failed++;
      this.#codes.add(outcome.code);
    }
  }

  #send(
    item: Item,
    small: boolean,
    to: readonly string[],
    /** How it has fared, where it is sent once more. */
    before?: Reach,
  ): void {
    const { carrier, from, deadlines, clock, emit, signal, queueMs } =
      this.#options;
    const id = transferId(crypto.getRandomValues(new Uint8Array(8)));
    const { name, kind, size, tree, step, modifiedMs, executable } = item;
    const facts = (recipient: string): TransferFacts =>
      tree !== undefined && step !== undefined
        ? treeFacts(tree, from, recipient)
        : {
          id,
          dir: "send",
          from,
          to: recipient,
          name,
          kind,
          bytes: size,
          ...(tree === undefined ? {} : { tree: tree.id }),
        };
    if (small) this.#small++;
    else this.#large++;
    const awaited = new Set(to);
    const offeredAt = clock.now();
    if (step === "first") tree?.begin(id, to, offeredAt, signal);
    if (tree !== undefined) tree.open++;
    let startedAt = offeredAt;
    let started = false;
    let digest: Digest = { size: size ?? 0, sha256: "" };
    const reach = before ?? { reached: 0, open: to.length };
    const settled = (recipient: string, outcome: Outcome) => {
      awaited.delete(recipient);
      if (
        before === undefined && mayStartOver(item, outcome) && !signal.aborted
      ) {
        const { code, message } = outcome;
        emit({
          event: "warning",
          code,
          message: `Starting over with ${name} for ${recipient}: ${message}`,
        });
        this.#send(item, small, [recipient], reach);
      } else {
        if (outcome.status !== "failed") reach.reached++;
        if (--reach.open === 0) {
          this.#least = Math.min(this.#least, reach.reached);
        }
        this.#take(item, outcome, digest.size, recipient);
        // A directory is told of when it is through; one that nobody takes ends with its first offer.
        if (step !== "first") {
          const { commandAt, roundTripMs } = this.#options;
          emit(endedEvent(item, facts(recipient), outcome, digest, {
            commandAt,
            offeredAt,
            startedAt,
            settledAt: clock.now(),
            roundTripMs: roundTripMs(),
          }));
        }
      }
      if (awaited.size > 0) return;
      this.#running.delete(running);
      if (small) this.#small--;
      else this.#large--;
      if (tree !== undefined) tree.open--;
      const { resolve } = this.#changed;
      this.#changed = Promise.withResolvers<void>();
      resolve();
    };
    const failAll = ({ code, message }: Cancel) => {
      const retryable = isRetryable(code);
      for (const recipient of to) {
        settled(recipient, { status: "failed", code, message, retryable });
      }
    };
    const running = { cancel: failAll };
    this.#running.add(running);
    const told = step === "last" ||
      (tree !== undefined && step === undefined && small);
    for (const recipient of told || before !== undefined ? [] : to) {
      emit({ event: "transfer.offered", ...facts(recipient) });
    }
    if (signal.aborted) return failAll(stopOf(signal));
    let body: Body;
    try {
      body = item.open();
    } catch (error) {
      return failAll(asFailure(error));
    }
    const inline = body.size !== null && body.size <= this.#inlineBytes;
    const offer: Offer = {
      id,
      name,
      kind,
      size: body.size,
      from,
      to: [...to],
      inline: inline && (tree?.known !== true || kind === "directory"),
      ...(tree === undefined ? {} : { tree: tree.id }),
      ...(modifiedMs === undefined ? {} : { modified_ms: modifiedMs }),
      ...(executable === true ? { executable } : {}),
      ...(body.fingerprint === undefined
        ? {}
        : { fingerprint: body.fingerprint }),
      ...(queueMs === undefined ? {} : { queue_ms: queueMs }),
      // Who took its beginning may have lost the hub, and be on its way back.
      ...(tree === undefined || step === "first" ? {} : {
        wait_ms: Math.min(deadlines.idleMs, deadlines.acceptMs),
      }),
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
        for (const recipient of told ? [] : awaited) {
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

  /** Counts how an item fared with one recipient, by itself and in its directory. */
  #take(
    { tree, step, kind }: Item,
    outcome: Outcome,
    bytes: number,
    recipient: string,
  ): void {
    if (step !== "first") this.#count(outcome);
    if (step === undefined) {
      tree?.settled(recipient, outcome, bytes, kind === "file");
    } else if (tree !== undefined && step === "first") {
      tree.known ||= outcome.status === "delivered" &&
        outcome.unchanged === true;
      if (outcome.status === "failed") tree.of(recipient).lost = outcome;
    }
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
