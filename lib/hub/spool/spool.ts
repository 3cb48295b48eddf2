/**
 * The hub's memory of a transfer: a sender's bytes go in at its end, and every recipient reads from
 * it at its own speed, following the tail while the sender is still sending. Small bodies stay in
 * memory; the others are a file, gone when the last reader is done. Beside the file of a body that
 * can be gone on with stands a note, so that both outlive the hub.
 */
import { createHash } from "node:crypto";
import { dirname } from "@std/path";
import { Failure } from "../../failure.ts";
import { syncDirectory, syncSmallFile } from "../../inbox/durable.ts";
import { INLINE_BYTES, SPOOL_MEMORY_BYTES } from "../../protocol/limits.ts";
import { readOver } from "../../transfer/read.ts";
import { removeIfThere, writeFailure } from "../../transfer/disk.ts";
import type { PacedFile } from "../../transfer/pace.ts";
import type { Body, BodyReader, Digest } from "../../transfer/transfer.ts";
import { type SpoolNote, writeNote, writeNoteSafely } from "./spool_note.ts";
import type { Leftover, SpoolRoom } from "./spool_room.ts";

/** First allocation for a body of unknown size. */
const FIRST_BYTES = 64 * 1024;

/** One body in the spool. */
export class Spool implements Body {
  readonly #room: SpoolRoom;
  readonly #name: string;
  #size: number | null;
  readonly #sender: string | undefined;
  #length = 0;
  #base = 0;
  #digest: Digest | undefined;
  /** The write under way. */
  #writing: Promise<void> | undefined;
  #noted = false;
  /** Notes begun. */
  #notes = 0;
  /** The body is checked, and on the disk. */
  #kept = false;
  /** Being kept; the next has not taken its note yet. */
  #lastKeep: Promise<void> | undefined;
  #nextKeep: Promise<void> | undefined;
  #memory: Uint8Array<ArrayBuffer> | undefined;
  #reserved = 0;
  #path: string | undefined;
  #file: PacedFile | undefined;
  #disposed = false;
  /** Readers that caught up with the tail. */
  readonly #waiting = new Set<() => void>();
  /** The sender is away, or has come back and not gone on yet: nobody is to blame for the missing bytes. */
  senderAway = false;

