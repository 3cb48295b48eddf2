/**
 * What a sender has to send, item by item: several transfers are kept in flight at once, so that
 * many small files cost no round trip each, and every recipient's receipt is reported with its
 * latency.
 */
import type { FerryEvent } from "../events.ts";
import type { FailureCode } from "../failure.ts";
import { INLINE_BYTES } from "../protocol/limits.ts";
import type { Clock } from "../time/clock.ts";
import type { Deadlines } from "../time/deadline.ts";
import type { Carrier, Outcome } from "../transfer/transfer.ts";
import { bundled } from "./bundles.ts";
import type { Bundle, Item } from "./item.ts";
import { Sending, stopOf } from "./sending.ts";
import { failureOf, goOnHint, treeFacts } from "./sent_events.ts";
import type { Tree } from "./tree.ts";

/** Small bodies in flight: enough to hide a round trip of tens of milliseconds. */
const MAX_SMALL = 256;
/** Large bodies in flight: the next is accepted while one still flows, and few are half-sent when one fails. */
const MAX_LARGE = 3;

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
  /** The carrier takes small files of a directory together. */
  readonly bundles?: boolean;
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
  // What is queued may have to wait without its sender, who alone could take a bundle apart.
  const together = options.bundles === true && options.queueMs === undefined
    ? bundled(items, inlineBytesOf(options))
    : items;
  for await (const item of together) await outbox.begin(item);
  return outbox.finished();
}

/** Recipients an item has reached, and those it has not ended for. */
interface Reach {
  reached: number;
  open: number;
}

/** What is to be sent next, after something else of it has failed. */
interface Rest {
  readonly item: Item;
  readonly to: readonly string[];
  /** How it has fared so far. */
  readonly reach: Reach;
}

class Outbox {
  readonly #options: OutboxOptions;
  readonly #running = new Set<Sending>();
  /** Files of bundles that could not stay together. */
  readonly #apart: Rest[] = [];
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
    const { transfers = Infinity } = options.limits ?? {};
    this.#inlineBytes = inlineBytesOf(options);
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
  async begin(item: Item | Bundle): Promise<void> {
    // Without a pause where there is nothing to wait for: offers then leave in one write.
    if (this.#apart.length > 0) await this.#sendApart();
    if (!this.#hasRoom(item)) await this.#room(item);
    const { tree } = item;
    if (tree === undefined) return this.#send(item, this.#options.to);
    const step = item.kind === "bundle" ? undefined : item.step;
    if (step === "last") {
      await this.#through(tree);
      this.#reportLost(tree);
    }
    const to = step === "first" ? this.#options.to : tree.recipients;
    if (to.length > 0) this.#send(item, to);
    // Who takes it, and who has some of it, is known now.
    while (step === "first" && tree.open > 0) await this.#change();
  }

  /** Resolves when nothing is in flight any more. */
  async finished(): Promise<Sent> {
    while (this.#apart.length + this.#small + this.#large > 0) {
      await this.#sendApart();
      if (this.#small + this.#large > 0) await this.#change();
    }
    this.#options.signal.removeEventListener("abort", this.#stop);
    return {
      delivered: this.#delivered,
      failed: this.#failed,
      codes: this.#codes,
      least: this.#least,
    };
  }

  /** Waits until everything of a directory has ended. */
  async #through(tree: Tree): Promise<void> {
    while (this.#apart.length + tree.open > 0) {
      await this.#sendApart();
      if (tree.open > 0) await this.#change();
    }
  }

  /** Sends what has fallen out of bundles. */
  async #sendApart(): Promise<void> {
    for (let rest; (rest = this.#apart.shift()) !== undefined;) {
      await this.#room(rest.item);
      this.#send(rest.item, rest.to, [rest.reach]);
    }
  }

  async #room(item: Item | Bundle): Promise<void> {
    while (!this.#hasRoom(item)) await this.#change();
  }

  #hasRoom({ size }: Item | Bundle): boolean {
    return this.#isSmall(size)
      ? this.#small < this.#mostSmall
      : this.#large < this.#mostLarge;
  }

  #isSmall(size: number | null): boolean {
    return size !== null && size <= this.#inlineBytes;
  }

