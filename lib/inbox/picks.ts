/**
 * What was asked for from a hub, and what has become of it. When the connection is lost it is asked
 * for again: what has come is then not taken twice, what is gone on with keeps its id, and whatever
 * ended badly is told of only once nobody will try again.
 */
import type { FerryEvent, TransferFailed } from "../events.ts";
import { Failure, failureCode } from "../failure.ts";
import {
  apart,
  type BundleOffer,
  offersIn,
  type SingleOffer,
} from "../protocol/bundle.ts";
import { INLINE_BYTES, MAX_TRANSFERS } from "../protocol/limits.ts";
import type { Offer } from "../transfer/transfer.ts";
import { isLastOfTree, isRoot } from "./taking.ts";

/**
 * Characters of the names remembered for one path: those of 200,000 files, 160 each. A hub that
 * offers on for ever costs no more memory; what is not remembered is taken again.
 */
const MAX_REMEMBERED = 32_000_000;

/** Why something was not taken, or did not come. */
type Why = Pick<Failure, "code" | "message">;

/** One path that is asked for. */
interface Asked {
  /** The id its directory was first offered under, if it is one. */
  tree: string | undefined;
  /** The file itself has come. */
  come: boolean;
  /** Of a directory: what has come, as `keyOf` has it. */
  readonly known: Set<string>;
  /** What is coming, by name. */
  readonly coming: Map<string, string>;
  /** What ended badly and may come still, by name. */
  readonly aside: Map<string, TransferFailed>;
  /** What ended badly for good, by name. */
  readonly over: Map<string, Why>;
  /** Ids of what is gone on with: its beginning was told. */
  readonly again: Set<string>;
  /** Characters in `known` and `over`. */
  remembered: number;
}

/** See above. */
export class Picks {
  readonly #emit: (event: FerryEvent) => void;
  readonly #asked = new Map<string, Asked>();

  /** Reports through `emit`. */
  constructor(emit: (event: FerryEvent) => void) {
    this.#emit = emit;
  }

