/** Notices bodies that come too slowly to be meant: a sender must not hold its room in the spool for ever. */
import { MIN_BODY_RATE } from "../../protocol/limits.ts";
import type { Clock } from "../../time/clock.ts";

/** How long a body may do as it likes between two looks, in milliseconds: links fail and come back. */
const WINDOW_MS = 300_000;
const LEAST_BYTES = MIN_BODY_RATE * WINDOW_MS / 1000;

interface Flow {
  /** Bytes still to come when it was last looked at. */
  left: number;
  /** Bytes that came since. */
  came: number;
  /** It was there at the last look. */
  seen: boolean;
}

/** The bodies that come over one connection. */
export class DripWatch {
  readonly #clock: Clock;
  readonly #tooSlow: (id: string) => void;
  readonly #flows = new Map<string, Flow>();
  #stopTimer: (() => void) | undefined;

  /** Calls `tooSlow` for a body that came too slowly; it is then watched no more. */
  constructor(clock: Clock, tooSlow: (id: string) => void) {
    this.#clock = clock;
    this.#tooSlow = tooSlow;
  }

  /** A body of `size` bytes may come from now on; one of unknown size may take its time. */
  began(id: string, size: number | null): void {
    if (size === null) return;
    this.#flows.set(id, { left: size, came: 0, seen: false });
    this.#stopTimer ??= this.#clock.after(WINDOW_MS, () => this.#look());
  }

  /** Bytes of it came. */
  came(id: string, bytes: number): void {
    const flow = this.#flows.get(id);
    if (flow !== undefined) flow.came += bytes;
  }

  /** It is over. */
  over(id: string): void {
    this.#flows.delete(id);
  }

  /** Watches nothing any more. */
  stop(): void {
    this.#flows.clear();
    this.#stopTimer?.();
  }

  #look(): void {
    this.#stopTimer = undefined;
    for (const [id, flow] of [...this.#flows]) {
      // A body that is here to its last byte lacks its END.
      const wanted = Math.max(1, Math.min(flow.left, LEAST_BYTES));
      if (flow.seen && flow.came < wanted) {
        this.#flows.delete(id);
        this.#tooSlow(id);
      } else {
        flow.left -= flow.came;
        flow.came = 0;
        flow.seen = true;
      }
    }
    if (this.#flows.size === 0) return;
    this.#stopTimer ??= this.#clock.after(WINDOW_MS, () => this.#look());
  }
}
