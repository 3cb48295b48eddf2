/**
 * One body being received: hashed as it comes, kept under a partial name, and put in place only
 * when it is whole and its SHA-256 is the sender's. Small bodies and messages are held in memory
 * until then.
 */
import { createHash, type Hash } from "node:crypto";
import { basename } from "@std/path";
import type { TransferCompleted, TransferFacts } from "../events.ts";
import { Failure } from "../failure.ts";
import type { SingleOffer } from "../protocol/bundle.ts";
import { INLINE_BYTES } from "../protocol/limits.ts";
import { parseExact } from "../text/exact_json.ts";
import { removeIfThere, writeFailure } from "../transfer/disk.ts";
import { readOver } from "../transfer/read.ts";
import { PacedFile } from "../transfer/pace.ts";
import type { InboxFiles, InboxOptions } from "./inbox.ts";
import { hasBranch, makeBranch, syncBranch } from "./branch.ts";
import { syncSmallFile } from "./durable.ts";
import { makePart, setFileModified } from "./part_file.ts";
import { partKey, type Parts } from "./parts.ts";
import { findOffered, type Placer } from "./place.ts";
import { withinTree } from "./policy.ts";
import type { Received } from "./received.ts";
import {
  arrivalFacts,
  isLastOfTree,
  isRoot,
  type Taking,
  type Tell,
  type Whole,
} from "./taking.ts";
import type { Growing } from "./trees.ts";

/** How often a running transfer reports how far it is, in milliseconds. */
const PROGRESS_EVERY_MS = 1_000;

/** One body on its way into an inbox. */
export class Arrival implements Taking {
  readonly #options: InboxOptions;
  readonly #offer: SingleOffer;
  /** The name on disk, and those of the directories above it from the inbox down; all safe. */
  readonly #name: string;
  readonly #above: readonly string[];
  readonly #hash: Hash = createHash("sha256");
  /** Where the body is held, unless it is written to disk as it comes: as large as was offered, whatever the pieces. */
  #memory: Uint8Array<ArrayBuffer> | undefined;
  #file: PacedFile | undefined;
  #part: string | undefined;
  #received = 0;
  /** What was here from before. */
  #offset = 0;
  readonly #parts: Parts;
  readonly #journal: Received;
  readonly #placer: Placer;
  /** By what the partial file is found again; undefined where it is not to be. */
  readonly #key: string | undefined;
  readonly #startedAt: number;
  #reportedAt: number;
  #over = false;

  /** `path` has passed `safeFileName()` or `safeTreePath()`. */
  constructor(
    options: InboxOptions,
    offer: SingleOffer,
    path: readonly string[],
    { parts, journal, placer }: InboxFiles,
    /** The directory it is a part of, or is. */
    private readonly tree?: Growing,
  ) {
    this.#parts = parts;
    this.#journal = journal;
    this.#placer = placer;
    this.#options = options;
    this.#offer = offer;
    this.#name = path.at(-1) ?? "";
    this.#above = path.slice(0, -1);
    const small = offer.size !== null && offer.size <= INLINE_BYTES;
    if (small || offer.kind !== "file") {
      this.#memory = new Uint8Array(offer.size ?? 0);
    } else this.#key = partKey(offer);
    this.#startedAt = this.#reportedAt = options.clock.now();
  }

  /** What every event of it says. */
  get #facts(): TransferFacts {
    return arrivalFacts(this.#offer, this.#options.name());
  }

  prepare(tell: Tell): number | Promise<number> {
    const part = this.#key === undefined
      ? undefined
      : this.#parts.take(this.#key);
    return part === undefined ? 0 : this.#goOn(part, tell);
  }

