/** What `serve` and `connect` share: where things arrive, from whom, and when enough have. */
import { createHash } from "node:crypto";
import { join, resolve } from "@std/path";
import type { FerryEvent } from "../lib/events.ts";
import { Failure, failureCode } from "../lib/failure.ts";
import { Inbox } from "../lib/inbox/inbox.ts";
import { type AcceptPolicy, parseAcceptPolicy } from "../lib/inbox/policy.ts";
import type { Offer } from "../lib/transfer/transfer.ts";
import { homeDirectory } from "../lib/state/paths.ts";
import { type Context, mayPrompt } from "./context.ts";
import type { Globals } from "./globals.ts";
import { stateIfAny } from "./hub_choice.ts";
import { Asker } from "./ask.ts";
import type { Reporter } from "./report.ts";
import type { ArrivalViews } from "./view/arrivals.ts";
import { choice, flag, text, value, type Values } from "./option.ts";

/** The options that say what is taken in. */
export const RECEIVING_OPTIONS = {
  inbox: text(
    "DIR",
    "Where received files go (default: ferry-inbox in the home directory)",
  ),
  accept: value(
    "all|none|ask|NAME,…",
    "Whose transfers are taken",
    parseAcceptPolicy,
    {
      default: "all",
    },
  ),
  onConflict: choice(
    ["rename", "overwrite", "skip", "fail"],
    "When the file exists already",
    {
      default: "rename",
    },
  ),
  keepMessages: flag("Save text and JSON messages as files too"),
  view: flag("Show images, CSV and JSON as they arrive"),
} as const;

/** Asks a person about an offer; the signal is aborted when the answer no longer matters. */
export type AskOffer = (offer: Offer, signal: AbortSignal) => Promise<boolean>;

/** What is taken in, as it can be changed while it runs. */
export class Receiving {
  readonly dir: string;
  accept: AcceptPolicy;
  /** Nothing is taken in, whatever `accept` says. */
  paused = false;
  /** Whether as many are coming as are wanted: others are declined meanwhile. */
  isFull: () => boolean = () => false;
  /** Who asks about offers; undefined where there is nobody to ask. */
  ask: AskOffer | undefined;

  constructor(
    options: Values<typeof RECEIVING_OPTIONS>,
    context: Context,
  ) {
    this.dir = options.inbox === undefined
      ? defaultInbox(context)
      : resolve(context.cwd(), options.inbox);
    this.accept = options.accept;
  }
}

/** The inbox these options describe. `name` gives its owner's name. */
export function openInbox(
  options: Values<typeof RECEIVING_OPTIONS>,
  receiving: Receiving,
  name: () => string,
  emit: (event: FerryEvent) => void,
  context: Context,
  globals: Globals,
): Inbox {
  const { accept, onConflict, keepMessages } = options;
  const windows = context.platform.os === "windows";
  const asks = accept.kind === "ask" && receiving.ask === undefined;
  if (asks && !mayPrompt(context, globals)) {
    throw new Failure(
      "usage",
      "Cannot use --accept ask: there is nobody to ask",
      {
        hint: "use --accept all, none, or names separated by commas",
      },
    );
  }
  if (asks) {
    const asker = new Asker(context);
    receiving.ask = (offer, signal) => asker.ask(offer, signal);
  }
  return new Inbox({
    dir: receiving.dir,
    name,
    get accept() {
      return receiving.paused || receiving.isFull()
        ? { kind: "none" as const }
        : receiving.accept;
    },
    onConflict,
    keepMessages,
    journal: journalOf(receiving.dir, context),
    windows,
    clock: context.clock,
    emit,
    get ask() {
      return receiving.ask;
    },
  });
}

/** Shows what arrives, where `--view` asks for it. Loaded only then. */
export async function openViews(
  { view }: Values<typeof RECEIVING_OPTIONS>,
  context: Context,
  globals: Globals,
  reporter: Reporter,
): Promise<ArrivalViews | undefined> {
  if (!view) return undefined;
  const { ArrivalViews } = await import("./view/arrivals.ts");
  return new ArrivalViews(context, globals, reporter);
}

/** Where an inbox remembers what it received lately; without a home it cannot beyond its process. */
function journalOf(inbox: string, context: Context): string | undefined {
  const state = stateIfAny(context);
  if (state === undefined) return undefined;
  const name = createHash("sha256").update(inbox).digest("hex").slice(0, 16);
  return join(state, "received", `${name}.jsonl`);
}

function defaultInbox(context: Context): string {
  const home = homeDirectory(context.platform.os, (name) => context.env(name));
  return resolve(home ?? context.cwd(), "ferry-inbox");
}

/** Counts what arrived; `enough` aborts when the number wanted is reached, or what came cannot be kept here. */
export class Quota {
  readonly #enough = new AbortController();
  #left: number;
  readonly #coming = new Set<string>();

  constructor(wanted: number) {
    this.#left = wanted;
  }

  /** Aborted when there is nothing more to wait for; the reason is undefined, or the Failure to end with. */
  get enough(): AbortSignal {
    return this.#enough.signal;
  }

  /** Whether as many have arrived as were wanted. */
  get isReached(): boolean {
    return this.#left <= 0;
  }

  /** Whether as many are coming in now as are still wanted. */
  get isFull(): boolean {
    return this.#coming.size >= this.#left;
  }

  /** Takes an event into account. */
  count(event: FerryEvent): void {
    // What is in a directory counts with it, as one.
    const whole = event.event === "transfer.completed" &&
      event.tree === undefined;
    if (whole && --this.#left <= 0) this.#enough.abort();
    // Whether the rest of a directory still comes only its sender knows: it keeps no place.
    if (
      event.event === "transfer.accepted" && event.tree === undefined &&
      event.kind !== "directory"
    ) {
      this.#coming.add(event.id);
    }
    if (
      event.event === "transfer.failed" || event.event === "transfer.completed"
    ) this.#coming.delete(event.id);
    if (event.event !== "transfer.failed" || this.#left === Infinity) return;
    // Our own disk: waiting for the next transfer would not mend it.
    const code = failureCode(event.code);
    if (code === "disk-full" || code === "output") {
      this.#enough.abort(
        new Failure(code, `Cannot receive ${event.name}: ${event.message}`),
      );
    }
  }
}
