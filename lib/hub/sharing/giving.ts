/** What the hub answers to requests: its history, the list of what it shares, and what is got from there. */
import type { FerryEvent } from "../../events.ts";
import { asFailure, Failure, isRetryable } from "../../failure.ts";
import type { Item } from "../../peer/item.ts";
import { sendAll } from "../../peer/outbox.ts";
import { Tree } from "../../peer/tree.ts";
import { INLINE_BYTES } from "../../protocol/limits.ts";
import {
  type MissingFile,
  type PastDelivery,
  sentenceOf,
} from "../../protocol/message.ts";
import type { Clock } from "../../time/clock.ts";
import { pause } from "../../time/pause.ts";
import { BytesBody } from "../../transfer/body.ts";
import { readFailure } from "../../transfer/read.ts";
import { fingerprintOfOpen } from "../../transfer/fingerprint.ts";
import type { Body, Carrier } from "../../transfer/transfer.ts";
import {
  type Answer,
  type Answering,
  inParts,
  type Question,
} from "./answers.ts";
import { OpenedBody } from "./opened_body.ts";
import type { Found, OpenedFile, Share } from "./share.ts";

/** What whoever gets a file may wait for. */
const DEADLINES = { acceptMs: 60_000, idleMs: 30_000, receiptMs: 60_000 };
/** A history without a limit of its own. */
const ALL = Number.MAX_SAFE_INTEGER;

/** Who asks. */
export interface Asker {
  readonly name: string;
  /** Whose transfers it may see: all, or those of what it is known by now; undefined where it has shown no key. */
  readonly sees: "all" | (() => Viewer | undefined);
  /** Takes transfers to it. */
  readonly carrier: Carrier;
  readonly roundTripMs: () => number;
  /** It takes small files of a directory together. */
  readonly takesBundles: boolean;
}

/** Who looks at a history of which it may see its own part. */
export interface Viewer {
  /** What was sent with this key, or got from the hub with it, is its own. */
  readonly key: string;
  /** So is what went to these names, which belong to the key; in any case. */
  readonly names: readonly string[];
}

/** What is asked of a history. */
export interface HistoryQuery {
  /** This name is the sender or the recipient, in any case; anyone when absent. */
  readonly peer?: string | undefined;
  /** Only what this one may see. */
  readonly viewer?: Viewer | undefined;
  /** Offered since, ms since the Unix epoch. */
  readonly since: number;
  /** The newest so many. */
  readonly limit: number;
}

/** What went through a hub, as its ledger tells it. */
export interface History {
  /** Newest first, in steps none of which takes long. */
  deliveries(query: HistoryQuery): Iterable<readonly PastDelivery[]>;
}

/** What a hub has to give. */
export interface Gifts {
  readonly clock: Clock;
  readonly history?: History | undefined;
  readonly share?: Share | undefined;
  /** Reports what is got. */
  readonly emit: (event: FerryEvent) => void;
}

/** The answers for one client. */
export function answersFor(
  { clock, history: past, share, emit }: Gifts,
  asker: Asker,
): Answering {
  async function* history(question: Question): AsyncGenerator<Answer> {
    if (past === undefined) {
      throw new Failure("declined", "the hub keeps no history");
    }
    const { peer, since = 0, limit = ALL } = question;
    const viewer = asker.sees === "all" ? undefined : asker.sees();
    if (viewer === undefined && asker.sees !== "all") {
      const state = "the hub tells its history only to who shows a key";
      throw new Failure("declined", state);
    }
    const deliveries = past.deliveries({ peer, viewer, since, limit });
    for await (const transfers of inParts(eachOf(deliveries))) {
      yield { transfers };
    }
  }

  async function* list(question: Question): AsyncGenerator<Answer> {
    const { path, recursive = false } = question;
    const found = sharedBy(share).list(path, recursive);
    for await (const files of inParts(found)) yield { files };
  }

  async function* get(
    { path }: Question,
    signal: AbortSignal,
  ): AsyncGenerator<Answer> {
    const shared = sharedBy(share);
    if (path === undefined) throw new Failure("usage", "the path is missing");
    const giving = new Giving(shared, path, signal);
    await sendAll(giving.items(), {
      carrier: giving.through(asker.carrier),
      from: "hub",
      to: [asker.name],
      deadlines: DEADLINES,
      clock,
      commandAt: clock.now(),
      roundTripMs: asker.roundTripMs,
      bundles: asker.takesBundles,
      emit,
      signal,
    });
    giving.close();
    if (giving.failure !== undefined) throw giving.failure;
    for await (const missing of inParts(giving.missing)) yield { missing };
  }

  return (question, signal) => {
    switch (question.what) {
      case "history":
        return history(question);
      case "list":
        return list(question);
      case "get":
        return get(question, signal);
      default:
        return refused(question.what);
    }
  };
}

/** Others have their turn between two steps. */
async function* eachOf<T>(steps: Iterable<readonly T[]>): AsyncGenerator<T> {
  for (const items of steps) {
    yield* items;
    await pause();
  }
}

// deno-lint-ignore require-yield
async function* refused(what: string): AsyncGenerator<Answer> {
  await Promise.resolve();
  throw new Failure("usage", `this hub does not know ${JSON.stringify(what)}`);
}

function sharedBy(share: Share | undefined): Share {
  if (share !== undefined) return share;
  throw new Failure("declined", "the hub shares no files");
}

