// @core
/**
 * Everything the program reports as it runs, as `--json` prints it: a contract scripts rely on, so
 * fields are only ever added. The order of fields here is the order they are printed in.
 */

/** What every event of a transfer says about it. */
export interface TransferFacts {
  id: string;
  /** Which way it goes, seen from the process that reports it. */
  dir: "send" | "receive";
  from: string;
  to: string;
  name: string;
  kind: "file" | "text" | "json";
  /** The size, or `null` while it is not known (standard input). */
  bytes: number | null;
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

/** A transfer was announced, agreed to, refused or begun. */
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
  sha256: string;
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

/** A transfer did not arrive. */
export interface TransferFailed extends TransferFacts {
  event: "transfer.failed";
  code: string;
  message: string;
  retryable: boolean;
}

/** The hub keeps it for a recipient that is away, and says so to its sender. */
export interface TransferStored extends TransferFacts {
  event: "transfer.stored";
  sha256: string;
  /** ISO 8601, UTC: until then the hub keeps it. */
  until: string;
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
  | TransferStored
  | Problem
  | PeerListed
  | Viewed
  | Summary
  | About;
