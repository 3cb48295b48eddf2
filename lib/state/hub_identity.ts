/**
 * What makes a hub the same hub after a restart: its certificate, the secret in its ticket, and the
 * secret of its own machine. One file, made when it is first needed, readable by its owner alone.
 */
import { join } from "@std/path";
import * as v from "valibot";
import { Failure, systemState } from "../failure.ts";
import {
  derOf,
  fingerprintOf,
  hexOf,
  makeCertificate,
} from "../net/certificate.ts";
import { createFile, replaceFile } from "./files.ts";

const SECRET_BYTES = 16;
const secret = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));
const pemText = v.pipe(v.string(), v.regex(/^-----BEGIN [A-Z ]+-----\n/));

const schema = v.object({
  version: v.literal(1),
  /** PEM. */
  certificate: pemText,
  /** The private key, PEM. */
  key: pemText,
  /** In every ticket: who has it may join. 32 hexadecimal digits, as the next. */
  ticket_secret: secret,
  /** Never leaves the machine: who has it is the user the hub runs as. */
  operator_secret: secret,
});

/** What is in the file. */
export type HubIdentity = v.InferOutput<typeof schema>;

/** The file in a state directory. */
export function hubIdentityPath(state: string): string {
  return join(state, "hub", "identity.json");
}

/** The identity, or undefined when there is none yet. Throws Failure `bad-data` for a damaged file, `output` for one that cannot be read. */
export function readHubIdentity(state: string): HubIdentity | undefined {
  const path = hubIdentityPath(state);
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw unusable("read", path, error);
  }
  try {
    return v.parse(schema, JSON.parse(text));
  } catch (cause) {
    throw new Failure("bad-data", `Cannot use ${path}: it is damaged`, {
      hint: "restore it, or remove it: the hub then makes a new identity, " +
        "and every peer needs a new ticket",
      cause,
    });
  }
}

/** The identity; one is made when there is none, once however many processes ask. Throws Failure. */
export async function hubIdentity(state: string): Promise<HubIdentity> {
  const found = readHubIdentity(state);
  if (found !== undefined) return found;
  const made: HubIdentity = {
    version: 1,
    ...await makeCertificate(),
    ticket_secret: newSecret(),
    operator_secret: newSecret(),
  };
  const path = hubIdentityPath(state);
  try {
    createFile(path, textOf(made));
  } catch (error) {
    throw unusable("write", path, error);
  }
  // Another process may have been first.
  return readHubIdentity(state) ?? made;
}

/** Replaces the secret in the ticket; running hubs notice at the next greeting. Throws Failure. */
export async function rotateTicket(state: string): Promise<HubIdentity> {
  const identity = {
    ...await hubIdentity(state),
    ticket_secret: newSecret(),
  };
  const path = hubIdentityPath(state);
  try {
    replaceFile(path, textOf(identity));
  } catch (error) {
    throw unusable("write", path, error);
  }
  return identity;
}

/** SHA-256 of an identity's certificate, as tickets carry it. */
export function hubFingerprint(identity: HubIdentity): Promise<string> {
  return fingerprintOf(derOf(identity.certificate));
}

/** The secrets a running hub takes now; the file is read again only when it has changed. */
export class Secrets {
  readonly #state: string;
  #identity: HubIdentity;
  #seen: string;

  constructor(state: string, identity: HubIdentity) {
    this.#state = state;
    this.#identity = identity;
    this.#seen = this.#stamp();
  }

  /** The identity as it is now; while the file is gone or damaged, as it was. */
  now(): HubIdentity {
    const stamp = this.#stamp();
    if (stamp === this.#seen) return this.#identity;
    try {
      this.#identity = readHubIdentity(this.#state) ?? this.#identity;
      this.#seen = stamp;
    } catch {
      // Tried again at the next greeting.
    }
    return this.#identity;
  }

  #stamp(): string {
    try {
      const { mtime, ino, size } = Deno.statSync(hubIdentityPath(this.#state));
      return `${mtime?.getTime()} ${ino} ${size}`;
    } catch {
      return "";
    }
  }
}

function newSecret(): string {
  return hexOf(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
}

function textOf(identity: HubIdentity): string {
  return JSON.stringify(identity, null, 2) + "\n";
}

function unusable(action: string, path: string, cause: unknown): Failure {
  const state = systemState(cause);
  return new Failure("output", `Cannot ${action} ${path}: ${state}`, { cause });
}
