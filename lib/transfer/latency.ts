// @core
/**
 * Where the time of a transfer went. Everything is measured on the sender's monotonic clock, except
 * `verify`, a duration on the recipient's; no two clocks need to agree.
 */
import type { Latency } from "../events.ts";

/** Moments of a transfer on the sender's clock, and what others measured. Milliseconds. */
export interface Marks {
  /** The command was accepted. */
  readonly commandAt: number;
  /** The OFFER was handed to the connection. */
  readonly offeredAt: number;
  /** Bytes began to flow. */
  readonly startedAt: number;
  /** The receipt came. */
  readonly settledAt: number;
  /** Recipient's clock: last byte arrived → file in place. */
  readonly verifyMs: number;
  /** Smallest round trips sender ↔ hub and hub ↔ recipient, added up. */
  readonly roundTripMs: number;
}

/**
 * The parts, which add up to `total`: `queue` until the OFFER went out, `offer` until bytes flowed
 * (0 for bodies that ride behind it), `transfer` until the last byte arrived, `verify` until the
 * file was in place, `ack` for the receipt's way back. The way back is taken as half the round trip
 * (as NTP does, RFC 5905), the rest is `transfer`. Rounded to microseconds.
 */
export function latencyOf(marks: Marks): Latency {
  const total = marks.settledAt - marks.commandAt;
  const queue = marks.offeredAt - marks.commandAt;
  const offer = marks.startedAt - marks.offeredAt;
  const rest = Math.max(0, marks.settledAt - marks.startedAt);
  const verify = Math.min(marks.verifyMs, rest);
  const ack = Math.min(marks.roundTripMs / 2, rest - verify);
  const parts = {
    queue: round(queue),
    offer: round(offer),
    verify: round(verify),
    ack: round(ack),
  };
  const rounded = round(total);
  const transfer = round(
    rounded - parts.queue - parts.offer - parts.verify - parts.ack,
  );
  return {
    total: rounded,
    queue: parts.queue,
    offer: parts.offer,
    transfer: Math.max(0, transfer),
    verify: parts.verify,
    ack: parts.ack,
  };
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
