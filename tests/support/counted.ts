/** A file that tells what is read of it. */
import { FileBody } from "../../lib/transfer/body.ts";
import type { Source } from "../../lib/transfer/hashed.ts";
import type { Take } from "../../lib/transfer/read.ts";
import { Recorder } from "./recorder.ts";

/** A file as a body that counts. */
export class CountedBody extends FileBody {
  /** Where each piece hashed in the background ends. */
  readonly hashed = new Recorder<number>();
  #hashing: Promise<void> | undefined;
  /** Bytes that readers have read. */
  readBytes = 0;

  /** Bytes read in the background. */
  hashedBytes = 0;

  protected override open(at: number): Source {
    const source = super.open(at);
    return {
      read: async (from, into) => {
        const count = await source.read(from, into);
        this.readBytes += count ?? 0;
        return count;
      },
      close: () => source.close(),
    };
  }

  protected override readOver(from: number, take: Take): Promise<void> {
    const hashing = super.readOver(from, (at, bytes) => {
      this.hashedBytes += bytes.length;
      const goesOn = take(at, bytes);
      this.hashed.add(at + bytes.length);
      return goesOn;
    });
    this.#hashing = hashing.catch(() => {});
    return hashing;
  }

  /** Resolves when nothing is read in the background any more. */
  async settled(): Promise<void> {
    await this.#hashing;
  }

  /** Resolves when it was hashed in the background up to `end`. */
  async hashedTo(end: number): Promise<void> {
    await this.hashed.until((at) => at >= end, `${end} bytes hashed`);
  }
}
