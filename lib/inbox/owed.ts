/**
 * The receipts an inbox owes: of what has come whole when its connection was gone already. The hub
 * offers it again, and then the receipt is said.
 */
import { MAX_REMEMBERED } from "../protocol/limits.ts";

/** See above. Of so many that nobody asks about again the oldest are forgotten. */
export class Owed {
  readonly #ids = new Set<string>();
  #paid = Promise.withResolvers<void>();

  /** A receipt could not be said. */
  add(id: string): void {
    this.#ids.add(id);
    for (const oldest of this.#ids) {
      if (this.#ids.size <= MAX_REMEMBERED) break;
      this.#ids.delete(oldest);
    }
  }

  /** It has been said. */
  delete(id: string): void {
    if (!this.#ids.delete(id) || this.#ids.size > 0) return;
    this.#paid.resolve();
    this.#paid = Promise.withResolvers();
  }

  /** Resolves when none is owed. */
  async paid(): Promise<void> {
    if (this.#ids.size > 0) await this.#paid.promise;
  }
}
