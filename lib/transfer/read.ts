/** Reading files: over long stretches without holding anybody up, and what is said when it fails. */
import { Failure, systemState } from "../failure.ts";

/** Bytes read at once by `readPieces()`: large enough that waking a thread for them costs little. */
const PIECE_BYTES = 1024 * 1024;

/** Takes the bytes that stand at `from`, a view that is valid until it returns; false to stop. */
export type Take = (from: number, bytes: Uint8Array) => boolean;

/**
 * Reads a file from `from` up to `end`, on a thread, one piece ahead of what `take` makes of them:
 * the event loop is free between two pieces, however large the file is. Throws Failure `input` when
 * the file ends before, or what the system gives.
 */
export async function readOver(
  path: string,
  from: number,
  end: number,
  take: Take,
): Promise<void> {
  using file = await Deno.open(path, { read: true });
  await file.seek(from, Deno.SeekMode.Start);
  await readPieces((_, into) => file.read(into), from, end, take);
}

/** The same with `read`, which reads what stands at `at`; it must not do so in place. */
export async function readPieces(
  read: (at: number, into: Uint8Array) => Promise<number | null>,
  from: number,
  end: number,
  take: Take,
): Promise<void> {
  const bytes = Math.min(PIECE_BYTES, end - from);
  let [room, spare] = [new Uint8Array(bytes), new Uint8Array(bytes)];
  const next = (into: Uint8Array, at: number) =>
    at < end
      ? read(at, into.subarray(0, Math.min(into.length, end - at)))
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

/** The file ends before its size. */
export function shrunk(bytes: number): Failure {
  return new Failure("input", `it shrank to ${bytes} bytes while it was sent`);
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
