/**
 * File operations in place while they are quick, on a thread where they are not. Most go to or
 * come from the page cache and take less time than waking a thread for them would; a disk that
 * has to be waited for must not hold up everything else the process does.
 */
import { writeAll, writeAllSync } from "./disk.ts";

/** Operations left to a thread after a slow one, before the next is tried in place. */
const SLOW_SPELL = 64;
/** The most: where one try after the other is slow, each spell is twice as long as the one before. */
const LONGEST_SPELL = 4096;

/** Remembers how long one kind of operation has lately taken in place. */
export class Pace {
  readonly #quickMs: number;
  #averageMs = 0;
  #spell = 0;
  #nextSpell = SLOW_SPELL;

  /** Operations that usually take up to `quickMs` milliseconds are quick. */
  constructor(quickMs: number) {
    this.#quickMs = quickMs;
  }

  /** Whether the next operation should be done in place. Asked once for each. */
  isQuick(): boolean {
    if (this.#spell === 0) return true;
    this.#spell--;
    return false;
  }

  /** Does an operation in place and takes its time into account. */
  timed<T>(operation: () => T): T {
    const from = performance.now();
    const result = operation();
    const ms = performance.now() - from;
    this.#averageMs += (ms - this.#averageMs) / 8;
    if (this.#averageMs > this.#quickMs) {
      // One more that is slow begins the next spell, one that is quick shows it is over.
      this.#averageMs = this.#quickMs;
      this.#spell = this.#nextSpell;
      this.#nextSpell = Math.min(2 * this.#nextSpell, LONGEST_SPELL);
    } else this.#nextSpell = SLOW_SPELL;
    return result;
  }
}

/** Milliseconds that moving one DATA frame's bytes may usually take in place: the longest anybody else is held up. */
const QUICK_MS = 1;

/** A file whose reads and writes keep pace. Throws what the system gives. */
export class PacedFile implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #pace = new Pace(QUICK_MS);

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Opens a file in place. */
  static open(path: string, options: Deno.OpenOptions): PacedFile {
    return new PacedFile(Deno.openSync(path, options));
  }

  /** Takes over a file that is open. */
  static of(file: Deno.FsFile): PacedFile {
    return new PacedFile(file);
  }

  /** Tries to lock the file for this process, until it is closed. */
  tryLock(): boolean {
    return this.#file.tryLockSync(true);
  }

  /** Reads the next bytes; null at the end. */
  read(into: Uint8Array): number | null | Promise<number | null> {
    if (!this.#pace.isQuick()) return this.#file.read(into);
    return this.#pace.timed(() => this.#file.readSync(into));
  }

  /** Reads the next bytes on a thread, whatever the pace. */
  readAside(into: Uint8Array): Promise<number | null> {
    return this.#file.read(into);
  }

  /** Writes all of the bytes. */
  write(bytes: Uint8Array): void | Promise<void> {
    if (!this.#pace.isQuick()) return writeAll(this.#file, bytes);
    this.#pace.timed(() => writeAllSync(this.#file, bytes));
  }

  /** Writes a few bytes in place, whatever the pace. */
  writeNow(bytes: Uint8Array): void {
    writeAllSync(this.#file, bytes);
  }

  /** Goes on from `offset`. */
  seek(offset: number): void {
    this.#file.seekSync(offset, Deno.SeekMode.Start);
  }

  /** Says when the content was modified, in ms since the Unix epoch. */
  setModified(ms: number): void {
    this.#file.utimeSync(new Date(), new Date(ms));
  }

  /** Makes the content durable, on a thread: how long that takes depends on how much was written. */
  sync(): Promise<void> {
    return this.#file.syncData();
  }

  /** Makes the content durable in place. */
  syncNow(): void {
    this.#file.syncDataSync();
  }

  close(): void {
    this.#file.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
