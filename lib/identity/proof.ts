// @core
/** What a client signs in its HELLO to show that it has the key it names. */
import type { MessageOf } from "../protocol/message.ts";

/** Begins every proof, so that no signature made for something else can stand in for one. */
const DOMAIN = "ferry hello 1\0";

const encoder = new TextEncoder();

/**
 * The bytes under a HELLO's signature. `fingerprint` is the SHA-256 of the hub's certificate as the
 * client has pinned it (32 bytes): what was signed for one hub is worth nothing at another.
 */
export function helloProof(
  fingerprint: Uint8Array,
  { role, name }: Pick<MessageOf<"hello">, "role" | "name">,
): Uint8Array<ArrayBuffer> {
  const domain = encoder.encode(DOMAIN);
  // Neither role nor name holds a zero byte: no two greetings give the same bytes.
  const claim = encoder.encode(`${role}\0${name}`);
  const proof = new Uint8Array(
    domain.length + fingerprint.length + claim.length,
  );
  proof.set(domain);
  proof.set(fingerprint, domain.length);
  proof.set(claim, domain.length + fingerprint.length);
  return proof;
}
