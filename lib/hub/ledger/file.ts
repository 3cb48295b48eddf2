/**
 * The ledger on disk: one SQLite database, one row for each delivery of a transfer. Whoever writes
 * holds a lock beside it; a second hub of the same user keeps a ledger of its own.
 *
 * WAL with synchronous=NORMAL: a process that is killed loses nothing that was written, a machine
 * that loses its power perhaps the last moments; the database stays whole either way.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { join } from "@std/path";
import { systemState } from "../../failure.ts";
import { LEDGER_DAYS, LEDGER_ROWS } from "../../protocol/limits.ts";
import type { PastDelivery } from "../../protocol/message.ts";
import type { HistoryQuery } from "../sharing/giving.ts";
import {
  assertOurs,
  claim,
  isDamage,
  ledgerName,
  moveAside,
  openDatabase,
  STOPPING,
  Unusable,
} from "./database.ts";
import { COLUMNS, deliveryOf, HOW_IT_FARES, valuesOf } from "./rows.ts";

/** Rows read at once while a history is told, and removed at once when they are too old. */
const PAGE = 200;
/** Rows looked at in one step of a history: about a millisecond in which nothing else happens. */
const WINDOW = 5_000;
const DAY_MS = 86_400_000;

/** A delivery to be written, and where it stands once it was. */
export interface LedgerRow {
  /** Its row, and in which file: one that was set aside since has no say. */
  written?: { readonly file: LedgerFile; readonly seq: number };
  delivery: PastDelivery;
  /** The key of the client it is done for, if it has shown one. */
  readonly key: string | undefined;
  /** A hub before this one may have written it. */
  readonly isOld: boolean;
}

/** Which deliveries are asked for. */
export interface LedgerQuery extends HistoryQuery {
  /** The hub they went through; any when absent. */
  readonly hub?: string;
}

/** Whether a delivery is a viewer's own, with its key and twice its names, as a list in JSON. */
const IS_OWN = "(client_key = ? OR " +
  "recipient IN (SELECT value FROM json_each(?)) OR " +
  // What a Ferry before this one wrote: whoever has the name now.
  "(client_key IS NULL AND sender IN (SELECT value FROM json_each(?))))";

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
   * aside, and `setAside` told where it is now and why; with `damage` it is, for that reason. `now`
   * is ms since the Unix epoch. Throws InHandover, or what the system or SQLite gives when there can be none.
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
        setAside(moveAside(path, now), systemState(error));
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
    const { hub, peer, viewer, since } = query;
    const conditions = [
      "seq < ?",
      "seq >= ?",
      "at >= ?",
      ...(hub === undefined ? [] : ["hub = ?"]),
      ...(peer === undefined ? [] : ["(sender = ? OR recipient = ?)"]),
      ...(viewer === undefined ? [] : [IS_OWN]),
    ];
    const page = this.#db.prepare(
      `SELECT * FROM deliveries WHERE ${conditions.join(" AND ")} ` +
        "ORDER BY seq DESC LIMIT ?",
    );
    const names = JSON.stringify(viewer?.names);
    const fixed = [
      since,
      ...(hub === undefined ? [] : [hub]),
      ...(peer === undefined ? [] : [peer, peer]),
      ...(viewer === undefined ? [] : [viewer.key, names, names]),
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
    const result = this.#insert.run(...valuesOf(hub, row.delivery, row.key));
    row.written = { file: this, seq: Number(result.lastInsertRowid) };
  }

  #change(seq: number, delivery: PastDelivery): void {
    // What it is has been written.
    this.#update ??= this.#db.prepare(
      `UPDATE deliveries SET size = ?, ${
        COLUMNS.slice(HOW_IT_FARES).map((column) => `${column} = ?`).join(", ")
      } WHERE seq = ?`,
    );
    const values = valuesOf("", delivery, undefined).slice(HOW_IT_FARES);
    this.#update.run(delivery.size, ...values, seq);
  }
}
