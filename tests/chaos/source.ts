/** What is sent in a round: files made from its seed, and what they must be when they arrive. */
import { createHash } from "node:crypto";
import { dirname, join } from "@std/path";
import { writeAllSync } from "../../lib/transfer/disk.ts";
import { pattern } from "../support/files.ts";
import type { Payload } from "./plan.ts";

/** One file that was sent: where it belongs below an inbox, and its SHA-256. */
export interface Sent {
  readonly path: string;
  readonly sha256: string;
}

/** Makes the files of a payload in `dir`; gives what must arrive. No two have the same content. */
export function makeSource(
  { name, isDirectory, files }: Payload,
  dir: string,
  seed: number,
): Sent[] {
  return files.map(({ path, bytes }, n) => {
    const below = isDirectory ? join(name, path) : path;
    const full = join(dir, below);
    Deno.mkdirSync(dirname(full), { recursive: true });
    const content = pattern(bytes, seed * 7919 + n * 104729 + name.length);
    // Also very small ones differ.
    new TextEncoder().encodeInto(`${seed}/${name}/${path}`, content);
    using file = Deno.openSync(full, { write: true, create: true });
    writeAllSync(file, content);
    const executable = isDirectory && n % 7 === 0;
    if (executable) Deno.chmodSync(full, 0o755);
    return {
      path: below,
      sha256: createHash("sha256").update(content).digest("hex"),
    };
  });
}

/** A file found. */
export interface Found extends Sent {
  readonly bytes: number;
}

/** Everything below a directory that is a file. */
export function filesBelow(dir: string, below = ""): Found[] {
  const found: Found[] = [];
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(join(dir, below))];
  } catch {
    return []; // Nothing has come.
  }
  for (const { name, isDirectory } of entries) {
    const path = join(below, name);
    if (isDirectory) {
      found.push(...filesBelow(dir, path));
      continue;
    }
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = Deno.readFileSync(join(dir, path));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue; // It is gone since.
      throw error;
    }
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    found.push({ path, sha256, bytes: bytes.length });
  }
  return found;
}
