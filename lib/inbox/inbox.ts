/** An inbox: decides what is taken in, and where it goes. */
import { join } from "@std/path";
import { type FerryEvent, isMinor, type TransferFacts } from "../events.ts";
import { Failure } from "../failure.ts";
import {
  apart,
  type BundleOffer,
  offersIn,
  type SingleOffer,
} from "../protocol/bundle.ts";
import { INLINE_BYTES, MAX_MESSAGE_BYTES } from "../protocol/limits.ts";
import { safeFileName, safeTreePath } from "../text/filename.ts";
import type { Clock } from "../time/clock.ts";
import { assertSpace } from "../transfer/space.ts";
import type { Offer } from "../transfer/transfer.ts";
import { Arrival } from "./arrival.ts";
import { BundleArrival, type BundledPath } from "./bundle.ts";
import { hasBranch } from "./branch.ts";
import { Owed } from "./owed.ts";
import { isPartName, Parts } from "./parts.ts";
import { findOffered, Placer } from "./place.ts";
import {
  type AcceptPolicy,
  type ConflictPolicy,
  decide,
  withinTree,
} from "./policy.ts";
import { Received } from "./received.ts";
import { Repeat } from "./repeat.ts";
import { arrivalFacts, isLastOfTree, isRoot, type Taking } from "./taking.ts";
import { type Growing, Trees } from "./trees.ts";
import { Turns } from "./turns.ts";

/** Bundles put in place at once: while one is synced the next is written, and each may hold 128 files open. */
const BUNDLES_AT_ONCE = 2;

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
  readonly held?: undefined;
  readonly arrival: Taking;
  /**
   * True, or a person was asked: resolves when they agree, rejects with Failure `declined` when
   * they do not, `deadline.accept` when they do not answer in time, or why the offer was withdrawn.
   */
  readonly agreed: true | Promise<void>;
}

/** An offer of what is there already: it is done, and no byte of it is needed. */
export interface Held {
  readonly held: true;
}

/** What an inbox keeps on disk, for whatever arrives. */
export interface InboxFiles {
  readonly parts: Parts;
  readonly journal: Received;
  readonly placer: Placer;
}

