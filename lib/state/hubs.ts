/**
 * Which hub a command means when none is named: the one joined last, then one running here; and
 * what hubs that were joined are known by. All remembered as small files in the state directory.
 */
import { join } from "@std/path";
import * as v from "valibot";
import type { Address } from "../net/address.ts";
import { removeIfThere } from "../transfer/disk.ts";
import { makePrivateDirectory, replaceFile } from "./files.ts";

const JOINED = "joined.json";
const RUNNING = "running";
const KNOWN = "known";

const knownHub = v.object({
  /** PEM. */
  certificate: v.string(),
  /** SHA-256 of the certificate in DER, 64 hexadecimal digits. */
  fingerprint: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** The ticket's. */
  secret: v.pipe(v.string(), v.maxLength(64)),
});

/** What a hub that was joined with a ticket is known by. */
export type KnownHub = v.InferOutput<typeof knownHub>;

/** A hub that runs here. */
export interface RunningHub extends Address {
  /** The address it listens on, `0.0.0.0` for all of them. */
  readonly bound: string;
  /** False when it was started with `--insecure`. */
  readonly secure: boolean;
}

/** What the hub at `address` is known by, or undefined. */
export function hubKnownAt(
  state: string,
  address: Address,
): KnownHub | undefined {
  try {
    const text = Deno.readTextFileSync(knownPath(state, address));
    return v.parse(knownHub, JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Remembers what the hub at `address` is known by; failures are no matter: its ticket still works. */
export function rememberKnown(
  state: string,
  address: Address,
  known: KnownHub,
): void {
  try {
    replaceFile(knownPath(state, address), JSON.stringify(known));
  } catch {
    // The ticket has to be given again.
  }
}

function knownPath(state: string, address: Address): string {
  return join(state, KNOWN, noteName(address));
}

/** Remembers the hub a peer has joined. `state` is the state directory; failures are no matter. */
export function rememberJoined(state: string, address: Address): void {
  try {
    const { host, port } = address;
    replaceFile(join(state, JOINED), JSON.stringify({ host, port }));
  } catch {
    // Remembering is a convenience: without it the hub is named by hand.
  }
}

/** The hub joined last, or undefined. */
export function joinedHub(state: string): Address | undefined {
  return readAddress(join(state, JOINED));
}

/** Notes that a hub of this process runs at `address`; the returned function takes the note back. */
export function noteRunning(state: string, address: RunningHub): () => void {
  const path = join(state, RUNNING, noteName(address));
  try {
    makePrivateDirectory(join(state, RUNNING));
    const lock = Deno.openSync(lockOf(path), {
      write: true,
      create: true,
      mode: 0o600,
    });
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
export function runningHubs(state: string): RunningHub[] {
  let names: string[];
  try {
    names = [...Deno.readDirSync(join(state, RUNNING))].map(({ name }) => name);
  } catch {
    return [];
  }
  return names.filter((name) => name.endsWith(".json")).sort().flatMap(
    (name) => {
      const path = join(state, RUNNING, name);
      if (!isAbandoned(path)) return readRunning(path) ?? [];
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

const address = v.object({ host: v.string(), port: v.number() });
const running = v.object({
  ...address.entries,
  bound: v.string(),
  secure: v.boolean(),
});

function readAddress(path: string): Address | undefined {
  try {
    return v.parse(address, JSON.parse(Deno.readTextFileSync(path)));
  } catch {
    return undefined;
  }
}

function readRunning(path: string): RunningHub | undefined {
  try {
    return v.parse(running, JSON.parse(Deno.readTextFileSync(path)));
  } catch {
    return undefined;
  }
}
