/** Files and pipes as sources of bytes. */
import { Failure } from "../failure.ts";
import { safe } from "../text/safe.ts";
import type { Source } from "./source.ts";

/** Bytes read at once: larger reads are hardly faster, and cost memory until they are collected. */
const READ = 64 << 10;
/** Of so many reads one is waited for. */
const WAIT_EVERY = 16;

/** A file as a source; its name in messages is `name`, or the path. */
export function fileSource(path: string, name = path): Source {
  return {
    name,
    async *open() {
      let file: Deno.FsFile;
      try {
        file = await Deno.open(path);
      } catch (error) {
        throw unreadable(name, error);
      }
      try {
        const regular = (await file.stat()).isFile;
        for (let reads = 1;; reads++) {
          const buffer = new Uint8Array(READ);
          // Reading at once is faster, but only waiting lets signals and deadlines be noticed; what
          // is no regular file may keep its reader waiting for long.
          const wait = !regular || reads % WAIT_EVERY === 0;
          let count: number | null;
          try {
            count = wait ? await file.read(buffer) : file.readSync(buffer);
          } catch (error) {
            throw unreadable(name, error);
          }
          if (count === null) return;
          yield buffer.subarray(0, count);
        }
      } finally {
        file.close();
      }
    },
  };
}

function unreadable(name: string, error: unknown): Failure {
  const why = error instanceof Deno.errors.NotFound
    ? "there is no such file"
    : error instanceof Deno.errors.PermissionDenied
    ? "it may not be read"
    : error instanceof Deno.errors.IsADirectory ||
        (error instanceof Error && /directory/i.test(error.message))
    ? "it is a directory"
    : "reading it failed";
  return new Failure("input", `Cannot read ${safe(name)}: ${why}`, {
    cause: error,
  });
}
