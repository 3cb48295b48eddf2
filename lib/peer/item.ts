/** One thing to send. */
import type { TransferFacts } from "../events.ts";
import type { Body } from "../transfer/transfer.ts";
import type { Tree } from "./tree.ts";

/** See above. */
export interface Item {
  /** In a directory: the path from there on, the directory's own name first. */
  readonly name: string;
  readonly kind: TransferFacts["kind"];
  /** Bytes, or null when it comes through a pipe. */
  readonly size: number | null;
  /** When it was modified, ms since the Unix epoch. */
  readonly modifiedMs?: number;
  readonly executable?: boolean;
  /** The directory it is a part of. */
  readonly tree?: Tree;
  /** It is that directory itself: before everything in it, or after. */
  readonly step?: "first" | "last";
  /** The bytes; called when it is this item's turn. Throws Failure when they cannot be had. */
  open(): Body;
  /** A small file: puts all of its bytes there. Throws Failure `input`, also when they are not as many. */
  fill?(into: Uint8Array): void;
}

/** Files of a directory that go in one transfer. */
export interface Bundle {
  readonly kind: "bundle";
  readonly parts: readonly Item[];
  /** Bytes of all of them. */
  readonly size: number;
  readonly tree: Tree;
}
