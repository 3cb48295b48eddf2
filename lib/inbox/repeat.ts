/** What is offered again though it has arrived. */
import { Failure } from "../failure.ts";
import type { Digest, Offer } from "../transfer/transfer.ts";
import type { ReceivedBefore } from "./received.ts";
import type { Taking } from "./taking.ts";

/**
 * A body that has arrived before, and whose receipt was lost: nothing of it is kept, and the receipt
 * is said again.
 */
export class Repeat implements Taking {
  readonly #offer: Offer;
  readonly #known: ReceivedBefore;

  constructor(offer: Offer, known: ReceivedBefore) {
    this.#offer = offer;
    this.#known = known;
  }

  async prepare(): Promise<number> {
    await this.#known.placed;
    return this.#offer.size ?? 0;
  }

  write(): void {}

  async commit({ sha256 }: Digest): Promise<{ unchanged: boolean }> {
    await this.#known.placed;
    if (sha256 === this.#known.sha256) return { unchanged: false };
    const state = "another body has arrived under this transfer's id";
    throw new Failure("integrity", state);
  }

  decline(): void {}

  abort(): void {}
}
