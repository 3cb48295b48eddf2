/** What became of transfers that are over, for senders that were lost and may not have heard. */
import { MAX_REMEMBERED, PARK_MS } from "../../protocol/limits.ts";
import { failedOutcome } from "../../transfer/outgoing.ts";
import type {
  Digest,
  Offer,
  Outcome,
  TransferListener,
} from "../../transfer/transfer.ts";
import type { Incoming } from "./incoming.ts";
import type { Route } from "./route.ts";
import {
  isAgain,
  isSame,
  isSameFile,
  type Known,
  knownOf,
} from "./sameness.ts";

interface Ended {
  readonly known: Known;
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly digest: Digest;
  /** Nobody was there to be told, or has been since. */
  untold: boolean;
  /** On the hub's monotonic clock. */
  readonly at: number;
}

/** See above. */
export class Remembered {
  /** The oldest first. */
  readonly #ended = new Map<string, Ended>();

  /** A transfer is over; `at` is on the hub's monotonic clock. What has failed is tried anew, and forgotten. */
  add(route: Route, at: number): void {
    const { offer, outcomes, digest, isDetached: untold } = route;
    const done = [...outcomes.values()].every(({ status }) =>
      status !== "failed"
    );
    if (offer.size !== null && outcomes.size > 0 && done && digest) {
      const known = knownOf(offer);
      this.#ended.set(offer.id, { known, outcomes, digest, untold, at });
    }
    this.#forget(at);
  }

  /** Who got what is offered under another id, by lower-case name. */
  *gotBy(offer: Offer): Generator<string> {
    for (const { known, outcomes } of this.#ended.values()) {
      if (isSameFile(known, offer)) yield* outcomes.keys();
    }
  }

  /** Answers an offer that is made again because its sender did not hear; undefined for any other. */
  answer(offer: Offer, listener: TransferListener): Incoming | undefined {
    const ended = this.#find(offer);
    if (ended === undefined) return undefined;
    return replay(ended, offer, listener, () => this.#told(ended, offer));
  }

  /** Whoever offers it again under another id is told so once, and again if it comes back with that one. */
  #told(ended: Ended, offer: Offer): void {
    ended.untold = false;
    if (this.#ended.get(offer.id) === ended) return;
    const known = knownOf(offer);
    this.#ended.set(offer.id, { ...ended, known });
    this.#forget(ended.at);
  }

  /** Forgets what is too old at that moment, and the oldest of too many. */
  #forget(at: number): void {
    for (const [id, { at: then }] of this.#ended) {
      const keep = this.#ended.size <= MAX_REMEMBERED;
      if (keep && at - then <= PARK_MS) break;
      this.#ended.delete(id);
    }
  }

  #find(offer: Offer): Ended | undefined {
    const same = this.#ended.get(offer.id);
    if (same !== undefined && isSame(same.known, offer)) {
      const all = offer.to.every((name) =>
        same.outcomes.has(name.toLowerCase())
      );
      return all ? same : undefined;
    }
    if (offer.fingerprint === undefined) return undefined;
    return [...this.#ended.values()].find((one) =>
      one.untold && isThat(one, offer)
    );
  }
}

function isThat({ known, outcomes }: Ended, offer: Offer): boolean {
  return isAgain(known, offer, () => new Set(outcomes.keys()));
}

/** Tells a sender again what it did not hear; nothing is moved for it. `told` is called when that is done. */
function replay(
  { outcomes, digest }: Ended,
  offer: Offer,
  listener: TransferListener,
  told: () => void,
): Incoming {
  const tell = (other?: Outcome) => {
    for (const name of offer.to) {
      const outcome = other ?? outcomes.get(name.toLowerCase());
      if (outcome !== undefined) listener.settled(name, outcome);
    }
  };
  listener.started(digest.size);
  return {
    append: () => {},
    finish: ({ sha256 }) => {
      if (sha256 === digest.sha256) {
        told();
        return tell();
      }
      const message = "it differs from what was sent before";
      tell(failedOutcome({ code: "integrity", message }));
    },
    abandon: (reason) => tell(failedOutcome(reason)),
    lost: () => {},
  };
}
