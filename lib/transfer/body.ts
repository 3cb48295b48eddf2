/** Bodies a sender has at hand: a message in memory, a file on disk, a pipe. */
import { createHash, type Hash } from "node:crypto";
import { Failure } from "../failure.ts";
import { INLINE_BYTES } from "../protocol/limits.ts";
import { systemState } from "./disk.ts";
import { PacedFile } from "./pace.ts";
import type { Body, BodyReader, Digest } from "./transfer.ts";

/** A body in memory: a message, or a small file already read. */
export class BytesBody implements Body {
  readonly size: number;
  #digest: Digest | undefined;

  constructor(readonly bytes: Uint8Array) {
    this.size = bytes.length;
  }

  read(offset: number): BodyReader {
    let at = offset;
    return {
      pull: (into) => {
        if (at >= this.size) return null;
        const length = Math.min(into.length, this.size - at);
        into.set(this.bytes.subarray(at, at + length));
        at += length;
        return length;
      },
      digest: () =>
        this.#digest ??= {
          size: this.size,
          sha256: createHash("sha256").update(this.bytes).digest("hex"),
        },
      close: () => {},
    };
  }

  dispose(): void {}
}

/**
 * SHA-256 of a body that several readers go through at their own speeds, computed once: whoever is
 * ahead feeds it.
 */
export class SharedHash {
  #hash: Hash = createHash("sha256");
  #at = 0;
  #sha256: string | undefined;

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

/**
 * A file on disk, read and hashed as it is sent, never copied: also the spool of what the hub
 * itself sends. Each reader has its own handle.
 */
export class FileBody implements Body {
  readonly #hash = new SharedHash();

  constructor(readonly path: string, readonly size: number) {}

  read(offset: number): BodyReader {
    let at = offset;
    let file: PacedFile | undefined;
    let closed = false;
    const { path, size } = this;
    const hash = this.#hash;
    // A resumed body is hashed from its beginning: the fingerprint is of the whole file.
    let hashed = offset === 0;

    async function hashUpTo(end: number, file: PacedFile, into: Uint8Array) {
      for (let from = 0; from < end;) {
        const room = into.subarray(0, Math.min(into.length, end - from));
        const n = await file.read(room);
        if (n === null) return;
        hash.feed(from, room.subarray(0, n));
        from += n;
      }
    }

    return {
      async pull(into) {
        // Closed while it was being read: nobody wants the rest.
        if (closed || (hashed && at >= size)) return null;
        try {
          file ??= PacedFile.open(path, { read: true });
          if (!hashed) await hashUpTo(offset, file, into);
          hashed = true;
          if (at >= size) return null;
          const room = into.subarray(0, Math.min(into.length, size - at));
          const n = await file.read(room);
          if (n === null) {
            const state = `it shrank to ${at} bytes while it was sent`;
            throw new Failure("input", state);
          }
          hash.feed(at, room.subarray(0, n));
          at += n;
          return n;
        } catch (error) {
          if (closed) return null;
          throw error instanceof Failure ? error : readFailure(error);
        }
      },
      digest: () => hash.digest(),
      close() {
        closed = true;
        file?.close();
        file = undefined;
      },
    };
  }

  dispose(): void {}
}

/** The file at `path`, which had `size` bytes; a small one is read at once: one call instead of three. Throws Failure `input`. */
export function fileBody(path: string, size: number): Body {
  if (size > INLINE_BYTES) return new FileBody(path, size);
  try {
    return new BytesBody(Deno.readFileSync(path));
  } catch (error) {
    throw readFailure(error);
  }
}

/** A body that comes through a pipe: one reader, size unknown until the end. */
export class StreamBody implements Body {
  readonly size = null;

  constructor(readonly source: ReadableStream<Uint8Array>) {}

  read(_offset: number, wake: () => void): BodyReader {
    const reader = this.source.getReader();
    const hash = createHash("sha256");
    let size = 0;
    let ready: Uint8Array = new Uint8Array(0);
    let state: "idle" | "waiting" | "ended" = "idle";
    let failure: Failure | undefined;

    function fetch() {
      state = "waiting";
      reader.read().then(({ value, done }) => {
        state = done ? "ended" : "idle";
        if (value !== undefined) ready = value;
        wake();
      }, (error) => {
        failure = readFailure(error);
        wake();
      });
    }

    return {
      // Never waits: a slow pipe must not hold up what else goes out on the connection.
      pull(into) {
        if (failure !== undefined) throw failure;
        if (ready.length === 0) {
          if (state === "ended") return null;
          if (state === "idle") fetch();
          return 0;
        }
        const bytes = ready.subarray(0, into.length);
        ready = ready.subarray(bytes.length);
        into.set(bytes);
        hash.update(bytes);
        size += bytes.length;
        return bytes.length;
      },
      digest: () => ({ size, sha256: hash.digest("hex") }),
      close() {
        reader.cancel().catch(() => {});
      },
    };
  }

  dispose(): void {}
}

/** Words an error of the operating system while reading, without its path. */
export function readFailure(error: unknown): Failure {
  if (error instanceof Deno.errors.NotFound) {
    return new Failure("input", "it does not exist", { cause: error });
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new Failure("input", "permission denied", { cause: error });
  }
  if (error instanceof Deno.errors.IsADirectory) {
    return new Failure("input", "it is a directory", { cause: error });
  }
  return new Failure("input", systemState(error), { cause: error });
}
