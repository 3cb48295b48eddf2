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
  readonly #asked: readonly string[];
  readonly #refused: (offer: Offer, failure: Failure) => void;

  /**
   * `asked` are paths of what is shared, more of which may be added; what comes is named from the last
   * name of one of them on. `refused` hears what was not taken, and why.
   */
  constructor(
    options: InboxOptions,
    asked: readonly string[],
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
      this.#refused(offer, asFailure(error));
      throw error;
    }
  }

  #isAsked({ name, kind }: Offer): boolean {
    return kind !== "text" && kind !== "json" &&
      this.#asked.some((path) => {
        const base = path.slice(path.lastIndexOf("/") + 1);
        return name === base || name.startsWith(`${base}/`);
      });
  }
}
