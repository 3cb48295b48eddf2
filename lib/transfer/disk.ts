/** Files: whole writes, errors of the operating system as failures, and removal. */
import { Failure, systemState } from "../failure.ts";

/** Writes all of `bytes` to a file or a socket; one `write` may take fewer. */
export async function writeAll(
  file: Pick<Deno.FsFile, "write">,
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await file.write(bytes.subarray(at));
  }
}

/** `writeAll` for a few bytes: done before it returns. */
export function writeAllSync(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

/** Words an error of the operating system while writing, without its path: `the disk is full`. */
export function writeFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const code = error instanceof Error && "code" in error ? error.code : "";
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new Failure("disk-full", "the disk is full", { cause: error });
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new Failure("output", "permission denied", { cause: error });
  }
  if (error instanceof Deno.errors.NotFound) {
    return new Failure("output", "the directory is gone", { cause: error });
  }
  if (code === "ENOTDIR") {
    const state = "a file is where its directory should be";
    return new Failure("output", state, { cause: error });
  }
  return new Failure("output", systemState(error), { cause: error });
}

/** Removes a file if it is there. */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Gone already.
  }
}
