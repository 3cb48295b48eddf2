/**
 * The order in which directories that were queued reach a recipient, whatever waits for it at once:
 * the directory's first offer before everything in it, which goes nowhere if that is refused, and
 * its last offer, which gives it its modification time, after everything in it.
 */
import { isLastOfTree } from "../../inbox/taking.ts";
import type { Offer, Outcome } from "../../transfer/transfer.ts";

/** One transfer of a directory. */
export interface TreePart {
  readonly offer: Offer;
  /** It may go to that recipient now. */
  arrived(name: string): void;
  /** It never will. */
  refuse(name: string, outcome: Outcome): void;
}

/** What of one directory has not ended for one recipient. */
interface Waiting {
  first: TreePart | undefined;
  last: TreePart | undefined;
  readonly within: Set<TreePart>;
}

/** The directories in a hub's queue. */
export class QueuedTrees {
  readonly #waiting = new Map<string, Waiting>();

  /** A transfer begins for a recipient. */
  add(part: TreePart, name: string): void {
    const { offer } = part;
    const key = keyOf(offer, name);
    if (key === undefined) return;
    const waiting = this.#waiting.get(key) ??
      { first: undefined, last: undefined, within: new Set() };
    this.#waiting.set(key, waiting);
    if (offer.id === offer.tree) waiting.first = part;
    else if (isLastOfTree(offer)) waiting.last = part;
    else waiting.within.add(part);
  }

  /** Whether something must end for that recipient before this may begin. */
  isHeld(part: TreePart, name: string): boolean {
    const waiting = this.#find(part, name);
    if (waiting === undefined || part === waiting.first) return false;
    return waiting.first !== undefined ||
      (part === waiting.last && waiting.within.size > 0);
  }

  /** A transfer has ended for a recipient: what waited for that goes on. */
  settled(part: TreePart, name: string, outcome: Outcome): void {
    const waiting = this.#find(part, name);
    if (waiting === undefined) return;
    const { first, last, within } = waiting;
    within.delete(part);
    if (part === last) waiting.last = undefined;
    if (part === first) waiting.first = undefined;
    const left = waiting.last === undefined ? [] : [waiting.last];
    if (part === first) left.unshift(...within);
    const isOver = waiting.first === undefined && within.size === 0 &&
      waiting.last === undefined;
    const isRefused = part === first && outcome.status === "failed";
    if (isOver || isRefused) {
      this.#waiting.delete(keyOf(part.offer, name) ?? "");
    }
    for (const one of left) {
      if (isRefused) one.refuse(name, outcome);
      else if (!this.isHeld(one, name)) one.arrived(name);
    }
  }

  #find({ offer }: TreePart, name: string): Waiting | undefined {
    const key = keyOf(offer, name);
    return key === undefined ? undefined : this.#waiting.get(key);
  }
}

/** Undefined for what is in no directory, or was not queued: its sender keeps the order. */
function keyOf(
  { from, tree, queue_ms }: Offer,
  name: string,
): string | undefined {
  if (tree === undefined || queue_ms === undefined) return undefined;
  return `${from.toLowerCase()} ${tree} ${name.toLowerCase()}`;
}
