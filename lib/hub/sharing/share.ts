/**
 * The directory a hub shares. Nothing outside it can be reached, whatever a client asks for: paths
 * are taken apart and checked, links are resolved and what they lead to must lie inside, and a file
 * is compared with what the checks saw once it is open. Hidden files and directories are not
 * shared, nor is anything that is neither a file nor a directory.
 */
import { join, SEPARATOR } from "@std/path";
import { Failure } from "../../failure.ts";
import type { SharedFile } from "../../protocol/message.ts";
import { readFailure } from "../../transfer/read.ts";

/** Entries of a directory looked at together: a wait for the disk each is hidden behind the others. */
const LOOKS_AT_ONCE = 64;

/**
 * Times a path is compared with the file opened by it. Who may write in the shared directory could
 * put a link in it and take it away again between two looks: each makes that a hundred times harder.
 */
const LOOKS_AFTER_OPENING = 4;

/** A shared file that is open, and is what was asked for. */
export interface OpenedFile {
  readonly file: Deno.FsFile;
  readonly info: Deno.FileInfo;
}

/** Something shared, and how it was come by. */
export interface Found {
  readonly entry: SharedFile;
  readonly info: Deno.FileInfo;
  /** It is a link: a walk does not go into it. */
  readonly linked: boolean;
}

interface Located {
  /** Without any link in it. */
  readonly real: string;
  readonly info: Deno.FileInfo;
}

/** See above. */
export class Share {
  /** What every path inside begins with. */
  readonly #prefix: string;

  private constructor(readonly root: string) {
    this.#prefix = root.endsWith(SEPARATOR) ? root : root + SEPARATOR;
  }

  /** Shares a directory; `named` is how the user calls it. Throws Failure `input`. */
  static open(dir: string, named: string): Share {
    let root: string;
    let info: Deno.FileInfo;
    try {
      root = Deno.realPathSync(dir);
      info = Deno.statSync(root);
    } catch (error) {
      const { message } = readFailure(error);
      throw new Failure("input", `Cannot share ${named}: ${message}`, {
        cause: error,
      });
    }
    if (info.isDirectory) return new Share(root);
    throw new Failure("input", `Cannot share ${named}: it is not a directory`);
  }

  /**
   * What is shared at `path` (everything when undefined): a file itself, or what a directory holds,
   * in the order of names; with `recursive` also what those below it hold, each after its
   * directory. Links to directories are listed but not gone into. What comes or goes meanwhile may
   * be listed or not. Throws Failure `input` when nothing is shared there.
   */
  async *list(
    path: string | undefined,
    recursive: boolean,
  ): AsyncGenerator<SharedFile> {
    const { real, info } = await this.#locate(path);
    if (path !== undefined && info.isFile) return yield entryOf(path, info);
    for await (const { entry } of this.#within(path, real, recursive)) {
      yield entry;
    }
  }

  /** What is at `path`, and of a directory everything below it, as `list` says. Throws Failure as that does. */
  async *walk(path: string): AsyncGenerator<Found> {
    const { real, info } = await this.#locate(path);
    yield { entry: entryOf(path, info), info, linked: false };
    if (info.isDirectory) yield* this.#within(path, real, true);
  }