/** Where transfers arrive. */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #trees: Trees;
  readonly #files: InboxFiles;
  readonly #turns = new Turns(BUNDLES_AT_ONCE);
  /** Receipts that could not be said. */
  readonly owed = new Owed();

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#trees = new Trees(options.clock);
    // It looks at partial files, before those of no use are removed.
    const journal = new Received(options.journal, options.dir);
    const parts = new Parts(options.dir, options.clock.date());
    this.#files = { journal, parts, placer: new Placer() };
  }

  /** Its owner is about to leave: bundles that wait for their turn have failed. */
  leave(): void {
    this.#turns.sendAway(new Failure("absent", "it has left"));
  }

  /** Lets go of what it holds while nothing arrives. */
  close(): void {
    this.#files.journal.close();
    this.#files.placer.close();
  }

  /**
   * Decides about an offer. Throws Failure when it is refused: `declined`, `bad-name`, `conflict`,
   * `bad-data` or `limit`. `signal` is aborted when the offer is withdrawn.
   */
  admit(offer: Offer, signal: AbortSignal): Admission | Held {
    const { accept, emit, ask } = this.#options;
    const name = this.#options.name();
    const known = this.#files.journal.find(offer.id, offer.from);
    if (known !== undefined) {
      return { arrival: new Repeat(offer, known), agreed: true };
    }
    if (offer.kind === "bundle") return this.#admitBundle(offer);
    const facts = arrivalFacts(offer, name);
    // A directory's last offer only ends what its first began.
    const last = isLastOfTree(offer);
    const told = last || isMinor(facts);
    if (!told) emit({ event: "transfer.offered", ...facts });
    try {
      const path = this.#pathOf(offer);
      const tree = isRoot(offer) && !last
        ? this.#trees.begin(offer)
        : this.#trees.of(offer);
      const wish = decide(accept, offer.from);
      const decision = wish === "ask" && tree?.agreed === true ? "yes" : wish;
      if (decision === "no" || (decision === "ask" && ask === undefined)) {
        throw new Failure("declined", "the offer was declined");
      }
      if (decision === "yes") {
        const held = tree?.fresh ? undefined : this.#find(offer, path);
        if (held !== undefined) {
          this.#files.parts.drop(offer);
          return this.#isHeld(facts, held, tree);
        }
      }
      this.#assertFree(offer, path);
      const arrival = new Arrival(
        this.#options,
        offer,
        path,
        this.#files,
        tree,
      );
      if (decision === "yes" || ask === undefined) {
        if (!told) this.#accepted(facts);
        return { arrival, agreed: true };
      }
      const question = this.#agree(ask, offer, facts, arrival, signal);
      const agreed = question.then(() => {
        if (tree !== undefined) tree.agreed = true;
      });
      return { arrival, agreed };
    } catch (error) {
      // Its sender counts it so, too.
      if (!isRoot(offer)) this.#trees.of(offer)?.failed.add(offer.name);
      emit({ event: "transfer.declined", ...facts });
      throw error;
    }
  }

  /** Takes in a bundle whose files are all new, or all there already; Failure `split` for any other. */
  #admitBundle(offer: BundleOffer): Admission | Held {
    const offers = offersIn(offer);
    const told = offers.map((one) => arrivalFacts(one, this.#options.name()));
    const tree = this.#trees.of(offer);
    const { accept, ask } = this.#options;
    const wish = decide(accept, offer.from);
    if (wish === "no" || (wish === "ask" && ask === undefined)) {
      for (const facts of told) {
        tree?.failed.add(facts.name);
        this.#options.emit({ event: "transfer.declined", ...facts });
      }
      throw new Failure("declined", "the offer was declined");
    }
    if (wish === "ask" && tree?.agreed !== true) throw apart("a question");
    let files: BundledPath[];
    let held: string[] = [];
    try {
      files = offers.map((one) => ({ offer: one, path: this.#pathOf(one) }));
      if (tree?.fresh !== true) {
        held = files.flatMap((one) => this.#find(one.offer, one.path) ?? []);
        if (held.length === 0) {
          for (const one of files) this.#assertFree(one.offer, one.path);
        }
      }
    } catch (error) {
      throw apart(error);
    }
    if (held.length === 0) {
      const needs = { ...this.#files, turns: this.#turns, tree };
      const arrival = new BundleArrival(this.#options, offer, files, needs);
      return { arrival, agreed: true };
    }
    if (held.length < files.length) throw apart("some are there already");
    for (const [n, facts] of told.entries()) {
      this.#isHeld(facts, held[n] ?? "", tree);
    }
    return { held: true };
  }

  async #agree(
    ask: NonNullable<InboxOptions["ask"]>,
    offer: Offer,
    facts: TransferFacts,
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
      this.#accepted(facts);
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
    // Whether a whole directory is still coming only its sender knows.
    if (facts.kind === "directory" && facts.tree === undefined) return;
    this.#options.emit({ event: "transfer.started", ...facts });
  }

  /** The names from the inbox down to where an offer goes. Throws Failure when that is nowhere. */
  #pathOf({ name, kind, size, tree }: SingleOffer): string[] {
    const { windows } = this.#options;
    const message = kind === "text" || kind === "json";
    const path = tree === undefined || message
      ? [notAPart(safeFileName(name, windows))]
      : safeTreePath(name, windows);
    if (message && (size === null || size > MAX_MESSAGE_BYTES)) {
      throw new Failure(
        "limit",
        "the message is larger than 1 MiB: send it as a file",
      );
    }
    if (kind === "directory" && size !== 0) {
      throw new Failure("bad-data", "a directory has no bytes of its own");
    }
    return path;
  }

  /** Where the very file of a directory lies already. */
  #find(offer: SingleOffer, path: readonly string[]): string | undefined {
    const { dir, onConflict } = this.#options;
    const { kind, modified_ms, tree } = offer;
    if (kind !== "file" || onConflict === "overwrite") return undefined;
    if (tree === undefined || modified_ms === undefined) return undefined;
    const above = path.slice(0, -1);
    if (!hasBranch(dir, above)) return undefined;
    const parent = join(dir, ...above);
    return findOffered(parent, path.at(-1) ?? "", offer, onConflict);
  }

  #isHeld(
    facts: TransferFacts,
    saved: string,
    tree: Growing | undefined,
  ): Held {
    if (tree !== undefined) {
      tree.files.unchanged++;
      tree.failed.delete(facts.name);
      tree.bytes += facts.bytes ?? 0;
    }
    this.#options.emit({
      event: "transfer.completed",
      ...facts,
      unchanged: true,
      saved,
      bytes_per_s: 0,
    });
    return { held: true };
  }

  /** Throws Failure: `conflict` when policy protects what has the name, `disk-full` when there is no room for it. */
  #assertFree(offer: SingleOffer, path: readonly string[]): void {
    const { kind, size, tree } = offer;
    const { dir, onConflict, keepMessages } = this.#options;
    if (kind === "directory") return;
    const policy = tree === undefined ? onConflict : withinTree(onConflict);
    const saves = kind === "file" || keepMessages;
    if (
      saves && (policy === "fail" || policy === "skip") &&
      hasBranch(dir, path.slice(0, -1)) && exists(join(dir, ...path))
    ) {
      const state = "a file of that name exists already";
      throw new Failure(
        "conflict",
        policy === "skip" ? `skipped, ${state}` : state,
      );
    }
    if (saves && size !== null && size > INLINE_BYTES) {
      const held = kind === "file" ? this.#files.parts.held(offer) : 0;
      assertSpace(dir, size, "the recipient's disk", held);
    }
  }
}

/** What looks like a partial file would be taken for one. */
function notAPart(name: string): string {
  return isPartName(name) ? `${name}_` : name;
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