/** What is at one path as items for the outbox, each file open when its turn comes. */
class Giving {
  readonly #share: Share;
  readonly #path: string;
  readonly #signal: AbortSignal;
  /** Where the names begin that things arrive under: the last name of the path. */
  readonly #base: number;
  /** Not done with. */
  readonly #open = new Set<OpenedBody>();
  /** What could not be opened, or not offered. */
  readonly missing: MissingFile[] = [];
  /** Nothing is shared there. */
  failure: unknown;

  constructor(share: Share, path: string, signal: AbortSignal) {
    this.#share = share;
    this.#path = path;
    this.#signal = signal;
    this.#base = path.lastIndexOf("/") + 1;
  }

  /** See tree.ts for the order of a directory's items; `failure` when nothing is shared there. */
  async *items(): AsyncGenerator<Item> {
    try {
      yield* this.#all();
    } catch (error) {
      this.failure = error;
    }
  }

  /** Notes what `carrier` refuses before it was offered: whoever asked hears of it in no other way. */
  through(carrier: Carrier): Carrier {
    return {
      carry: (offer, body, listener) => {
        let isOffered = false;
        const handle = carrier.carry(offer, body, {
          ...listener,
          settled: (to, outcome) => {
            if (!isOffered && outcome.status === "failed") {
              const { code, message, retryable } = outcome;
              for (const { name } of offer.files ?? [offer]) {
                const path = this.#path.slice(0, this.#base) + name;
                this.missing.push({ path, code, message, retryable });
              }
            }
            listener.settled(to, outcome);
          },
        });
        isOffered = true;
        return handle;
      },
    };
  }

  async *#all(): AsyncGenerator<Item> {
    const found = this.#share.walk(this.#path);
    const first = (await found.next()).value as Found | undefined;
    if (first === undefined) return;
    if (first.entry.kind === "file") {
      const item = await this.#file(first);
      return item === undefined ? undefined : yield item;
    }
    const tree = new Tree(this.#nameOf(first));
    const own = directory(tree.name, tree);
    yield { ...own, step: "first" };
    yield* this.#below(found, tree);
    yield { ...own, step: "last", ...modified(first.info) };
  }

  /** Lets go of what was not sent. */
  close(): void {
    for (const body of [...this.#open]) body.close();
    this.#open.clear();
  }

  async *#below(all: AsyncGenerator<Found>, tree: Tree): AsyncGenerator<Item> {
    /** A directory nothing has been found in yet. */
    let empty: string | undefined;
    for await (const found of all) {
      if (tree.isOver || this.#signal.aborted) return;
      const name = this.#nameOf(found);
      if (empty !== undefined && !name.startsWith(`${empty}/`)) {
        yield directory(empty, tree);
      }
      empty = undefined;
      if (found.entry.kind === "directory") {
        if (!found.linked) empty = name;
        continue;
      }
      const item = await this.#file(found, tree);
      if (item !== undefined) yield item;
    }
    if (empty !== undefined) yield directory(empty, tree);
  }

  #nameOf({ entry }: Found): string {
    return entry.path.slice(this.#base);
  }

  /** A file as an item; undefined when it cannot be opened, which is noted. */
  async #file(found: Found, tree?: Tree): Promise<Item | undefined> {
    const { path } = found.entry;
    try {
      const opened = await this.#share.open(path);
      const name = this.#nameOf(found);
      const body = await this.#body(opened, name);
      const { size, mode } = opened.info;
      return {
        ...{ name, kind: "file", size },
        ...(tree === undefined ? {} : { tree }),
        ...modified(opened.info),
        ...(mode !== null && (mode & 0o100) !== 0 ? { executable: true } : {}),
        ...(body instanceof BytesBody
          ? { fill: (into) => into.set(body.bytes) }
          : {}),
        open: () => body instanceof OpenedBody ? body.used() : body,
      };
    } catch (error) {
      const { code, message } = asFailure(error);
      const said = { code, message: sentenceOf(message) };
      this.missing.push({ path, ...said, retryable: isRetryable(code) });
    }
  }

  /** A small file is read at once, a large one from the handle that was checked. */
  async #body({ file, info }: OpenedFile, name: string): Promise<Body> {
    const { size } = info;
    if (size <= INLINE_BYTES) {
      using _ = file;
      try {
        return new BytesBody(await readAll(file, size));
      } catch (error) {
        throw readFailure(error);
      }
    }
    try {
      const fingerprint = fingerprintOfOpen(file, name);
      const body = new OpenedBody(file, size, fingerprint, () => {
        this.#open.delete(body);
      });
      this.#open.add(body);
      return body;
    } catch (error) {
      file.close();
      throw readFailure(error);
    }
  }
}

function directory(name: string, tree: Tree): Item {
  const open = () => new BytesBody(new Uint8Array(0));
  return { name, kind: "directory", size: 0, tree, open };
}

function modified({ mtime }: Deno.FileInfo): { modifiedMs?: number } {
  return mtime === null ? {} : { modifiedMs: mtime.getTime() };
}

async function readAll(
  file: Deno.FsFile,
  size: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(size);
  let at = 0;
  while (at < size) {
    const count = await file.read(bytes.subarray(at));
    if (count === null) break;
    at += count;
  }
  return bytes.subarray(0, at);
}
