/** An inbox: decides what is taken in, and where it goes. */
import { join } from "@std/path";
import type { FerryEvent, TransferFacts } from "../events.ts";
import { Failure } from "../failure.ts";
import { MAX_MESSAGE_BYTES } from "../protocol/limits.ts";
import { safeFileName } from "../text/filename.ts";
import type { Clock } from "../time/clock.ts";
import type { Offer } from "../transfer/transfer.ts";
import { Arrival, arrivalFacts } from "./arrival.ts";
import { type AcceptPolicy, type ConflictPolicy, decide } from "./policy.ts";

/** How an inbox is set up. */
export interface InboxOptions {
  /** Absolute path; made when the first file comes. */
  readonly dir: string;
  /** The owner's name on the hub, as it is now. */
  readonly name: () => string;
  readonly accept: AcceptPolicy;
  readonly onConflict: ConflictPolicy;
  /** Text and JSON messages become files too. */
  readonly keepMessages: boolean;
  /** File names obey Windows rules. */
  readonly windows: boolean;
  readonly clock: Clock;
  readonly emit: (event: FerryEvent) => void;
  /** Asks a person whether to take an offer; aborted when the answer no longer matters. */
  readonly ask?: (offer: Offer, signal: AbortSignal) => Promise<boolean>;
}

/** An offer taken in: its body may come; `agreed` says whether it will be kept. */
export interface Admission {
  readonly arrival: Arrival;
  /**
   * True, or a person was asked: resolves when they agree, rejects with Failure `declined` when
   * they do not, `deadline.accept` when they do not answer in time, or why the offer was withdrawn.
   */
  readonly agreed: true | Promise<void>;
}

/** Where transfers arrive. */
export class Inbox {
  readonly #options: InboxOptions;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /**
   * Decides about an offer. Throws Failure when it is refused: `declined`, `bad-name`, `conflict`
   * or `limit`. `signal` is aborted when the offer is withdrawn.
   */
  admit(offer: Offer, signal: AbortSignal): Admission {
    const { accept, emit, ask } = this.#options;
    const facts = arrivalFacts(offer, this.#options.name());
    emit({ event: "transfer.offered", ...facts });
    try {
      const arrival = this.#open(offer);
      const decision = decide(accept, offer.from);
      if (decision === "no" || (decision === "ask" && ask === undefined)) {
        throw new Failure("declined", "the offer was declined");
      }
      if (decision === "yes" || ask === undefined) {
        this.#accepted(facts);
        return { arrival, agreed: true };
      }
      return { arrival, agreed: this.#agree(ask, offer, arrival, signal) };
    } catch (error) {
      emit({ event: "transfer.declined", ...facts });
      throw error;
    }
  }

  async #agree(
    ask: NonNullable<InboxOptions["ask"]>,
    offer: Offer,
    arrival: Arrival,
    signal: AbortSignal,
  ): Promise<void> {
    const question = new AbortController();
    const unanswered = Promise.withResolvers<never>();
    const end = (reason: unknown) => {
      question.abort(reason);
      unanswered.reject(reason);
    };
    const withdrawn = () => end(signal.reason);
    signal.addEventListener("abort", withdrawn);
    const stop = this.#options.clock.after(
      offer.deadlines.accept_ms,
      () => end(new Failure("deadline.accept", "nobody answered the offer")),
    );
    try {
      const answer = ask(offer, question.signal);
      if (!await Promise.race([answer, unanswered.promise])) {
        throw new Failure("declined", "the offer was declined");
      }
      this.#accepted(arrival.facts);
    } catch (error) {
      if (!signal.aborted) arrival.decline();
      throw error;
    } finally {
      stop();
      signal.removeEventListener("abort", withdrawn);
    }
  }

  #accepted(facts: TransferFacts): void {
    this.#options.emit({ event: "transfer.accepted", ...facts });
    this.#options.emit({ event: "transfer.started", ...facts });
  }

  /** Checks everything that can be known before a byte has come. */
  #open(offer: Offer): Arrival {
    const { dir, windows, onConflict, keepMessages } = this.#options;
    const name = safeFileName(offer.name, windows);
    if (
      offer.kind !== "file" &&
      (offer.size === null || offer.size > MAX_MESSAGE_BYTES)
    ) {
      throw new Failure(
        "limit",
        "the message is larger than 1 MiB: send it as a file",
      );
    }
    const saves = offer.kind === "file" || keepMessages;
    if (
      saves && (onConflict === "fail" || onConflict === "skip") &&
      exists(join(dir, name))
    ) {
      const state = "a file of that name exists already";
      throw new Failure(
        "conflict",
        onConflict === "skip" ? `skipped, ${state}` : state,
      );
    }
    return new Arrival(this.#options, offer, name);
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
