/** Files and pipes as sources of bytes. */
import { Failure } from "../failure.ts";
import { safe } from "../text/safe.ts";
import type { Source } from "./source.ts";

/** Bytes read at once: larger reads are hardly faster, and cost memory until they are collected. */
const READ = 64 << 10;

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
        for (;;) {
          const buffer = new Uint8Array(READ);
          let count: number | null;
          try {
            count = file.readSync(buffer);
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

/** A stream, such as standard input, as a source that can be read only once. */
export function streamSource(
  stream: ReadableStream<Uint8Array>,
  name: string,
): Source {
  return { name, once: true, open: () => stream };
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
