/** The ledger's database: where it lies, who may write it, and whether it is one. */
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { COLUMNS } from "./rows.ts";

/** Marks the database as Ferry's: "Frry". */
const APPLICATION_ID = 0x46727279;
/** Of the table below; a higher one is a later Ferry's. */
const SCHEMA_VERSION = 2;
/** What makes a ledger of a version one of the next, the first from version 1. */
const MIGRATIONS = ["ALTER TABLE deliveries ADD COLUMN client_key TEXT"];
/** Hubs of one user at a time that keep a ledger. */
const MAX_LEDGERS = 16;

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
    client_key TEXT,
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

/** What a hub writes into its lock when it begins to stop. */
export const STOPPING = new TextEncoder().encode("stopping");

/** The hub whose ledger it is stops just now: it is ours in a moment. */
export class InHandover extends Error {}

/** The database cannot be used, and never will. */
export class Unusable extends Error {}

/** The file name of the `n`th ledger of a user. */
export function ledgerName(n: number): string {
  return n === 1 ? "ledger.db" : `ledger-${n}.db`;
}

/** The first ledger in `state` nobody writes, locked for us. Throws Error when there are too many. */
export function claim(state: string): { path: string; lock: Deno.FsFile } {
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

/** Opens a ledger for writing, or makes it; an older one is brought up to this version. Throws Unusable, and what SQLite gives. */
export function openDatabase(path: string): DatabaseSync {
  // Made here, so that nobody else may read it; SQLite gives its other files the same mode.
  Deno.openSync(path, { write: true, create: true, mode: 0o600 }).close();
  const db = new DatabaseSync(path);
  try {
    const tables = db.prepare("SELECT count(*) AS n FROM sqlite_schema").get();
    if (tables?.n === 0) db.exec(`BEGIN; ${SCHEMA} COMMIT;`);
    migrate(db, assertOurs(db));
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Throws Unusable unless the database is a ledger of this version or one before, and whole as far as
 * a glance can tell; gives the version.
 */
export function assertOurs(db: DatabaseSync): number {
  if (number(db, "application_id") !== APPLICATION_ID) {
    throw new Unusable("it is not a ledger of Ferry");
  }
  const version = number(db, "user_version");
  if (version < 1 || version > SCHEMA_VERSION) {
    throw new Unusable(`it is of another version of Ferry (${version})`);
  }
  const columns = COLUMNS.filter((column) =>
    version > 1 || column !== "client_key"
  );
  db.prepare(
    `SELECT ${columns.join(", ")} FROM deliveries ORDER BY seq LIMIT 1`,
  )
    .get();
  return version;
}

/** All or nothing: a process that is killed meanwhile leaves the ledger as it was. */
function migrate(db: DatabaseSync, version: number): void {
  const steps = MIGRATIONS.slice(version - 1);
  if (steps.length === 0) return;
  db.exec(
    `BEGIN; ${
      steps.join("; ")
    }; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`,
  );
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

/** Moves a ledger out of the way, with what SQLite keeps beside it; gives where it is now. */
export function moveAside(path: string, now: number): string {
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
