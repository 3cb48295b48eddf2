/** Time as everything in Ferry sees it: injected, so that tests pass time by hand. */
export interface Clock {
  /** Monotonic milliseconds with a fraction, from an arbitrary origin: for durations and deadlines. */
  now(): number;
  /** Milliseconds since the Unix epoch on the wall clock: for time stamps only, never for durations. */
  date(): number;
  /** Calls `callback` once after `ms` milliseconds; the returned function takes that back. */
  after(ms: number, callback: () => void): () => void;
}

/** `setTimeout` fires at once for more than this; longer waits take several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The real clock. Its timers keep the process alive until they fire or are taken back. */
export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  after(ms, callback) {
    let timer: ReturnType<typeof setTimeout>;
    const wait = (left: number) => {
      timer = left > LONGEST_TIMER_MS
        ? setTimeout(() => wait(left - LONGEST_TIMER_MS), LONGEST_TIMER_MS)
        : setTimeout(callback, left);
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
};
