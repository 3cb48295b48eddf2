/** Who may join a hub: whoever knows one of its secrets. */
import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { Failure } from "../../failure.ts";

/** What a hub goes by; the secrets may change while it runs. */
export interface HubSecrets {
  /** In every ticket. */
  readonly ticket_secret: string;
  /** Known only to the user the hub runs as. */
  readonly operator_secret: string;
}

/**
 * Takes a HELLO's secret: says whether it comes from the hub's own user. Throws Failure `auth` for
 * a wrong or missing one. How long it takes says nothing about how nearly right it was.
 */
export type Door = (secret: string | undefined) => { operator: boolean };

/** A door that opens to the secrets as `now` gives them. */
export function doorOf(now: () => HubSecrets): Door {
  return (secret = "") => {
    const { ticket_secret, operator_secret } = now();
    const given = digest(secret);
    const ticket = timingSafeEqual(given, digest(ticket_secret));
    const operator = timingSafeEqual(given, digest(operator_secret));
    if (ticket || operator) return { operator };
    throw new Failure(
      "auth",
      secret === ""
        ? "Cannot join: the hub asks for a ticket"
        : "Cannot join: the ticket is not, or no longer, valid here",
    );
  };
}

/** Digests are of one length, as the comparison needs them. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
