/** Paths as people type them: the home directory, quotes of a dragged file, and what Tab may add. */
import { dirname, join, resolve } from "@std/path";
import { homeDirectory } from "../../lib/state/paths.ts";
import type { Context } from "../context.ts";

/** More names than this are not looked through. */
const MAX_NAMES = 10_000;

/** The absolute path that was meant. */
export function resolvePath(typed: string, context: Context): string {
  return resolve(context.cwd(), withHome(typed, context));
}

/**
 * What was typed as a path that exists: as it is, with `~`, or with the quotes and backslashes
 * taken off that a terminal adds to a dragged file. Undefined when there is none.
 */
export async function existingPath(
  typed: string,
  context: Context,
): Promise<string | undefined> {
  const trimmed = typed.trim();
  const unquoted = /^'(.*)'$|^"(.*)"$/s.exec(trimmed);
  const readings = [
    typed,
    trimmed,
    unquoted?.[1] ?? unquoted?.[2] ?? "",
    trimmed.replace(/\\(.)/g, "$1"),
  ];
  for (const reading of new Set(readings)) {
    if (reading === "" || reading.includes("\0")) continue;
    const path = withHome(reading, context);
    try {
      await Deno.stat(resolve(context.cwd(), path));
      return path;
    } catch {
      // Not that one.
    }
  }
  return undefined;
}

/** The paths that begin with `typed`, as it was begun; directories end in a slash. */
export async function pathsFrom(
  typed: string,
  context: Context,
): Promise<string[]> {
  const slash = typed.lastIndexOf("/");
  const begin = typed.slice(0, slash + 1);
  const name = typed.slice(slash + 1);
  const dir = resolvePath(begin === "" ? "." : begin, context);
  const found: string[] = [];
  try {
    for await (const entry of Deno.readDir(dir)) {
      if (!entry.name.startsWith(name)) continue;
      if (name === "" && entry.name.startsWith(".")) continue;
      const directory = entry.isDirectory ||
        (entry.isSymlink && await isDirectory(join(dir, entry.name)));
      found.push(`${begin}${entry.name}${directory ? "/" : ""}`);
      if (found.length >= MAX_NAMES) break;
    }
  } catch {
    // No such directory, or none that can be read: nothing completes.
  }
  return found.sort();
}

/** The sentence that says why nothing can be saved as `typed`; undefined when it can. */
export async function unwritable(
  typed: string,
  context: Context,
): Promise<string | undefined> {
  const dir = dirname(resolvePath(typed, context));
  return await isDirectory(dir) ? undefined : dir;
}

/** Whether there is a directory of that name. */
export async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}

function withHome(typed: string, context: Context): string {
  if (typed !== "~" && !typed.startsWith("~/")) return typed;
  const home = homeDirectory(context.platform.os, (name) => context.env(name));
  return home === undefined ? typed : home + typed.slice(1);
}
