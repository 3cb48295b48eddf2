/**
 * One body being received: hashed as it comes, kept under a partial name, and put in place only
 * when it is whole and its SHA-256 is the sender's. Small bodies and messages are held in memory
 * until then.
 */
import { createHash, type Hash } from "node:crypto";
import { basename } from "@std/path";
import type { TransferFacts } from "../events.ts";
import { Failure } from "../failure.ts";
import { INLINE_BYTES } from "../protocol/limits.ts";
import { parseExact } from "../text/exact_json.ts";
import { writeFailure } from "../transfer/disk.ts";
import { readOver } from "../transfer/body.ts";
import { PacedFile } from "../transfer/pace.ts";
import type { Digest, Offer } from "../transfer/transfer.ts";
import type { InboxOptions } from "./inbox.ts";
import { syncDirectory, syncSmallFile } from "./durable.ts";
import { partKey, type Parts, removeIfThere } from "./parts.ts";
import { place } from "./place.ts";
import type { Received, ReceivedBefore } from "./received.ts";

/** How often a running transfer reports how far it is, in milliseconds. */
const PROGRESS_EVERY_MS = 1_000;

/** What every event of an arriving transfer says about it. */
export function arrivalFacts(offer: Offer, to: string): TransferFacts {
  const { id, from, name, kind, size } = offer;
  return { id, dir: "receive", from, to, name, kind, bytes: size };
}

/** Tells how many bytes of a body have come, or are checked again. */
export type Tell = (received: number) => void;

/** What becomes of a body that comes in. */
export interface Taking {
  /** See arrivalFacts(). */
  readonly facts: TransferFacts;
  /**
   * Where the body is to begin: what is here from before is checked, however long that takes.
   * Throws Failure when it cannot be. Not asked where the body comes at once.
   */
  prepare(tell: Tell): number | Promise<number>;
  /**
   * Takes the next bytes, which are free to change once it returns or resolves. `tell` is called at
   * most once a second with how much has come. Throws Failure when they cannot be kept.
   */
  write(bytes: Uint8Array, tell: Tell): void | Promise<void>;
  /**
   * The body is whole: checks its digest, makes it durable, puts it in place and reports it. Throws
   * Failure `integrity` when the digest differs, or what kept it from its place; nothing is left
   * behind then.
   */
  commit(digest: Digest): Promise<void>;
  decline(): void;
  /** Gives it up and reports why. With `keep`, what can be gone on with later stays. */
  abort(
    failure: Pick<Failure, "code" | "message">,
    retryable: boolean,
    keep: boolean,
  ): void;
}

/** One body on its way into an inbox. */
export class Arrival implements Taking {
  readonly #options: InboxOptions;
  readonly #offer: Offer;
  /** The name on disk, safe. */
  readonly #name: string;
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
  /** By what the partial file is found again; undefined where it is not to be. */
  readonly #key: string | undefined;
  readonly #startedAt: number;
  #reportedAt: number;
  #over = false;

  /** `name` has passed `safeFileName()`. */
  constructor(
    options: InboxOptions,
    offer: Offer,
    name: string,
    parts: Parts,
    received: Received,
  ) {
    this.#parts = parts;
    this.#journal = received;
    this.#options = options;
    this.#offer = offer;
    this.#name = name;
    const small = offer.size !== null && offer.size <= INLINE_BYTES;
    if (small || offer.kind !== "file") {
      this.#memory = new Uint8Array(offer.size ?? 0);
    } else this.#key = partKey(offer);
    this.#startedAt = this.#reportedAt = options.clock.now();
  }

  get facts(): TransferFacts {
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

  async commit(digest: Digest): Promise<void> {
    try {
      const sha256 = this.#hash.digest("hex");
      if (sha256 !== digest.sha256 || this.#received !== digest.size) {
        throw new Failure(
          "integrity",
          "what arrived differs from what was sent (SHA-256)",
        );
      }
      const content = this.#content();
      const saved = this.#offer.kind === "file" || this.#options.keepMessages
        ? await this.#save(sha256)
        : undefined;
      this.#over = true;
      const ms = this.#options.clock.now() - this.#startedAt;
      this.#options.emit({
        event: "transfer.completed",
        ...this.facts,
        bytes: this.#received,
        sha256,
        ...(saved === undefined ? {} : { saved }),
        ...content,
        bytes_per_s: ms > 0
          ? Math.round((this.#received - this.#offset) / ms * 1000)
          : 0,
      });
      if (saved === undefined) {
        const { id, from } = this.#offer;
        this.#journal.add(id, from, sha256);
      }
    } catch (error) {
      throw writeFailure(error);
    }
  }

  /** Reports that it is not wanted; nothing of it was written yet, and nothing will be. */
  decline(): void {
    this.#over = true;
    this.#options.emit({ event: "transfer.declined", ...this.facts });
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
    const { code, message } = failure;
    this.#options.emit({
      event: "transfer.failed",
      ...this.facts,
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
    const { id, to, bytes: total } = this.facts;
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
    this.#file = createFile(part, dir);
    this.#file.tryLock();
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

  async #save(sha256: string): Promise<string | undefined> {
    const { dir, onConflict } = this.#options;
    const file = this.#file ?? this.#openPart();
    if (this.#memory === undefined) {
      await file.sync();
    } else {
      // Written faster than a thread could be woken for it.
      file.writeNow(this.#memory.subarray(0, this.#received));
      await syncSmallFile(file, dir);
    }
    file.close();
    this.#file = undefined;
    const part = this.#part ?? "";
    const { id, from } = this.#offer;
    const put = async () => {
      const saved = place(part, dir, this.#name, onConflict);
      if (saved === undefined) {
        const state = "skipped, a file of that name exists already";
        throw new Failure("conflict", state);
      }
      this.#part = undefined;
      await syncDirectory(dir);
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

/** Makes a file nobody has, and the directory when it is not there. */
function createFile(path: string, dir: string): PacedFile {
  const options = { write: true, createNew: true };
  try {
    return PacedFile.open(path, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    Deno.mkdirSync(dir, { recursive: true });
    return PacedFile.open(path, options);
  }
}

/**
 * A body that has arrived before, and whose receipt was lost: nothing of it is kept, and the receipt
 * is said again.
 */
export class Repeat implements Taking {
  readonly #offer: Offer;
  readonly #known: ReceivedBefore;
  readonly facts: TransferFacts;

  constructor(offer: Offer, to: string, known: ReceivedBefore) {
    this.#offer = offer;
    this.#known = known;
    this.facts = arrivalFacts(offer, to);
  }

  async prepare(): Promise<number> {
    await this.#known.placed;
    return this.#offer.size ?? 0;
  }

  write(): void {}

  async commit({ sha256 }: Digest): Promise<void> {
    await this.#known.placed;
    if (sha256 === this.#known.sha256) return;
    const state = "another body has arrived under this transfer's id";
    throw new Failure("integrity", state);
  }

  decline(): void {}

  abort(): void {}
}
