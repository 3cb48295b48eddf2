/** A file that is open already, and is sent as it was when it was opened. */
import { Failure } from "../../failure.ts";
import { HashedBody, type Source } from "../../transfer/hashed.ts";
import { PacedFile } from "../../transfer/pace.ts";
import { readPieces, type Take } from "../../transfer/read.ts";

type Reading = number | null | Promise<number | null>;

/** See above. It takes over the file, and lets go of it when it was disposed of as often as it was `used`. */
export class OpenedBody extends HashedBody {
  #file: PacedFile | undefined;
  #uses = 0;
  /** The read under way; all readers share the file and its position. */
  #reading: Promise<unknown> | undefined;

  /** `fingerprint` is by what it can be gone on with; `closed` is called when the file was let go of. */
  constructor(
    file: Deno.FsFile,
    size: number,
    readonly fingerprint: string,
    private readonly closed: () => void,
  ) {
    super(size);
    this.#file = PacedFile.of(file);
  }

  /** It is sent, for the first time or because what arrived was not what was sent. */
  used(): this {
    this.#uses++;
    this.restart();
    return this;
  }

  protected override open(): Source {
    return {
      read: (at, into) => this.#read(at, (file) => file.read(into)),
      close: () => {},
    };
  }

  protected override readOver(from: number, take: Take): Promise<void> {
    const read = async (at: number, into: Uint8Array) =>
      await this.#read(at, (file) => file.readAside(into));
    return readPieces(read, from, this.size, take);
  }

  override dispose(): void {
    super.dispose();
    if (--this.#uses <= 0) this.close();
  }

  /** Lets go of the file, whoever uses it. */
  close(): void {
    if (this.#file === undefined) return;
    this.#file.close();
    this.#file = undefined;
    this.closed();
  }

  /** Reads at `at`, after whoever reads now. */
  #read(at: number, read: (file: PacedFile) => Reading): Reading {
    if (this.#reading !== undefined) {
      const again = () => this.#read(at, read);
      return this.#reading.then(again, again);
    }
    if (this.#file === undefined) throw new Failure("input", "it was closed");
    this.#file.seek(at);
    const reading = read(this.#file);
    if (!(reading instanceof Promise)) return reading;
    this.#reading = reading;
    return reading.finally(() => this.#reading = undefined);
  }
}
