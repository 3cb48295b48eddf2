/** An inbox for what was asked for, and for nothing else a hub may offer. */
import { asFailure, Failure } from "../failure.ts";
import type { Offer } from "../transfer/transfer.ts";
import {
  type Admission,
  type Held,
  Inbox,
  type InboxOptions,
} from "./inbox.ts";

/** See above. */
export class PickedInbox extends Inbox {
  readonly #asked: ReadonlySet<string>;
  readonly #refused: (offer: Offer, failure: Failure) => void;

  /**
   * `asked` holds the last name of each path that was asked for, and more may be added: what comes is
   * named from there on. `refused` hears what was not taken, and why.
   */
  constructor(
    options: InboxOptions,
    asked: ReadonlySet<string>,
    refused: (offer: Offer, failure: Failure) => void,
  ) {
    super(options);
    this.#asked = asked;
    this.#refused = refused;
  }

  override admit(offer: Offer, signal: AbortSignal): Admission | Held {
    try {
      if (!this.#isAsked(offer)) {
        throw new Failure("declined", "it was not asked for");
      }
      return super.admit(offer, signal);
    } catch (error) {
      const failure = asFailure(error);
      // What is in a bundle is heard of when it comes by itself.
      if (failure.code !== "split") this.#refused(offer, failure);
      throw error;
    }
  }

  #isAsked({ name, kind }: Offer): boolean {
    const [first = ""] = name.split("/", 1);
    return kind !== "text" && kind !== "json" && this.#asked.has(first);
  }
}
