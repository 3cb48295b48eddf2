/** Bodies that lie on disk, read by several readers, and ahead of them, but hashed once. */
import { createHash, type Hash } from "node:crypto";
import { Failure } from "../failure.ts";
import { readFailure, shrunk, type Take } from "./read.ts";
import type { Body, BodyReader, Digest } from "./transfer.ts";

/**
 * SHA-256 of a body that several readers go through at their own speeds, computed once: whoever is
 * ahead feeds it.
 */
export class SharedHash {
  #hash: Hash = createHash("sha256");
  #at = 0;
  #sha256: string | undefined;

  /** Bytes hashed, from the beginning. */
  get at(): number {
    return this.#at;
  }

  /** `bytes` stand at `offset` of the body; what was hashed before is passed over. */
  feed(offset: number, bytes: Uint8Array): void {
    const fresh = offset + bytes.length - this.#at;
    if (fresh <= 0 || offset > this.#at) return;
    this.#hash.update(
      fresh === bytes.length ? bytes : bytes.subarray(bytes.length - fresh),
    );
    this.#at += fresh;
  }

  /** The digest of everything fed. */
  digest(): Digest {
    this.#sha256 ??= this.#hash.digest("hex");
    return { size: this.#at, sha256: this.#sha256 };
  }
}

/** Where one reader of a body gets its bytes. */
export interface Source {
  /** Reads the bytes at `at`, where it was opened or the last ones ended; null at the end. */
  read(
    at: number,
    into: Uint8Array,
  ): number | null | Promise<number | null>;
  close(): void;
}

/**
 * A body on disk, read and hashed as it is sent, or hashed ahead of that. Where a reader begins
 * behind what is hashed, what lies between is hashed in the background first.
 */
export abstract class HashedBody implements Body {
  #hash = new SharedHash();
  /** Hashing in the background, up to `#hashEnd` or a little further. */
  #hashing: Promise<void> | undefined;
  #hashEnd = 0;

  constructor(readonly size: number) {}

  /** Opens it for one reader that begins at `at`. Throws what the system gives, or Failure `input`. */
  protected abstract open(at: number): Source;

  /** See `readOver()`; to the end of the body. */
  protected abstract readOver(from: number, take: Take): Promise<void>;

  read(offset: number, wake: () => void): BodyReader {
    let at = offset;
    let source: Source | undefined;
    let closed = false;
    let checking: "no" | "yes" | Failure = "no";
    const { size } = this;
    const hash = this.#hash;
    // From here on the reader itself hashes what it reads.
    this.#hashEnd = 0;

    /** What was sent before is hashed again: the digest is of the whole file. */
    const hashBefore = async () => {
      checking = "yes";
      try {
        while (hash.at < offset && !closed) await this.#hashUpTo(offset);
        checking = "no";
      } catch (error) {
        checking = error instanceof Failure ? error : readFailure(error);
      }
      wake();
    };

    const stopHashing = () => this.#hashEnd = 0;
    return {
      pull: async (into) => {
        // Closed while it was being read: nobody wants the rest.
        if (closed) return null;
        if (checking === "yes") return 0;
        if (checking !== "no") throw checking;
        if (hash.at < at) {
          hashBefore();
          return 0;
        }
        if (at >= size) return null;
        try {
          source ??= this.open(at);
          const room = into.subarray(0, Math.min(into.length, size - at));
          const n = await source.read(at, room);
          if (n === null) throw shrunk(at);
          hash.feed(at, room.subarray(0, n));
          at += n;
          return n;
        } catch (error) {
          if (closed) return null;
          throw error instanceof Failure ? error : readFailure(error);
        }
      },
      digest: () => hash.digest(),
      waits: () => checking === "yes",
      close() {
        closed = true;
        if (checking === "yes") stopHashing();
        source?.close();
        source = undefined;
      },
    };
  }

  hashAhead(): void {
    if (this.#hash.at >= this.size) return;
    // What cannot be read is found out by the reader.
    this.#hashUpTo(this.size).catch(() => {});
  }

  dispose(): void {
    this.#hashEnd = 0;
  }

  /** It is sent anew: nothing that was hashed before counts. */
  protected restart(): void {
    this.#hash = new SharedHash();
    this.#hashing = undefined;
  }

  #hashUpTo(end: number): Promise<void> {
    this.#hashEnd = Math.max(this.#hashEnd, end);
    const hash = this.#hash;
    const hashing = this.#hashing ??= this.readOver(hash.at, (from, bytes) => {
      hash.feed(from, bytes);
      // A reader that has got ahead of this hashes what it reads.
      const isAhead = hash.at === from + bytes.length;
      return isAhead && hash === this.#hash && hash.at < this.#hashEnd;
    }).finally(() => {
      if (hash === this.#hash) this.#hashing = undefined;
    });
    return hashing;
  }
}
