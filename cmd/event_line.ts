/** Events as the lines that `--json` prints. */
import type { FerryEvent, PastTransfer } from "../lib/events.ts";

/** An event as a line of NDJSON; `date` in milliseconds since the Unix epoch. */
export function eventLine(
  event: FerryEvent | PastTransfer,
  date: number,
): string {
  const ts = timestamp(date);
  const { event: name, ...fields } = event;
  return `${jsonLine({ v: 1, ts, event: name, ...fields })}\n`;
}

/** The moment last written: of many thousand lines a second most bear the same. */
let last = { date: NaN, ts: "" };

function timestamp(date: number): string {
  const ms = Math.trunc(date);
  if (last.date !== ms) last = { date: ms, ts: new Date(ms).toISOString() };
  return last.ts;
}

/**
 * JSON spells out the C0 controls by itself; DEL, C1, what reorders a line and what some readers
 * take for its end would still come out as they are.
 */
function jsonLine(value: Record<string, unknown>): string {
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** `transfer.progress` of one transfer is printed at most this often. */
const PROGRESS_EVENT_MS = 1000;

/** Holds back what would fill a log: all but one `transfer.progress` of a transfer a second. */
export class ProgressPace {
  readonly #last = new Map<string, number>();

  /** Whether an event is to be printed; `now` in milliseconds. */
  passes(event: FerryEvent, now: number): boolean {
    switch (event.event) {
      case "transfer.completed":
      case "transfer.stored":
      case "transfer.failed":
        this.#last.delete(event.id + event.to);
        return true;
      case "transfer.progress": {
        const key = event.id + event.to;
        const last = this.#last.get(key);
        if (last !== undefined && now - last < PROGRESS_EVENT_MS) return false;
        this.#last.set(key, now);
      }
    }
    return true;
  }
}
