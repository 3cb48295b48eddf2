/** The hub that `ferry bench` measures on, and the way into it. */
import type { Stage } from "../../lib/bench/stage.ts";
import { Access } from "../../lib/peer/access.ts";
import { hubFingerprint, hubIdentity } from "../../lib/state/hub_identity.ts";
import type { HubChoice } from "../hub_choice.ts";

/**
 * Starts a hub of the benchmark's own, and says how to join it: over TLS with a certificate made
 * for it in `dir`, unless the connections are to be plain.
 */
export async function ownHub(
  stage: Stage,
  dir: string,
  insecure: boolean,
): Promise<HubChoice> {
  const identity = insecure ? undefined : await hubIdentity(dir);
  const address = stage.serve(identity);
  const access = new Access(
    [address],
    identity === undefined ? "insecure" : {
      from: "own",
      certificate: identity.certificate,
      fingerprint: await hubFingerprint(identity),
      secret: identity.operator_secret,
    },
  );
  return { address, access, invited: false };
}
