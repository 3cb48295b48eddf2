/** What a sender reports of a transfer that has ended for one recipient. */
import type {
  FerryEvent,
  TransferCompleted,
  TransferFacts,
} from "../events.ts";
import type { FailureCode } from "../failure.ts";
import { formatCount } from "../text/units.ts";
import { latencyOf } from "../transfer/latency.ts";
import type { Digest, Outcome } from "../transfer/transfer.ts";
import type { Item } from "./item.ts";
import type { Tree } from "./tree.ts";

/** The latest moment a date can hold, ms since the Unix epoch: a hub may say anything. */
const MAX_DATE_MS = 8.64e15;

type Delivered = Extract<Outcome, { status: "delivered" }>;

/** Moments of a transfer on the sender's clock, and its smallest round trip to the carrier. Milliseconds. */
export interface SentTimes {
  readonly commandAt: number;
  readonly offeredAt: number;
  readonly startedAt: number;
  readonly settledAt: number;
  readonly roundTripMs: number;
}

/** What every event of a whole directory says about it. */
export function treeFacts(
  { id, name }: Tree,
  from: string,
  to: string,
): TransferFacts {
  return { id, dir: "send", from, to, name, kind: "directory", bytes: null };
}

/** The event that says how an item ended for the recipient `facts` name. */
export function endedEvent(
  { tree, step }: Item,
  facts: TransferFacts,
  outcome: Outcome,
  digest: Digest,
  times: SentTimes,
): FerryEvent {
  const whole = step === "last" ? tree : undefined;
  switch (outcome.status) {
    case "delivered":
      return whole === undefined
        ? completed(facts, digest, outcome, times)
        : grown(whole, facts, outcome, times);
    case "stored": {
      const latest = Math.min(outcome.until, MAX_DATE_MS);
      const until = new Date(latest).toISOString();
      const event = "transfer.stored";
      if (whole !== undefined) {
        const { files, bytes } = whole.of(facts.to);
        return { event, ...facts, bytes, files: { ...files }, until };
      }
      const { sha256, size: bytes } = digest;
      return { event, ...facts, bytes, sha256, until };
    }
    case "failed":
      return {
        event: "transfer.failed",
        ...facts,
        ...failureOf(outcome),
        ...(whole === undefined ? {} : goOnHint(whole, facts.to)),
      };
  }
}

/** Code, message and whether trying again can help, of a transfer that has failed. */
export function failureOf(
  { code, message, retryable }: Extract<Outcome, { status: "failed" }>,
): { code: FailureCode; message: string; retryable: boolean } {
  return { code, message, retryable };
}

/** What may be done about a directory of which a recipient has a part. */
export function goOnHint(tree: Tree, recipient: string): { hint?: string } {
  const { transferred, unchanged } = tree.of(recipient).files;
  const there = transferred + unchanged;
  if (there === 0) return {};
  const those = there === 1
    ? "one of its files is"
    : `${formatCount(there)} of its files are`;
  return { hint: `${those} there; send it again to go on` };
}

/** A directory is through, and so is everything in it. */
function grown(
  tree: Tree,
  facts: TransferFacts,
  outcome: Delivered,
  times: SentTimes,
): TransferCompleted {
  const { files, bytes } = tree.of(facts.to);
  const { offeredAt } = tree;
  const whole = { ...times, offeredAt, startedAt: offeredAt };
  const event = completed(facts, { size: bytes, sha256: "" }, outcome, whole);
  return { ...event, files: { ...files } };
}

function completed(
  facts: TransferFacts,
  { size, sha256 }: Digest,
  { verifyMs, hopMs, unchanged }: Delivered,
  { roundTripMs, ...moments }: SentTimes,
): TransferCompleted {
  const latency = latencyOf({
    ...moments,
    verifyMs,
    roundTripMs: roundTripMs + hopMs,
  });
  return {
    event: "transfer.completed",
    ...facts,
    bytes: size,
    ...(sha256 === "" || facts.kind === "directory" ? {} : { sha256 }),
    // Of a whole directory its files tell.
    ...(unchanged === true &&
        (facts.kind === "file" || facts.tree !== undefined)
      ? { unchanged }
      : {}),
    latency_ms: latency,
    bytes_per_s: latency.total > 0
      ? Math.round(size / latency.total * 1000)
      : 0,
  };
}