  /** What is named from `base` on, the last name of a path, is asked for; one path of a name at a time. */
  ask(base: string): void {
    this.#asked.set(base, {
      ...{ tree: undefined, come: false },
      ...{ known: new Set(), coming: new Map(), aside: new Map() },
      ...{ over: new Map(), again: new Set(), remembered: 0 },
    });
  }

  /** Whether the one file that was asked for is here, so that it need not be asked for again. */
  hasCome(base: string): boolean {
    return this.#asked.get(base)?.come === true;
  }

  /** Nothing more will come: tells of what ended badly. */
  answered(base: string): void {
    const asked = this.#asked.get(base);
    this.#asked.delete(base);
    for (const event of asked?.aside.values() ?? []) this.#emit(event);
  }

  /**
   * It will not be asked for again though it may not have come. Tells of the files that were coming;
   * gives what is still to be told to have failed: the whole directory, or the file nobody had
   * begun with.
   */
  givenUp(
    base: string,
  ): Pick<SingleOffer, "name" | "kind"> & { id?: string } | null {
    const asked = this.#asked.get(base);
    this.#asked.delete(base);
    if (asked === undefined || asked.come) return null;
    const { tree, aside, again } = asked;
    for (const event of aside.values()) {
      // A small file of a directory was not told of before, and goes with the whole.
      const told = tree === undefined || again.has(event.id) ||
        (event.bytes ?? Infinity) > INLINE_BYTES;
      if (told) this.#emit(event);
    }
    if (tree !== undefined) return { name: base, kind: "directory", id: tree };
    return aside.size > 0 ? null : { name: base, kind: "file" };
  }

  /**
   * An offer as it is to be taken: under the id it was first offered with; or `held` when it has
   * come. Throws Failure: `declined` when nobody asked for it, why it was not taken before.
   */
  take(offer: SingleOffer): SingleOffer | "held" {
    const { name, kind } = offer;
    const asked = this.#asked.get(name.split("/", 1)[0] ?? "");
    if (asked === undefined || kind === "text" || kind === "json") {
      throw new Failure("declined", "it was not asked for");
    }
    if (isRoot(offer) && !isLastOfTree(offer)) {
      if (asked.tree !== undefined) return "held";
      asked.tree = offer.id;
      return offer;
    }
    const { tree, again, aside, known, coming } = asked;
    const before = aside.get(name);
    const key = keyOf(offer);
    if (known.has(key)) return "held";
    aside.delete(name);
    if (before !== undefined) again.add(before.id);
    if (before?.code === "integrity") {
      const { code, message: state } = before;
      const message = `Starting over with ${name}: ${state}`;
      this.#emit({ event: "warning", code, message });
    }
    if (offer.tree !== undefined) coming.set(name, key);
    return {
      ...offer,
      ...(before === undefined ? {} : { id: before.id }),
      ...(offer.tree === undefined || tree === undefined ? {} : { tree }),
    };
  }

  /**
   * A bundle as it is to be taken, or `held` when all of it has come. Throws Failure: `declined` when
   * nobody asked for it, `split` when its files have fared differently.
   */
  takeBundle(offer: BundleOffer): BundleOffer | "held" {
    const asked = this.#asked.get(offer.name);
    if (asked === undefined) {
      throw new Failure("declined", "it was not asked for");
    }
    const { known, over, aside, coming, tree = offer.tree } = asked;
    const files = offersIn(offer);
    const come = files.filter((file) => known.has(keyOf(file)));
    if (come.length === files.length) return "held";
    const differs = files.some(({ name }) => over.has(name) || aside.has(name));
    if (come.length > 0 || differs) throw apart();
    for (const file of files) coming.set(file.name, keyOf(file));
    return { ...offer, tree };
  }

  /** Why an offer of that name was refused before; it is told of once. */
  refusal({ name }: Offer): Failure | undefined {
    const why = this.#of(name)?.over.get(name);
    return why && new Failure(why.code, why.message);
  }

  /** An offer was refused. */
  refused({ name }: Offer, { code, message }: Why): void {
    const asked = this.#of(name);
    if (asked !== undefined) this.#over(asked, name, { code, message });
  }

  /** Takes in what the inbox tells, and passes on what is news. */
  readonly hear = (event: FerryEvent): void => {
    if (!("name" in event) || !("id" in event)) return this.#emit(event);
    const asked = this.#of(event.name);
    if (asked === undefined) return this.#emit(event);
    const { known, coming, aside, again } = asked;
    switch (event.event) {
      case "transfer.offered":
      case "transfer.accepted":
      case "transfer.started":
        if (again.has(event.id)) return;
        break;
      case "transfer.completed": {
        const key = coming.get(event.name);
        if (key !== undefined && hasRoom(asked, key)) known.add(key);
        coming.delete(event.name);
        asked.come ||= event.tree === undefined && event.kind === "file";
        break;
      }
      case "transfer.failed": {
        const { name, code, message } = event;
        coming.delete(name);
        if (event.retryable && aside.size < MAX_TRANSFERS) {
          return void aside.set(name, event);
        }
        this.#over(asked, name, { code: failureCode(code), message });
      }
    }
    this.#emit(event);
  };

  #over(asked: Asked, name: string, why: Why): void {
    if (hasRoom(asked, name + why.message)) asked.over.set(name, why);
  }

  #of(name: string): Asked | undefined {
    return this.#asked.get(name.split("/", 1)[0] ?? "");
  }
}

/** Whether so much more can be remembered; it is counted then. */
function hasRoom(asked: Asked, text: string): boolean {
  if (asked.remembered + text.length > MAX_REMEMBERED) return false;
  asked.remembered += text.length;
  return true;
}

/** By what a file of a directory is known again. */
function keyOf({ name, size, modified_ms }: SingleOffer): string {
  return `${name}\0${size}\0${modified_ms}`;
}
