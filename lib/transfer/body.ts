/** Bodies a sender has at hand: a message in memory, a file on disk, a pipe. */
import { createHash } from "node:crypto";
import { Failure } from "../failure.ts";
import { INLINE_BYTES } from "../protocol/limits.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { HashedBody, type Source } from "./hashed.ts";
import { PacedFile } from "./pace.ts";
import { readFailure, readOver, type Take } from "./read.ts";
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

/** A file on disk, never copied: also the spool of what the hub itself sends. Each reader has its own handle. */
export class FileBody extends HashedBody {
  readonly #name: string | undefined;
  readonly fingerprint: string | undefined;

  /**
   * With `name`, that it is sent under, it has a fingerprint and can be gone on with. Throws
   * Failure `input` when it cannot be read.
   */
  constructor(readonly path: string, size: number, name?: string) {
    super(size);
    this.#name = name;
    this.fingerprint = this.#fingerprint();
  }

  assertUnchanged(): void {
    if (this.#fingerprint() === this.fingerprint) return;
    throw new Failure("input", "it changed while it was sent");
  }

  protected override open(at: number): Source {
    const file = PacedFile.open(this.path, { read: true });
    file.seek(at);
    return {
      read: (_, into) => file.read(into),
      close: () => file.close(),
    };
  }

  protected override readOver(from: number, take: Take): Promise<void> {
    return readOver(this.path, from, this.size, take);
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
