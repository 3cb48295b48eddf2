/**
 * What an inbox has received lately: a transfer whose receipt was lost is offered again, and must
 * then neither be written twice nor be lost. Kept in a file, written before each file is put in
 * place, so that it also holds when the process is killed at that moment.
 */
import { dirname, join } from "@std/path";
import * as v from "valibot";
import { MAX_TRANSFERS } from "../protocol/limits.ts";
import { writeAllSync } from "../transfer/disk.ts";

/** Transfers remembered: a hub has at most MAX_TRANSFERS receipts under way to forget about. */
const MAX_REMEMBERED = 4 * MAX_TRANSFERS;
/** So many more before the oldest go, together: going through a Map passes over what was deleted. */
const SLACK = MAX_TRANSFERS;

const line = v.object({
  id: v.string(),
  from: v.string(),
  /** Empty: it was not put in place after all. */
  sha256: v.string(),
  /** The partial file, in the inbox, that was to be put in place. */
  part: v.optional(v.string()),
});
type Line = v.InferOutput<typeof line>;

/** A transfer that was received, or is just being put in place. */
export interface ReceivedBefore {
  readonly from: string;
  readonly sha256: string;
  /** Resolves when it is in place, rejects when that failed. */
  readonly placed: Promise<void> | undefined;
}

/** The transfers received lately. */
export class Received {
  readonly #byId = new Map<string, ReceivedBefore>();
  readonly #path: string | undefined;
  #file: Deno.FsFile | undefined;

  /**
   * `path` is the file, undefined to remember as long as the process lives; `inbox` the directory of
   * the partial files named in it. Where the file cannot be had, memory has to do.
   */
  constructor(path: string | undefined, inbox: string) {
    this.#path = path;
    if (path === undefined) return;
    try {
      const lines = readLines(path);
      for (const { id, from, sha256, part } of lines) {
        this.#byId.delete(id);
        if (sha256 === "") continue;
        if (part !== undefined && isThere(join(inbox, part))) continue;
        this.#byId.set(id, { from, sha256, placed: undefined });
      }
      this.#trim();
      if (lines.length === 0) return;
      // In place, so that another process that appends to it still does.
      using file = Deno.openSync(path, { write: true, truncate: true });
      const kept = [...this.#byId].map(([id, { from, sha256 }]) =>
        JSON.stringify({ id, from, sha256 }) + "\n"
      );
      writeAllSync(file, new TextEncoder().encode(kept.join("")));
    } catch {
      // See above.
    }
  }

  /** What is known of a transfer of that sender. */
  find(id: string, from: string): ReceivedBefore | undefined {
    const known = this.#byId.get(id);
    return known?.from.toLowerCase() === from.toLowerCase() ? known : undefined;
  }

  /**
   * A transfer is about to be put in place, from a partial file if there is just one: then also who
   * is killed meanwhile knows afterwards whether it was.
   */
  async placing<T>(
    id: string,
    from: string,
    sha256: string,
    part: string | undefined,
    place: () => Promise<T>,
  ): Promise<T> {
    const placed = Promise.withResolvers<void>();
    placed.promise.catch(() => {}); // Only matters to who asks.
    this.#byId.set(id, { from, sha256, placed: placed.promise });
    if (part !== undefined) this.#write({ id, from, sha256, part });
    try {
      const result = await place();
      this.#byId.set(id, { from, sha256, placed: undefined });
      this.#trim();
      if (part === undefined) this.#write({ id, from, sha256 });
      placed.resolve();
      return result;
    } catch (error) {
      this.#byId.delete(id);
      if (part !== undefined) this.#write({ id, from, sha256: "" });
      placed.reject(error);
      throw error;
    }
  }

  /** A transfer was received that leaves no file: a message. */
  add(id: string, from: string, sha256: string): void {
    this.#byId.set(id, { from, sha256, placed: undefined });
    this.#trim();
    this.#write({ id, from, sha256 });
  }

  /** Lets go of the file. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #trim(): void {
    if (this.#byId.size <= MAX_REMEMBERED + SLACK) return;
    for (const id of this.#byId.keys()) {
      if (this.#byId.size <= MAX_REMEMBERED) return;
      this.#byId.delete(id);
    }
  }

  #write(entry: Line): void {
    if (this.#path === undefined) return;
    try {
      this.#file ??= openJournal(this.#path);
      const text = JSON.stringify(entry) + "\n";
      writeAllSync(this.#file, new TextEncoder().encode(text));
    } catch {
      // The disk is full: then the file itself will hardly be placed either.
    }
  }
}

function openJournal(path: string): Deno.FsFile {
  Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return Deno.openSync(path, { append: true, create: true, mode: 0o600 });
}

function readLines(path: string): Line[] {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch {
    return [];
  }
  return text.split("\n").flatMap((one) => {
    try {
      return [v.parse(line, JSON.parse(one))];
    } catch {
      return []; // The end of the text, or a line cut short.
    }
  });
}

/** Whether a partial file waits still; one with a second name is in place already. */
function isThere(path: string): boolean {
  try {
    return (Deno.lstatSync(path).nlink ?? 1) === 1;
  } catch {
    return false;
  }
}
