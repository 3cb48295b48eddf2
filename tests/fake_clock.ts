/** Time that passes only when a test says so. */
import type { Clock } from "../lib/time/clock.ts";

/** A clock standing at 0 ms and at 2026-01-02T03:04:05.678Z until it is advanced. */
export class FakeClock implements Clock {
  #now = 0;
  #timers: { at: number; callback: () => void }[] = [];

  /** Timers set and neither fired nor taken back. */
  get pending(): number {
    return this.#timers.length;
  }

  now(): number {
    return this.#now;
  }

  date(): number {
    return Date.UTC(2026, 0, 2, 3, 4, 5, 678) + this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + Math.max(ms, 0), callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /**
   * Lets time pass: due timers fire in the order of their times (those of one instant in the order
   * they were set), each with `now()` at its own time, and between them waiting promises go on.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let due = this.#next(end); due; due = this.#next(end)) {
      this.#timers = this.#timers.filter((each) => each !== due);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
      await settle();
    }
    this.#now = end;
  }

  #next(end: number): { at: number; callback: () => void } | undefined {
    return this.#timers.filter(({ at }) => at <= end)
      .toSorted((a, b) => a.at - b.at)[0];
  }
}

/** Lets promises that can go on do so, also across a few turns of the event loop (module loading). */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
