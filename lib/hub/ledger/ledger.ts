/**
 * The hub's ledger: what was sent through it, to whom, and what became of it. Deliveries are noted
 * in memory as they go and written in batches, so that no transfer waits for the disk; the last
 * LEDGER_FLUSH_MS are what kill -9 can lose. A ledger that cannot be written costs a warning,
 * never a transfer.
 *
 * Its latencies are the hub's: from the OFFER's arrival at the hub until the receipt's. What a
 * sender reports end to end begins earlier, with its command, and ends with the receipt at its own
 * end.
 */
import { systemState } from "../../failure.ts";
import {
  LEDGER_BACKLOG,
  LEDGER_BATCH,
  LEDGER_FLUSH_MS,
} from "../../protocol/limits.ts";
import { type PastDelivery, sentenceOf } from "../../protocol/message.ts";
import type { Clock } from "../../time/clock.ts";
import { latencyOf } from "../../transfer/latency.ts";
import type { Digest } from "../../transfer/transfer.ts";
import type {
  RouteEnd,
  RouteEvents,
  RouteFacts,
} from "../routing/route_events.ts";
import { InHandover, isDamage } from "./database.ts";
import { LedgerFile, type LedgerQuery, type LedgerRow } from "./file.ts";

/** After a failure the next attempt to write is made so much later. Milliseconds. */
const RETRY_MS = 10_000;
/** How often a ledger is tried whose hub is stopping. Milliseconds. */
const HANDOVER_MS = 500;
/** Rows written between two looks at what is too old. */
const PRUNE_EVERY = 1_000;

/** How a ledger is kept. */
export interface LedgerOptions {
  /** The state directory. */
  readonly state: string;
  /** The hub's name: histories of several hubs of one user stay apart. */
  readonly hub: string;
  readonly clock: Clock;
  /** Something is wrong with it; told once until it works again. */
  readonly warn: (message: string, hint?: string) => void;
}

/** See above. */
export class Ledger implements RouteEvents {
  readonly #options: LedgerOptions;
  #file: LedgerFile | undefined;
  /** Not ended yet. */
  readonly #open = new Map<string, LedgerRow>();
  /** To be written, in the order it was first noted. */
  readonly #dirty = new Set<LedgerRow>();
  #stopTimer: (() => void) | undefined;
  #warned = false;
  /** What was found wrong with the file that was open before. */
  #damage: string | undefined;
  #unpruned = PRUNE_EVERY;
  /** A file was open once. */
  #begun = false;
  /** The hub before this one has its ledger still. */
  #inHandover = false;

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#openFile();
    if (this.#file === undefined) this.#later(HANDOVER_MS);
  }

  offered(route: RouteFacts): void {
    // Of a directory its files tell, unless it is refused as a whole; those of a bundle at its end.
    if (route.kind === "directory" || route.within !== undefined) return;
    for (const to of route.to) {
      // The same name in another case is the same recipient.
      if (this.#open.has(keyOf(route, to))) continue;
      const row = rowOf(route, to, false);
      this.#open.set(keyOf(route, to), row);
      this.#note(row, {});
    }
  }

  stored(
    route: RouteFacts,
    recipient: string,
    _until: number,
    digest: Digest,
  ): void {
    const row = this.#open.get(keyOf(route, recipient)) ??
      rowOf(route, recipient, true);
    this.#open.set(keyOf(route, recipient), row);
    this.#note(row, { status: "stored", ...digest });
  }

  settled(route: RouteFacts, end: RouteEnd): void {
    const { recipient, outcome } = end;
    if (route.within !== undefined) {
      return this.#bundleSettled(route.within, end);
    }
    if (route.kind === "directory" && outcome.status !== "failed") return;
    const known = this.#open.get(keyOf(route, recipient));
    this.#open.delete(keyOf(route, recipient));
    const row = known ?? rowOf(route, recipient, true);
    // What was begun by a hub before this one has waited longer than this one has run.
    const totalMs = known === undefined
      ? Math.max(end.totalMs, end.at - route.offeredAt)
      : end.totalMs;
    const waited = row.delivery.status === "stored" || known === undefined;
    this.#note(row, { ...end.digest, ...fateOf(end, totalMs, waited) });
  }

  #bundleSettled(files: readonly RouteFacts[], end: RouteEnd): void {
    const { outcome, recipient } = end;
    // They come again, one by one.
    if (outcome.status === "failed" && outcome.code === "split") return;
    const fate = fateOf(end, end.totalMs, false);
    for (const file of files) this.#note(rowOf(file, recipient, false), fate);
  }

