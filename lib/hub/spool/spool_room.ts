/**
 * Where a hub keeps bodies, and what may be in it. A directory per running hub, locked as long as
 * its process lives; what a hub of the same name left behind is taken over by the next.
 */
import { basename, join } from "@std/path";
import { Failure } from "../../failure.ts";
import {
  MAX_SPOOL_FILES,
  MAX_SPOOL_SHARE,
  SPOOL_MEMORY_TOTAL_BYTES,
} from "../../protocol/limits.ts";
import { formatBytes } from "../../text/units.ts";
import { pause } from "../../time/pause.ts";
import { PacedFile } from "../../transfer/pace.ts";
import { assertSpace } from "../../transfer/space.ts";
import { readNote, type SpoolNote } from "./spool_note.ts";

/** What a hub of another name left is cleared away after so long, unless something is queued in it. Milliseconds. */
const FOREIGN_MS = 24 * 3600_000;

/** Bodies made durable at once: enough to share a disk's rounds. */
const MAX_TURNS = 16;

/** A body found in the spool of a hub that has ended. */
export interface Leftover {
  readonly note: SpoolNote;
  /** Bytes of its file. */
  readonly length: number;
}

/** The directory where a hub spools, and what may be in it. Bytes. */
export class SpoolRoom {
  #used = 0;
  #memory = 0;
  #files = 0;
  /** Steps on the disk under way, and those that wait for their turn. */
  #turns = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #bySender = new Map<string, number>();
  #dir: string | undefined;
  #lock: Deno.FsFile | undefined;
  /** Whether another hub of this name held its spool when `adopt()` was last called; it may be stopping. */
  isContested = false;

  /** `parent` is shared by the hubs of a user; each gets a directory of its own in it, known by `owner`. */
  constructor(
    readonly parent: string,
    readonly limit = Infinity,
    readonly owner = "hub",
  ) {}

  /** Bytes spooled now, in memory and on disk. */
  get used(): number {
    return this.#used;
  }

