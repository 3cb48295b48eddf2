/**
 * Which hub a command means when none is named: the one joined last, then one running here. Both
 * are remembered as small files in the state directory.
 */
import { join } from "@std/path";
import type { Address } from "../net/address.ts";

const JOINED = "joined.json";
const RUNNING = "running";

/** Remembers the hub a peer has joined. `state` is the state directory; failures are no matter. */
export function rememberJoined(state: string, address: Address): void {
  try {
    Deno.mkdirSync(state, { recursive: true, mode: 0o700 });
    replaceFile(join(state, JOINED), JSON.stringify(address));
  } catch {
    // Remembering is a convenience: without it the hub is named by hand.
  }
}

/** The hub joined last, or undefined. */
export function joinedHub(state: string): Address | undefined {
  return readAddress(join(state, JOINED));
}

/** Notes that a hub of this process runs at `address`; the returned function takes the note back. */
export function noteRunning(state: string, address: Address): () => void {
  const path = join(state, RUNNING, noteName(address));
  try {
    Deno.mkdirSync(join(state, RUNNING), { recursive: true, mode: 0o700 });
    const lock = Deno.openSync(lockOf(path), { write: true, create: true });
    // Never waits: a hub that already has this note is found by it, and keeps it.
    if (!lock.tryLockSync(true)) {
      lock.close();
      return () => {};
    }
    replaceFile(path, JSON.stringify(address));
    return () => {
      removeIfThere(path);
      lock.close();
      removeIfThere(lockOf(path));
    };
  } catch {
    return () => {};
  }
}

/** The hubs running on this machine for this user. Notes of hubs that were killed are removed. */
export function runningHubs(state: string): Address[] {
  let names: string[];
  try {
    names = [...Deno.readDirSync(join(state, RUNNING))].map(({ name }) => name);
  } catch {
    return [];
  }
  return names.filter((name) => name.endsWith(".json")).sort().flatMap(
    (name) => {
      const path = join(state, RUNNING, name);
      if (!isAbandoned(path)) return readAddress(path) ?? [];
      removeIfThere(path);
      removeIfThere(lockOf(path));
      return [];
    },
  );
}

/** Hubs may share a port at different addresses. */
function noteName({ host, port }: Address): string {
  return `${port}-${host.replaceAll(/[^\w.]/g, "_")}.json`;
}

/** What the hub of a note holds locked as long as it lives; on Windows nobody could read the note itself then. */
function lockOf(note: string): string {
  return note.replace(/\.json$/, ".lock");
}

function isAbandoned(note: string): boolean {
  try {
    using lock = Deno.openSync(lockOf(note), { read: true, write: true });
    return lock.tryLockSync(true);
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}

function readAddress(path: string): Address | undefined {
  try {
    const value: unknown = JSON.parse(Deno.readTextFileSync(path));
    if (typeof value !== "object" || value === null) return undefined;
    if (!("host" in value) || !("port" in value)) return undefined;
    const { host, port } = value;
    return typeof host === "string" && typeof port === "number"
      ? { host, port }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Readers see the old content or the new, never a part. */
function replaceFile(path: string, content: string): void {
  const fresh = `${path}.${crypto.randomUUID()}`;
  Deno.writeTextFileSync(fresh, content, { mode: 0o600 });
  Deno.renameSync(fresh, path);
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Gone already.
  }
}
