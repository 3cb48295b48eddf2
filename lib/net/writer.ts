/** The writing half of a connection: batch after batch of what waits; asleep when nothing does. */
import { Failure } from "../failure.ts";
import type { Clock } from "../time/clock.ts";
import { formatSeconds } from "../time/deadline.ts";
import type { Batch } from "./batch.ts";

/** Where bytes go: the writing half of a stream. */
export interface Sink {
  write(bytes: Uint8Array): Promise<number>;
  closeWrite?(): Promise<void>;
}

/** Who hears of the writing. */
export interface WriterEvents {
  /** Something that waited is out. */
  written(): void;
  /** Nothing more can be written: what the sink threw. */
  broken(error: unknown): void;
  /** A write has moved no byte for too long: Failure `deadline.idle`. */
  stalled(failure: Failure): void;
}

/** Writes from the beginning until it is finished or stopped. */
export class Writer {
  readonly #sink: Sink;
  readonly #batch: Batch;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #events: WriterEvents;
  #state: "open" | "finishing" | "stopped" = "open";
  /** Something changed since the batch was last looked at: no time to fall asleep. */
  #woken = false;
  #wake: (() => void) | undefined;
  #writingSince: number | undefined;
  #stopWatching: (() => void) | undefined;
  /** Resolves when nothing is written any more. */
  readonly finished: Promise<void>;

  /** A write that moves no byte for `idleMs` (milliseconds) has stalled. */
  constructor(
    sink: Sink,
    batch: Batch,
    options: { readonly clock: Clock; readonly idleMs: number },
    events: WriterEvents,
  ) {
    this.#sink = sink;
    this.#batch = batch;
    this.#clock = options.clock;
    this.#idleMs = options.idleMs;
    this.#events = events;
    this.finished = this.#run();
  }

  /** The batch may hold what it did not before. */
  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  /** What waits still goes out; then the sink is ended. */
  finish(): void {
    if (this.#state === "open") this.#state = "finishing";
    this.wake();
  }

  /** Nothing more goes out. A write under way ends when the stream is closed. */
  stop(): void {
    this.#state = "stopped";
    this.#stopWatching?.();
    this.wake();
  }

  async #run(): Promise<void> {
    try {
      while (this.#state !== "stopped") {
        this.#woken = false;
        const bytes = await this.#batch.fill();
        if (bytes.length > 0) {
          await this.#write(bytes);
          this.#events.written();
        } else if (this.#woken) continue;
        else if (this.#state === "finishing") {
          return await this.#sink.closeWrite?.();
        } else await this.#sleep();
      }
    } catch (error) {
      this.#events.broken(error);
    } finally {
      this.#batch.release();
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      this.#writingSince = this.#clock.now();
      if (this.#stopWatching === undefined) this.#watch(this.#idleMs);
      try {
        at += await this.#sink.write(bytes.subarray(at));
      } finally {
        this.#writingSince = undefined;
      }
    }
  }

  /** One timer for all writes: looks whether the one under way has lasted too long. */
  #watch(ms: number): void {
    this.#stopWatching = this.#clock.after(ms, () => {
      this.#stopWatching = undefined;
      if (this.#writingSince === undefined) return;
      const left = this.#writingSince + this.#idleMs - this.#clock.now();
      if (left > 0) return this.#watch(left);
      const limit = formatSeconds(this.#idleMs);
      this.#events.stalled(
        new Failure("deadline.idle", `no byte could be sent for ${limit}`),
      );
    });
  }

  async #sleep(): Promise<void> {
    this.#batch.release();
    await new Promise<void>((resolve) => this.#wake = resolve);
    this.#wake = undefined;
  }
}
