/** What the hub answers to requests: its history, the list of what it shares, and what is got from there. */
import type { FerryEvent } from "../events.ts";
import { asFailure, Failure, isRetryable } from "../failure.ts";
import { type Item, sendAll } from "../peer/outbox.ts";
import { INLINE_BYTES } from "../protocol/limits.ts";
import {
  type MissingFile,
  type PastDelivery,
  sentenceOf,
} from "../protocol/message.ts";
import type { Clock } from "../time/clock.ts";
import { BytesBody, FileBody, readFailure } from "../transfer/body.ts";
import { PacedFile } from "../transfer/pace.ts";
import type { Body, Carrier } from "../transfer/transfer.ts";
import {
  type Answer,
  type Answering,
  inParts,
  type Question,
} from "./answers.ts";
import type { OpenedFile, Share } from "./share.ts";

/** What whoever gets a file may wait for. */
const DEADLINES = { acceptMs: 60_000, idleMs: 30_000, receiptMs: 60_000 };
/** A history without a limit of its own. */
const ALL = Number.MAX_SAFE_INTEGER;

/** Who asks. */
export interface Asker {
  readonly name: string;
  /** May see the transfers of others. */
  readonly seesAll: boolean;
  /** Takes transfers to it. */
  readonly carrier: Carrier;
  readonly roundTripMs: () => number;
}

/** What went through a hub, as its ledger tells it. */
export interface History {
  /** Newest first: where each of `names` is the sender or the recipient, since (ms since the Unix epoch), so many. */
  deliveries(
    query: { names: readonly string[]; since: number; limit: number },
  ): Iterable<PastDelivery>;
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
    const names = [
      ...(asker.seesAll ? [] : [asker.name]),
      ...(peer === undefined ? [] : [peer]),
    ];
    const deliveries = past.deliveries({ names, since, limit });
    for await (const transfers of inParts(deliveries)) yield { transfers };
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
    const giving = new Giving(sharedBy(share), path, signal);
    await sendAll(giving.items(), {
      carrier: asker.carrier,
      from: "hub",
      to: [asker.name],
      deadlines: DEADLINES,
      clock,
      commandAt: clock.now(),
      roundTripMs: asker.roundTripMs,
      emit,
      signal,
    });
    giving.close();
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

// deno-lint-ignore require-yield
async function* refused(what: string): AsyncGenerator<Answer> {
  await Promise.resolve();
  throw new Failure("usage", `this hub does not know ${JSON.stringify(what)}`);
}

function sharedBy(share: Share | undefined): Share {
  if (share !== undefined) return share;
  throw new Failure("declined", "the hub shares no files");
}

/** The files at one path, one after the other, each open when its turn comes. */
class Giving {
  readonly #share: Share;
  readonly #path: string | undefined;
  readonly #signal: AbortSignal;
  /** Open, and not in the hands of a transfer. */
  readonly #idle = new Set<Deno.FsFile>();
  /** What could not be opened. */
  readonly missing: MissingFile[] = [];

  constructor(share: Share, path: string | undefined, signal: AbortSignal) {
    this.#share = share;
    this.#path = path;
    this.#signal = signal;
  }

  /** Named as they are to arrive: from the last name asked for on. Throws Failure `input` when nothing is shared there. */
  async *items(): AsyncGenerator<Item> {
    const above = (this.#path?.lastIndexOf("/") ?? -1) + 1;
    for await (const { path, kind } of this.#share.list(this.#path, true)) {
      if (this.#signal.aborted) return;
      if (kind === "directory") continue;
      try {
        const opened = await this.#share.open(path);
        const name = path.slice(above);
        const { size } = opened.info;
        const body = await this.#body(path, opened);
        yield { name, kind: "file", size, open: () => body };
      } catch (error) {
        const { code, message } = asFailure(error);
        this.missing.push({
          path,
          code,
          message: sentenceOf(message),
          retryable: isRetryable(code),
        });
      }
    }
  }

  /** Lets go of what was not sent. */
  close(): void {
    for (const file of this.#idle) file.close();
    this.#idle.clear();
  }

  /** A small file is read at once, a large one from the handle that was checked. */
  async #body(path: string, { file, info }: OpenedFile): Promise<Body> {
    if (info.size <= INLINE_BYTES) {
      using _ = file;
      try {
        return new BytesBody(await readAll(file, info.size));
      } catch (error) {
        throw readFailure(error);
      }
    }
    this.#idle.add(file);
    return new FileBody(path, info.size, () => {
      if (this.#idle.delete(file)) return PacedFile.of(file);
      throw new Failure("input", "it cannot be read twice");
    });
  }
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
