/** A fingerprint, and an offer of a file that can be gone on with by it. */
import type { SingleOffer } from "../../lib/protocol/bundle.ts";
import { sha256 } from "./files.ts";
import { offer } from "./raw.ts";

/** An offer of `bytes` as a file with a fingerprint. */
export function lastingOffer(
  bytes: Uint8Array,
  fields: Partial<SingleOffer> = {},
): SingleOffer {
  const fingerprint = sha256(bytes.subarray(0, 1_000));
  return offer({ size: bytes.length, fingerprint, ...fields });
}
