/**
 * Makes files and names durable. Where a sync returns at once (a file system in memory, a disk
 * with a safe cache) it is done in place, which costs less than waking a thread for it; where it
 * takes its time it goes to a thread, and many small files share the disk's rounds.
 */
import { Pace, type PacedFile } from "../transfer/pace.ts";

/** A sync that usually takes less than this, in milliseconds, is not worth a thread. */
const INSTANT_MS = 0.25;

/** How long syncs in an inbox take. */
const paces = new Map<string, Pace>();

function paceOf(dir: string): Pace {
  const pace = paces.get(dir) ?? new Pace(INSTANT_MS);
  paces.set(dir, pace);
  return pace;
}

/**
 * Syncs of small files on threads, in rounds: those that come while a round is under way wait for
 * the next, and the disk writes its journal once for all of them.
 */
export class Rounds {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** Makes the content durable, in this round or the next. Throws what the system gives. */
  async sync(file: Pick<PacedFile, "sync">): Promise<void> {
    if (this.#running > 0) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running++;
    try {
      await file.sync();
    } finally {
      if (--this.#running === 0) {
        for (const begin of this.#waiting.splice(0)) begin();
      }
    }
  }
}

const rounds = new Map<string, Rounds>();

/** Makes the content of a small file somewhere below `inbox` durable. */
export async function syncSmallFile(
  file: PacedFile,
  inbox: string,
): Promise<void> {
  const pace = paceOf(inbox);
  if (pace.isQuick()) return pace.timed(() => file.syncNow());
  const shared = rounds.get(inbox) ?? new Rounds();
  rounds.set(inbox, shared);
  await shared.sync(file);
}

/** Syncs of directories not begun yet, and those under way. */
const queued = new Map<string, Promise<void>>();
const running = new Map<string, Promise<void>>();

/**
 * Makes the names in `dir`, which is `inbox` or lies below it, durable. Calls that come while a sync is under way share the one after
 * it.
 */
export function syncDirectory(dir: string, inbox = dir): Promise<void> {
  const waiting = queued.get(dir);
  if (waiting !== undefined) return waiting;
  const before = running.get(dir) ?? Promise.resolve();
  const sync: Promise<void> = before.then(() => {
    queued.delete(dir);
    running.set(dir, sync);
    return syncNow(dir, inbox);
  }).finally(() => {
    if (running.get(dir) === sync) running.delete(dir);
  });
  queued.set(dir, sync);
  return sync;
}

async function syncNow(dir: string, inbox: string): Promise<void> {
  try {
    using handle = Deno.openSync(dir);
    const pace = paceOf(inbox);
    if (pace.isQuick()) pace.timed(() => handle.syncSync());
    else await handle.sync();
  } catch {
    // Not every system syncs directories (Windows opens none); the file itself is synced.
  }
}
