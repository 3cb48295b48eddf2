/** A partial file: its name, that nobody else has, and its content, that nobody else takes for left over. */
import { PacedFile } from "../transfer/pace.ts";

/**
 * Makes a file at `path`, which nobody has, and the inbox `dir` when it is not there, and locks it. What may be run is up
 * to the owner's umask. Throws what the system gives.
 */
export function makePart(
  path: string,
  dir: string,
  executable: boolean,
): PacedFile {
  const mode = executable ? { mode: 0o777 } : {};
  const options = { write: true, createNew: true, ...mode };
  const file = openWithin(dir, () => PacedFile.open(path, options));
  file.tryLock();
  return file;
}

/** Gives the file its modification time, where its file system can. */
export function setFileModified(file: PacedFile, ms: number): void {
  try {
    file.setModified(ms);
  } catch {
    // Nothing depends on it.
  }
}

function openWithin(dir: string, open: () => PacedFile): PacedFile {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    Deno.mkdirSync(dir, { recursive: true });
    return open();
  }
}
