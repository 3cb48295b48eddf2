// @core
/** How often something may happen: so many a second, and up to two seconds' worth at once. */

/** Counts what happens against a rate. */
export class Rate {
  readonly #perMs: number;
  readonly #most: number;
  #left: number;
  #at: number | undefined;

  /** `perSecond` is allowed in the long run. */
  constructor(readonly perSecond: number) {
    this.#perMs = perSecond / 1000;
    this.#most = perSecond * 2;
    this.#left = this.#most;
  }

  /** Counts one at `now` (ms); false when it is too many. */
  take(now: number): boolean {
    const passed = now - (this.#at ?? now);
    this.#at = now;
    this.#left = Math.min(this.#most, this.#left + passed * this.#perMs);
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