  /** The deliveries of this hub asked for, newest first and in steps, with everything noted so far. */
  *deliveries(query: Omit<LedgerQuery, "hub">): Generator<PastDelivery[]> {
    while (this.#dirty.size > 0 && this.#write());
    if (this.#file === undefined) return;
    yield* this.#file.deliveries({ ...query, hub: this.#options.hub });
  }

  /** The hub begins to stop: one that starts now waits for this ledger. */
  stopping(): void {
    this.#attempt(() => this.#file?.stopping());
  }

  /** Writes what is left and closes. */
  close(): void {
    this.#stopTimer?.();
    while (this.#dirty.size > 0 && this.#write());
    this.#attempt(() => this.#file?.close());
    this.#file = undefined;
  }

  #note(row: LedgerRow, fields: Partial<PastDelivery>): void {
    row.delivery = { ...row.delivery, ...fields };
    this.#dirty.add(row);
    // Faster than the timer: at once, as long as it can be written.
    if (this.#dirty.size > LEDGER_BACKLOG && (this.#warned || !this.#write())) {
      const [oldest] = this.#dirty;
      if (oldest !== undefined) this.#dirty.delete(oldest);
    }
    this.#later(LEDGER_FLUSH_MS);
  }

  #later(ms: number): void {
    this.#stopTimer ??= this.#options.clock.after(ms, () => {
      this.#stopTimer = undefined;
      const written = this.#write();
      if (this.#inHandover) this.#later(HANDOVER_MS);
      else if (this.#dirty.size > 0) this.#later(written ? 0 : RETRY_MS);
    });
  }

  /** Writes a batch; false when that failed, and it stays noted. */
  #write(): boolean {
    const batch = [...this.#dirty.values().take(LEDGER_BATCH)];
    return this.#attempt(() => {
      if (this.#file === undefined) this.#openFile();
      const file = this.#file;
      if (file === undefined) return false;
      file.write(this.#options.hub, batch);
      for (const row of batch) this.#dirty.delete(row);
      this.#unpruned += batch.length;
      if (this.#unpruned >= PRUNE_EVERY) {
        this.#unpruned = 0;
        file.prune(this.#options.clock.date());
      }
      this.#warned = false;
      return true;
    }) ?? false;
  }

  #openFile(): void {
    const { state, clock } = this.#options;
    this.#attempt(() => {
      this.#file = LedgerFile.write(state, clock.date(), (path, reason) => {
        this.#options.warn(
          `Cannot use the ledger: ${reason}; a new one was begun`,
          `the old one is ${path}`,
        );
      }, this.#damage);
      this.#damage = undefined;
      if (this.#begun) return;
      this.#begun = true;
      this.#file.closeAbandoned();
    });
  }

  /** Does something with the file. What goes wrong is told once; a file found damaged is set aside at the next. */
  #attempt<T>(step: () => T): T | undefined {
    try {
      const result = step();
      this.#inHandover = false;
      return result;
    } catch (error) {
      if (error instanceof InHandover) {
        this.#inHandover = true;
        return undefined;
      }
      if (isDamage(error) && this.#file !== undefined) {
        const damaged = this.#file;
        this.#file = undefined;
        this.#damage = systemState(error);
        damaged.close();
        return undefined;
      }
      if (!this.#warned) {
        this.#warned = true;
        this.#options.warn(
          `Cannot write the ledger: ${systemState(error)}`,
          "transfers go on; what is not written is missing from ferry history",
        );
      }
    }
  }
}

/**
 * What an end says in a row. `totalMs` counts from the offer; with `waited` the hub kept it meanwhile,
 * and the wait is the queue's.
 */
function fateOf(
  { outcome, at: ended, offerMs: offeredMs = 0, totalMs: hereMs }: RouteEnd,
  totalMs: number,
  waited: boolean,
): Partial<PastDelivery> {
  if (outcome.status === "failed") {
    const { status, code, retryable } = outcome;
    const message = sentenceOf(outcome.message);
    return { status, ended, code, message, retryable };
  }
  if (outcome.status !== "delivered") return {};
  const offerMs = offeredMs + totalMs - hereMs;
  const latency_ms = latencyOf({
    commandAt: 0,
    // Else the wait is the recipient's to answer.
    offeredAt: waited ? offerMs : 0,
    startedAt: offerMs,
    settledAt: totalMs,
    verifyMs: outcome.verifyMs,
    roundTripMs: outcome.hopMs,
  });
  return { status: "delivered", ended, latency_ms };
}

function keyOf({ id }: RouteFacts, recipient: string): string {
  return `${id} ${recipient.toLowerCase()}`;
}

function rowOf(route: RouteFacts, to: string, isOld: boolean): LedgerRow {
  const { id, name, kind, size, from, offeredAt: at, key } = route;
  const status = "open";
  const delivery = { id, name, kind, size, from, to, status, at } as const;
  return { delivery, key, isOld };
}
