/** A file that is open already, and is sent as it was when it was opened. */
import { createHash } from "node:crypto";
import { Failure } from "../failure.ts";
import { readFailure } from "../transfer/body.ts";
import { PacedFile } from "../transfer/pace.ts";
import type { Body, BodyReader, Digest } from "../transfer/transfer.ts";

/** See above. It takes over the file, and lets go of it when it was disposed of as often as it was `used`. One reader at a time. */
export class OpenedBody implements Body {
  #file: PacedFile | undefined;
  #uses = 0;

  /** `fingerprint` is by what it can be gone on with; `closed` is called when the file was let go of. */
  constructor(
    file: Deno.FsFile,
    readonly size: number,
    readonly fingerprint: string,
    private readonly closed: () => void,
  ) {
    this.#file = PacedFile.of(file);
  }

  /** It is sent, for the first time or because what arrived was not what was sent. */
  used(): this {
    this.#uses++;
    return this;
  }

  read(offset: number): BodyReader {
    const hash = createHash("sha256");
    let digest: Digest | undefined;
    this.#file?.seek(0);
    const next = async (into: Uint8Array, at: number): Promise<number> => {
      const room = into.subarray(0, Math.min(into.length, this.size - at));
      // Closed while it was read.
      if (this.#file === undefined) throw new Failure("input", "it was closed");
      const count = await this.#file.read(room);
      if (count === null) {
        const state = `it shrank to ${at} bytes while it was sent`;
        throw new Failure("input", state);
      }
      hash.update(room.subarray(0, count));
      return count;
    };
    let at = 0;
    let closed = false;
    return {
      pull: async (into) => {
        try {
          while (!closed && at < this.size) {
            const count = await next(into, at);
            at += count;
            if (at <= offset) continue;
            // What lies before the offset was sent before, and is only hashed.
            const before = Math.max(offset - (at - count), 0);
            if (before > 0) into.copyWithin(0, before, count);
            return count - before;
          }
          return null;
        } catch (error) {
          if (closed) return null;
          throw error instanceof Failure ? error : readFailure(error);
        }
      },
      digest: () => digest ??= { size: at, sha256: hash.digest("hex") },
      close: () => {
        closed = true;
      },
    };
  }

  dispose(): void {
    if (--this.#uses <= 0) this.close();
  }

  /** Lets go of the file, whoever uses it. */
  close(): void {
    if (this.#file === undefined) return;
    this.#file.close();
    this.#file = undefined;
    this.closed();
  }
}