  /**
   * Reserves room for a body of `size` bytes (null: unknown, reserved as it comes) in the share of
   * `sender`, if it has one. Throws Failure `limit` when there is none.
   */
  constructor(
    room: SpoolRoom,
    name: string,
    size: number | null,
    sender?: string,
  ) {
    this.#size = size;
    this.#room = room;
    this.#name = name;
    this.#sender = sender?.toLowerCase();
    this.#reserve(size ?? 0);
    if (size !== null && size > SPOOL_MEMORY_BYTES) {
      try {
        room.assertSpace(size);
      } catch (error) {
        room.release(this.#reserved, this.#sender);
        throw error;
      }
    }
    const first = size ?? FIRST_BYTES;
    if (first <= SPOOL_MEMORY_BYTES && room.reserveMemory(first)) {
      this.#memory = new Uint8Array(first);
    }
  }

  /** The body a hub before this one has left; its size counts whether or not it fits the limit. */
  static adopt(room: SpoolRoom, { note, length }: Leftover): Spool {
    const { id, size, from } = note.offer;
    const spool = new Spool(room, id, 0, from);
    spool.#forgetMemory();
    spool.#path = room.path(id);
    spool.#noted = true;
    spool.#length = length;
    spool.#base = note.base;
    spool.#size = size;
    spool.#reserved = Math.max(size ?? 0, length);
    room.use(spool.#reserved, spool.#sender);
    if (note.digest?.size === length) spool.#digest = note.digest;
    return spool;
  }

  get size(): number | null {
    return this.#size;
  }

  /** Bytes of the body so far, from its beginning. */
  get length(): number {
    return this.#length;
  }

  /** Size and SHA-256 as the sender said them; undefined until all has come. */
  get digest(): Digest | undefined {
    return this.#digest;
  }

  /** The body is held from here on: its only recipient has what is before. */
  get base(): number {
    return this.#base;
  }

  /** Leaves out what the only recipient has already, before any byte has come. */
  begin(base: number): void {
    if (this.#length > 0 || base === 0 || this.#disposed) return;
    this.#base = this.#length = base;
    this.#forgetMemory();
  }

  /** Resolves when nothing is being written. */
  async written(): Promise<void> {
    await this.#writing?.catch(() => {});
  }

  /**
   * Adds bytes at the end; they are copied or written before it returns or resolves. Throws Failure
   * `disk-full`, `output` or `limit`. Does nothing once disposed.
   */
  append(bytes: Uint8Array): void | Promise<void> {
    if (this.#disposed) return;
    this.senderAway = false;
    const end = this.#length + bytes.length;
    if (end > this.#reserved) this.#reserve(end - this.#reserved);
    if (this.#memory !== undefined && this.#fitMemory(end)) {
      this.#memory.set(bytes, this.#length);
      return this.#grown(end);
    }
    const writing = this.#appendToFile(bytes, end);
    if (writing === undefined) return;
    this.#writing = writing;
    return writing.finally(() => this.#writing = undefined);
  }

  /** No more bytes will come. Does nothing once disposed. */
  finish(digest: Digest): void {
    if (this.#disposed) return;
    this.#digest = digest;
    this.senderAway = false;
    this.#room.closeFile(this.#file);
    this.#file = undefined;
    this.#grown(this.#length);
  }

  read(offset: number, wake: () => void): BodyReader {
    let at = offset;
    let file: PacedFile | undefined;
    /** How much there was when a reader ahead of the tail was last asked. */
    let seen = 0;
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
        if (at < this.#base) {
          const state = "the hub has only the end of it";
          throw new Failure("integrity", state);
        }
        const left = this.#length - at;
        if (left <= 0) return caughtUp();
        const part = into.subarray(0, Math.min(left, into.length));
        if (this.#memory === undefined) return fromFile(part);
        part.set(this.#memory.subarray(at, at + part.length));
        at += part.length;
        return part.length;
      },
      digest: () => this.#digest ?? { size: 0, sha256: "" },
      waits: () => {
        const grows = at > this.#length && this.#length > seen;
        seen = this.#length;
        return this.senderAway || grows;
      },
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
    if (this.#path !== undefined) removeIfThere(this.#path);
    if (this.#noted) removeIfThere(`${this.#path}.json`);
    this.#forgetMemory();
    this.#room.release(this.#reserved, this.#sender);
  }

  /** Whether it is a file that another hub could go on with. */
  get isOnDisk(): boolean {
    return this.#path !== undefined;
  }

  /** Writes or renews the note beside the file, where the body is one. Throws Failure `disk-full` or `output`. */
  note(note: SpoolNote): void {
    if (this.#path === undefined || this.#disposed) return;
    try {
      this.#notes++;
      writeNote(`${this.#path}.json`, note);
      this.#noted = true;
    } catch (error) {
      throw spoolFailure(error);
    }
  }

  /**
   * Checks the whole body against its digest and makes it durable, together with a note that is
   * taken not before this is called; others go on meanwhile. Throws Failure `integrity`,
   * `disk-full` or `output`.
   */
  keep(note: () => SpoolNote): Promise<void> {
    // Who comes before the note is taken shares it.
    if (this.#nextKeep !== undefined) return this.#nextKeep;
    const before = this.#lastKeep ?? Promise.resolve();
    const keep = before.catch(() => {}).then(() =>
      this.#room.inTurn(() => this.#keep(note))
    );
    this.#nextKeep = this.#lastKeep = keep;
    return keep;
  }

  async #keep(note: () => SpoolNote): Promise<void> {
    if (this.#disposed) return;
    try {
      if (!this.#kept) await this.#keepBody();
      this.#nextKeep = undefined;
      if (this.#disposed) return;
      await this.#noteSafely(note);
    } catch (error) {
      if (this.#disposed) return;
      throw error instanceof Failure ? error : spoolFailure(error);
    } finally {
      this.#nextKeep = undefined;
    }
  }

  async #keepBody(): Promise<void> {
    const hash = createHash("sha256");
    if (this.#memory !== undefined) {
      hash.update(this.#memory.subarray(0, this.#length));
      this.#openFile();
    } else {
      if (this.#path === undefined) this.#openFile();
      await readOver(this.#path ?? "", 0, this.#length, (_, bytes) => {
        hash.update(bytes);
        return !this.#disposed;
      });
    }
    if (this.#disposed) return;
    if (hash.digest("hex") !== this.#digest?.sha256) {
      const state = "what the hub got differs from what was sent (SHA-256)";
      throw new Failure("integrity", state);
    }
    this.#file ??= this.#room.openFile(this.#path ?? "", { write: true });
    if (this.#length > INLINE_BYTES) await this.#file.sync();
    else await syncSmallFile(this.#file, this.#room.parent);
    this.#room.closeFile(this.#file);
    this.#file = undefined;
    this.#kept = true;
  }

  async #noteSafely(note: () => SpoolNote): Promise<void> {
    const path = this.#path ?? "";
    let turn = 0;
    do {
      turn = ++this.#notes;
      // One that was written meanwhile says more.
      const isCurrent = () => !this.#disposed && turn === this.#notes;
      if (await writeNoteSafely(`${path}.json`, note(), isCurrent)) {
        this.#noted = true;
      }
      if (this.#disposed) return;
    } while (turn !== this.#notes);
    await syncDirectory(dirname(path), this.#room.parent);
  }

  /** Lets go of it without removing what is on disk: the next hub goes on with it. */
  leave(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#room.closeFile(this.#file);
    this.#file = undefined;
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
      const written = (this.#file ?? this.#goOn()).write(bytes);
      if (written === undefined) return this.#grown(end);
      return written.then(() => this.#grown(end), (error) => {
        // Disposed meanwhile: its file was closed under the write.
        if (!this.#disposed) throw spoolFailure(error);
      });
    } catch (error) {
      throw spoolFailure(error);
    }
  }

  /** The file to write on, which a hub before this one may have begun. */
  #goOn(): PacedFile {
    if (this.#path === undefined) return this.#openFile();
    this.#file = this.#room.openFile(this.#path, { write: true });
    this.#file.seek(this.#length);
    return this.#file;
  }

  /** Moves what is in memory to a file. */
  #openFile(): PacedFile {
    const options = { write: true, createNew: true, mode: 0o600 };
    const path = this.#room.path(this.#name);
    this.#file = this.#room.openFile(path, options);
    this.#path = path;
    this.#file.seek(this.#base);
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
  if (error instanceof Failure && error.code === "limit") return error;
  const { code, message } = writeFailure(error);
  const state = `the hub cannot spool it: ${message}`;
  return new Failure(code, state, { cause: error });
}
