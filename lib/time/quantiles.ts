// @core
/** Quantiles of any number of durations in bounded memory. */

/** Up to this many values every quantile is one of them; beyond, within 1 % of one. */
const EXACT = 4096;
/** Ratio between the bounds of neighbouring buckets. */
const STEP = Math.log(1.02);
/** Anything shorter, in milliseconds, shares one bucket. */
const LEAST = 0.001;

/** Durations, in milliseconds. */
export class Quantiles {
  #exact: number[] = [];
  readonly #buckets = new Map<number, number>();
  #count = 0;
  #max = 0;

  /** How many were added. */
  get count(): number {
    return this.#count;
  }

  /** The longest; 0 when there are none. */
  get max(): number {
    return this.#max;
  }

  /** Adds one. */
  add(ms: number): void {
    this.#count++;
    this.#max = Math.max(this.#max, ms);
    if (this.#count <= EXACT) {
      this.#exact.push(ms);
      return;
    }
    for (const one of this.#exact) this.#put(one);
    this.#exact = [];
    this.#put(ms);
  }

  /** The smallest that `share` of them, from 0 to 1, do not exceed; 0 when there are none. */
  at(share: number): number {
    const rank = Math.max(Math.ceil(share * this.#count), 1);
    if (this.#count <= EXACT) {
      return this.#exact.toSorted((a, b) => a - b)[rank - 1] ?? 0;
    }
    let seen = 0;
    for (const bucket of [...this.#buckets.keys()].sort((a, b) => a - b)) {
      seen += this.#buckets.get(bucket) ?? 0;
      if (seen >= rank) return Math.min(middleOf(bucket), this.#max);
    }
    return this.#max;
  }

  /** Median, 95 of 100 and the longest; null when there are none. */
  summary(): { p50: number; p95: number; max: number } | null {
    if (this.#count === 0) return null;
    return { p50: this.at(0.5), p95: this.at(0.95), max: this.#max };
  }

  #put(ms: number): void {
    const bucket = Math.floor(Math.log(Math.max(ms, LEAST) / LEAST) / STEP);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
  }
}

/** Rounded to microseconds, as every latency is. */
function middleOf(bucket: number): number {
  return Math.round(LEAST * Math.exp((bucket + 0.5) * STEP) * 1000) / 1000;
}
