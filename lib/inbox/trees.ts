/** The directories that are being received: what a person has agreed to, and what has arrived of each. */
import type { TreeCount } from "../events.ts";
import { MAX_TRANSFERS } from "../protocol/limits.ts";
import type { Clock } from "../time/clock.ts";
import type { Offer } from "../transfer/transfer.ts";

/** Directories kept in mind; the one that has been quiet longest goes first. */
const MAX_TREES = 64;
/** A directory nothing was heard of for so long must be agreed to anew, in milliseconds. */
const QUIET_MS = 10 * 60_000;

/** The files of a directory that failed and have not come since; so many by name, the others are only counted. */
export class FailedFiles {
  readonly #names = new Set<string>();
  #others = 0;

  /** Files that failed. */
  get count(): number {
    return this.#names.size + this.#others;
  }

  /** A file has failed, perhaps not for the first time. */
  add(name: string): void {
    if (this.#names.size < MAX_TRANSFERS) this.#names.add(name);
    else if (!this.#names.has(name)) this.#others++;
  }

  /** It has come after all. */
  delete(name: string): void {
    if (this.#names.size > 0) this.#names.delete(name);
  }
}

/** One directory that is being received. */
export interface Growing {
  /** A person has said that it may come. */
  agreed: boolean;
  /** It was not there when it began: what is in it now has come with it, and does not come again. */
  fresh: boolean;
  readonly files: Omit<TreeCount, "failed">;
  readonly failed: FailedFiles;
  bytes: number;
  readonly since: number;
  heardAt: number;
}

/** All directories an inbox is receiving. */
export class Trees {
  readonly #clock: Clock;
  readonly #growing = new Map<string, Growing>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A directory begins: its first offer. */
  begin(offer: Offer): Growing {
    const since = this.#clock.now();
    const growing: Growing = {
      agreed: false,
      fresh: false,
      files: { transferred: 0, unchanged: 0 },
      failed: new FailedFiles(),
      bytes: 0,
      since,
      heardAt: since,
    };
    this.#keep(keyOf(offer), growing);
    return growing;
  }

  /** The directory an offer is part of, if its beginning was seen; undefined for single files too. */
  of(offer: Offer): Growing | undefined {
    if (offer.tree === undefined) return undefined;
    const key = keyOf(offer);
    const growing = this.#growing.get(key);
    if (growing === undefined) return undefined;
    const now = this.#clock.now();
    if (now - growing.heardAt > QUIET_MS) growing.agreed = false;
    growing.heardAt = now;
    this.#keep(key, growing);
    return growing;
  }

  #keep(key: string, growing: Growing): void {
    this.#growing.delete(key);
    this.#growing.set(key, growing);
    for (const oldest of this.#growing.keys()) {
      if (this.#growing.size <= MAX_TREES) return;
      this.#growing.delete(oldest);
    }
  }
}

/** What a person agrees to is one directory of one sender, whatever else is offered under its id. */
function keyOf({ from, tree, name }: Offer): string {
  return `${from.toLowerCase()} ${tree} ${name.split("/", 1)[0]}`;
}
