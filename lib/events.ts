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

/** A hub, a peer, or the bare TCP of `ferry bench --serve-bare` is up: a script may go on. */
export interface Ready {
  event: "ready";
  role: "hub" | "peer" | "bare";
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
  /** The id of the directory it is in. */
  tree?: string;
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
  /**
   * A peer's receiving side: how long the END of the body was under way from the hub, behind what was
   * still to come of it. The truth lies within `ms` ± `bound`.
   */
  one_way_ms?: { ms: number; bound: number };
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
  /** What to try, where there is more to say than the code does. */
  hint?: string;
}

/** The hub keeps it for a recipient that is away, and says so to its sender. */
export interface TransferStored extends TransferFacts {
  event: "transfer.stored";
  /** Absent for a directory: its files each have theirs. */
  sha256?: string;
  /** Of a whole directory: what became of what is in it. */
  files?: TreeCount;
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

/** One hop of a transfer as a capture shows it, in milliseconds; `null` where the capture cannot tell. */
export interface HopFigures {
  /** 1 from a client to the hub, 2 from the hub to a client. */
  hop: 1 | 2;
  /** OFFER … RECEIPT of this recipient. */
  latency_ms: number;
  /** OFFER … ACCEPT; 0 for a body that rides behind its OFFER. */
  offer_ms: number;
  /** … END. */
  transfer_ms: number | null;
  /** … RECEIPT. */
  receipt_ms: number | null;
  /** What the recipient says of it. */
  verify_ms: number | null;
  /** Bytes of the body that were captured; of a file in a bundle with gaps, at least so many. */
  bytes: number;
  /** Numbers of the packets that complete these frames. */
  frames: { offer: number; end: number | null; receipt: number };
}

/** A transfer to one recipient, as the program logged it and as a capture shows it. */
export interface Reconciled {
  event: "reconciled";
  id: string;
  name: string;
  from: string;
  to: string;
  bytes: number | null;
  program_ms: Latency | null;
  /** OFFER … RECEIPT on the sender's hop; `null` when that was not captured. */
  capture_ms: number | null;
  /** `program_ms.total` less `capture_ms`. */
  difference_ms: number | null;
  /** The sender's hop first; of what was stored also the one it was delivered over later. */
  hops: HopFigures[];
  /** What its sender was told. */
  status: "delivered" | "unchanged" | "stored";
  /** `not logged`: the capture shows it, no log names it. */
  verdict: "consistent" | "differs" | "missing" | "not logged";
  why: string[];
}

/** What `ferry dissector` prints or has put where Wireshark finds it. */
export type Dissector =
  | { event: "dissector"; lua: string }
  | { event: "dissector"; saved: string };

/** What `ferry ticket` prints. */
export interface TicketMade {
  event: "ticket";
  /** Secret: whoever has it may join. */
  ticket: string;
  hosts: readonly string[];
  port: number;
  /** SHA-256 of the hub's certificate, 64 hexadecimal digits. */
  fingerprint: string;
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

/** One thing `ferry doctor` looked at; a `problem` stops transfers. */
export interface Checked {
  event: "check";
  name: string;
  state: "ok" | "note" | "problem";
  message: string;
  hint?: string;
}

/** What `ferry bench` measures on. */
export interface BenchStarted {
  event: "bench.started";
  /** The hub's name, and whether it is the benchmark's own, in the same process. */
  hub: string;
  own: boolean;
  addr: { host: string; port: number };
  /** Peers of the benchmark itself. */
  peers: number;
  secure: boolean;
  /** Whether bare TCP is measured beside it. */
  bare: boolean;
  os: string;
  arch: string;
  cores: number;
  deno: string;
}

/** What one scenario of `ferry bench` gave on one path. Durations in milliseconds. */
export interface BenchResult {
  event: "bench.result";
  scenario: string;
  path: "hub" | "peer" | "broadcast";
  /** Sent once for all recipients. */
  bytes: number;
  recipients: number;
  /** Transfers that arrived, and that did not. */
  repeats: number;
  failed: number;
  /** End to end; `null` when nothing arrived, as everything below. */
  latency_ms: { p50: number; p95: number; p99: number; max: number } | null;
  /** Of the median transfer: adds up to p50. */
  breakdown_ms: Latency | null;
  /** At all recipients together. */
  bytes_per_s: number | null;
  /** The same bytes over the same path by bare TCP; `null` without a baseline. */
  bare: { p50: number; bytes_per_s: number; share: number } | null;
  round_trip_ms: number | null;
}

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
    /** How the program was put together. */
    kind: "source" | "compiled" | "portable";
    /** The commit it was made from, where that is known; ends in `-dirty` when files were changed since. */
    commit?: string;
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
  | TicketMade
  | SharedListed
  | Viewed
  | Checked
  | Reconciled
  | Dissector
  | BenchStarted
  | BenchResult
  | Summary
  | About;
