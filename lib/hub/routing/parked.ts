// @core
/**
 * Transfers whose sender was lost, and may come back. A connection has so many open at most, but one
 * that is made again and again could leave as many each time.
 */
import { MAX_PARKED, MAX_PARKED_BY_ONE } from "../../protocol/limits.ts";

/** What one sender has left, with the weight of each; the oldest first. */
interface Group<T> {
  readonly weights: Map<T, number>;
  weight: number;
}

/** See above. */
export class Parked<T> {
  readonly #bySender = new Map<string, Group<T>>();
  #weight = 0;

  /**
   * One more of that sender, which weighs as much as so many ordinary ones. Takes away those that
   * must go for it: its sender's oldest when that has too many, the oldest of who has the most when
   * all have.
   */
  add(one: T, sender: string, weight = 1): T[] {
    const key = sender.toLowerCase();
    const group = this.#bySender.get(key) ?? { weights: new Map(), weight: 0 };
    if (group.weights.has(one)) return [];
    this.#bySender.set(key, group);
    group.weights.set(one, weight);
    group.weight += weight;
    this.#weight += weight;
    const gone: T[] = [];
    while (group.weight > MAX_PARKED_BY_ONE) gone.push(...this.#oldest(key));
    while (this.#weight > MAX_PARKED) gone.push(...this.#oldest(this.#most()));
    return gone;
  }

  /** It has its sender again, or is over. */
  delete(one: T, sender: string): void {
    const key = sender.toLowerCase();
    const group = this.#bySender.get(key);
    const weight = group?.weights.get(one);
    if (group === undefined || weight === undefined) return;
    group.weights.delete(one);
    group.weight -= weight;
    this.#weight -= weight;
    if (group.weights.size === 0) this.#bySender.delete(key);
  }

  /** Takes away the oldest of a sender. */
  #oldest(sender: string): T[] {
    const oldest = [
      ...this.#bySender.get(sender)?.weights.keys().take(1) ?? [],
    ];
    for (const one of oldest) this.delete(one, sender);
    return oldest;
  }

  #most(): string {
    let [most, weight] = ["", 0];
    for (const [sender, group] of this.#bySender) {
      if (group.weight > weight) [most, weight] = [sender, group.weight];
    }
    return most;
  }
}
