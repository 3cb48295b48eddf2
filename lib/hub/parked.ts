// @core
/**
 * Transfers whose sender was lost, and may come back. A connection has so many open at most, but one
 * that is made again and again could leave as many each time.
 */
import { MAX_PARKED, MAX_PARKED_BY_ONE } from "../protocol/limits.ts";

/** See above; of each sender the oldest first. */
export class Parked<T> {
  readonly #bySender = new Map<string, Set<T>>();
  #all = 0;

  /**
   * One more of that sender. Gives the one that must go for it: its sender's oldest when that has
   * too many, the oldest of who has the most when all have.
   */
  add(one: T, sender: string): T | undefined {
    const key = sender.toLowerCase();
    const same = this.#bySender.get(key) ?? new Set<T>();
    if (same.has(one)) return undefined;
    this.#bySender.set(key, same.add(one));
    this.#all++;
    if (same.size > MAX_PARKED_BY_ONE) return first(same);
    return this.#all > MAX_PARKED ? first(this.#most()) : undefined;
  }

  /** It has its sender again, or is over. */
  delete(one: T, sender: string): void {
    const key = sender.toLowerCase();
    const same = this.#bySender.get(key);
    if (same?.delete(one) !== true) return;
    this.#all--;
    if (same.size === 0) this.#bySender.delete(key);
  }

  #most(): ReadonlySet<T> {
    let most: ReadonlySet<T> = new Set();
    for (const group of this.#bySender.values()) {
      if (group.size > most.size) most = group;
    }
    return most;
  }
}

function first<T>(all: ReadonlySet<T>): T | undefined {
  const [one] = all;
  return one;
}
