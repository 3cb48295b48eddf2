/** Whether the folders Ferry uses can be used, and only by whom they should. */
import { systemState } from "../../lib/failure.ts";
import { dirname } from "@std/path";
import { configDirectory } from "../../lib/state/paths.ts";
import { formatBytes } from "../../lib/text/units.ts";
import type { Context } from "../context.ts";
import type { Finding } from "../doctor.ts";

/** Less free space than this, in bytes, is a problem: the spool and most files need more. */
const LEAST_FREE = 100_000_000;

/** The config folder is only read from; that what is in it is right was checked before any command. */
export function checkConfigFolder(context: Context): Finding {
  const path = configDirectory(
    context.platform.os,
    (name) => context.env(name),
  );
  if (path === undefined) {
    return { state: "note", message: "no home directory is set" };
  }
  return openToOthers(path, 0o002) ?? {
    state: "ok",
    message: isThere(path) ? path : `${path} (not there: defaults hold)`,
  };
}

/** A folder that is written to; `secret` when nobody else may look into it. */
export async function checkFolder(
  path: string | undefined,
  what: string,
  secret: boolean,
): Promise<Finding> {
  if (path === undefined) {
    return {
      state: "problem",
      message: "no home directory is set",
      hint: "set HOME or XDG_STATE_HOME",
    };
  }
  const place = nearest(path);
  const refusal = whyNotWritable(place);
  if (refusal !== undefined) {
    return {
      state: "problem",
      message: `nothing can be written to ${place}: ${refusal}`,
      hint: what === "inbox"
        ? "choose another folder with --inbox"
        : "set XDG_STATE_HOME to a folder of your own",
    };
  }
  const free = await freeBytes(place);
  const room = free === undefined ? "" : `, ${formatBytes(free)} free`;
  const message = `${path}${
    place === path ? "" : " (made when needed)"
  }${room}`;
  if (free !== undefined && free < LEAST_FREE) {
    return {
      state: "problem",
      message,
      hint: "free some space: files cannot be kept",
    };
  }
  return openToOthers(path, secret ? 0o077 : 0o002) ?? { state: "ok", message };
}

/** Something to note where the bits of `forbidden` are set; undefined where not, and where there are none. */
function openToOthers(path: string, forbidden: number): Finding | undefined {
  let mode: number | null;
  try {
    mode = Deno.statSync(path).mode;
  } catch {
    return undefined;
  }
  if (Deno.build.os === "windows" || mode === null) return undefined;
  if ((mode & forbidden) === 0) return undefined;
  const rights = (mode & 0o777).toString(8).padStart(3, "0");
  const what = (mode & forbidden & 0o022) === 0 ? "read" : "write to";
  return {
    state: "note",
    message: `others may ${what} ${path} (mode ${rights})`,
    hint: `chmod ${forbidden === 0o077 ? "700" : "o-w"} ${path}`,
  };
}

/** The folder itself, or the closest above it that exists. */
function nearest(path: string): string {
  for (let at = path;; at = dirname(at)) {
    if (isThere(at) || dirname(at) === at) return at;
  }
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Why no file can be made in a folder, found out by making one. */
function whyNotWritable(folder: string): string | undefined {
  try {
    Deno.removeSync(
      Deno.makeTempFileSync({ dir: folder, prefix: ".ferry-doctor-" }),
    );
    return undefined;
  } catch (error) {
    return systemState(error);
  }
}

/** Bytes this user may still write where a folder is; undefined when the system does not tell. */
async function freeBytes(folder: string): Promise<number | undefined> {
  const { statfs } = await import("node:fs/promises");
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
