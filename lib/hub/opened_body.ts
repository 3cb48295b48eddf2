/** A file that is open already, and is sent once, as it was when it was opened. */
import { createHash } from "node:crypto";
import { Failure } from "../failure.ts";
import { readFailure } from "../transfer/body.ts";
import { PacedFile } from "../transfer/pace.ts";
import type { Body, BodyReader, Digest } from "../transfer/transfer.ts";

/** See above; it takes over the file, and lets go of it when it was read, or never will be. */
export class OpenedBody implements Body {
  readonly #hash = createHash("sha256");
  #file: PacedFile | undefined;
  #digest: Digest | undefined;

  constructor(file: Deno.FsFile, readonly size: number) {
    this.#file = PacedFile.of(file);
  }

  read(offset: number): BodyReader {
    const next = async (into: Uint8Array, at: number): Promise<number> => {
      const room = into.subarray(0, Math.min(into.length, this.size - at));
      // Closed while it was read, or read before.
      if (this.#file === undefined) throw new Failure("input", "it was closed");
      const count = await this.#file.read(room);
      if (count === null) {
        const state = `it shrank to ${at} bytes while it was sent`;
        throw new Failure("input", state);
      }
      this.#hash.update(room.subarray(0, count));
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
      digest: () =>
        this.#digest ??= { size: at, sha256: this.#hash.digest("hex") },
      close: () => {
        closed = true;
        this.dispose();
      },
    };
  }

  dispose(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}
