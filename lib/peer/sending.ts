/** One transfer of the outbox: its offer, and what is reported of it. */
import type { TransferFacts } from "../events.ts";
import { asFailure, type FailureCode, isRetryable } from "../failure.ts";
import { idWithin } from "../protocol/bundle.ts";
import { type TransferId, transferId } from "../protocol/data.ts";
import type {
  Body,
  Cancel,
  Digest,
  Offer,
  Outcome,
} from "../transfer/transfer.ts";
import { BundleBody } from "./bundles.ts";
import type { Bundle, Item } from "./item.ts";
import type { OutboxOptions } from "./outbox.ts";
import { endedEvent, treeFacts } from "./sent_events.ts";

/** What the outbox hears of a transfer. */
export interface SendingListener {
  /** How it, of so many bytes, ended for a recipient; whether that is to be reported, and not made up for in another way. */
  settled(recipient: string, outcome: Outcome, bytes: number): boolean;
  /** It has ended for everyone. */
  over(): void;
}

/** What is to be sent, to whom and how. */
export interface SendingOptions extends OutboxOptions {
  /** The largest body that rides behind its offer. */
  readonly inlineBytes: number;
  /** What is sent again was told of before. */
  readonly again: boolean;
}

/** Offers it and follows it to its end. Gives what cancels it; undefined when it ended at once. */
export class Sending {
  readonly #what: Item | Bundle;
  readonly #parts: readonly Item[];
  readonly #to: readonly string[];
  readonly #options: SendingOptions;
  readonly #listener: SendingListener;
  readonly #id: TransferId = transferId(
    crypto.getRandomValues(new Uint8Array(8)),
  );
  readonly #offeredAt: number;
  readonly #awaited: Set<string>;
  /** Only the end of small things in a directory is told of. */
  readonly #isTold: boolean;
  #startedAt: number;
  #started = false;
  #digest: Digest;
  #body: Body | undefined;
  #handle: { cancel(reason: Cancel): void } | undefined;

  constructor(
    what: Item | Bundle,
    to: readonly string[],
    options: SendingOptions,
    listener: SendingListener,
  ) {
    this.#what = what;
    this.#parts = what.kind === "bundle" ? what.parts : [what];
    this.#to = to;
    this.#options = options;
    this.#listener = listener;
    this.#awaited = new Set(to);
    this.#offeredAt = this.#startedAt = options.clock.now();
    this.#digest = { size: what.size ?? 0, sha256: "" };
    const { tree, size } = what;
    const step = what.kind === "bundle" ? undefined : what.step;
    const isMinor = tree !== undefined && step === undefined &&
      size !== null && size <= options.inlineBytes;
    this.#isTold = step !== "last" && !isMinor;
    if (step === "first") {
      tree?.begin(this.#id, to, this.#offeredAt, options.signal);
    }
  }

  /** Offers it. What cannot be offered has failed when this returns. */
  begin(): void {
    const { emit, signal, again, carrier } = this.#options;
    if (this.#isTold && !again) {
      for (const recipient of this.#to) {
        emit({ event: "transfer.offered", ...this.#facts(recipient) });
      }
    }
    if (signal.aborted) return this.#failAll(stopOf(signal));
    let body: Body;
    try {
      body = this.#what.kind === "bundle"
        ? new BundleBody(this.#what)
        : this.#what.open();
    } catch (error) {
      return this.#failAll(asFailure(error));
    }
    this.#body = body;
    const offer = this.#offer(body);
    this.#handle = carrier.carry(offer, body, {
      started: (offset) => this.#flows(offset, offer),
      sent: (whole) => this.#digest = whole,
      progress: (recipient, bytes) =>
        emit({
          event: "transfer.progress",
          id: this.#id,
          bytes,
          total: this.#what.size,
          dir: "send",
          to: recipient,
          ...(this.#what.tree === undefined
            ? {}
            : { tree: this.#what.tree.id }),
        }),
      settled: (recipient, outcome) => this.#settled(recipient, outcome),
    });
  }

  /** Gives it up for everyone it has not ended for. */
  cancel(reason: Cancel): void {
    if (this.#handle === undefined) this.#failAll(reason);
    else this.#handle.cancel(reason);
  }

  #offer(body: Body): Offer {
    const { from, deadlines, queueMs, inlineBytes } = this.#options;
    const { kind, tree } = this.#what;
    const inline = body.size !== null && body.size <= inlineBytes &&
      // Who has it already needs none of it.
      (tree?.known !== true || kind === "directory");
    const isWithin = this.#what.kind === "bundle" ||
      (tree !== undefined && this.#what.step !== "first");
    const shared = {
      id: this.#id,
      from,
      to: [...this.#to],
      inline,
      ...(body.fingerprint === undefined
        ? {}
        : { fingerprint: body.fingerprint }),
      ...(queueMs === undefined ? {} : { queue_ms: queueMs }),
      // Who took its beginning may have lost the hub, and be on its way back.
      ...(isWithin
        ? { wait_ms: Math.min(deadlines.idleMs, deadlines.acceptMs) }
        : {}),
      deadlines: {
        accept_ms: deadlines.acceptMs,
        idle_ms: deadlines.idleMs,
        receipt_ms: deadlines.receiptMs,
      },
    };
    if (this.#what.kind === "bundle") {
      const { tree: { id: tree, name }, size, parts } = this.#what;
      const files = parts.map((part) => ({
        name: part.name,
        size: part.size ?? 0,
        ...fileFields(part),
      }));
      return { ...shared, kind: "bundle", name, size, tree, files };
    }
    return {
      ...shared,
      kind: this.#what.kind,
      name: this.#what.name,
      size: body.size,
      ...(tree === undefined ? {} : { tree: tree.id }),
      ...fileFields(this.#what),
    };
  }

  #flows(offset: number, { name, size, inline }: Offer): void {
    const { emit, clock } = this.#options;
    if (offset > 0 && offset < (size ?? 0)) {
      const share = Math.floor(offset / (size ?? 1) * 100);
      const message = `Going on with ${name} at ${share} %`;
      emit({ event: "warning", code: "resumed", message });
    }
    if (this.#started) return;
    this.#started = true;
    this.#startedAt = inline ? this.#offeredAt : clock.now();
    if (!this.#isTold) return;
    for (const recipient of this.#awaited) {
      emit({ event: "transfer.started", ...this.#facts(recipient) });
    }
  }

  #settled(recipient: string, outcome: Outcome): void {
    this.#awaited.delete(recipient);
    if (this.#listener.settled(recipient, outcome, this.#digest.size)) {
      this.#report(recipient, outcome);
    }
    if (this.#awaited.size === 0) this.#listener.over();
  }

  #report(recipient: string, outcome: Outcome): void {
    // A directory is told of when it is through; one that nobody takes ends with its first offer.
    if (this.#what.kind !== "bundle" && this.#what.step === "first") return;
    const { clock, commandAt, roundTripMs, emit } = this.#options;
    const times = {
      commandAt,
      offeredAt: this.#offeredAt,
      startedAt: this.#startedAt,
      settledAt: clock.now(),
      roundTripMs: roundTripMs(),
    };
    const digests = this.#body instanceof BundleBody
      ? this.#body.digests
      : [this.#digest];
    for (const [n, part] of this.#parts.entries()) {
      const facts = this.#facts(recipient, n);
      const digest = digests[n] ?? { size: part.size ?? 0, sha256: "" };
      emit(endedEvent(part, facts, outcome, digest, times));
    }
  }

  /** What every event of its `n`th part says. */
  #facts(to: string, n = 0): TransferFacts {
    const part = this.#parts[n];
    if (part === undefined) throw new Error(`there is no part ${n}`);
    const { from } = this.#options;
    const { tree, step, name, kind, size } = part;
    if (tree !== undefined && step !== undefined) {
      return treeFacts(tree, from, to);
    }
    const id = idWithin(this.#id, n);
    const facts = { id, dir: "send", from, to, name, kind } as const;
    const within = tree === undefined ? {} : { tree: tree.id };
    return { ...facts, bytes: size, ...within };
  }

  #failAll({ code, message }: { code: FailureCode; message: string }): void {
    const retryable = isRetryable(code);
    for (const recipient of [...this.#awaited]) {
      this.#settled(recipient, { status: "failed", code, message, retryable });
    }
  }
}

function fileFields(
  { modifiedMs, executable }: Item,
): { modified_ms?: number; executable?: boolean } {
  return {
    ...(modifiedMs === undefined ? {} : { modified_ms: modifiedMs }),
    ...(executable === true ? { executable } : {}),
  };
}

/** Why everything is given up: the command's own failure, as the state of one transfer. */
export function stopOf({ reason }: AbortSignal): Cancel {
  const { code, state } = asFailure(reason);
  const signalled = code === "sigint" || code === "sigterm";
  return { code: signalled ? "cancelled" : code, message: state };
}