  #change(): Promise<void> {
    return this.#changed.promise;
  }

  readonly #stop = (): void => {
    const reason = stopOf(this.#options.signal);
    for (const sending of [...this.#running]) sending.cancel(reason);
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
        ...goOnHint(tree, recipient),
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

  /** `before` says how each thing in it has fared, where some of it is sent once more. */
  #send(
    what: Item | Bundle,
    to: readonly string[],
    before?: readonly Reach[],
  ): void {
    const parts = what.kind === "bundle" ? what.parts : [what];
    const reaches = before ??
      parts.map(() => ({ reached: 0, open: to.length }));
    const { tree, size } = what;
    const small = this.#isSmall(size);
    if (small) this.#small++;
    else this.#large++;
    const options = {
      ...this.#options,
      inlineBytes: this.#inlineBytes,
      again: before !== undefined,
    };
    const sending = new Sending(what, to, options, {
      settled: (recipient, outcome, bytes) => {
        const again = before === undefined && !this.#options.signal.aborted;
        if (again && mayStartOver(what, outcome)) {
          this.#startOver(what, recipient, outcome, reaches);
          return false;
        }
        if (what.kind === "bundle" && fallsApart(outcome)) {
          for (const [n, item] of parts.entries()) {
            const reach = reaches[n];
            if (reach === undefined) continue;
            this.#apart.push({ item, to: [recipient], reach });
          }
          return false;
        }
        for (const [n, item] of parts.entries()) {
          const size = parts.length > 1 ? item.size ?? 0 : bytes;
          this.#take(item, outcome, size, recipient, reaches[n]);
        }
        return true;
      },
      over: () => {
        this.#running.delete(sending);
        if (small) this.#small--;
        else this.#large--;
        if (tree !== undefined) tree.open--;
        const { resolve } = this.#changed;
        this.#changed = Promise.withResolvers<void>();
        resolve();
      },
    });
    if (tree !== undefined) tree.open++;
    this.#running.add(sending);
    sending.begin();
  }

  #startOver(
    what: Item | Bundle,
    recipient: string,
    { code, message }: Failed,
    reaches: readonly Reach[],
  ): void {
    const name = what.kind === "bundle" ? what.tree.name : what.name;
    this.#options.emit({
      event: "warning",
      code,
      message: `Starting over with ${name} for ${recipient}: ${message}`,
    });
    this.#send(what, [recipient], reaches);
  }

  /** Counts how an item fared with one recipient, by itself and in its directory. */
  #take(
    { tree, step, kind }: Item,
    outcome: Outcome,
    bytes: number,
    recipient: string,
    reach: Reach | undefined,
  ): void {
    if (reach !== undefined) {
      if (outcome.status !== "failed") reach.reached++;
      if (--reach.open === 0) {
        this.#least = Math.min(this.#least, reach.reached);
      }
    }
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

type Failed = Extract<Outcome, { status: "failed" }>;

/** What the other side, or a lower limit of ours, lets ride behind an OFFER. Bytes. */
function inlineBytesOf({ limits }: OutboxOptions): number {
  return Math.min(limits?.inline ?? INLINE_BYTES, INLINE_BYTES);
}

/** Whether what arrived was not what was sent, and it can be sent once more. */
function mayStartOver(
  { size }: Item | Bundle,
  outcome: Outcome,
): outcome is Failed {
  return outcome.status === "failed" && outcome.code === "integrity" &&
    outcome.retryable && outcome.lost === undefined && size !== null;
}

/** Whether the files of a bundle are to be sent one by one: so its recipient wants it, or one of them cannot be read here. */
function fallsApart(outcome: Outcome): boolean {
  return outcome.status === "failed" && outcome.lost === undefined &&
    outcome.code === "split";
}
