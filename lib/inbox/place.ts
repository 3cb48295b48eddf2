/** Puts a received file under its final name: whole or not at all, and never over what policy protects. */
import { join } from "@std/path";
import { Failure } from "../failure.ts";
import { numberedName } from "../text/filename.ts";
import type { ConflictPolicy } from "./policy.ts";

/** Numbered names tried before giving up. */
const MAX_VARIANTS = 10_000;

/**
 * Moves the complete file at `part` into `dir` as `name`. Gives the path it has there, or undefined
 * when policy is `skip` and the name exists (`part` is then removed). Throws Failure `conflict`
 * when policy is `fail` and the name exists. A link at the final name is replaced or refused,
 * never followed.
 */
export function place(
  part: string,
  dir: string,
  name: string,
  policy: ConflictPolicy,
): string | undefined {
  const target = join(dir, name);
  if (policy === "overwrite") {
    Deno.renameSync(part, target);
    return target;
  }
  if (moveTo(part, target)) return target;
  if (policy === "fail") {
    throw new Failure("conflict", "a file of that name exists already");
  }
  if (policy === "skip") {
    Deno.removeSync(part);
    return undefined;
  }
  for (let n = 2; n <= MAX_VARIANTS; n++) {
    const variant = join(dir, numberedName(name, n));
    if (moveTo(part, variant)) return variant;
  }
  throw new Failure("conflict", "too many files of that name exist already");
}

/** Moves a file to a name nobody has, atomically; false when somebody has it. */
function moveTo(part: string, target: string): boolean {
  try {
    Deno.linkSync(part, target);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    return moveWithoutLinks(part, target);
  }
  Deno.removeSync(part);
  return true;
}

/** For file systems without hard links: claims the name with an empty file, then moves over that. */
function moveWithoutLinks(part: string, target: string): boolean {
  try {
    Deno.openSync(target, { write: true, createNew: true }).close();
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
  Deno.renameSync(part, target);
  return true;
}

/** Syncs not begun yet, and those under way, by directory. */
const queued = new Map<string, Promise<void>>();
const running = new Map<string, Promise<void>>();

/**
 * Makes the names in `dir` durable. Calls that come while a sync is under way share the one after
 * it, so many small files cost few syncs.
 */
export function syncDirectory(dir: string): Promise<void> {
  const waiting = queued.get(dir);
  if (waiting !== undefined) return waiting;
  const sync: Promise<void> = (running.get(dir) ?? Promise.resolve()).then(
    () => {
      queued.delete(dir);
      running.set(dir, sync);
      return syncNow(dir);
    },
  ).finally(() => {
    if (running.get(dir) === sync) running.delete(dir);
  });
  queued.set(dir, sync);
  return sync;
}

async function syncNow(dir: string): Promise<void> {
  try {
    using handle = await Deno.open(dir);
    await handle.sync();
  } catch {
    // Not every system syncs directories (Windows opens none); the file itself is synced.
  }
}
