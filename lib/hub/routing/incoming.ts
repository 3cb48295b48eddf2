/** What a sender's connection does with a transfer it has offered. */
import type { Cancel, Digest } from "../../transfer/transfer.ts";

/** See above. */
export interface Incoming {
  /** Bytes of the body that stand at `offset`. */
  append(offset: number, bytes: Uint8Array): void | Promise<void>;
  /** It has sent everything. */
  finish(digest: Digest): void;
  /** It gives it up. */
  abandon(reason: Cancel): void;
  /** The connection has ended; `left` when one of its ends had taken its leave. */
  lost(left: boolean): void;
}

/** Two parts of one offer, each for recipients of its own. */
export function both(one: Incoming, other: Incoming): Incoming {
  return {
    append: (offset, bytes) => {
      other.append(offset, bytes);
      return one.append(offset, bytes);
    },
    finish: (digest) => {
      one.finish(digest);
      other.finish(digest);
    },
    abandon: (reason) => {
      one.abandon(reason);
      other.abandon(reason);
    },
    lost: (left) => {
      one.lost(left);
      other.lost(left);
    },
  };
}
