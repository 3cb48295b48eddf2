/**
 * A sender's way to its hub that mends itself: when the connection is lost it connects anew, for as
 * long as it may, and offers again what has no receipt yet.
 */
import { asFailure, Failure } from "../failure.ts";
import { failedOutcome } from "../transfer/outgoing.ts";
import type {
  Body,
  Cancel,
  Carrier,
  Offer,
  Outcome,
  TransferListener,
} from "../transfer/transfer.ts";
import type { Client } from "./client.ts";
import { comeBack, LASTING, type ReturnOptions } from "./return.ts";

/** How a link is mended. */
export interface LinkOptions extends ReturnOptions {
  /** The connection was lost, and is to be mended. */
  readonly lost: (failure: Failure) => void;
}

/** One transfer the link carries. */
interface Load {
  readonly offer: Offer;
  readonly body: Body;
  readonly listener: TransferListener;
  /** Who has no receipt yet, by name. */
  readonly awaited: Set<string>;
  handle: { cancel(reason: Cancel): void } | undefined;
}

/** A connection to a hub that is made anew when it is lost. */
export class Link implements Carrier {
  readonly #options: LinkOptions;
  #client: Client;
  /** Waits for a connection. */
  readonly #waiting = new Set<Load>();
  #mending: Promise<void> | undefined;
  /** Until then, on the clock, recipients that are away are waited for. */
  #patientUntil = -Infinity;
  /** Why nothing is tried any more. */
  #over: Failure | undefined;

  constructor(client: Client, options: LinkOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** The connection now, or the last there was. */
  get client(): Client {
    return this.#client;
  }

  carry(
    offer: Offer,
    body: Body,
    listener: TransferListener,
  ): { cancel(reason: Cancel): void } {
    const awaited = new Set(offer.to);
    const load: Load = { offer, body, listener, awaited, handle: undefined };
    if (this.#mending === undefined) this.#offer(load);
    else this.#waiting.add(load);
    return {
      cancel: (reason) => {
        if (load.handle === undefined) this.#fail(load, failedOutcome(reason));
        else load.handle.cancel(reason);
      },
    };
  }

  /** Gives up mending, says BYE and closes. */
  async close(): Promise<void> {
    this.#over ??= new Failure("cancelled", "it was cancelled");
    await this.#mending;
    await this.#client.close();
  }

  #offer(load: Load): void {
    const { offer, body, listener, awaited } = load;
    let lost = false;
    const shared: Body = {
      size: body.size,
      hashAhead: () => body.hashAhead?.(),
      read: (offset, wake) => body.read(offset, wake),
      dispose: () => {
        if (awaited.size === 0) body.dispose();
      },
    };
    // Its recipients may have lost the hub too, and be on their way back.
    const waitMs = this.#patientUntil - this.#options.clock.now();
    const handle = this.#client.outbound.carry(
      {
        ...offer,
        to: [...awaited],
        ...(waitMs > 0 ? { wait_ms: waitMs } : {}),
      },
      shared,
      {
        started: (offset) => listener.started(offset),
        sent: (digest) => listener.sent(digest),
        progress: (recipient, bytes) => listener.progress(recipient, bytes),
        settled: (recipient, outcome) => {
          if (this.#mayGoOn(load, outcome)) {
            lost = true;
            this.#wait(load, outcome);
          } else if (awaited.delete(recipient)) {
            listener.settled(recipient, outcome);
          }
        },
      },
    );
    if (!lost) load.handle = handle;
  }

  /** Whether what was lost can be offered again. A pipe cannot be read twice. */
  #mayGoOn({ body }: Load, outcome: Outcome): boolean {
    return outcome.status === "failed" && outcome.lost === true &&
      body.size !== null && this.#over === undefined &&
      !this.#options.signal.aborted && !LASTING.has(outcome.code) &&
      outcome.code !== "declined";
  }

  #wait(load: Load, outcome: Outcome): void {
    load.handle = undefined;
    this.#waiting.add(load);
    const { code, message } = outcome.status === "failed"
      ? outcome
      : { code: "disconnected" as const, message: "" };
    this.#mending ??= this.#mend(new Failure(code, message)).finally(() =>
      this.#mending = undefined
    );
  }

  /** Connects anew and offers again what waits, or gives it up. */
  async #mend(reason: Failure): Promise<void> {
    const { clock, tryMs, signal, lost } = this.#options;
    lost(reason);
    const isOver = () => this.#over !== undefined || signal.aborted;
    const client = await comeBack({ ...this.#options, isOver });
    if (client !== undefined) {
      this.#client = client;
      this.#patientUntil = clock.now() + tryMs;
      return this.#offerAgain();
    }
    this.#over ??= reason;
    const outcome = failedOutcome(reason);
    for (const load of [...this.#waiting]) this.#fail(load, outcome);
  }

  #offerAgain(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    // What is lost again from here on is mended anew.
    this.#mending = undefined;
    for (const load of waiting) {
      if (load.awaited.size === 0) continue;
      try {
        load.body.assertUnchanged?.();
      } catch (error) {
        this.#fail(load, failedOutcome(asFailure(error)));
        continue;
      }
      this.#offer(load);
    }
  }

  #fail(load: Load, outcome: Outcome): void {
    this.#waiting.delete(load);
    const names = [...load.awaited];
    load.awaited.clear();
    load.body.dispose();
    for (const name of names) load.listener.settled(name, outcome);
  }
}
