/** Bodies a sender has at hand: a message in memory, a file on disk, a pipe. */
import { createHash, type Hash } from "node:crypto";
import { Failure, systemState } from "../failure.ts";
import { INLINE_BYTES } from "../protocol/limits.ts";
import { fingerprintOf } from "./fingerprint.ts";
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

/**
 * A file on disk, read and hashed as it is sent, never copied: also the spool of what the hub
 * itself sends. Each reader has its own handle.
 */
export class FileBody implements Body {
  readonly #hash = new SharedHash();
  /** Hashing in the background, up to `#hashEnd` or a little further. */
  #hashing: Promise<void> | undefined;
  #hashEnd = 0;
  readonly #name: string | undefined;
  readonly fingerprint: string | undefined;

  /**
   * With `name`, that it is sent under, it has a fingerprint and can be gone on with. Throws
   * Failure `input` when it cannot be read.
   */
  constructor(readonly path: string, readonly size: number, name?: string) {
    this.#name = name;
    this.fingerprint = this.#fingerprint();
  }

  assertUnchanged(): void {
    if (this.#fingerprint() === this.fingerprint) return;
    throw new Failure("input", "it changed while it was sent");
  }

  read(offset: number, wake: () => void): BodyReader {
    let at = offset;
    let file: PacedFile | undefined;
    let closed = false;
    let checking: "no" | "yes" | Failure = "no";
    const { path, size } = this;
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
      async pull(into) {
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
          if (file === undefined) {
            file = PacedFile.open(path, { read: true });
            file.seek(at);
          }
          const room = into.subarray(0, Math.min(into.length, size - at));
          const n = await file.read(room);
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
        file?.close();
        file = undefined;
      },
    };
  }

  hashAhead(): void {
    // What cannot be read is found out by the reader.
    this.#hashUpTo(this.size).catch(() => {});
  }

  dispose(): void {
    this.#hashEnd = 0;
  }

  #hashUpTo(end: number): Promise<void> {
    this.#hashEnd = Math.max(this.#hashEnd, end);
    const hash = this.#hash;
    return this.#hashing ??= readOver(
      this.path,
      hash.at,
      this.size,
      (from, bytes) => {
        hash.feed(from, bytes);
        return hash.at < this.#hashEnd;
      },
    ).finally(() => this.#hashing = undefined);
  }

  #fingerprint(): string | undefined {
    if (this.#name === undefined) return undefined;
    try {
      return fingerprintOf(this.path, this.#name);
    } catch (error) {
      throw readFailure(error);
    }
  }
}

/** Bytes read at once by `readOver()`: large enough that waking a thread for them costs little. */
const PIECE_BYTES = 1024 * 1024;

/**
 * Reads a file from `from` up to `end`, on a thread, one piece ahead of what `take` makes of them:
 * the event loop is free between two pieces, however large the file is. `take` gives false to stop.
 * Throws Failure `input` when the file ends before, or what the system gives.
 */
export async function readOver(
  path: string,
  from: number,
  end: number,
  take: (from: number, bytes: Uint8Array) => boolean,
): Promise<void> {
  using file = await Deno.open(path, { read: true });
  await file.seek(from, Deno.SeekMode.Start);
  const bytes = Math.min(PIECE_BYTES, end - from);
  let [room, spare] = [new Uint8Array(bytes), new Uint8Array(bytes)];
  const next = (into: Uint8Array, at: number) =>
    at < end
      ? file.read(into.subarray(0, Math.min(into.length, end - at)))
      : null;
  let reading = next(room, from);
  for (let at = from; at < end;) {
    const n = await reading;
    if (n === null) throw shrunk(at);
    const piece = room.subarray(0, n);
    [room, spare] = [spare, room];
    reading = next(room, at + n);
    if (!take(at, piece)) {
      await reading;
      return;
    }
    at += n;
  }
}

function shrunk(bytes: number): Failure {
  return new Failure("input", `it shrank to ${bytes} bytes while it was sent`);
}

/**
 * The file at `path`, which had `size` bytes, sent under `name`; a small one is read at once: one
 * call instead of three. Throws Failure `input`.
 */
export function fileBody(path: string, size: number, name: string): Body {
  return size > INLINE_BYTES
    ? new FileBody(path, size, name)
    : new BytesBody(readSmall(path));
}

function readSmall(path: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    throw readFailure(error);
  }
}

const BEYOND = new Uint8Array(1);

/** Reads a small file whole, in place. Throws Failure `input`, also when it is not as long as `into`. */
export function readInto(path: string, into: Uint8Array): void {
  try {
    using file = Deno.openSync(path);
    let at = 0;
    while (at < into.length) {
      const count = file.readSync(into.subarray(at));
      if (count === null) throw shrunk(at);
      at += count;
    }
    if (file.readSync(BEYOND) === null) return;
    throw new Failure("input", "it grew while it was sent");
  } catch (error) {
    throw error instanceof Failure ? error : readFailure(error);
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
