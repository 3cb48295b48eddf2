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

interface Sample {
  readonly roundTripMs: number;
  readonly offsetMs: number;
}

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
   * From the last eight PONGs, that of the smallest round trip: what it waited for on one of its ways
   * is what makes an offset wrong (RFC 5905, section 10). Undefined until a PONG has come.
   */
  get clockOffset(): ClockOffset | undefined {
    if (this.#samples.length === 0) return undefined;
    const best = this.#samples.reduce((one, other) =>
      other.roundTripMs < one.roundTripMs ? other : one
    );
    return { ms: best.offsetMs, boundMs: best.roundTripMs / 2 };
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
        this.#samples.push({ roundTripMs: ms, offsetMs });
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
