/** Writing: whole writes, and operating-system errors as failures. */
import { Failure } from "../failure.ts";

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

/** What the operating system said, as a state, without its number and our paths: others get to read it. */
export function systemState(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const said = message.replace(/ \(os error \d+\).*$/s, "");
  return said === message ? said : said.charAt(0).toLowerCase() + said.slice(1);
}
