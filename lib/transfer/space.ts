/** How much room a disk has, asked before a large body is taken in. */
import { statfsSync } from "node:fs";
import { dirname } from "@std/path";
import { Failure } from "../failure.ts";
import { formatBytes } from "../text/units.ts";

/** What must stay free beside what is offered: file systems slow down and fail oddly when full to the last block. Bytes. */
const MARGIN_BYTES = 1024 * 1024;

/**
 * Throws Failure `disk-full` when `bytes`, of which `held` are there already, do not fit on the disk
 * of `dir`, which need not exist yet; `whose` names the disk: `the hub's disk`. Where the system does
 * not tell, everything fits.
 */
export function assertSpace(
  dir: string,
  bytes: number,
  whose: string,
  held = 0,
): void {
  const free = freeBytes(dir);
  if (free === undefined || bytes - held + MARGIN_BYTES <= free) return;
  const state = `${whose} has ${formatBytes(free)} free, and ${
    formatBytes(bytes - held)
  } are ${held > 0 ? "still to come" : "offered"}`;
  throw new Failure("disk-full", state);
}

function freeBytes(dir: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(dir);
    return Number(bavail) * Number(bsize);
  } catch {
    const parent = dirname(dir);
    return parent === dir ? undefined : freeBytes(parent);
  }
}
