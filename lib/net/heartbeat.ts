/**
 * Keeps a connection honest: asks for a sign of life when it has been quiet, answers when asked,
 * measures the round trip on the way, and declares the other side dead when nothing comes.
 */
import { Failure } from "../failure.ts";
import type { Message, MessageOf } from "../protocol/message.ts";
import type { Clock } from "../time/clock.ts";

/** How often the other side is asked for a sign of life. */
const PING_EVERY_MS = 10_000;
/**
 * A young connection asks sooner (after so many milliseconds of its life): what is measured while
 * it is made includes the work of making it, which is more than most round trips.
 */
const FIRST_PINGS_MS = [50, 150, 350];
/** Silence after which it is considered gone: three pings unanswered. */
const DEAD_AFTER_MS = 35_000;
/** Round trips remembered; the smallest of them is the one least delayed by data in the way. */
const ROUND_TRIPS = 8;

/** What a heartbeat needs of its connection. */
export interface Heartbeats {
  ping(t1: number): void;
  dead(failure: Failure): void;
}

/** How far the other side's clock is ahead of ours, in milliseconds; each has an origin of its own. */
export interface ClockOffset {
  readonly ms: number;
  /** The truth lies within `ms` ± this; a figure made of `ms` is shown with it or not at all. */
  readonly boundMs: number;
}

/** How long something took one way, by two clocks, in milliseconds. */
export interface OneWay {
  readonly ms: number;
  /** The truth lies within `ms` ± this. */
  readonly bound: number;
}

interface Sample {
  readonly roundTripMs: number;
  readonly offsetMs: number;
  readonly at: number;
}

/** How far two quartz clocks drift apart at most: 50 ppm each. */
const DRIFT = 1e-4;

/** The heartbeat of one connection; runs until `stop()`. */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #needs: Heartbeats;
  #heardAt: number;
  readonly #roundTrips: number[] = [];
  readonly #samples: Sample[] = [];
  #cancel: () => void;
  #beats = 0;

  constructor(clock: Clock, needs: Heartbeats) {
    this.#clock = clock;
    this.#needs = needs;
    this.#heardAt = clock.now();
    this.#cancel = clock.after(this.#wait(), () => this.#beat());
  }

  /** Bytes came from the other side. */
  heard(): void {
    this.#heardAt = this.#clock.now();
  }

  /** How long nothing has come, in milliseconds. */
  get silentMs(): number {
    return this.#clock.now() - this.#heardAt;
  }

  /** The smallest of the last round trips in milliseconds. */
  get roundTripMs(): number | undefined {
    return this.#roundTrips.length === 0
      ? undefined
      : Math.min(...this.#roundTrips);
  }

  /**
   * From the last eight PONGs, that of the smallest bound: half the round trip, since what waited on
   * one of its ways makes an offset wrong (RFC 5905, section 10), and what the clocks may have
   * drifted apart since. Undefined until a PONG has come.
   */
  get clockOffset(): ClockOffset | undefined {
    const now = this.#clock.now();
    let best: ClockOffset | undefined;
    for (const { roundTripMs, offsetMs, at } of this.#samples) {
      const boundMs = roundTripMs / 2 + (now - at) * DRIFT;
      if (boundMs < (best?.boundMs ?? Infinity)) {
        best = { ms: offsetMs, boundMs };
      }
    }
    return best;
  }

  /**
   * How long ago by our clock the other side's showed `sentMs`; undefined while its offset is not
   * known, and for a time that, bound and all, is still to come.
   */
  sinceMs(sentMs: number): OneWay | undefined {
    const offset = this.clockOffset;
    if (offset === undefined) return undefined;
    const ms = this.#clock.now() + offset.ms - sentMs;
    if (ms < -offset.boundMs) return undefined;
    return { ms: micros(Math.max(ms, 0)), bound: micros(offset.boundMs) };
  }

  /** Takes a round trip measured elsewhere (the greeting's), in milliseconds. */
  measured(ms: number): void {
    this.#roundTrips.push(ms);
    if (this.#roundTrips.length > ROUND_TRIPS) this.#roundTrips.shift();
  }

  /** Answers PING and takes in PONG; false for any other message. */
  handles(
    message: Message,
    answer: (pong: MessageOf<"pong">) => void,
  ): boolean {
    const now = this.#clock.now();
    if (message.type === "ping") {
      answer({ type: "pong", t1: message.t1, t2: now, t3: this.#clock.now() });
      return true;
    }
    if (message.type === "pong") {
      // RFC 5905, section 8: the round trip without the time the other side took.
      const ms = now - message.t1 - (message.t3 - message.t2);
      if (ms >= 0 && ms < DEAD_AFTER_MS) {
        this.measured(ms);
        const { t1, t2, t3 } = message;
        const offsetMs = ((t2 - t1) + (t3 - now)) / 2;
        this.#samples.push({ roundTripMs: ms, offsetMs, at: now });
        if (this.#samples.length > ROUND_TRIPS) this.#samples.shift();
      }
      return true;
    }
    return false;
  }

  /** Ends it; nothing is called afterwards. */
  stop(): void {
    this.#cancel();
  }

  #beat(): void {
    const now = this.#clock.now();
    const silence = this.silentMs;
    if (silence >= DEAD_AFTER_MS) {
      const seconds = Math.round(silence / 1000);
      return this.#needs.dead(
        new Failure(
          "disconnected",
          `nothing was heard from it for ${seconds} s`,
        ),
      );
    }
    this.#cancel = this.#clock.after(this.#wait(), () => this.#beat());
    this.#needs.ping(now);
  }

  /** Milliseconds until the next beat: the first ones, then every ten seconds of the connection's life. */
  #wait(): number {
    const next = FIRST_PINGS_MS[this.#beats] ?? PING_EVERY_MS;
    const last = this.#beats > FIRST_PINGS_MS.length
      ? 0
      : FIRST_PINGS_MS[this.#beats - 1] ?? 0;
    this.#beats++;
    return next - last;
  }
}

function micros(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
