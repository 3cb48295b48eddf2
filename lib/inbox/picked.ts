/** An inbox for what was asked for, and for nothing else a hub may offer. */
import { asFailure, type Failure } from "../failure.ts";
import type { Offer } from "../transfer/transfer.ts";
import {
  type Admission,
  type Held,
  Inbox,
  type InboxOptions,
} from "./inbox.ts";
import type { Picks } from "./picks.ts";

/** See above. */
export class PickedInbox extends Inbox {
  readonly #picks: Picks;
  readonly #refused: (offer: Offer, failure: Failure) => void;

  /** `picks` knows what was asked for, and reports; `refused` hears what was not taken, and why. */
  constructor(
    options: Omit<InboxOptions, "emit">,
    picks: Picks,
    refused: (offer: Offer, failure: Failure) => void,
  ) {
    super({ ...options, emit: picks.hear });
    this.#picks = picks;
    this.#refused = refused;
  }

  override admit(offer: Offer, signal: AbortSignal): Admission | Held {
    const before = this.#picks.refusal(offer);
    if (before !== undefined) throw before;
    try {
      const taken = offer.kind === "bundle"
        ? this.#picks.takeBundle(offer)
        : this.#picks.take(offer);
      return taken === "held" ? { held: true } : super.admit(taken, signal);
    } catch (error) {
      const failure = asFailure(error);
      // What is in a bundle is heard of when it comes by itself.
      if (failure.code === "split") throw error;
      this.#picks.refused(offer, failure);
      this.#refused(offer, failure);
      throw error;
    }
  }
}
