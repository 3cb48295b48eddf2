/**
 * Goes through a directory, one entry at a time and in an order that depends on names alone. Held
 * in memory are the names of the directories on the way down, never the whole tree.
 */
import { join } from "@std/path";
import { Failure } from "../failure.ts";
import { readFailure } from "./read.ts";

/** Something in a directory; `name` is its path from there, with `/` between the names. */
export type Entry =
  | {
    readonly type: "file";
    readonly name: string;
    readonly path: string;
    readonly info: Deno.FileInfo;
  }
  /** A directory nothing else is told of. */
  | { readonly type: "empty"; readonly name: string }
  | {
    readonly type: "unreadable";
    readonly name: string;
    readonly failure: Failure;
  }
  /** Left out on purpose. */
  | {
    readonly type: "left-out";
    readonly name: string;
    readonly state: string;
  };

/** How to walk. */
export interface WalkOptions {
  /** Take links for what they lead to. */
  readonly followLinks: boolean;
  /**
   * Directories made after this are left out, in ms since the Unix epoch: they may be of the files
   * that were just sent, arriving below the root again. The system's clock, read some milliseconds
   * before anything is offered: what file systems note may lag that much.
   */
  readonly madeBefore: number;
}

interface Level {
  readonly path: string;
  /** With a `/` at its end, except at the top. */
  readonly prefix: string;
  readonly names: readonly string[];
  at: number;
  /** Something in it was told of. */
  told: boolean;
}

/** Walks the directory at `root`. What cannot be read is told as such, and the rest goes on. */
export function* walk(
  root: string,
  { followLinks, madeBefore }: WalkOptions,
): Generator<Entry, void, void> {
  const levels: Level[] = [];
  const enter = (path: string, prefix: string): Failure | undefined => {
    try {
      const names = Array.from(Deno.readDirSync(path), ({ name }) => name);
      levels.push({ path, prefix, names: names.sort(), at: 0, told: false });
    } catch (error) {
      return readFailure(error);
    }
  };
  const failure = enter(root, "");
  if (failure !== undefined) yield { type: "unreadable", name: "", failure };
  for (let level; (level = levels.at(-1)) !== undefined;) {
    const entry = level.names[level.at++];
    if (entry === undefined) {
      levels.pop();
      const name = level.prefix.slice(0, -1);
      if (!level.told && name !== "") yield { type: "empty", name };
      const above = levels.at(-1);
      if (above !== undefined) above.told = true;
      continue;
    }
    const path = join(level.path, entry);
    const name = level.prefix + entry;
    const found = look(path, followLinks, levels);
    if (typeof found === "string") {
      yield { type: "left-out", name, state: found };
    } else if (found instanceof Failure) {
      level.told = true;
      yield { type: "unreadable", name, failure: found };
    } else if (found.isFile) {
      level.told = true;
      yield { type: "file", name, path, info: found };
    } else if (!found.isDirectory) {
      yield { type: "left-out", name, state: "it is not a regular file" };
    } else if ((found.birthtime?.getTime() ?? 0) > madeBefore) {
      const state = "it was made after the sending began";
      yield { type: "left-out", name, state };
    } else {
      const failure = enter(path, `${name}/`);
      if (failure === undefined) continue;
      level.told = true;
      yield { type: "unreadable", name, failure };
    }
  }
}

/** What is at `path`; why it is left out; or why it cannot be read. */
function look(
  path: string,
  followLinks: boolean,
  levels: readonly Level[],
): Deno.FileInfo | string | Failure {
  try {
    const info = Deno.lstatSync(path);
    if (!info.isSymlink) return info;
    if (!followLinks) return "it is a symbolic link";
    const target = Deno.statSync(path);
    return target.isDirectory && isAbove(path, levels)
      ? "it is a link to a directory it lies in"
      : target;
  } catch (error) {
    return readFailure(error);
  }
}

/** Whether a link leads to one of the directories it is in. */
function isAbove(link: string, levels: readonly Level[]): boolean {
  const target = Deno.realPathSync(link);
  return levels.some(({ path }) => Deno.realPathSync(path) === target);
}