  write(bytes: Uint8Array, tell: Tell): void | Promise<void> {
    if (this.#over) return;
    const at = this.#received;
    this.#take(bytes, tell);
    if (this.#memory === undefined) return this.#writeToDisk(bytes);
    this.#memory.set(bytes, at);
  }

  async commit(
    { oneWay, ...digest }: Whole,
  ): Promise<{ unchanged: boolean }> {
    try {
      const sha256 = this.#hash.digest("hex");
      if (sha256 !== digest.sha256 || this.#received !== digest.size) {
        throw new Failure(
          "integrity",
          "what arrived differs from what was sent (SHA-256)",
        );
      }
      if (this.#offer.kind === "directory") {
        const unchanged = await this.#makeDirectory();
        this.#over = true;
        const { id, from } = this.#offer;
        if (isLastOfTree(this.#offer)) this.#journal.add(id, from, sha256);
        return { unchanged };
      }
      const content = this.#content();
      const saved = this.#offer.kind === "file" || this.#options.keepMessages
        ? await this.#save(sha256)
        : undefined;
      this.#over = true;
      const ms = this.#options.clock.now() - this.#startedAt;
      if (this.tree !== undefined) {
        this.tree.files.transferred++;
        this.tree.failed.delete(this.#offer.name);
        this.tree.bytes += this.#received;
      }
      this.#options.emit({
        event: "transfer.completed",
        ...this.#facts,
        bytes: this.#received,
        sha256,
        ...(saved === undefined ? {} : { saved }),
        ...content,
        bytes_per_s: ms > 0
          ? Math.round((this.#received - this.#offset) / ms * 1000)
          : 0,
        ...(oneWay === undefined ? {} : { one_way_ms: oneWay }),
      });
      if (saved === undefined) {
        const { id, from } = this.#offer;
        this.#journal.add(id, from, sha256);
      }
      return { unchanged: false };
    } catch (error) {
      throw writeFailure(error);
    }
  }

  /** Reports that it is not wanted; nothing of it was written yet, and nothing will be. */
  decline(): void {
    this.#over = true;
    this.#options.emit({ event: "transfer.declined", ...this.#facts });
  }

  abort(
    failure: Pick<Failure, "code" | "message">,
    retryable: boolean,
    keep: boolean,
  ): void {
    if (this.#over) return;
    this.#over = true;
    this.#file?.close();
    this.#file = undefined;
    if (this.#part !== undefined) {
      if (keep && this.#key !== undefined) {
        this.#parts.keep(this.#key, this.#part);
      } else removeIfThere(this.#part);
    }
    this.tree?.failed.add(this.#offer.name);
    const { code, message } = failure;
    this.#options.emit({
      event: "transfer.failed",
      ...this.#facts,
      code,
      message,
      retryable,
    });
  }

  /** Counts and hashes the next bytes, and says so once in a while. */
  #take(bytes: Uint8Array, tell: Tell): void {
    this.#received += bytes.length;
    this.#hash.update(bytes);
    const now = this.#options.clock.now();
    if (now - this.#reportedAt < PROGRESS_EVERY_MS) return;
    this.#reportedAt = now;
    tell(this.#received);
    const { id, to, bytes: total } = this.#facts;
    this.#options.emit({
      event: "transfer.progress",
      id,
      bytes: this.#received,
      total,
      dir: "receive",
      to,
    });
  }

  /** Goes on with a partial file: hashes what is in it, once. Gives its length. */
  async #goOn(part: string, tell: Tell): Promise<number> {
    const { size } = this.#offer;
    try {
      const { size: length, isFile } = Deno.lstatSync(part);
      if (!isFile || size === null || length > size) return 0;
      const file = PacedFile.open(part, { read: true, write: true });
      if (!file.tryLock()) {
        file.close(); // Another process writes it.
        return 0;
      }
      this.#file = file;
      this.#part = part;
      // Said at once: its sender then hashes the same meanwhile.
      this.#reportedAt = -Infinity;
      await readOver(part, 0, length, (_, bytes) => {
        if (!this.#over) this.#take(bytes, tell);
        return !this.#over;
      });
      if (!this.#over) file.seek(length);
      return this.#offset = length;
    } catch (error) {
      if (this.#over) return 0;
      // The sender then starts over, and this one goes.
      const state = "what was kept of it cannot be read";
      throw new Failure("integrity", state, { cause: error });
    }
  }

  #writeToDisk(bytes: Uint8Array): void | Promise<void> {
    try {
      const written = (this.#file ?? this.#openPart()).write(bytes);
      return written?.catch((error) => {
        // Aborted meanwhile: its file was closed under the write.
        if (!this.#over) throw writeFailure(error);
      });
    } catch (error) {
      throw writeFailure(error);
    }
  }

  #openPart(): PacedFile {
    const { dir } = this.#options;
    const part = this.#parts.fresh(this.#name, this.#key);
    this.#file = makePart(part, dir, this.#offer.executable === true);
    this.#part = part;
    return this.#file;
  }

  /** Text or data of a message. */
  #content(): { text?: string; data?: unknown } {
    if (this.#offer.kind === "file" || this.#memory === undefined) return {};
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(
        this.#memory.subarray(0, this.#received),
      );
      return this.#offer.kind === "text"
        ? { text }
        : { data: parseExact(text) };
    } catch {
      throw new Failure(
        "bad-data",
        `the message is not ${
          this.#offer.kind === "text" ? "UTF-8 text" : "JSON"
        }`,
      );
    }
  }

  /**
   * Makes a directory, and at the end of a sending gives it its modification time; whether it was
   * there before.
   */
  async #makeDirectory(): Promise<boolean> {
    const { dir, emit } = this.#options;
    const names = [...this.#above, this.#name];
    const { modified_ms } = this.#offer;
    const unchanged = hasBranch(dir, names);
    const path = makeBranch(dir, names);
    await syncBranch(dir, names);
    if (modified_ms !== undefined) setModified(path, modified_ms);
    const root = isRoot(this.#offer);
    if (this.tree !== undefined && root && !unchanged) this.tree.fresh = true;
    if (root && !isLastOfTree(this.#offer)) return unchanged;
    emit({
      event: "transfer.completed",
      ...this.#facts,
      ...(unchanged && !root ? { unchanged } : {}),
      saved: path,
      bytes_per_s: 0,
      ...(root ? this.#counted() : {}),
    });
    return unchanged;
  }

  /** What has arrived of a whole directory. */
  #counted(): Partial<TransferCompleted> {
    if (this.tree === undefined) return {};
    const { files, failed, bytes, since } = this.tree;
    const ms = this.#options.clock.now() - since;
    return {
      bytes,
      files: { ...files, failed: failed.count },
      bytes_per_s: ms > 0 ? Math.round(bytes / ms * 1000) : 0,
    };
  }

  async #save(sha256: string): Promise<string | undefined> {
    const { dir, onConflict } = this.#options;
    const { id, from, tree, modified_ms } = this.#offer;
    const file = this.#file ?? this.#openPart();
    // Written faster than a thread could be woken for it.
    const small = this.#memory?.subarray(0, this.#received);
    if (small !== undefined) file.writeNow(small);
    if (modified_ms !== undefined) setFileModified(file, modified_ms);
    if (small === undefined) await file.sync();
    else await syncSmallFile(file, dir);
    file.close();
    this.#file = undefined;
    const part = this.#part ?? "";
    const put = async () => {
      // Looked at again: a link may have come where a directory was.
      const parent = makeBranch(dir, this.#above);
      const policy = tree === undefined ? onConflict : withinTree(onConflict);
      const name = this.#name;
      // One that was queued, sent again because its sender was interrupted, comes twice at once.
      const held = () => findOffered(parent, name, this.#offer, onConflict);
      const saved = this.#placer.place(part, parent, name, policy, held);
      if (saved === undefined) {
        const state = "skipped, a file of that name exists already";
        throw new Failure("conflict", state);
      }
      this.#part = undefined;
      await syncBranch(dir, this.#above);
      return saved;
    };
    try {
      return await this.#journal.placing(id, from, sha256, basename(part), put);
    } catch (error) {
      if (this.#part !== undefined) removeIfThere(part);
      throw error;
    }
  }
}

function setModified(path: string, ms: number): void {
  try {
    Deno.utimeSync(path, new Date(), new Date(ms));
  } catch {
    // Nothing depends on it.
  }
}
