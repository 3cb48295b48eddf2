/** How many transfers are queued, of whom: small ones fill no disk, but each costs memory. */
import { Failure } from "../../failure.ts";
import { MAX_QUEUED, MAX_QUEUED_BY_ONE } from "../../protocol/limits.ts";
import type { Offer } from "../../transfer/transfer.ts";

/** Counts offers with `queue_ms`; others are held to what their connection may have open. */
export class QueueCount {
  #all = 0;
  readonly #bySender = new Map<string, number>();

  /** Throws Failure `limit` when one like this is too many. */
  assertRoom({ from, queue_ms }: Offer): void {
    if (queue_ms === undefined) return;
    if (this.#all >= MAX_QUEUED) {
      const state = `the hub keeps ${MAX_QUEUED} queued transfers, no more`;
      throw new Failure("limit", state);
    }
    if ((this.#bySender.get(from.toLowerCase()) ?? 0) >= MAX_QUEUED_BY_ONE) {
      const state =
        `the hub keeps ${MAX_QUEUED_BY_ONE} queued transfers of one sender, no more`;
      throw new Failure("limit", state);
    }
  }

  /** Counts an offer, also past the limits: a hub before this one may have let in more. */
  add(offer: Offer): void {
    this.#change(offer, 1);
  }

  /** It is over. */
  remove(offer: Offer): void {
    this.#change(offer, -1);
  }

  #change({ from, queue_ms }: Offer, by: number): void {
    if (queue_ms === undefined) return;
    const sender = from.toLowerCase();
    this.#all += by;
    const theirs = (this.#bySender.get(sender) ?? 0) + by;
    if (theirs > 0) this.#bySender.set(sender, theirs);
    else this.#bySender.delete(sender);
  }
}
