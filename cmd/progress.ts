/** Progress on stderr: a bar that redraws itself on a terminal, a line now and then elsewhere. */
import type { Clock } from "../lib/time/clock.ts";
import type { BarView } from "./bar.ts";
import type { Output } from "./context.ts";

/** Short commands show no bar at all. */
const FIRST_BAR_MS = 500;
const REDRAW_MS = 100;
const PLAIN_MS = 10_000;
/** Back to the first column and erase to the end of the line. */
const ERASE = "\r\x1b[K";

interface Moving {
  readonly name: string;
  readonly to: string;
  readonly since: number;
  done: number;
  total: number | null;
}

/** The transfers under way and their one line on stderr. Other lines go through `around`. */
export class Progress {
  readonly #stderr: Output;
  readonly #clock: Clock;
  readonly #style: "bar" | "plain";
  readonly #moving = new Map<string, Moving>();
  /** Of what is part of another: how much of it counts there already. */
  readonly #parts = new Map<string, number>();
  #render: typeof import("./bar.ts") | undefined;
  #cancelTimer: (() => void) | undefined;
  #drawn = false;
  #closed = false;

  constructor(stderr: Output, clock: Clock, style: "bar" | "plain") {
    this.#stderr = stderr;
    this.#clock = clock;
    this.#style = style;
  }

  /** A transfer has begun; `total` is its bytes or `null`. */
  start(id: string, name: string, to: string, total: number | null): void {
    if (this.#closed) return;
    this.#moving.set(id, {
      name,
      to,
      since: this.#clock.now(),
      done: 0,
      total,
    });
    this.#schedule(this.#style === "bar" ? FIRST_BAR_MS : PLAIN_MS);
  }

  /** A transfer has come this far; unknown ones are ignored. */
  update(id: string, done: number, total: number | null): void {
    const moving = this.#moving.get(id);
    if (moving === undefined) return;
    moving.done = done;
    moving.total = total;
  }

  /** Of a transfer's part so much is through; unknown transfers are ignored. */
  updatePart(id: string, part: string, done: number): void {
    const moving = this.#moving.get(id);
    if (moving === undefined) return;
    moving.done += done - (this.#parts.get(part) ?? 0);
    this.#parts.set(part, done);
  }

  /** A part has ended with so much through; `updatePart` with it begins anew. */
  finishPart(id: string, part: string, done: number): void {
    this.updatePart(id, part, done);
    this.#parts.delete(part);
  }

  /** A transfer has ended, one way or the other. */
  finish(id: string): void {
    if (!this.#moving.delete(id) || this.#moving.size > 0) return;
    this.#erase();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /** Writes something else: the bar steps aside and comes back at its next redraw. */
  around(write: () => void): void {
    this.#erase();
    write();
  }

  /** Erases the bar for good and stops its timer. */
  close(): void {
    this.#closed = true;
    this.#moving.clear();
    this.#erase();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #schedule(delay: number): void {
    this.#cancelTimer ??= this.#clock.after(delay, () => {
      this.#cancelTimer = undefined;
      if (this.#render !== undefined) return this.#tick(this.#render);
      import("./bar.ts").then((render) => {
        this.#render = render;
        if (this.#moving.size > 0) this.#tick(render);
      });
    });
  }

  #tick(render: typeof import("./bar.ts")): void {
    const view = this.#view();
    if (view === undefined) return;
    if (this.#style === "bar") {
      this.#stderr.write(
        ERASE + render.renderBar(view, this.#stderr.columns()),
      );
      this.#drawn = true;
    } else this.#stderr.write(`${render.plainLine(view)}\n`);
    this.#schedule(this.#style === "bar" ? REDRAW_MS : PLAIN_MS);
  }

  /** One transfer as it is, several as their sum. */
  #view(): BarView | undefined {
    const moving = [...this.#moving.values()];
    const [first] = moving;
    if (first === undefined) return undefined;
    const done = sum(moving.map((each) => each.done));
    const totals = moving.map((each) => each.total);
    const total = totals.includes(null) ? null : sum(totals.map((n) => n ?? 0));
    const since = Math.min(...moving.map((each) => each.since));
    const rate = done / Math.max(this.#clock.now() - since, 1) * 1000;
    return {
      name: moving.length === 1 ? first.name : `${moving.length} transfers`,
      to: moving.length === 1 ? first.to : "",
      done,
      total,
      rate,
      eta: total === null || rate === 0
        ? null
        : Math.max(total - done, 0) / rate * 1000,
    };
  }

  #erase(): void {
    if (this.#drawn) this.#stderr.write(ERASE);
    this.#drawn = false;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
