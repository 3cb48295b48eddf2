/**
 * The key pair a client is known by. One for each state directory, made at its first use; the
 * private key never leaves it.
 */
import { join } from "@std/path";
import { Failure, systemState } from "../failure.ts";
import { createFile } from "../state/files.ts";

/** Raw Ed25519 public keys and signatures, in bytes. */
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

const FILE = "identity.json";
const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;

/** A key pair, as who owns it uses it. */
export interface Identity {
  /** The raw public key in base64url, 43 characters. */
  readonly key: string;
  /** A signature in base64url, 86 characters. */
  sign(bytes: Uint8Array<ArrayBuffer>): Promise<string>;
}

/** The parts of a JSON Web Key (RFC 8037) that are kept. */
interface KeptKey {
  readonly x: string;
  readonly d: string;
}

/**
 * The identity in the state directory `state`, made when there is none; processes that begin at
 * once get the same. Throws Failure `bad-data` for a damaged one, `input` for
 * one that cannot be read, `output` when none can be kept.
 */
export async function openIdentity(state: string): Promise<Identity> {
  const path = join(state, FILE);
  const kept = read(path) ?? keep(path, await makeKey());
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey(
      "jwk",
      { kty: "OKP", crv: "Ed25519", ...kept },
      "Ed25519",
      false,
      ["sign"],
    );
  } catch (error) {
    throw damaged(path, error);
  }
  return {
    key: kept.x,
    async sign(bytes) {
      const signature = await crypto.subtle.sign("Ed25519", key, bytes);
      return new Uint8Array(signature).toBase64(BASE64URL);
    },
  };
}

/** Whether `signature` over `bytes` was made with the private half of `key`; both in base64url. */
export async function isSignedBy(
  key: string,
  signature: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const raw = decode(key, KEY_BYTES);
  const signed = decode(signature, SIGNATURE_BYTES);
  if (raw === undefined || signed === undefined) return false;
  try {
    const imported = await crypto.subtle.importKey(
      "raw",
      raw,
      "Ed25519",
      false,
      ["verify"],
    );
    return await crypto.subtle.verify("Ed25519", imported, signed, bytes);
  } catch {
    return false; // No point of the curve.
  }
}

/** The bytes of a text that is their one base64url form; undefined for any other. */
function decode(
  text: string,
  length: number,
): Uint8Array<ArrayBuffer> | undefined {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    return bytes.length === length && bytes.toBase64(BASE64URL) === text
      ? bytes
      : undefined;
  } catch {
    return undefined;
  }
}

async function makeKey(): Promise<KeptKey> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign"]);
  if (!("privateKey" in pair)) throw new TypeError("no key pair was made");
  const { x = "", d = "" } = await crypto.subtle.exportKey(
    "jwk",
    pair.privateKey,
  );
  return { x, d };
}

/** The key kept at `path`, or undefined when there is none. */
function read(path: string): KeptKey | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new Failure("input", `Cannot read the identity ${path}`, {
      cause: error,
    });
  }
  try {
    const { x, d } = JSON.parse(text);
    if (typeof x === "string" && typeof d === "string") return { x, d };
  } catch {
    // Said below.
  }
  throw damaged(path);
}

function damaged(path: string, cause?: unknown): Failure {
  const state = `Cannot use the identity ${path}: it is damaged`;
  const hint =
    "remove it for a new one; names bound to the old one must then be freed on the hub's machine, with ferry peers --forget";
  return new Failure("bad-data", state, { cause, hint });
}

/** Keeps a fresh key; when another process was first, its key counts. */
function keep(path: string, key: KeptKey): KeptKey {
  try {
    createFile(path, JSON.stringify({ v: 1, ...key }));
  } catch (cause) {
    const state = systemState(cause);
    throw new Failure(
      "output",
      `Cannot keep an identity at ${path}: ${state}`,
      {
        cause,
        hint:
          "HOME or XDG_STATE_HOME must name a directory that can be written",
      },
    );
  }
  return read(path) ?? key;
}
