/** What the menu shows of what went by: kept from the events, for as long as the menu is open. */
import type {
  FerryEvent,
  Latency,
  TransferCompleted,
  TransferFacts,
} from "../../lib/events.ts";
import type { Clock } from "../../lib/time/clock.ts";

/** More are not kept: the oldest go. */
const MAX_KEPT = 500;
/** Longer messages are not kept to be read again. */
const MAX_MESSAGE = 100_000;

/** Something that arrived. */
export interface Received {
  readonly id: string;
  readonly name: string;
  /** Undefined for what lay in the inbox before. */
  readonly from: string | undefined;
  readonly kind: TransferFacts["kind"];
  readonly bytes: number;
  /** ms since the Unix epoch. */
  readonly at: number;
  /** First byte to last, where that was seen. */
  readonly ms?: number;
  /** Where it lies; a message has none unless it was kept. */
  readonly path?: string;
  readonly message?: string;
}

/** Something that was sent. */
export interface Sent {
  readonly name: string;
  readonly to: string;
  readonly bytes: number;
  readonly at: number;
  readonly latency: Latency;
  readonly rate: number;
}

/** Something under way. */
export interface Moving {
  readonly facts: TransferFacts;
  readonly since: number;
  readonly bytes: number;
}

/** See above. */
export class Record {
  readonly #clock: Clock;
  readonly #received: Received[] = [];
  readonly #sent: Sent[] = [];
  readonly #moving = new Map<string, Moving>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What arrived, newest first. */
  received(): readonly Received[] {
    return this.#received.toReversed();
  }

  /** What was sent, newest first. */
  sent(): readonly Sent[] {
    return this.#sent.toReversed();
  }

  /** What this process sends or receives now. */
  moving(): readonly Moving[] {
    return [...this.#moving.values()];
  }

  /** Takes an event in. */
  hear(event: FerryEvent): void {
    switch (event.event) {
      case "transfer.started":
        this.#moving.set(keyOf(event), {
          facts: event,
          since: this.#clock.now(),
          bytes: 0,
        });
        return;
      case "transfer.progress": {
        const key = keyOf(event);
        const moving = this.#moving.get(key);
        if (moving !== undefined) {
          this.#moving.set(key, { ...moving, bytes: event.bytes });
        }
        return;
      }
      case "transfer.completed":
        this.#completed(event);
        return;
      case "transfer.failed":
      case "transfer.stored":
      case "transfer.declined":
        this.#moving.delete(keyOf(event));
        return;
    }
  }

  #completed(event: TransferCompleted): void {
    const key = keyOf(event);
    const moving = this.#moving.get(key);
    this.#moving.delete(key);
    // A directory is one thing here, whatever is in it.
    if (event.tree !== undefined) return;
    const { name, from, to, kind, latency_ms: latency } = event;
    const at = this.#clock.date();
    const bytes = event.bytes ?? 0;
    if (event.dir === "send") {
      if (latency === undefined) return;
      keep(this.#sent, {
        name,
        to,
        bytes,
        at,
        latency,
        rate: event.bytes_per_s,
      });
      return;
    }
    const message = kind === "text"
      ? event.text
      : kind === "json"
      ? JSON.stringify(event.data, undefined, 2)
      : undefined;
    keep(this.#received, {
      id: `${event.id} ${to}`,
      name,
      from,
      kind,
      bytes,
      at,
      ...(moving === undefined ? {} : { ms: this.#clock.now() - moving.since }),
      ...(event.saved === undefined ? {} : { path: event.saved }),
      ...(message === undefined || message.length > MAX_MESSAGE
        ? {}
        : { message }),
    });
  }
}

function keyOf(
  { id, dir, to }: { id: string; dir: string; to: string },
): string {
  return `${id} ${dir} ${to}`;
}

function keep<T>(all: T[], one: T): void {
  all.push(one);
  if (all.length > MAX_KEPT) all.shift();
}
