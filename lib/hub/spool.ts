/**
 * The hub's memory of a transfer: a sender's bytes go in at its end, and every recipient reads from
 * it at its own speed, following the tail while the sender is still sending. Small bodies stay in
 * memory; the others are a file, gone when the last reader is done.
 */
import { basename, join } from "@std/path";
import { Failure } from "../failure.ts";
import {
  MAX_SPOOL_FILES,
  MAX_SPOOL_SHARE,
  SPOOL_MEMORY_BYTES,
  SPOOL_MEMORY_TOTAL_BYTES,
} from "../protocol/limits.ts";
import { writeFailure } from "../transfer/disk.ts";
import { PacedFile } from "../transfer/pace.ts";
import type { Body, BodyReader, Digest } from "../transfer/transfer.ts";

/** First allocation for a body of unknown size. */
const FIRST_BYTES = 64 * 1024;

/** The directory where a hub spools, and what may be in it. Bytes. */
export class SpoolRoom {
  #used = 0;
  #memory = 0;
  #files = 0;
  readonly #bySender = new Map<string, number>();
  #dir: string | undefined;
  #lock: Deno.FsFile | undefined;

  /** `parent` is shared by the hubs of a user; each gets a directory of its own in it. */
  constructor(readonly parent: string, readonly limit = Infinity) {}

  /** Bytes spooled now, in memory and on disk. */
  get used(): number {
    return this.#used;
  }