  /** Opens a shared file. Throws Failure `input`. */
  async open(path: string): Promise<OpenedFile> {
    const { real, info } = await this.#locate(path);
    if (!info.isFile) throw notShared();
    let file: Deno.FsFile;
    try {
      // On a thread: should it have become a pipe since, only that thread would wait for a writer.
      file = await Deno.open(real, { read: true });
    } catch (error) {
      throw readFailure(error);
    }
    try {
      const opened = await file.stat();
      if (!opened.isFile || !this.#leadsTo(path, opened)) throw notShared();
      return { file, info: opened };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Whether a path leads to a file, which lies inside; at once, so that little can change meanwhile. */
  #leadsTo(path: string, file: Deno.FileInfo): boolean {
    const below = join(this.root, ...path.split("/"));
    try {
      for (let look = 0; look < LOOKS_AFTER_OPENING; look++) {
        const real = Deno.realPathSync(below);
        if (!this.#holds(real)) return false;
        if (!isSame(file, Deno.lstatSync(real))) return false;
      }
      return this.#holds(Deno.realPathSync(below));
    } catch {
      return false;
    }
  }

  async *#within(
    path: string | undefined,
    real: string,
    recursive: boolean,
  ): AsyncGenerator<Found> {
    const entries = await entriesIn(real);
    for (let at = 0; at < entries.length; at += LOOKS_AT_ONCE) {
      const some = entries.slice(at, at + LOOKS_AT_ONCE);
      const looked = await Promise.all(
        some.map((entry) => this.#look(entry, path, real)),
      );
      for (const found of looked) {
        if (found === undefined) continue;
        yield found;
        const { entry, linked } = found;
        // A link into a directory above would lead round and round.
        if (recursive && entry.kind === "directory" && !linked) {
          const name = entry.path.slice(entry.path.lastIndexOf("/") + 1);
          yield* this.#within(entry.path, join(real, name), true);
        }
      }
    }
  }

  /** What stands in a directory; undefined when it is gone since, hidden, leads outside, or is no file. */
  async #look(
    { name, isSymlink }: Deno.DirEntry,
    path: string | undefined,
    real: string,
  ): Promise<Found | undefined> {
    if (!isShareable(name)) return undefined;
    const below = path === undefined ? name : `${path}/${name}`;
    try {
      const { info } = isSymlink
        ? await this.#locate(below)
        : await plain(join(real, name));
      return { entry: entryOf(below, info), info, linked: isSymlink };
    } catch {
      return undefined;
    }
  }

  /** Where a path leads, if that is shared. Throws Failure `input`. */
  async #locate(path: string | undefined): Promise<Located> {
    const segments = path === undefined ? [] : path.split("/");
    if (!segments.every(isShareable)) throw notShared();
    try {
      const real = await Deno.realPath(join(this.root, ...segments));
      if (!this.#holds(real)) throw notShared();
      // Not followed: a link that stands here now was put here since.
      const info = await Deno.lstat(real);
      if (!info.isFile && !info.isDirectory) throw notShared();
      return { real, info };
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw notShared(error);
    }
  }

  #holds(real: string): boolean {
    if (real === this.root) return true;
    return real.startsWith(this.#prefix) &&
      real.slice(this.#prefix.length).split(SEPARATOR).every(isShareable);
  }
}

/** Whether a name in a path leads one step down, to something that is not hidden. */
function isShareable(segment: string): boolean {
  return segment !== "" && !segment.startsWith(".") &&
    !segment.includes("\0") && !segment.includes(SEPARATOR) &&
    (SEPARATOR === "/" || !segment.includes(":"));
}

/** Says no more than that: what lies outside must not be guessed from the answers. */
function notShared(cause?: unknown): Failure {
  return new Failure("input", "the hub does not share it", { cause });
}

function isSame(one: Deno.FileInfo, other: Deno.FileInfo): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

function entryOf(path: string, info: Deno.FileInfo): SharedFile {
  return {
    path,
    kind: info.isDirectory ? "directory" : "file",
    size: info.isDirectory ? 0 : info.size,
    modified_ms: Math.max(Math.round(info.mtime?.getTime() ?? 0), 0),
  };
}

/** What is in a directory, in the order of names; nothing when it is gone or may not be read. */
async function entriesIn(dir: string): Promise<Deno.DirEntry[]> {
  const entries: Deno.DirEntry[] = [];
  try {
    for await (const entry of Deno.readDir(dir)) entries.push(entry);
  } catch {
    // As empty as it can be told to be.
  }
  return entries.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** What was no link when its directory was read: it lies where its directory does. Throws when it is one now, or no file. */
async function plain(path: string): Promise<Located> {
  const info = await Deno.lstat(path);
  if (!info.isFile && !info.isDirectory) throw notShared();
  return { real: path, info };
}