  /** Takes `bytes` of the limit for `sender`, if it has one; throws Failure `limit` when they are not there, or not for one alone. */
  reserve(bytes: number, sender?: string): void {
    if (this.#used + bytes > this.limit) {
      const [used, limit] = [formatBytes(this.#used), formatBytes(this.limit)];
      const state = `the hub's spool is full: ${used} of ${limit} are in use`;
      throw new Failure("limit", state);
    }
    const theirs = sender === undefined
      ? 0
      : (this.#bySender.get(sender) ?? 0) + bytes;
    if (theirs > this.limit * MAX_SPOOL_SHARE) {
      const state = "one sender may fill half of the hub's spool, no more";
      throw new Failure("limit", state);
    }
    this.use(bytes, sender);
  }

  /** Throws Failure `disk-full` when the disk has no room for a file of so many bytes. */
  assertSpace(bytes: number): void {
    assertSpace(this.parent, bytes, "the hub's disk");
  }

  /** Counts bytes that are there whether or not they fit. */
  use(bytes: number, sender?: string): void {
    this.#used += bytes;
    if (sender === undefined) return;
    const theirs = (this.#bySender.get(sender) ?? 0) + bytes;
    if (theirs > 0) this.#bySender.set(sender, theirs);
    else this.#bySender.delete(sender);
  }

  /** Gives reserved bytes back. */
  release(bytes: number, sender?: string): void {
    this.use(-bytes, sender);
  }

  /** Opens a file, counted until `closeFile`. Throws Failure `limit`, or what the system says. */
  openFile(path: string, options: Deno.OpenOptions): PacedFile {
    if (this.#files >= MAX_SPOOL_FILES) {
      const state = "the hub has too many large transfers under way";
      throw new Failure("limit", state);
    }
    const file = PacedFile.open(path, options);
    this.#files++;
    return file;
  }

  /** Closes a file, if it is one. */
  closeFile(file: PacedFile | undefined): void {
    if (file === undefined) return;
    this.#files--;
    file.close();
  }

  /** Does something on the disk when few others do: each holds files and buffers. */
  async inTurn(step: () => Promise<void>): Promise<void> {
    if (this.#turns >= MAX_TURNS) {
      await new Promise<void>((next) => this.#waiting.push(next));
    } else this.#turns++;
    try {
      await step();
      // Where the disk is quick, steps wait for nothing by themselves.
      await pause();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#turns--;
      else next();
    }
  }

  /** Whether `bytes` more may stay in memory; if so they count until `releaseMemory`. */
  reserveMemory(bytes: number): boolean {
    if (this.#memory + bytes > SPOOL_MEMORY_TOTAL_BYTES) return false;
    this.#memory += bytes;
    return true;
  }

  /** Gives memory back. */
  releaseMemory(bytes: number): void {
    this.#memory -= bytes;
  }

  /** Where a spool file of this name goes; makes the directory on first use. */
  path(name: string): string {
    this.#dir ??= this.#open();
    return join(this.#dir, name);
  }

  /** Lets go of the hub's own directory; removes it when nothing is left in it but the lock. */
  close(): void {
    if (this.#dir === undefined) return;
    this.#lock?.close();
    if (!namesIn(this.#dir).some((name) => name !== "lock")) {
      removeTree(this.#dir);
    }
    this.#dir = undefined;
  }

  /**
   * Takes over what hubs of this name left behind and gives it, the oldest first; clears away what
   * is of no use to anyone. `now` in ms since the Unix epoch.
   */
  adopt(now: number): Leftover[] {
    const found: Leftover[] = [];
    this.isContested = false;
    for (const name of namesIn(this.parent)) {
      if (!name.startsWith("hub-")) continue;
      const dir = join(this.parent, name);
      if (dir === this.#dir) continue;
      const lock = openLock(dir);
      if (lock === undefined) continue;
      if (!lock.tryLockSync(true)) {
        lock.close();
        this.isContested ||= ownerOf(name) === this.owner;
        continue;
      }
      if (ownerOf(name) === this.owner) {
        found.push(...this.#take(dir, lock));
      } else {
        if (isStale(dir, now)) removeTree(dir);
        lock.close();
      }
    }
    return found.sort((a, b) => a.note.offeredAt - b.note.offeredAt);
  }

  /** Makes what is useful in `dir` our own, and removes the rest. */
  #take(dir: string, lock: Deno.FsFile): Leftover[] {
    const found: Leftover[] = [];
    const useful = new Set(["lock"]);
    for (const name of namesIn(dir)) {
      const note = name.endsWith(".json")
        ? readNote(join(dir, name))
        : undefined;
      if (note === undefined || name !== `${note.offer.id}.json`) continue;
      const length = lengthOf(join(dir, note.offer.id));
      if (length === undefined) continue;
      useful.add(name).add(note.offer.id);
      found.push({ note, length });
    }
    for (const name of namesIn(dir)) {
      if (!useful.has(name)) removeTree(join(dir, name));
    }
    if (found.length === 0 || this.#dir !== undefined) {
      if (found.length > 0) {
        useful.delete("lock");
        for (const name of useful) {
          Deno.renameSync(join(dir, name), this.path(name));
        }
      }
      removeTree(dir);
      lock.close();
      return found;
    }
    this.#dir = dir;
    this.#lock = lock;
    return found;
  }

  /** Makes a directory of our own, locked as long as this process lives. */
  #open(): string {
    Deno.mkdirSync(this.parent, { recursive: true, mode: 0o700 });
    // It gets its name only once it is locked, so that nobody takes it for an abandoned one.
    const fresh = Deno.makeTempDirSync({ dir: this.parent, prefix: "new-" });
    const path = join(fresh, "lock");
    this.#lock = Deno.openSync(path, { write: true, createNew: true });
    this.#lock.lockSync(true);
    const unique = basename(fresh).replace("new-", "");
    const dir = join(this.parent, `hub-${this.owner}-${unique}`);
    Deno.renameSync(fresh, dir);
    return dir;
  }
}

/** Whether nothing in the directory of another hub can serve any more. */
function isStale(dir: string, now: number): boolean {
  try {
    const changed = Deno.statSync(dir).mtime?.getTime() ?? 0;
    if (now - changed < FOREIGN_MS) return false;
  } catch {
    return false; // Gone already.
  }
  return !namesIn(dir).some((name) => {
    const note = name.endsWith(".json") ? readNote(join(dir, name)) : undefined;
    return Object.values(note?.left ?? {}).some((until) => (until ?? 0) > now);
  });
}

function ownerOf(name: string): string {
  return name.slice("hub-".length, Math.max(name.lastIndexOf("-"), 4));
}

function lengthOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).size;
  } catch {
    return undefined;
  }
}

function namesIn(dir: string): string[] {
  try {
    return [...Deno.readDirSync(dir)].map(({ name }) => name);
  } catch {
    return []; // Nothing was ever spooled here.
  }
}

function openLock(dir: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(join(dir, "lock"), { write: true });
  } catch {
    return undefined; // Just being made by another hub, or already gone.
  }
}

/** Removes a file or a directory with everything in it, if it is there. */
function removeTree(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch {
    // Someone else removed it.
  }
}
