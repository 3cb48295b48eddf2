/** What becomes of a body that comes in, whether it is taken anew or was here before. */
import type { TransferFacts } from "../events.ts";
import type { Failure } from "../failure.ts";
import type { OneWay } from "../net/heartbeat.ts";
import type { SingleOffer } from "../protocol/bundle.ts";
import type { Digest, Offer } from "../transfer/transfer.ts";

/**
 * What every event of an arriving transfer says about it. A directory's last offer is told as its
 * first: the two are one transfer.
 */
export function arrivalFacts(offer: SingleOffer, to: string): TransferFacts {
  const { from, name, kind, size, tree } = offer;
  const facts = { id: offer.id, dir: "receive", from, to, name, kind } as const;
  if (isRoot(offer)) return { ...facts, id: offer.tree, bytes: null };
  return { ...facts, bytes: size, ...(tree === undefined ? {} : { tree }) };
}

/** Whether it is a directory's own offer, its first or its last, and not of what is in it. */
export function isRoot(offer: Offer): offer is SingleOffer & { tree: string } {
  return offer.kind === "directory" && offer.tree !== undefined &&
    !offer.name.includes("/");
}

/** Whether a directory's own offer says that everything in it was sent. */
export function isLastOfTree(offer: Offer): boolean {
  return isRoot(offer) && offer.tree !== offer.id;
}

/** Tells how many bytes of a body have come, or are checked again. */
export type Tell = (received: number) => void;

/** What is said of a body at its end. */
export interface Whole extends Digest {
  /** How long its END was under way from the hub. */
  readonly oneWay?: OneWay;
}

/** What becomes of a body that comes in. */
export interface Taking {
  /**
   * Where the body is to begin: what is here from before is checked, however long that takes.
   * Throws Failure when it cannot be. Not asked where the body comes at once.
   */
  prepare(tell: Tell): number | Promise<number>;
  /**
   * Takes the next bytes, which are free to change once it returns or resolves. `tell` is called at
   * most once a second with how much has come. Throws Failure when they cannot be kept.
   */
  write(bytes: Uint8Array, tell: Tell): void | Promise<void>;
  /**
   * The body is whole: checks its digest, makes it durable, puts it in place and reports it. Says
   * whether it is a directory that was there already. Throws Failure `integrity` when the digest
   * differs, or what kept it from its place; nothing is left behind then.
   */
  commit(whole: Whole): Promise<{ unchanged: boolean }>;
  decline(): void;
  /** Gives it up and reports why. With `keep`, what can be gone on with later stays. */
  abort(
    failure: Pick<Failure, "code" | "message">,
    retryable: boolean,
    keep: boolean,
  ): void;
}
