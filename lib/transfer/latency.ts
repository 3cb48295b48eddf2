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
 * (as NTP does, RFC 5905), the rest is `transfer`: which is no shorter, since bytes went the same
 * way there, whatever a round trip measured on an idle connection says. Rounded to microseconds.
 */
export function latencyOf(marks: Marks): Latency {
  const { commandAt, offeredAt, startedAt, settledAt } = marks;
  const rest = Math.max(0, settledAt - startedAt);
  const verify = Math.min(marks.verifyMs, rest);
  const ack = Math.min(marks.roundTripMs, rest - verify) / 2;
  // Rounded are the moments, not the spans between them: so the parts cannot exceed the total.
  const moments = [
    commandAt,
    offeredAt,
    startedAt,
    settledAt - ack - verify,
    settledAt - ack,
    settledAt,
  ];
  let latest = 0;
  const micros = moments.map((at) =>
    latest = Math.max(latest, Math.round((at - commandAt) * 1000))
  );
  const until = (moment: number) =>
    ((micros[moment] ?? 0) - (micros[moment - 1] ?? 0)) / 1000;
  return {
    total: latest / 1000,
    queue: until(1),
    offer: until(2),
    transfer: until(3),
    verify: until(4),
    ack: until(5),
  };
}