  /** Takes `bytes` of the limit for `sender`, if it has one; throws Failure `limit` when they are not there, or not for one alone. */
  reserve(bytes: number, sender?: string): void {
    if (this.#used + bytes > this.limit) {
      throw new Failure("limit", "the hub's spool is full");
    }
    const theirs = sender === undefined
      ? 0
      : (this.#bySender.get(sender) ?? 0) + bytes;
    if (theirs > this.limit * MAX_SPOOL_SHARE) {
      const state = "one sender may fill half of the hub's spool, no more";
      throw new Failure("limit", state);
    }
    this.#used += bytes;
    if (sender !== undefined) this.#bySender.set(sender, theirs);
  }

  /** Gives reserved bytes back. */
  release(bytes: number, sender?: string): void {
    this.#used -= bytes;
    if (sender === undefined) return;
    const theirs = (this.#bySender.get(sender) ?? 0) - bytes;
    if (theirs > 0) this.#bySender.set(sender, theirs);
    else this.#bySender.delete(sender);
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

  /** Removes the hub's own directory. */
  close(): void {
    if (this.#dir === undefined) return;
    this.#lock?.close();
    removeQuietly(this.#dir);
    this.#dir = undefined;
  }

  /** Clears away the directories whose lock nobody holds: a hub that was killed left them. */
  sweep(): void {
    for (const name of subdirectories(this.parent)) {
      if (!name.startsWith("hub-")) continue;
      const dir = join(this.parent, name);
      const lock = openLock(dir);
      if (lock === undefined) continue;
      const abandoned = lock.tryLockSync(true);
      lock.close();
      if (abandoned) removeQuietly(dir);
    }
  }

  /** Makes a directory of our own, locked as long as this process lives. */
  #open(): string {
    Deno.mkdirSync(this.parent, { recursive: true, mode: 0o700 });
    // It gets its name only once it is locked, so that nobody takes it for an abandoned one.
    const fresh = Deno.makeTempDirSync({ dir: this.parent, prefix: "new-" });
    const path = join(fresh, "lock");
    this.#lock = Deno.openSync(path, { write: true, createNew: true });
    this.#lock.lockSync(true);
    const dir = join(this.parent, basename(fresh).replace("new-", "hub-"));
    Deno.renameSync(fresh, dir);
    return dir;
  }
}

function subdirectories(dir: string): string[] {
  try {
    return [...Deno.readDirSync(dir)].filter((entry) => entry.isDirectory)
      .map(({ name }) => name);
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

function removeQuietly(dir: string): void {
  try {
    Deno.removeSync(dir, { recursive: true });
  } catch {
    // Someone else removed it.
  }
}

/** One body in the spool. */
export class Spool implements Body {
  readonly #room: SpoolRoom;
  readonly #name: string;
  readonly #sender: string | undefined;
  #length = 0;
  #digest: Digest | undefined;
  #memory: Uint8Array<ArrayBuffer> | undefined;
  #reserved = 0;
  #path: string | undefined;
  #file: PacedFile | undefined;
  #disposed = false;
  /** Readers that caught up with the tail. */
  readonly #waiting = new Set<() => void>();

  /**
   * Reserves room for a body of `size` bytes (null: unknown, reserved as it comes) in the share of
   * `sender`, if it has one. Throws Failure `limit` when there is none.
   */
  constructor(
    room: SpoolRoom,
    name: string,
    readonly size: number | null,
    sender?: string,
  ) {
    this.#room = room;
    this.#name = name;
    this.#sender = sender?.toLowerCase();
    this.#reserve(size ?? 0);
    const first = size ?? FIRST_BYTES;
    if (first <= SPOOL_MEMORY_BYTES && room.reserveMemory(first)) {
      this.#memory = new Uint8Array(first);
    }
  }

  /** Bytes in the spool so far. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds bytes at the end; they are copied or written before it returns or resolves. Throws Failure
   * `disk-full`, `output` or `limit`. Does nothing once disposed.
   */
  append(bytes: Uint8Array): void | Promise<void> {
    if (this.#disposed) return;
    const end = this.#length + bytes.length;
    if (end > this.#reserved) this.#reserve(end - this.#reserved);
    if (this.#memory !== undefined && this.#fitMemory(end)) {
      this.#memory.set(bytes, this.#length);
      return this.#grown(end);
    }
    return this.#appendToFile(bytes, end);
  }

  /** No more bytes will come. Does nothing once disposed. */
  finish(digest: Digest): void {
    if (this.#disposed) return;
    this.#digest = digest;
    this.#room.closeFile(this.#file);
    this.#file = undefined;
    this.#grown(this.#length);
  }

  read(offset: number, wake: () => void): BodyReader {
    let at = offset;
    let file: PacedFile | undefined;
    const caughtUp = (): 0 | null => {
      if (this.#digest !== undefined) return null;
      this.#waiting.add(wake);
      return 0;
    };
    const fromFile = async (into: Uint8Array): Promise<number> => {
      if (file === undefined) {
        file = this.#room.openFile(this.#path ?? "", { read: true });
        file.seek(at);
      }
      const count = await file.read(into) ?? 0;
      at += count;
      return count;
    };
    return {
      pull: (into) => {
        const left = this.#length - at;
        if (left <= 0) return caughtUp();
        const part = into.subarray(0, Math.min(left, into.length));
        if (this.#memory === undefined) return fromFile(part);
        part.set(this.#memory.subarray(at, at + part.length));
        at += part.length;
        return part.length;
      },
      digest: () => this.#digest ?? { size: 0, sha256: "" },
      close: () => {
        this.#waiting.delete(wake);
        this.#room.closeFile(file);
        file = undefined;
      },
    };
  }

  /** Removes it, from memory and disk. Readers still open have nothing more to read. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#room.closeFile(this.#file);
    this.#file = undefined;
    if (this.#path !== undefined) removeQuietly(this.#path);
    this.#forgetMemory();
    this.#room.release(this.#reserved, this.#sender);
  }

  #reserve(bytes: number): void {
    this.#room.reserve(bytes, this.#sender);
    this.#reserved += bytes;
  }

  /** Whether a body of `end` bytes still stays in memory; makes room for it there if so. */
  #fitMemory(end: number): boolean {
    const memory = this.#memory;
    if (memory === undefined || end > SPOOL_MEMORY_BYTES) return false;
    if (end <= memory.length) return true;
    const wanted = Math.min(
      SPOOL_MEMORY_BYTES,
      Math.max(end, memory.length * 4),
    );
    if (!this.#room.reserveMemory(wanted - memory.length)) return false;
    this.#memory = new Uint8Array(wanted);
    this.#memory.set(memory.subarray(0, this.#length));
    return true;
  }

  #appendToFile(bytes: Uint8Array, end: number): void | Promise<void> {
    try {
      const written = (this.#file ?? this.#openFile()).write(bytes);
      if (written === undefined) return this.#grown(end);
      return written.then(() => this.#grown(end), (error) => {
        // Disposed meanwhile: its file was closed under the write.
        if (!this.#disposed) throw spoolFailure(error);
      });
    } catch (error) {
      throw spoolFailure(error);
    }
  }

  /** Moves what is in memory to a file. */
  #openFile(): PacedFile {
    const options = { write: true, createNew: true, mode: 0o600 };
    this.#path = this.#room.path(this.#name);
    this.#file = this.#room.openFile(this.#path, options);
    if (this.#memory !== undefined) {
      this.#file.writeNow(this.#memory.subarray(0, this.#length));
    }
    this.#forgetMemory();
    return this.#file;
  }

  #forgetMemory(): void {
    if (this.#memory !== undefined) {
      this.#room.releaseMemory(this.#memory.length);
    }
    this.#memory = undefined;
  }

  #grown(length: number): void {
    this.#length = length;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}

function spoolFailure(error: unknown): Failure {
  const { code, message } = writeFailure(error);
  const state = `the hub cannot spool it: ${message}`;
  return new Failure(code, state, { cause: error });
}
