/** Files of the state directory: only their owner reads them, and nobody sees half of one. */
import { dirname } from "@std/path";

/** Makes a directory nobody else can look into, and those above it. Throws what the system says. */
export function makePrivateDirectory(path: string): void {
  Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** Puts `content` at `path`: readers see the old content or the new. Throws what the system says. */
export function replaceFile(path: string, content: string): void {
  const fresh = writeBeside(path, content);
  try {
    Deno.renameSync(fresh, path);
  } catch (error) {
    removeIfThere(fresh);
    throw error;
  }
}

/**
 * Puts `content` at `path` unless something is there, also when several processes try at once:
 * exactly one of them succeeds, and all find the same whole file. Throws what the system says.
 */
export function createFile(path: string, content: string): void {
  const fresh = writeBeside(path, content);
  try {
    Deno.linkSync(fresh, path);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  } finally {
    removeIfThere(fresh);
  }
}

/** Removes a file; one that is gone is no matter. */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Gone already.
  }
}

function writeBeside(path: string, content: string): string {
  makePrivateDirectory(dirname(path));
  const fresh = `${path}.${crypto.randomUUID()}`;
  Deno.writeTextFileSync(fresh, content, { mode: 0o600, createNew: true });
  return fresh;
}
