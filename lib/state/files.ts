/** Files of the state directory: only their owner reads them, and nobody sees half of one. */
import { dirname } from "@std/path";
import { removeIfThere, writeAllSync } from "../transfer/disk.ts";

const encoder = new TextEncoder();

/** Makes a directory nobody else can look into, and those above it. Throws what the system says. */
export function makePrivateDirectory(path: string): void {
  Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
}

/**
 * Puts `content` at `path`: readers see the old content or the new, with `durable` also after a
 * loss of power. Throws what the system says.
 */
export function replaceFile(
  path: string,
  content: string,
  durable = false,
): void {
  const fresh = writeBeside(path, content, durable);
  try {
    Deno.renameSync(fresh, path);
  } catch (error) {
    removeIfThere(fresh);
    throw error;
  }
}

/**
 * Puts `content` at `path` unless something is there, also when several processes try at once:
 * exactly one of them succeeds, and all find the same whole file. It outlives a loss of power.
 * Throws what the system says.
 */
export function createFile(path: string, content: string): void {
  const fresh = writeBeside(path, content, true);
  try {
    Deno.linkSync(fresh, path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    // A file system without hard links: of several that try at once the last one stays.
    Deno.renameSync(fresh, path);
  } finally {
    removeIfThere(fresh);
  }
}

function writeBeside(path: string, content: string, durable: boolean): string {
  makePrivateDirectory(dirname(path));
  const fresh = `${path}.${crypto.randomUUID()}`;
  using file = Deno.openSync(fresh, {
    write: true,
    createNew: true,
    mode: 0o600,
  });
  writeAllSync(file, encoder.encode(content));
  if (durable) file.syncDataSync();
  return fresh;
}
