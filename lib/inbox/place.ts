/** Puts a received file under its final name: whole or not at all, and never over what policy protects. */
import { join, SEPARATOR } from "@std/path";
import { Failure } from "../failure.ts";
import type { SingleOffer } from "../protocol/bundle.ts";
import { numberedName } from "../text/filename.ts";
import type { ConflictPolicy } from "./policy.ts";
import { Renamer } from "./rename.ts";

/** Numbered names tried before giving up. */
const MAX_VARIANTS = 10_000;

/** Puts files in their places, until it is closed. */
export class Placer {
  readonly #renamer = new Renamer();

  /**
   * Moves the complete file at `part` into `dir` as `name`. Gives the path it has there, or undefined
   * when policy is `skip` and the name exists (`part` is then removed). Throws Failure `conflict`
   * when policy is `fail` and the name exists. A link at the final name is replaced or refused,
   * never followed. Where the name is taken `held` may say where the very file lies already: that
   * is given then, and `part` removed.
   */
  place(
    part: string,
    dir: string,
    name: string,
    policy: ConflictPolicy,
    held: () => string | undefined = () => undefined,
  ): string | undefined {
    // Both are as they should be: nothing is left for join() to put right.
    const target = dir + SEPARATOR + name;
    if (policy === "overwrite") {
      Deno.renameSync(part, target);
      return target;
    }
    if (this.#moveTo(part, target)) return target;
    const there = held();
    if (there !== undefined) {
      Deno.removeSync(part);
      return there;
    }
    if (policy === "fail") {
      throw new Failure("conflict", "a file of that name exists already");
    }
    if (policy === "skip") {
      Deno.removeSync(part);
      return undefined;
    }
    for (let n = 2; n <= MAX_VARIANTS; n++) {
      const variant = join(dir, numberedName(name, n));
      if (this.#moveTo(part, variant)) return variant;
    }
    throw new Failure("conflict", "too many files of that name exist already");
  }

  /** Lets go of what it holds while nothing arrives. */
  close(): void {
    this.#renamer.close();
  }

  /** Moves a file to a name nobody has, atomically; false when somebody has it. */
  #moveTo(part: string, target: string): boolean {
    if (this.#renamer.toFree(part, target)) return true;
    try {
      Deno.linkSync(part, target);
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return false;
      return moveWithoutLinks(part, target);
    }
    Deno.removeSync(part);
    return true;
  }
}

/**
 * Where the very file of a directory lies already, in `dir`, by size and modification time, as rsync
 * looks. With `overwrite` everything is written anew.
 */
export function findOffered(
  dir: string,
  name: string,
  { kind, size, modified_ms: modifiedMs, tree, executable }: SingleOffer,
  onConflict: ConflictPolicy,
): string | undefined {
  const looks = tree !== undefined && onConflict !== "overwrite";
  if (kind !== "file" || !looks || size === null || modifiedMs === undefined) {
    return undefined;
  }
  const numbered = onConflict === "rename";
  const file = { size, modifiedMs, executable: executable === true };
  return findHeld(dir, name, file, numbered);
}

/**
 * The path in `dir` where a received file of that size and modification time lies already, and may be run if it is to be: as
 * `name`, or where it was `numbered` because another had the name, under one of its variants.
 * Undefined when it is not there.
 */
function findHeld(
  dir: string,
  name: string,
  file: {
    readonly size: number;
    readonly modifiedMs: number;
    readonly executable: boolean;
  },
  numbered: boolean,
): string | undefined {
  for (let n = 1; n <= MAX_VARIANTS; n++) {
    const path = join(dir, n === 1 ? name : numberedName(name, n));
    let info: Deno.FileInfo;
    try {
      info = Deno.lstatSync(path);
    } catch {
      return undefined;
    }
    const same = info.isFile && info.size === file.size &&
      info.mtime?.getTime() === file.modifiedMs &&
      (!file.executable || info.mode === null || (info.mode & 0o100) !== 0);
    if (same) return path;
    if (!numbered) return undefined;
  }
}

/** For file systems without hard links: claims the name with an empty file, then moves over that. */
function moveWithoutLinks(part: string, target: string): boolean {
  try {
    Deno.openSync(target, { write: true, createNew: true }).close();
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
  try {
    Deno.renameSync(part, target);
  } catch (error) {
    Deno.removeSync(target);
    throw error;
  }
  return true;
}
