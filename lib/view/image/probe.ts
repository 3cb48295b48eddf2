/** Asking the terminal, with a deadline, and keeping answers that come late away from the prompt. */
import {
  LATE_REPLY_MS,
  QUERY_DEADLINE_MS,
  QUERY_DEADLINE_SSH_MS,
} from "./limits.ts";
import { type Answers, QUERIES, ReplyReader } from "./replies.ts";
import type { KeySource } from "../../term/keys.ts";
import type { ImageContext } from "./terminal.ts";

/** A terminal that has been asked. */
export interface Probe {
  /** What it answered in time. */
  readonly answers: Answers;
  /** The keys without answers among them, however late. Valid until `end`. */
  readonly keys: KeySource;
  /**
   * Stops listening. When the fence is still missing it first waits for it, up to `LATE_REPLY_MS`
   * after the questions, so that no answer is left for the shell to read; not once the signal has
   * fired. Call it exactly once.
   */
  end(): Promise<void>;
}

/**
 * Sends the questions and waits for the fence, at most 250 ms (1 s over SSH). Rejects with the
 * signal's reason when that fires, after the terminal is released.
 */
export async function probe(
  keys: KeySource,
  remote: boolean,
  { write, clock, signal }: Pick<ImageContext, "write" | "clock" | "signal">,
): Promise<Probe> {
  signal.throwIfAborted();
  const reader = new ReplyReader();
  const listeners = new Set<(bytes: Uint8Array) => void>();
  const fenced = Promise.withResolvers<void>();
  const release = keys.listen((bytes) => {
    const typed = reader.feed(bytes);
    if (reader.answers.complete) fenced.resolve();
    if (typed.length > 0) { for (const listener of listeners) listener(typed); }
  });
  const asked = clock.now();
  const fencedWithin = async (ms: number) => {
    const passed = Promise.withResolvers<void>();
    const cancel = clock.after(Math.max(0, ms), passed.resolve);
    const aborted = () => passed.resolve();
    signal.addEventListener("abort", aborted);
    if (signal.aborted) aborted();
    await Promise.race([fenced.promise, passed.promise]);
    cancel();
    signal.removeEventListener("abort", aborted);
  };
  const end = async () => {
    if (!reader.answers.complete) {
      await fencedWithin(asked + LATE_REPLY_MS - clock.now());
    }
    release();
  };
  try {
    await write(new TextEncoder().encode(QUERIES));
    await fencedWithin(remote ? QUERY_DEADLINE_SSH_MS : QUERY_DEADLINE_MS);
    signal.throwIfAborted();
  } catch (error) {
    release();
    throw error;
  }
  return {
    answers: reader.answers,
    keys: {
      listen(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    end,
  };
}
