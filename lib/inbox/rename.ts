/**
 * Moving a file to a name nobody has, in one step: the system can (Linux since 3.15, macOS since
 * 10.12, most file systems), the runtime does not offer it, and a link that is made and another
 * that is removed cost a disk twice as much.
 */

/** `renameat2()`: paths are from the working directory (`AT_FDCWD`). */
const HERE = -100;
/** `RENAME_NOREPLACE` of Linux. */
const NO_REPLACE = 1;
/** `RENAME_EXCL` of macOS. */
const EXCLUSIVE = 4;

/** Paths up to PATH_MAX, three bytes for each unit, and the zero at the end. */
const PATH_BYTES = 3 * 4096 + 1;
const [from, to] = [new Uint8Array(PATH_BYTES), new Uint8Array(PATH_BYTES)];
const encoder = new TextEncoder();

/** Moves files to names nobody has, until it is closed. */
export class Renamer {
  #library: { rename(): boolean; close(): void } | "none" | undefined;

  /**
   * Moves a file to a name nobody has. False when that was not done: somebody has it, or it cannot
   * be done in this way here.
   */
  toFree(path: string, target: string): boolean {
    const library = this.#library ??= open() ?? "none";
    return library !== "none" && write(path, from) && write(target, to) &&
      library.rename();
  }

  /** Lets go of the library, until something is to be moved again. */
  close(): void {
    if (this.#library !== "none") this.#library?.close();
    this.#library = undefined;
  }
}

function open(): { rename(): boolean; close(): void } | undefined {
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") {
    return undefined;
  }
  try {
    switch (Deno.build.os) {
      case "linux": {
        const library = Deno.dlopen("libc.so.6", {
          renameat2: {
            parameters: ["i32", "buffer", "i32", "buffer", "u32"],
            result: "i32",
          },
        });
        const { renameat2 } = library.symbols;
        return {
          rename: () => renameat2(HERE, from, HERE, to, NO_REPLACE) === 0,
          close: () => library.close(),
        };
      }
      case "darwin": {
        const library = Deno.dlopen("libSystem.dylib", {
          renamex_np: {
            parameters: ["buffer", "buffer", "u32"],
            result: "i32",
          },
        });
        const { renamex_np } = library.symbols;
        return {
          rename: () => renamex_np(from, to, EXCLUSIVE) === 0,
          close: () => library.close(),
        };
      }
      default:
        return undefined;
    }
  } catch {
    return undefined; // An older system, or another libc.
  }
}

/** The path as the system reads it; false when it does not fit. */
function write(path: string, into: Uint8Array): boolean {
  const { read, written } = encoder.encodeInto(path, into);
  into[written] = 0;
  return read === path.length && written < into.length;
}
