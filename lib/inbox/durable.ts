/**
 * Makes files and names durable. Where a sync returns at once (a file system in memory, a disk
 * with a safe cache) it is done in place, which costs less than waking a thread for it; where it
 * takes its time it goes to a thread, and many small files share the disk's rounds.
 */

/** A sync that usually takes less than this, in milliseconds, is not worth a thread. */
const INSTANT_MS = 0.25;

/** How long syncs in a directory take in place: a moving average, in milliseconds. */
const usual = new Map<string, number>();

/** Makes the content of a small file in `dir` durable. */
export async function syncSmallFile(
  file: Deno.FsFile,
  dir: string,
): Promise<void> {
  if (takesTime(dir)) return await file.syncData();
  timed(dir, () => file.syncDataSync());
}

/** Syncs of directories not begun yet, and those under way. */
const queued = new Map<string, Promise<void>>();
const running = new Map<string, Promise<void>>();

/**
 * Makes the names in `dir` durable. Calls that come while a sync is under way share the one after
 * it.
 */
export function syncDirectory(dir: string): Promise<void> {
  const waiting = queued.get(dir);
  if (waiting !== undefined) return waiting;
  const before = running.get(dir) ?? Promise.resolve();
  const sync: Promise<void> = before.then(() => {
    queued.delete(dir);
    running.set(dir, sync);
    return syncNow(dir);
  }).finally(() => {
    if (running.get(dir) === sync) running.delete(dir);
  });
  queued.set(dir, sync);
  return sync;
}

async function syncNow(dir: string): Promise<void> {
  try {
    using handle = Deno.openSync(dir);
    if (takesTime(dir)) await handle.sync();
    else timed(dir, () => handle.syncSync());
  } catch {
    // Not every system syncs directories (Windows opens none); the file itself is synced.
  }
}

function takesTime(dir: string): boolean {
  return (usual.get(dir) ?? 0) > INSTANT_MS;
}

function timed(dir: string, sync: () => void): void {
  const from = performance.now();
  sync();
  const average = usual.get(dir) ?? 0;
  usual.set(dir, average + (performance.now() - from - average) / 8);
}
