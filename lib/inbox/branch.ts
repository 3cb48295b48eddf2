/**
 * The directories between an inbox and a file of a directory that is being received: made as they
 * are needed, and never followed where one of them is a link.
 */
import { join } from "@std/path";
import { Failure } from "../failure.ts";
import { syncDirectory } from "./durable.ts";

/** Directories made whose names are not durable yet. */
const unsynced = new Map<string, Promise<void>>();

/**
 * Whether the directories `names`, from `inbox` down, are all there. Throws Failure `conflict` when
 * one of them is a link, which could lead out of the inbox, or a file.
 */
export function hasBranch(inbox: string, names: readonly string[]): boolean {
  let dir = inbox;
  for (const name of names) {
    dir = join(dir, name);
    try {
      assertDirectory(Deno.lstatSync(dir));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }
  return true;
}

/**
 * Makes the directories `names`, from `inbox` down, where they are missing; the last of them.
 * Throws Failure `conflict` as above, and what the system gives.
 */
export function makeBranch(inbox: string, names: readonly string[]): string {
  let dir = inbox;
  for (const name of names) {
    const parent = dir;
    dir = join(dir, name);
    try {
      assertDirectory(Deno.lstatSync(dir));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      make(dir, parent, inbox);
    }
  }
  return dir;
}

/** Makes the names of the directories `names`, from `inbox` down, and those in the last of them, durable. */
export async function syncBranch(
  inbox: string,
  names: readonly string[],
): Promise<void> {
  const waiting: (Promise<void> | undefined)[] = [];
  let dir = inbox;
  for (const name of names) {
    dir = join(dir, name);
    waiting.push(unsynced.get(dir));
  }
  waiting.push(syncDirectory(dir, inbox));
  await Promise.all(waiting);
}

function make(dir: string, parent: string, inbox: string): void {
  try {
    Deno.mkdirSync(dir);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound) || parent !== inbox) {
      throw error;
    }
    Deno.mkdirSync(dir, { recursive: true }); // The inbox itself is new.
  }
  const synced: Promise<void> = syncDirectory(parent, inbox).finally(() => {
    if (unsynced.get(dir) === synced) unsynced.delete(dir);
  });
  unsynced.set(dir, synced);
}

function assertDirectory(info: Deno.FileInfo): void {
  if (info.isDirectory) return;
  throw new Failure(
    "conflict",
    `a ${info.isSymlink ? "link" : "file"} is where its directory should be`,
  );
}
