/** Keeps what happened in order, and lets a test wait for what is still to happen. */
import type { FerryEvent } from "../../lib/events.ts";
import type {
  Digest,
  Outcome,
  TransferListener,
} from "../../lib/transfer/transfer.ts";
import { within } from "./within.ts";

/** Things that happened, in order. */
export class Recorder<T> {
  readonly all: T[] = [];
  readonly #watchers = new Set<() => void>();

  /** Something happened. */
  readonly add = (one: T): void => {
    this.all.push(one);
    for (const watch of [...this.#watchers]) watch();
  };

  /** The first that `matches`, past or to come. */
  async until(matches: (one: T) => boolean, what: string): Promise<T> {
    const found = Promise.withResolvers<T>();
    const watch = () => {
      const one = this.all.find(matches);
      if (one !== undefined) found.resolve(one);
    };
    this.#watchers.add(watch);
    watch();
    try {
      return await within(found.promise, what);
    } finally {
      this.#watchers.delete(watch);
    }
  }

  /** Resolves when `count` of them happened. */
  async count(count: number, what: string): Promise<readonly T[]> {
    await this.until(() => this.all.length >= count, `${count} ${what}`);
    return this.all;
  }
}

/** Events as an inbox or an outbox emits them. */
export class Events extends Recorder<FerryEvent> {
  /** The first event of a kind, about the transfer of that name if one is given. */
  async of<K extends FerryEvent["event"]>(
    kind: K,
    name?: string,
  ): Promise<Extract<FerryEvent, { event: K }>> {
    const found = await this.until(
      (event) =>
        event.event === kind &&
        (name === undefined || ("name" in event && event.name === name)),
      `event ${kind}${name === undefined ? "" : ` of ${name}`}`,
    );
    return found as Extract<FerryEvent, { event: K }>;
  }

  /** The kinds of all events so far. */
  get kinds(): string[] {
    return this.all.map(({ event }) => event);
  }
}

/** What a sender heard of a transfer. */
export class Heard implements TransferListener {
  readonly outcomes = new Recorder<{ recipient: string; outcome: Outcome }>();
  readonly steps = new Recorder<"started" | "sent">();
  readonly progressed = new Recorder<{ recipient: string; bytes: number }>();
  digest: Digest | undefined;

  started(): void {
    this.steps.add("started");
  }

  sent(digest: Digest): void {
    this.digest = digest;
    this.steps.add("sent");
  }

  progress(recipient: string, bytes: number): void {
    this.progressed.add({ recipient, bytes });
  }

  settled(recipient: string, outcome: Outcome): void {
    this.outcomes.add({ recipient, outcome });
  }

  /** How it ended for `recipient`, once it has. */
  async outcome(recipient: string): Promise<Outcome> {
    const { outcome } = await this.outcomes.until(
      (one) => one.recipient === recipient,
      `an outcome for ${recipient}`,
    );
    return outcome;
  }

  /** The code it failed with for `recipient`; `delivered` if it did not. */
  async code(recipient: string): Promise<string> {
    const outcome = await this.outcome(recipient);
    return outcome.status === "failed" ? outcome.code : outcome.status;
  }

  /** What was said about the failure for `recipient`. */
  async message(recipient: string): Promise<string> {
    const outcome = await this.outcome(recipient);
    return outcome.status === "failed" ? outcome.message : "";
  }
}
