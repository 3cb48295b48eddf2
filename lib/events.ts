// @core
/**
 * Everything the program reports as it runs, as `--json` prints it: a contract scripts rely on, so
 * fields are only ever added. The order of fields here is the order they are printed in.
 */
import { INLINE_BYTES } from "./protocol/limits.ts";

/** What every event of a transfer says about it. */
export interface TransferFacts {
  id: string;
  /** Which way it goes, seen from the process that reports it. */
  dir: "send" | "receive";
  from: string;
  to: string;
  name: string;
  kind: "file" | "text" | "json" | "directory";
  /**
   * The size, or `null` while it is not known (standard input, a directory). Of a directory that
   * has arrived: of its files together.
   */
  bytes: number | null;
  /** The directory it is a part of: the id of that directory's own transfer. */
  tree?: string;
}

/** Whether only the end of a transfer is told of: a small thing in a directory, one of many thousands perhaps. */
export function isMinor({ tree, bytes }: TransferFacts): boolean {
  return tree !== undefined && bytes !== null && bytes <= INLINE_BYTES;
}

/** Where the milliseconds of a transfer went, on the sender's monotonic clock. */
export interface Latency {
  total: number;
  queue: number;
  offer: number;
  transfer: number;
  verify: number;
  ack: number;
}

/** A hub or a peer is up: a script may go on. */
export interface Ready {
  event: "ready";
  role: "hub" | "peer";
  name: string;
  hub: string;
  addr: { host: string; port: number };
  secure: boolean;
}

/** A peer came or went. */
export interface PeerChange {
  event: "peer.joined" | "peer.left";
  name: string;
}

/**
 * A transfer was announced, agreed to, refused or begun. Of what is in a directory only large files
 * are told of before they end: it was announced as a whole.
 */
export interface TransferStep extends TransferFacts {
  event:
    | "transfer.offered"
    | "transfer.accepted"
    | "transfer.declined"
    | "transfer.started";
}

/** How far a transfer is; the rest of its facts came with `transfer.started`. */
export interface TransferProgress {
  event: "transfer.progress";
  id: string;
  bytes: number;
  total: number | null;
  dir: TransferFacts["dir"];
  to: string;
}

/** A transfer is done and its receipt is in. */
export interface TransferCompleted extends TransferFacts {
  event: "transfer.completed";
  /** Absent for directories, and for what was unchanged. */
  sha256?: string;
  /** The recipient had it already: no byte of it was needed. */
  unchanged?: boolean;
  /** A whole directory: what became of the files in it. */
  files?: TreeCount;
  /** Where the file is now: receiving side. */
  saved?: string;
  /** The message: receiving side, kind `text`. */
  text?: string;
  /** The message: receiving side, kind `json`; comes from `parseExact`, so numbers stay as sent. */
  data?: unknown;
  /** Sending side. */
  latency_ms?: Latency;
  bytes_per_s: number;
}

/** How the files of a directory fared, for one recipient. */
export interface TreeCount {
  transferred: number;
  /** The recipient had them already. */
  unchanged: number;
  failed: number;
}

/** A transfer did not arrive. */
export interface TransferFailed extends TransferFacts {
  event: "transfer.failed";
  code: string;
  message: string;
  retryable: boolean;
}

/** A problem: of the whole command (`error`) or one it carries on after (`warning`). */
export interface Problem {
  event: "warning" | "error";
  code: string;
  message: string;
  hint?: string;
}

/** One connected peer, as `ferry peers` lists it. */
export interface PeerListed {
  event: "peer";
  name: string;
  /** ISO 8601, UTC. */
  since: string;
  address: string;
}

/** Something the hub shares, as `ferry ls` lists it. */
export interface SharedListed {
  event: "shared";
  /** Relative to what is shared, with `/`. */
  name: string;
  kind: "file" | "directory";
  bytes: number;
  /** ISO 8601, UTC. */
  modified: string;
}

/**
 * One delivery as `ferry history` lists it: the event there was when it ended, or
 * `transfer.started` while it has not. Its latencies are the hub's, not the sender's.
 */
export interface PastTransfer extends Omit<TransferFacts, "kind"> {
  event:
    | "transfer.started"
    | "transfer.stored"
    | "transfer.completed"
    | "transfer.failed";
  kind: string;
  /** When it was offered to the hub, and when it ended: ISO 8601, UTC. */
  at: string;
  ended?: string;
  sha256?: string;
  latency_ms?: Latency;
  bytes_per_s?: number;
  code?: string;
  message?: string;
  retryable?: boolean;
}

/** What `ferry view` found in a file; the file itself is never part of it. */
export type Viewed =
  | {
    event: "view";
    file: string;
    type: "csv" | "json" | "ndjson";
    /** Rows or records that the options left. */
    shown: number;
  }
  | {
    event: "view";
    file: string;
    type: "image";
    format: string;
    /** Pixels, as shown upright. */
    width: number;
    height: number;
    frames: number;
    bytes: number;
  };

/** The outcome of the whole command; the last event. */
export interface Summary {
  event: "summary";
  ok: number;
  failed: number;
  bytes: number;
  /** Of the transfers that carried a latency; `null` when none did. */
  latency_ms: { p50: number; p95: number; max: number } | null;
  exit: number;
}

/** What `--help` and `--version` print under `--json`. */
export type About =
  | { event: "help"; topic: string; text: string }
  | {
    event: "version";
    version: string;
    deno: string;
    os: string;
    arch: string;
  };

/** Any event. `v` and `ts` are added where it is printed. */
export type FerryEvent =
  | Ready
  | PeerChange
  | TransferStep
  | TransferProgress
  | TransferCompleted
  | TransferFailed
  | Problem
  | PeerListed
  | SharedListed
  | Viewed
  | Summary
  | About;
