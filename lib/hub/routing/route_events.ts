/** What a hub tells of the transfers that go through it, for whoever keeps a record of them. */
import type { MessageOf } from "../../protocol/message.ts";
import type { Digest, Outcome } from "../../transfer/transfer.ts";

/** A transfer, as its sender offered it. */
export interface RouteFacts {
  readonly id: string;
  readonly name: string;
  readonly kind: MessageOf<"offer">["kind"];
  /** Bytes, or null where the sender did not know. */
  readonly size: number | null;
  readonly from: string;
  /** All recipients it was offered to, as the sender named them. */
  readonly to: readonly string[];
  /** When the hub was offered it first, ms since the Unix epoch. Survives a restart of the hub. */
  readonly offeredAt: number;
  /** The files of a bundle; undefined for anything else. */
  readonly within?: readonly RouteFacts[] | undefined;
  /** The key of the client it is done for: who sends it, or asked the hub for it. Undefined where none was shown. */
  readonly key?: string | undefined;
}

/** How a transfer ended for one recipient. Durations in milliseconds, on the hub's monotonic clock. */
export interface RouteEnd {
  readonly recipient: string;
  /** Never `stored`, and never `lost`. */
  readonly outcome: Outcome;
  /** Size and SHA-256 of the body, when the sender had sent all of it. */
  readonly digest: Digest | undefined;
  /** ms since the Unix epoch. */
  readonly at: number;
  /** From the offer (or the hub's restart) until this recipient took it; undefined when it never did. */
  readonly offerMs: number | undefined;
  /** From the offer (or the hub's restart) until the receipt. */
  readonly totalMs: number;
}

/**
 * Hears of every transfer of a hub, also of those sent to or by the hub itself. Calls come in the
 * order things happen and must not throw. A transfer adopted after a restart is not offered again:
 * its later ends carry the same id.
 */
export interface RouteEvents {
  /** A sender has offered it. */
  offered?(route: RouteFacts): void;
  /** The body is safe on the hub's disk for a recipient that is away, until then (ms since the epoch). */
  stored?(
    route: RouteFacts,
    recipient: string,
    until: number,
    digest: Digest,
  ): void;
  /**
   * It has ended for a recipient, well or badly, also after it was stored. A time in the queue that
   * has passed is a failure `deadline.queue`.
   */
  settled?(route: RouteFacts, end: RouteEnd): void;
}
