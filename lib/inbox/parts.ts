/**
 * The partial files of an inbox: where each is, and for which offer it can be gone on with. The name
 * alone says so: `report.csv.KEY.SECRET.part`, where KEY stands for sender, name, size and
 * fingerprint and SECRET keeps others from guessing it; without KEY it is good for nothing once
 * its process has ended.
 */
import { createHash } from "node:crypto";
import { join, SEPARATOR } from "@std/path";
import { transferId } from "../protocol/data.ts";
import { removeIfThere } from "../transfer/disk.ts";
import type { Offer } from "../transfer/transfer.ts";

/** How long a partial file is kept for its sender to go on. Milliseconds. */
const KEEP_MS = 7 * 24 * 3600_000;

const PART = /\.(?:([0-9a-f]{16})\.)?[0-9a-f]{16}\.part$/;

/** Whether a file of this name would be taken for a partial one. */
export function isPartName(name: string): boolean {
  return PART.test(name);
}

/** By what a partial file of this offer is found again; undefined where it is not to be. */
export function partKey(offer: Offer): string | undefined {
  const { from, name, size, fingerprint } = offer;
  if (fingerprint === undefined || size === null) return undefined;
  return createHash("sha256")
    .update(JSON.stringify([from.toLowerCase(), name, size, fingerprint]))
    .digest("hex").slice(0, 16);
}

/** The partial files in a directory. */
export class Parts {
  readonly #dir: string;
  /** Paths of those nobody is writing, by key. */
  readonly #idle = new Map<string, string>();

  /** Looks what is there from before, and removes what can serve no more. `now` in ms since the Unix epoch. */
  constructor(dir: string, now: number) {
    this.#dir = dir;
    for (const name of namesIn(dir)) {
      const found = PART.exec(name);
      if (found === null) continue;
      const path = join(dir, name);
      if (isUseless(path, found[1], now)) removeIfThere(path);
      else if (found[1] !== undefined) this.#found(found[1], path);
    }
  }

  /** A path for a new partial file of `name`: at most 189 bytes for any name. */
  fresh(name: string, key: string | undefined): string {
    const secret = transferId(crypto.getRandomValues(new Uint8Array(8)));
    const unique = key === undefined ? secret : `${key}.${secret}`;
    return this.#dir + SEPARATOR + `${name.slice(0, 50)}.${unique}.part`;
  }

  /** The partial file for `key`, which then is the taker's; undefined when there is none. */
  take(key: string): string | undefined {
    const path = this.#idle.get(key);
    this.#idle.delete(key);
    return path;
  }

  /** Bytes there are of this offer in a partial file that can be gone on with. */
  held(offer: Offer): number {
    const path = this.#idle.get(partKey(offer) ?? "");
    return path === undefined ? 0 : sizeOf(path);
  }

  /** The file itself is here: what is kept of it serves no more. */
  drop(offer: Offer): void {
    if (this.#idle.size === 0) return;
    const key = partKey(offer);
    const path = key === undefined ? undefined : this.take(key);
    if (path !== undefined) removeIfThere(path);
  }

  /** Of two for one key, whose process was killed, only one can be gone on with. */
  #found(key: string, path: string): void {
    const other = this.#idle.get(key);
    if (other === undefined) return void this.#idle.set(key, path);
    const [most, least] = sizeOf(path) > sizeOf(other)
      ? [path, other]
      : [other, path];
    this.#idle.set(key, most);
    if (isIdle(least)) removeIfThere(least);
  }

  /** Keeps a partial file nobody writes any more; of two for one key the later. */
  keep(key: string, path: string): void {
    const other = this.#idle.get(key);
    if (other !== undefined && other !== path) removeIfThere(other);
    this.#idle.set(key, path);
  }
}

function isUseless(
  path: string,
  key: string | undefined,
  now: number,
): boolean {
  try {
    const { mtime, nlink } = Deno.lstatSync(path);
    // It has its final name already: its process was killed before it could drop this one.
    if ((nlink ?? 1) > 1) return true;
    const age = now - (mtime?.getTime() ?? now);
    if (key !== undefined && age < KEEP_MS) return false;
    return isIdle(path);
  } catch {
    return false;
  }
}

/** Whether nobody writes it: whoever does holds its lock. */
function isIdle(path: string): boolean {
  try {
    using file = Deno.openSync(path, { write: true });
    return file.tryLockSync(true);
  } catch {
    return false;
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.lstatSync(path).size;
  } catch {
    return 0;
  }
}

function namesIn(dir: string): string[] {
  try {
    return [...Deno.readDirSync(dir)].flatMap(({ name, isFile }) =>
      isFile ? name : []
    );
  } catch {
    return []; // It is made when the first file comes.
  }
}
