/** An inbox: decides what is taken in, and where it goes. */
import { join } from "@std/path";
import type { FerryEvent, TransferFacts } from "../events.ts";
import { Failure } from "../failure.ts";
import { INLINE_BYTES, MAX_MESSAGE_BYTES } from "../protocol/limits.ts";
import { safeFileName } from "../text/filename.ts";
import type { Clock } from "../time/clock.ts";
import { assertSpace } from "../transfer/space.ts";
import type { Offer } from "../transfer/transfer.ts";
import { Arrival, arrivalFacts, Repeat, type Taking } from "./arrival.ts";
import { isPartName, Parts } from "./parts.ts";
import { Received } from "./received.ts";
import { type AcceptPolicy, type ConflictPolicy, decide } from "./policy.ts";

/** How an inbox is set up. */
export interface InboxOptions {
  /** Absolute path; made when the first file comes. */
  readonly dir: string;
  /** The owner's name on the hub, as it is now. */
  readonly name: () => string;
  /** Read at every offer, so that it may change. */
  readonly accept: AcceptPolicy;
  readonly onConflict: ConflictPolicy;
  /** Text and JSON messages become files too. */
  readonly keepMessages: boolean;
  /** A file that remembers what was received lately; without one the process does, as long as it lives. */
  readonly journal?: string | undefined;
  /** File names obey Windows rules. */
  readonly windows: boolean;
  readonly clock: Clock;
  readonly emit: (event: FerryEvent) => void;
  /** Asks a person whether to take an offer; aborted when the answer no longer matters. */
  readonly ask?:
    | ((offer: Offer, signal: AbortSignal) => Promise<boolean>)
    | undefined;
}

/** An offer taken in: its body may come; `agreed` says whether it will be kept. */
export interface Admission {
  readonly arrival: Taking;
  /**
   * True, or a person was asked: resolves when they agree, rejects with Failure `declined` when
   * they do not, `deadline.accept` when they do not answer in time, or why the offer was withdrawn.
   */
  readonly agreed: true | Promise<void>;
}

/** Where transfers arrive. */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #received: Received;
  readonly #parts: Parts;

  constructor(options: InboxOptions) {
    this.#options = options;
    // It looks at partial files, before those of no use are removed.
    this.#received = new Received(options.journal, options.dir);
    this.#parts = new Parts(options.dir, options.clock.date());
  }

  /** Lets go of what it holds while nothing arrives. */
  close(): void {
    this.#received.close();
  }

  /**
   * Decides about an offer. Throws Failure when it is refused: `declined`, `bad-name`, `conflict`
   * or `limit`. `signal` is aborted when the offer is withdrawn.
   */
  admit(offer: Offer, signal: AbortSignal): Admission {
    const { accept, emit, ask } = this.#options;
    const name = this.#options.name();
    const known = this.#received.find(offer.id, offer.from);
    if (known !== undefined) {
      return { arrival: new Repeat(offer, name, known), agreed: true };
    }
    const facts = arrivalFacts(offer, name);
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
    arrival: Taking,
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
    const safe = safeFileName(offer.name, windows);
    // What looks like a partial file would be taken for one.
    const name = isPartName(safe) ? `${safe}_` : safe;
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
    if (saves && (offer.size ?? 0) > INLINE_BYTES) {
      assertSpace(dir, offer.size ?? 0, "the recipient's disk");
    }
    return new Arrival(
      this.#options,
      offer,
      name,
      this.#parts,
      this.#received,
    );
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
