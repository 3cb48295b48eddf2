/** Tells one content of a file from another without reading it all: what an interrupted transfer is gone on with by. */
import { createHash } from "node:crypto";

/** Read from the beginning and from the end of a file. Bytes. */
const EDGE_BYTES = 64 * 1024;

/**
 * The fingerprint of the file at `path` as it is sent under `name`: 64 hexadecimal digits, from its
 * size, modification time, name, first and last bytes. Whoever keeps all of these while changing
 * the middle is found out by the SHA-256 at the end. Throws what the system gives.
 */
export function fingerprintOf(path: string, name: string): string {
  using file = Deno.openSync(path);
  return fingerprintOfOpen(file, name);
}

/** The same of a file that is open, which is then read from its beginning again. */
export function fingerprintOfOpen(file: Deno.FsFile, name: string): string {
  const { size, mtime } = file.statSync();
  const hash = createHash("sha256");
  hash.update(JSON.stringify([size, mtime?.getTime() ?? null, name]));
  const room = new Uint8Array(EDGE_BYTES);
  hash.update(room.subarray(0, file.readSync(room) ?? 0));
  if (size > EDGE_BYTES) {
    file.seekSync(-Math.min(EDGE_BYTES, size - EDGE_BYTES), Deno.SeekMode.End);
    hash.update(room.subarray(0, file.readSync(room) ?? 0));
  }
  file.seekSync(0, Deno.SeekMode.Start);
  return hash.digest("hex");
}
