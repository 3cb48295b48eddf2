/** Coming back to a hub whose connection was lost: how long is waited, and what is final. */
import { asFailure, Failure } from "../failure.ts";
import type { Clock } from "../time/clock.ts";
import type { Client } from "./client.ts";

/** First wait before connecting anew, in milliseconds; doubled each time, up to the last. */
const FIRST_BACKOFF_MS = 250;
const LAST_BACKOFF_MS = 15_000;

/** Refusals that another attempt will not mend. */
export const LASTING: ReadonlySet<string> = new Set(
  ["name-taken", "bad-name", "version", "auth", "protocol", "failure"],
);

/** How a client comes back. */
export interface ReturnOptions {
  /** Connects and greets anew, under the same name, until the signal is aborted. Throws Failure. */
  readonly connect: (signal: AbortSignal) => Promise<Client>;
  readonly clock: Clock;
  /** Chance, from 0 up to 1: spreads the return of many clients. */
  readonly random: () => number;
  /** How long it tries, in milliseconds. */
  readonly tryMs: number;
  /** Aborted when it should stop. */
  readonly signal: AbortSignal;
}

/**
 * Connects anew, with longer and longer waits between the attempts; undefined when it could not in
 * time, was refused for a reason that time will not mend, or `isOver`.
 */
export async function comeBack(
  { connect, clock, random, tryMs, signal, isOver }: ReturnOptions & {
    readonly isOver: () => boolean;
  },
): Promise<Client | undefined> {
  const late = new AbortController();
  const state = "the hub did not come back in time";
  const stop = clock.after(
    tryMs,
    () => late.abort(new Failure("disconnected", state)),
  );
  const ended = AbortSignal.any([late.signal, signal]);
  try {
    for (let attempt = 0; !isOver() && !ended.aborted; attempt++) {
      await wait(clock, backoffMs(attempt, random()), ended);
      if (isOver() || ended.aborted) return undefined;
      const client = await connect(ended).catch(asFailure);
      if (!(client instanceof Failure)) return client;
      if (LASTING.has(client.code)) return undefined;
    }
  } finally {
    stop();
  }
}

/** How long to wait before the `attempt`th try, from 0, in milliseconds; `chance` (0 up to 1) spreads many. */
export function backoffMs(attempt: number, chance: number): number {
  const ceiling = Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt);
  return Math.round(ceiling * (0.5 + chance / 2));
}

/** Resolves after so long, or when the signal is aborted. */
export function wait(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stop();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const stop = clock.after(ms, done);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
