/**
 * A directory as items for the outbox: first itself, which tells who takes it and who has some of
 * it already; then every file, each a transfer of its own, found as its turn comes; then itself
 * again, when everything in it has its receipt.
 */
import type { TreeCount } from "../events.ts";
import { Failure } from "../failure.ts";
import type { TransferId } from "../protocol/data.ts";
import { INLINE_BYTES, MAX_NAME_LENGTH } from "../protocol/limits.ts";
import { BytesBody, FileBody, fileBody } from "../transfer/body.ts";
import { readInto } from "../transfer/read.ts";
import type { Outcome } from "../transfer/transfer.ts";
import { walk, type WalkOptions } from "../transfer/walk.ts";
import type { Item } from "./item.ts";

/** Failures after which a recipient is offered nothing more of a directory: the next file would fare no better. */
const FINAL: ReadonlySet<string> = new Set([
  "absent",
  "auth",
  "declined",
  "disconnected",
  "disk-full",
  "shutdown",
]);

type Failed = Extract<Outcome, { status: "failed" }>;

/** How a directory fares with one recipient. */
export interface Standing {
  readonly files: TreeCount;
  /** Of the files it has now. */
  bytes: number;
  /** Why it gets nothing more. */
  lost?: Failed;
}

/** One directory on its way, as all its items share it. */
export class Tree {
  /** The id of its first offer; empty until then. */
  id: TransferId = "";
  /** Transfers of it in flight. */
  open = 0;
  /** A recipient had a directory of that name: bodies wait until it is known who lacks them. */
  known = false;
  /** On the sender's clock, when its first offer went out. */
  offeredAt = 0;
  readonly #standings = new Map<string, Standing>();
  #signal: AbortSignal | undefined;

  /** `name` is what it is called at its recipients. */
  constructor(readonly name: string) {}

  /** Its first offer goes out. */
  begin(
    id: TransferId,
    to: readonly string[],
    at: number,
    signal: AbortSignal,
  ): void {
    this.id = id;
    this.offeredAt = at;
    this.#signal = signal;
    for (const recipient of to) {
      const files = { transferred: 0, unchanged: 0, failed: 0 };
      this.#standings.set(recipient, { files, bytes: 0 });
    }
  }

  /** Who still takes it. */
  get recipients(): string[] {
    return [...this.#standings].flatMap(([name, { lost }]) =>
      lost === undefined ? name : []
    );
  }

  /** Nothing more of it will be sent. */
  get isOver(): boolean {
    return this.#signal?.aborted === true || this.recipients.length === 0;
  }

  /** How it fares with a recipient. */
  of(recipient: string): Standing {
    const standing = this.#standings.get(recipient);
    if (standing === undefined) throw new Error(`${recipient} gets no part`);
    return standing;
  }

  /** Takes in how one of its files, or an empty directory in it, ended. */
  settled(
    recipient: string,
    outcome: Outcome,
    bytes: number,
    isFile: boolean,
  ): void {
    const standing = this.of(recipient);
    if (outcome.status === "failed") {
      standing.files.failed++;
      if (FINAL.has(outcome.code)) standing.lost ??= outcome;
    } else if (isFile) {
      standing.bytes += bytes;
      if (outcome.status === "delivered" && outcome.unchanged === true) {
        standing.files.unchanged++;
      } else standing.files.transferred++;
    }
  }
}

/** How a directory becomes items. */
export interface TreeOptions extends WalkOptions {
  /** What is not sent, and why. */
  readonly leftOut: (name: string, state: string) => void;
}

/** The items of the directory at `path`, which is called `name` at its recipients. For one sending. */
export function* treeItems(
  path: string,
  name: string,
  options: TreeOptions,
): Generator<Item, void, void> {
  const tree = new Tree(name);
  const own = directory(name, tree);
  yield { ...own, step: "first" };
  for (const entry of walk(path, options)) {
    if (tree.isOver) break;
    const full = entry.name === "" ? name : `${name}/${entry.name}`;
    switch (entry.type) {
      case "file":
        yield fileItem(entry.path, full, entry.info, tree);
        break;
      case "empty":
        yield directory(full, tree);
        break;
      case "unreadable":
        yield unreadable(full, tree, entry.failure);
        break;
      case "left-out":
        options.leftOut(full, entry.state);
    }
  }
  const modified = modifiedOf(path);
  yield {
    ...own,
    step: "last",
    ...(modified === undefined ? {} : { modifiedMs: modified }),
  };
}

/** A file on disk as an item; `info` is what was found at `path`. */
export function fileItem(
  path: string,
  name: string,
  { size, mtime, mode }: Deno.FileInfo,
  tree?: Tree,
): Item {
  return {
    name,
    kind: "file",
    size,
    ...(tree === undefined ? {} : { tree }),
    ...(mtime === null ? {} : { modifiedMs: mtime.getTime() }),
    // Unknown on Windows.
    ...(mode !== null && (mode & 0o100) !== 0 ? { executable: true } : {}),
    ...(size <= INLINE_BYTES ? { fill: (into) => readInto(path, into) } : {}),
    open: () => {
      assertOfferable(name);
      // Who has it already needs none of it.
      const small = size <= INLINE_BYTES;
      if (tree?.known === true && small) return new FileBody(path, size);
      return fileBody(path, size, name);
    },
  };
}

function directory(name: string, tree: Tree): Item {
  const open = () => {
    assertOfferable(name);
    return new BytesBody(new Uint8Array(0));
  };
  return { name, kind: "directory", size: 0, tree, open };
}

function unreadable(name: string, tree: Tree, failure: Failure): Item {
  const open = () => {
    throw failure;
  };
  return { name, kind: "file", size: 0, tree, open };
}

function assertOfferable(name: string): void {
  if (name.length <= MAX_NAME_LENGTH) return;
  const state = `its path is longer than ${MAX_NAME_LENGTH} characters`;
  throw new Failure("input", state);
}

function modifiedOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).mtime?.getTime();
  } catch {
    return undefined; // It is gone; so is what it said.
  }
}
