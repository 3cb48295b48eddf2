/**
 * One body being received: hashed as it comes, kept under a partial name, and put in place only
 * when it is whole and its SHA-256 is the sender's. Small bodies and messages are held in memory
 * until then.
 */
import { createHash, type Hash } from "node:crypto";
import { join } from "@std/path";
import type { TransferFacts } from "../events.ts";
import { Failure } from "../failure.ts";
import { transferId } from "../protocol/data.ts";
import { INLINE_BYTES } from "../protocol/limits.ts";
import { parseExact } from "../text/exact_json.ts";
import { writeFailure } from "../transfer/disk.ts";
import { PacedFile } from "../transfer/pace.ts";
import type { Digest, Offer } from "../transfer/transfer.ts";
import type { InboxOptions } from "./inbox.ts";
import { syncDirectory, syncSmallFile } from "./durable.ts";
import { place } from "./place.ts";

/** How often a running transfer reports how far it is, in milliseconds. */
const PROGRESS_EVERY_MS = 1_000;

/** What every event of an arriving transfer says about it. */
export function arrivalFacts(offer: Offer, to: string): TransferFacts {
  const { id, from, name, kind, size } = offer;
  return { id, dir: "receive", from, to, name, kind, bytes: size };
}

/** One body on its way into an inbox. */
export class Arrival {
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
  readonly #startedAt: number;
  #reportedAt: number;
  #over = false;

  /** `name` has passed `safeFileName()`. */
  constructor(options: InboxOptions, offer: Offer, name: string) {
    this.#options = options;
    this.#offer = offer;
    this.#name = name;
    const small = offer.size !== null && offer.size <= INLINE_BYTES;
    if (small || offer.kind !== "file") {
      this.#memory = new Uint8Array(offer.size ?? 0);
    }
    this.#startedAt = this.#reportedAt = options.clock.now();
  }

  /** See arrivalFacts(). */
  get facts(): TransferFacts {
    return arrivalFacts(this.#offer, this.#options.name());
  }

  /** Bytes received so far. */
  get received(): number {
    return this.#received;
  }

  /**
   * Takes the next bytes, which are free to change once it returns or resolves. `tell` is called at
   * most once a second with how much has come. Throws Failure when they cannot be kept.
   */
  write(
    bytes: Uint8Array,
    tell: (received: number) => void,
  ): void | Promise<void> {
    if (this.#over) return;
    const at = this.#received;
    this.#received += bytes.length;
    const now = this.#options.clock.now();
    if (now - this.#reportedAt >= PROGRESS_EVERY_MS) {
      this.#reportedAt = now;
      tell(this.#received);
      const { id, to, bytes: total } = this.facts;
      const progress = {
        id,
        bytes: this.#received,
        total,
        dir: "receive",
        to,
      } as const;
      this.#options.emit({ event: "transfer.progress", ...progress });
    }
    this.#hash.update(bytes);
    if (this.#memory === undefined) return this.#writeToDisk(bytes);
    this.#memory.set(bytes, at);
  }

  /**
   * The body is whole: checks its digest, makes it durable, puts it in place and reports it. Throws
   * Failure `integrity` when the digest differs, or what kept it from its place; nothing is left
   * behind then.
   */
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
        ? await this.#save()
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
        bytes_per_s: ms > 0 ? Math.round(this.#received / ms * 1000) : 0,
      });
    } catch (error) {
      throw writeFailure(error);
    }
  }

  /** Reports that it is not wanted; nothing of it was written yet, and nothing will be. */
  decline(): void {
    this.#over = true;
    this.#options.emit({ event: "transfer.declined", ...this.facts });
  }

  /** Gives it up: removes what was written and reports why. */
  abort(failure: Pick<Failure, "code" | "message">, retryable: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#file?.close();
    this.#file = undefined;
    if (this.#part !== undefined) removeIfThere(this.#part);
    const { code, message } = failure;
    this.#options.emit({
      event: "transfer.failed",
      ...this.facts,
      code,
      message,
      retryable,
    });
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
    // At most 189 bytes for any name, plainly not the finished file, and not to be guessed: whoever
    // knows the transfer could else send another file under the partial name.
    const secret = transferId(crypto.getRandomValues(new Uint8Array(8)));
    const unique = `${this.#offer.id}.${secret}.part`;
    const part = join(dir, `${this.#name.slice(0, 50)}.${unique}`);
    this.#file = createFile(part, dir);
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

  async #save(): Promise<string | undefined> {
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
    try {
      const saved = place(part, dir, this.#name, onConflict);
      if (saved === undefined) {
        throw new Failure("conflict", "a file of that name exists already");
      }
      this.#part = undefined;
      await syncDirectory(dir);
      return saved;
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

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Gone already.
  }
}
