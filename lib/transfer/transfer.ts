/** The words every part of Ferry that moves a transfer shares: offer, body, outcome, carrier. */
import type { FailureCode } from "../failure.ts";
import type { BodyReader, Digest } from "../net/outflow.ts";
import type { BundleOffer, SingleOffer } from "../protocol/bundle.ts";

export type { BodyReader, Digest };

/** Bytes to send. */
export interface Body {
  /** Bytes, or null while nobody knows. */
  readonly size: number | null;
  /** See OFFER; undefined where nothing is gone on with. */
  readonly fingerprint?: string | undefined;
  /** Throws Failure `input` when the content is not what it was: asked before it is gone on with. */
  assertUnchanged?(): void;
  /** Its answer takes a while: hashes meanwhile what will have to be hashed anyway. */
  hashAhead?(): void;
  /** A new reader from `offset` on; `wake` is called when `pull` gave 0 and there is more. */
  read(offset: number, wake: () => void): BodyReader;
  /** Lets go of what the body holds, when no reader will follow. */
  dispose(): void;
}

/** What a sender offers. */
export type Offer = SingleOffer | BundleOffer;

/** How a transfer ended for one recipient. */
export type Outcome =
  | {
    readonly status: "delivered";
    /** Recipient's clock: last byte arrived → file in place. */
    readonly verifyMs: number;
    /** Smallest round trip between the hub and the recipient. */
    readonly hopMs: number;
    /** It was there already: no byte of it was needed. */
    readonly unchanged?: boolean;
  }
  | {
    readonly status: "stored";
    /** The hub keeps it so long for a recipient that is away, ms since the Unix epoch. */
    readonly until: number;
  }
  | {
    readonly status: "failed";
    readonly code: FailureCode;
    /** The state, without the action: `bob is not connected`. */
    readonly message: string;
    readonly retryable: boolean;
    /**
     * Set where nobody answered but the connection ended, and nobody knows what became of it: true
     * when it was lost and the transfer may be offered again, false when one side took its leave.
     */
    readonly lost?: boolean;
  };

/** What whoever sends a transfer wants to hear of it. */
export interface TransferListener {
  /** Bytes begin to flow from `offset` on: a recipient has accepted, or nobody needs to. Once. */
  started(offset: number): void;
  /** The body has left; its digest is known. Once, unless the transfer fails before. */
  sent(digest: Digest): void;
  /** `recipient` has `bytes` of the body. */
  progress(recipient: string, bytes: number): void;
  /** The transfer has ended for `recipient`. Once for each. */
  settled(recipient: string, outcome: Outcome): void;
}

/** Something that takes transfers to their recipients: a connection to a hub, or the hub itself. */
export interface Carrier {
  /** Begins a transfer and takes over `body`; the handle cancels it for everyone not settled yet. */
  carry(
    offer: Offer,
    body: Body,
    listener: TransferListener,
  ): { cancel(reason: Cancel): void };
}

/** Why a transfer is given up. */
export interface Cancel {
  readonly code: FailureCode;
  readonly message: string;
}
