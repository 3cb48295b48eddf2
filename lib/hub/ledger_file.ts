/**
 * The ledger on disk: one SQLite database, one row for each delivery of a transfer. Whoever writes
 * holds a lock beside it; a second hub of the same user keeps a ledger of its own.
 *
 * WAL with synchronous=NORMAL: a process that is killed loses nothing that was written, a machine
 * that loses its power perhaps the last moments; the database stays whole either way.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { join } from "@std/path";
import type { Latency } from "../events.ts";
import { LEDGER_DAYS, LEDGER_ROWS } from "../protocol/limits.ts";
import type { PastDelivery } from "../protocol/message.ts";

/** Marks the database as Ferry's: "Frry". */
const APPLICATION_ID = 0x46727279;
/** Of the table below; a higher one is a later Ferry's. */
const SCHEMA_VERSION = 1;
/** Hubs of one user at a time that keep a ledger. */
const MAX_LEDGERS = 16;
/** Rows read at once while a history is told, and removed at once when they are too old. */
const PAGE = 200;
/** Rows looked at in one step of a history: about a millisecond in which nothing else happens. */
const WINDOW = 5_000;
const DAY_MS = 86_400_000;

const SCHEMA = `
  CREATE TABLE deliveries (
    seq INTEGER PRIMARY KEY,
    hub TEXT NOT NULL COLLATE NOCASE,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    size INTEGER,
    sender TEXT NOT NULL COLLATE NOCASE,
    recipient TEXT NOT NULL COLLATE NOCASE,
    status TEXT NOT NULL,
    at INTEGER NOT NULL,
    ended INTEGER,
    sha256 TEXT,
    code TEXT,
    message TEXT,
    retryable INTEGER,
    total_ms REAL, queue_ms REAL, offer_ms REAL,
    transfer_ms REAL, verify_ms REAL, ack_ms REAL
  ) STRICT;
  CREATE INDEX deliveries_by_id ON deliveries (id);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

const COLUMNS = [
  ...["hub", "id", "name", "kind", "size", "sender", "recipient", "status"],
  ...["at", "ended", "sha256", "code", "message", "retryable"],
  ...["total_ms", "queue_ms", "offer_ms", "transfer_ms", "verify_ms", "ack_ms"],
];

/** A delivery to be written, and where it stands once it was. */
export interface LedgerRow {
  /** Its row, and in which file: one that was set aside since has no say. */
  written?: { readonly file: LedgerFile; readonly seq: number };
  delivery: PastDelivery;
  /** A hub before this one may have written it. */
  readonly isOld: boolean;
}

/** Which deliveries are asked for; names in any case. */
export interface LedgerQuery {
  /** The hub they went through; any when absent. */
  readonly hub?: string;
  /** Each of these names is the sender or the recipient. */
  readonly names: readonly string[];
  /** Offered since, ms since the Unix epoch. */
  readonly since: number;
  /** The newest so many. */
  readonly limit: number;
}

/** What a hub writes into its lock when it begins to stop. */
const STOPPING = new TextEncoder().encode("stopping");

/** The hub whose ledger it is stops just now: it is ours in a moment. */
export class InHandover extends Error {}

/** The database cannot be used, and never will. */
class Unusable extends Error {}

/** An open ledger. */
export class LedgerFile {
  readonly #db: DatabaseSync;
  readonly #lock: Deno.FsFile | undefined;
  #insert: StatementSync | undefined;
  #update: StatementSync | undefined;
  #known: StatementSync | undefined;

  private constructor(
    readonly path: string,
    db: DatabaseSync,
    lock: Deno.FsFile | undefined,
  ) {
    this.#db = db;
    this.#lock = lock;
  }

  /**
   * Opens the first ledger in `state` that no other hub writes. A damaged or foreign one is set
   * aside, and `setAside` told where it is now and why; with `damage` it is, for that reason. `now` is ms since the Unix epoch. Throws
   * InHandover, or what the system or SQLite gives when there can be none.
   */
  static write(
    state: string,
    now: number,
    setAside: (path: string, reason: string) => void,
    damage?: string,
  ): LedgerFile {
    Deno.mkdirSync(state, { recursive: true, mode: 0o700 });
    const { path, lock } = claim(state);
    const open = () => new LedgerFile(path, openDatabase(path), lock);
    try {
      try {
        if (damage !== undefined) throw new Unusable(damage);
        return open();
      } catch (error) {
        if (!isDamage(error)) throw error;
        setAside(moveAside(path, now), reasonOf(error));
        return open();
      }
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  /** Opens the ledger in `state` for reading alone; undefined when there is none. */
  static read(state: string): LedgerFile | undefined {
    const path = join(state, ledgerName(1));
    try {
      Deno.statSync(path);
    } catch {
      return undefined;
    }
    const db = new DatabaseSync(path, { readOnly: true });
    try {
      assertOurs(db);
      return new LedgerFile(path, db, undefined);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** What an earlier hub left open has failed: nobody carries it any more. */
  closeAbandoned(): void {
    this.#db.prepare(
      "UPDATE deliveries SET status = 'failed', code = 'shutdown', " +
        "message = 'the hub stopped before it was done', retryable = 1 " +
        "WHERE status = 'open'",
    ).run();
  }

  /** Writes rows in one transaction, all or none. Throws what SQLite gives. */
  write(hub: string, rows: readonly LedgerRow[]): void {
    this.#db.exec("BEGIN IMMEDIATE");
    const fresh: LedgerRow[] = [];
    try {
      for (const row of rows) {
        if (row.written?.file === this) {
          this.#change(row.written.seq, row.delivery);
        } else {
          fresh.push(row);
          this.#add(hub, row);
        }
      }
      this.#db.exec("COMMIT");
    } catch (error) {
      for (const row of fresh) delete row.written;
      try {
        this.#db.exec("ROLLBACK");
      } catch {
        // SQLite has rolled back by itself.
      }
      throw error;
    }
  }

  /** Removes what is older or more than the ledger keeps; `now` is ms since the Unix epoch. */
  prune(now: number): void {
    const newest = this.#seq("max");
    this.#db.prepare(
      "DELETE FROM deliveries WHERE seq IN (SELECT seq FROM (" +
        "SELECT seq, at FROM deliveries ORDER BY seq LIMIT 5000) " +
        "WHERE seq <= ? OR at < ?)",
    ).run(newest - LEDGER_ROWS, now - LEDGER_DAYS * DAY_MS);
  }

  /**
   * The deliveries asked for, newest first, some at a time and at times none: what is done for each
   * step is bounded, however few of the rows are meant.
   */
  *deliveries(query: LedgerQuery): Generator<PastDelivery[]> {
    const { hub, names, since } = query;
    const conditions = [
      "seq < ?",
      "seq >= ?",
      "at >= ?",
      ...(hub === undefined ? [] : ["hub = ?"]),
      ...names.map(() => "(sender = ? OR recipient = ?)"),
    ];
    const page = this.#db.prepare(
      `SELECT * FROM deliveries WHERE ${conditions.join(" AND ")} ` +
        "ORDER BY seq DESC LIMIT ?",
    );
    const fixed = [
      since,
      ...(hub === undefined ? [] : [hub]),
      ...names.flatMap((name) => [name, name]),
    ];
    const [oldest, newest] = [this.#seq("min"), this.#seq("max")];
    let left = query.limit;
    for (let before = newest + 1; left > 0 && before > oldest;) {
      const count = Math.min(left, PAGE);
      const from = before - WINDOW;
      const rows = page.all(before, from, ...fixed, count);
      before = rows.length < count ? from : Number(rows.at(-1)?.seq);
      left -= rows.length;
      yield rows.map(deliveryOf);
    }
  }

  /** Tells a hub that starts from now on to wait for this ledger. */
  stopping(): void {
    this.#lock?.writeSync(STOPPING);
  }

  /** Closes it; the lock is given up. */
  close(): void {
    try {
      this.#db.close();
    } finally {
      this.#lock?.close();
    }
  }

  /** The first or last row; 0 where there is none. */
  #seq(which: "min" | "max"): number {
    const row = this.#db.prepare(`SELECT ${which}(seq) AS n FROM deliveries`)
      .get();
    return Number(row?.n ?? 0);
  }

  #add(hub: string, row: LedgerRow): void {
    this.#known ??= this.#db.prepare(
      "SELECT seq FROM deliveries WHERE id = ? AND recipient = ? " +
        "AND hub = ? AND at = ?",
    );
    const { id, to, at } = row.delivery;
    const before = row.isOld ? this.#known.get(id, to, hub, at) : undefined;
    if (before !== undefined) {
      const seq = Number(before.seq);
      row.written = { file: this, seq };
      return this.#change(seq, row.delivery);
    }
    this.#insert ??= this.#db.prepare(
      `INSERT INTO deliveries (${COLUMNS.join(", ")}) ` +
        `VALUES (${COLUMNS.map(() => "?").join(", ")})`,
    );
    const result = this.#insert.run(...valuesOf(hub, row.delivery));
    row.written = { file: this, seq: Number(result.lastInsertRowid) };
  }

  #change(seq: number, delivery: PastDelivery): void {
    // What it is has been written; how it fares comes after `recipient`.
    const from = COLUMNS.indexOf("status");
    this.#update ??= this.#db.prepare(
      `UPDATE deliveries SET size = ?, ${
        COLUMNS.slice(from).map((column) => `${column} = ?`).join(", ")
      } WHERE seq = ?`,
    );
    const values = valuesOf("", delivery).slice(from);
    this.#update.run(delivery.size, ...values, seq);
  }
}

/** The file name of the `n`th ledger of a user. */
function ledgerName(n: number): string {
  return n === 1 ? "ledger.db" : `ledger-${n}.db`;
}

/** The first ledger nobody writes, locked for us. Throws InHandover. */
function claim(state: string): { path: string; lock: Deno.FsFile } {
  for (let n = 1; n <= MAX_LEDGERS; n++) {
    const path = join(state, ledgerName(n));
    const lock = Deno.openSync(`${path}.lock`, {
      write: true,
      create: true,
      mode: 0o600,
    });
    if (lock.tryLockSync(true)) {
      lock.truncateSync();
      return { path, lock };
    }
    const isStopping = lock.statSync().size > 0;
    lock.close();
    if (isStopping) throw new InHandover();
  }
  throw new Error(`${MAX_LEDGERS} hubs keep a ledger already`);
}

function openDatabase(path: string): DatabaseSync {
  // Made here, so that nobody else may read it; SQLite gives its other files the same mode.
  Deno.openSync(path, { write: true, create: true, mode: 0o600 }).close();
  const db = new DatabaseSync(path);
  try {
    const tables = db.prepare("SELECT count(*) AS n FROM sqlite_schema").get();
    if (tables?.n === 0) db.exec(`BEGIN; ${SCHEMA} COMMIT;`);
    assertOurs(db);
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Throws Unusable unless the database is a ledger of this version, and whole as far as a glance can tell. */
function assertOurs(db: DatabaseSync): void {
  if (number(db, "application_id") !== APPLICATION_ID) {
    throw new Unusable("it is not a ledger of Ferry");
  }
  const version = number(db, "user_version");
  if (version !== SCHEMA_VERSION) {
    throw new Unusable(`it is of another version of Ferry (${version})`);
  }
  db.prepare(
    `SELECT ${COLUMNS.join(", ")} FROM deliveries ORDER BY seq LIMIT 1`,
  )
    .get();
}

function number(db: DatabaseSync, pragma: string): number {
  return Number(db.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
}

/** Whether the file itself is at fault, and not the disk or the right to use it. */
export function isDamage(error: unknown): boolean {
  return error instanceof Unusable ||
    (error instanceof Error &&
      /not a database|malformed|no such (table|column)|corrupt/.test(
        error.message,
      ));
}

/** What is wrong, in the words of SQLite or ours. */
export function reasonOf(error: unknown): string {
  return error instanceof Error
    ? error.message.replace(/ \(os error \d+\).*/s, "")
    : String(error);
}

/** Moves a ledger out of the way, with what SQLite keeps beside it; gives where it is now. */
function moveAside(path: string, now: number): string {
  const stamp = new Date(now).toISOString().slice(0, 19).replaceAll(":", "");
  const aside = `${path}.damaged-${stamp}`;
  Deno.renameSync(path, aside);
  for (const suffix of ["-wal", "-shm"]) {
    try {
      Deno.renameSync(path + suffix, aside + suffix);
    } catch {
      // There was none.
    }
  }
  return aside;
}

type Value = string | number | null;

function valuesOf(hub: string, delivery: PastDelivery): Value[] {
  const { id, name, kind, size, from, to, status, at } = delivery;
  const { retryable, latency_ms: latency } = delivery;
  return [
    ...[hub, id, name, kind, size, from, to, status, at],
    delivery.ended ?? null,
    delivery.sha256 ?? null,
    delivery.code ?? null,
    delivery.message ?? null,
    retryable === undefined ? null : Number(retryable),
    ...PARTS.map((part) => latency?.[part] ?? null),
  ];
}

const PARTS: readonly (keyof Latency)[] = [
  ...["total", "queue", "offer"] as const,
  ...["transfer", "verify", "ack"] as const,
];

const STATUSES = ["open", "stored", "delivered", "failed"] as const;

function deliveryOf(row: Record<string, unknown>): PastDelivery {
  const text = (column: string) => String(row[column] ?? "");
  const status = STATUSES.find((one) => one === row.status) ?? "failed";
  return {
    id: text("id"),
    name: text("name"),
    kind: text("kind"),
    size: row.size === null ? null : Number(row.size),
    from: text("sender"),
    to: text("recipient"),
    status,
    at: Number(row.at),
    ...(row.ended === null ? {} : { ended: Number(row.ended) }),
    ...(row.sha256 === null ? {} : { sha256: text("sha256") }),
    ...(row.code === null ? {} : { code: text("code") }),
    ...(row.message === null ? {} : { message: text("message") }),
    ...(row.retryable === null ? {} : { retryable: row.retryable === 1 }),
    ...(row.total_ms === null ? {} : { latency_ms: latencyOf(row) }),
  };
}

function latencyOf(row: Record<string, unknown>): Latency {
  const part = (name: keyof Latency) => Number(row[`${name}_ms`] ?? 0);
  return {
    total: part("total"),
    queue: part("queue"),
    offer: part("offer"),
    transfer: part("transfer"),
    verify: part("verify"),
    ack: part("ack"),
  };
}
