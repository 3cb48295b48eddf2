/**
 * An offer of what the hub keeps for its recipients already: a sender that was killed before it
 * heard so sends it again. It is answered from what is there, and not kept twice.
 */
import { failedOutcome } from "../../transfer/outgoing.ts";
import type {
  Cancel,
  Digest,
  Outcome,
  TransferListener,
} from "../../transfer/transfer.ts";
import type { Incoming } from "../routing/incoming.ts";
import type { Route } from "../routing/route.ts";

/** Which transfers are kept for some recipients of an offer, by their names as the offer has them. */
export type Kept = ReadonlyMap<string, Route>;

/**
 * Answers an offer for those it is kept for. What is kept is kept as long as either offer wants
 * (`until`, ms since the Unix epoch). Bytes that come are passed over; when their SHA-256 is another
 * one, the sender is to send it anew, and no more is taken for what is kept.
 */
export function answerKept(
  kept: Kept,
  until: number,
  listener: TransferListener,
): Incoming {
  const awaited = new Set(kept.keys());
  const settle = (name: string, outcome: Outcome) => {
    if (awaited.delete(name)) listener.settled(name, outcome);
  };
  const finish = async (name: string, route: Route, { sha256 }: Digest) => {
    if (route.digest?.sha256 !== sha256) {
      route.isAmbiguous = true;
      const message = "it differs from what is kept already";
      return settle(name, failedOutcome({ code: "integrity", message }));
    }
    settle(name, await route.keepLonger(name, until));
  };
  return {
    append: () => {},
    finish: (digest) => {
      for (const [name, route] of kept) finish(name, route, digest);
    },
    abandon: (reason: Cancel) => {
      for (const name of [...awaited]) settle(name, failedOutcome(reason));
    },
    lost: () => awaited.clear(),
  };
}
