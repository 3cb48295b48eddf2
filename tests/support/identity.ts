/** Identities and hubs on which names belong to them, without a certificate between. */
import { type Identity, openIdentity } from "../../lib/identity/identity.ts";
import { helloProof } from "../../lib/identity/proof.ts";
import { NameBook } from "../../lib/hub/admission/names.ts";
import type { HubOptions } from "../../lib/hub/hub_options.ts";
import type { ClientOptions } from "../../lib/peer/client.ts";
import type { Fields } from "../../lib/protocol/message.ts";
import { TempDir } from "./files.ts";

/** Stands for the SHA-256 of a hub's certificate. */
export const FINGERPRINT = new Uint8Array(32).fill(7);

/** Options of a hub whose names are kept in `dir`. */
export function keeping(dir: string): Pick<HubOptions, "identities"> {
  return {
    identities: { fingerprint: FINGERPRINT, names: new NameBook(dir) },
  };
}

/** A key pair of its own. */
export async function newIdentity(): Promise<Identity> {
  using dir = new TempDir();
  return await openIdentity(dir.path);
}

/** The options of a client that shows `identity`. */
export function proving(
  identity: Identity,
  fingerprint: Uint8Array = FINGERPRINT,
): Pick<ClientOptions, "proves"> {
  return { proves: { identity, fingerprint } };
}

/** The fields of a HELLO spoken by hand that show `identity`. */
export async function shown(
  identity: Identity,
  name: string,
  role: "peer" | "oneshot" = "peer",
  fingerprint: Uint8Array = FINGERPRINT,
): Promise<Partial<Fields<"hello">>> {
  const proof = helloProof(fingerprint, { role, name });
  return { role, key: identity.key, signature: await identity.sign(proof) };
}
