/** `ferry get`: files from the directory the hub shares. */
import { resolve } from "@std/path";
import type { FerryEvent } from "../lib/events.ts";
import {
  Failure,
  type FailureCode,
  failureCode,
  isRetryable,
} from "../lib/failure.ts";
import { PickedInbox } from "../lib/inbox/picked.ts";
import { Picks } from "../lib/inbox/picks.ts";
import type { Client } from "../lib/peer/client.ts";
import { Line } from "../lib/peer/line.ts";
import { transferId } from "../lib/protocol/data.ts";
import { MAX_MATCHES } from "../lib/protocol/limits.ts";
import { isPattern, sharedPath } from "../lib/text/shared_path.ts";
import { partsOf, type SingleOffer } from "../lib/protocol/bundle.ts";
import { defineCommand } from "./command.ts";
import type { Context } from "./context.ts";
import { chooseHub, HUB_OPTIONS } from "./hub_choice.ts";
import { joinBriefly } from "./joining.ts";
import { SENDER_OPTIONS, senderName } from "./own_name.ts";
import { text } from "./option.ts";
import { RECEIVING_OPTIONS } from "./receiving.ts";
import { statusOf, warnOfLoss } from "./sending.ts";
import { sharedAt, sharedFailure } from "./shared.ts";

/** Paths asked for at the same time: what is in flight for each stays within MAX_TRANSFERS together. */
const AT_ONCE = 3;

/** See the command table. */
export const command = defineCommand({
  usage: ["get PATH…"],
  description:
    "Gets files and directories from the directory the hub shares (ferry serve --share) into the " +
    "current directory. In a pattern, * and ? stand for characters of a name, ** for any " +
    "directories; quote it. A lost connection is made anew within --idle-timeout, and what was " +
    "begun goes on; so it does when it is asked for again. Exit status 3 when the hub does not share what is named, 6 when it " +
    "shares nothing, 7 when some of it did not come.",
  arguments: [{ name: "PATH", help: "As ferry ls lists it, or a pattern" }],
  options: {
    inbox: text("DIR", "Where it goes (default: the current directory)", {
      short: "o",
      commandLineOnly: true,
    }),
    onConflict: RECEIVING_OPTIONS.onConflict,
    ...SENDER_OPTIONS,
    ...HUB_OPTIONS,
  },
  examples: [
    { line: "ferry get report.csv", does: "One file, into this directory" },
    { line: "ferry get reports '*.png' -o in", does: "Into in" },
    {
      line: "ferry get --on-conflict overwrite config.json",
      does: "In place of the one that is here",
    },
  ],
  async run(context, { options, globals, arguments: typed, reporter }) {
    if (typed.length === 0) {
      throw new Failure("usage", "Cannot get: the path is missing", {
        hint: "ferry ls lists what the hub shares",
      });
    }
    const got = new Got((event) => {
      // It was asked for: that it is offered is no news to a person.
      if (event.event !== "transfer.offered" || reporter.json) {
        reporter.event(event);
      }
    });
    const picks = new Picks(got.hear);
    let name = senderName(options.name, context);
    let skipped = 0;
    const inbox = new PickedInbox(
      {
        dir: resolve(context.cwd(), options.inbox ?? "."),
        name: () => name,
        accept: { kind: "names", names: new Set(["hub"]) },
        onConflict: options.onConflict,
        keepMessages: false,
        windows: context.platform.os === "windows",
        clock: context.clock,
      },
      picks,
      (offer, failure) => {
        if (failure.code === "conflict" && options.onConflict === "skip") {
          skipped++;
          reporter.note(`skipped ${offer.name}: it exists already`);
        } else {
          for (const one of partsOf(offer)) {
            got.fail(one, name, failure.code, failure.message);
          }
        }
      },
    );
    const hub = await chooseHub(options, context, globals);
    const join = async (signal: AbortSignal): Promise<Client> => {
      const world = { ...context, signal };
      const client = await joinBriefly(hub, name, world, globals, inbox);
      name = client.name;
      return client;
    };
    const line = new Line(await join(context.signal), {
      connect: join,
      clock: context.clock,
      random: Math.random,
      tryMs: globals.idleTimeout,
      signal: context.signal,
      heard: () => got.heard,
      lost: ({ code, state }) => warnOfLoss(reporter, code, state),
    });
    const stop = () => void line.close();
    context.signal.addEventListener("abort", stop);
    try {
      const asked: string[] = [];
      for (const one of typed) {
        const paths = await line.ask((client) => meant(client, one));
        for (const path of paths) asked.push(path);
      }
      await getAll(asked, { line, picks, got, context });
    } finally {
      context.signal.removeEventListener("abort", stop);
      await line.close();
      inbox.close();
    }
    context.signal.throwIfAborted();
    if (got.nothing && skipped === 0) {
      reporter.note("nothing was there to get");
    }
    return statusOf(got);
  },
});

/** The paths a typed one stands for, all that is shared being what lies at its top; of a directory and what lies in it, the directory alone. */
async function meant(
  client: Client,
  typed: string,
): Promise<Iterable<string>> {
  const path = sharedPath(typed);
  if (path !== undefined && !isPattern(path)) return [path];
  const paths = new Set<string>();
  for await (const { path } of sharedAt(client, typed, false, "get")) {
    if (directoriesOf(path).some((above) => paths.has(above))) continue;
    if (paths.size >= MAX_MATCHES) {
      const state = `more than ${MAX_MATCHES} files and directories match`;
      throw new Failure("limit", `Cannot get ${typed}: ${state}`);
    }
    paths.add(path);
  }
  return paths;
}

/** The directories a path leads through. */
function directoriesOf(path: string): string[] {
  const names = path.split("/");
  return names.slice(1).map((_, at) => names.slice(0, at + 1).join("/"));
}

/** What getting needs. */
interface Getting {
  readonly line: Line;
  readonly picks: Picks;
  readonly got: Got;
  readonly context: Context;
}

/** Asks for everything, a few paths at a time. Throws Failure where the hub gives nothing at all. */
async function getAll(
  asked: readonly string[],
  getting: Getting,
): Promise<void> {
  // What arrives is known by its last name: of those with the same one after the other.
  const left = Map.groupBy(asked, nameOf).values();
  const worker = async () => {
    for (const paths of left) {
      for (const path of paths) await getOne(path, getting);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Asks for one path until it is answered. */
async function getOne(
  path: string,
  { line, picks, got, context: { signal } }: Getting,
): Promise<void> {
  const name = nameOf(path);
  const told = new Set<string>();
  picks.ask(name);
  try {
    await line.ask(async (client) => {
      const heard = () => got.heard + (client.inbound?.received ?? 0);
      try {
        for await (
          const { missing = [] } of client.ask({ what: "get", path }, heard)
        ) {
          for (const { path, code, message } of missing) {
            if (told.has(path)) continue;
            told.add(path);
            got.fail({ name: path }, client.name, failureCode(code), message);
          }
        }
      } catch (error) {
        // The answer was lost, but not what was asked for.
        await client.inbound?.settled();
        if (!picks.hasCome(name)) throw error;
      }
    });
    picks.answered(name);
  } catch (error) {
    const refused = error instanceof Failure && error.code === "declined" &&
      line.client.loss === undefined;
    if (!(error instanceof Failure) || refused) {
      throw sharedFailure(error, path, "get");
    }
    const { code, state } = error;
    const to = line.client.name;
    if (code === "input") {
      picks.answered(name);
      return got.fail({ name: path }, to, code, state);
    }
    const failed = picks.givenUp(name);
    if (failed !== null && !signal.aborted) got.fail(failed, to, code, state);
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** What has come, and what has not. */
class Got {
  /** Files that have come. */
  delivered = 0;
  /** Whatever has not. */
  failed = 0;
  readonly codes = new Set<FailureCode>();
  #directories = 0;
  readonly #emit: (event: FerryEvent) => void;
  #heard = 0;

  constructor(emit: (event: FerryEvent) => void) {
    this.#emit = emit;
  }

  /** Whether there was nothing to come. */
  get nothing(): boolean {
    return this.delivered + this.failed + this.#directories === 0;
  }

  /** Counts what has come. */
  get heard(): number {
    return this.#heard;
  }

  /** Takes in and reports what the inbox tells. */
  readonly hear = (event: FerryEvent): void => {
    this.#heard++;
    if (event.event === "transfer.completed") {
      if (event.kind === "directory") this.#directories++;
      else this.delivered++;
    } else if (event.event === "transfer.failed") {
      this.failed++;
      this.codes.add(failureCode(event.code));
    }
    this.#emit(event);
  };

  /** Something was not taken, or not offered. */
  fail(
    { id, name, size, kind = "file" }:
      & Pick<SingleOffer, "name">
      & Partial<SingleOffer>,
    to: string,
    code: FailureCode,
    message: string,
  ): void {
    this.hear({
      event: "transfer.failed",
      id: id ?? transferId(crypto.getRandomValues(new Uint8Array(8))),
      ...{ dir: "receive", from: "hub", to, name, kind },
      bytes: size ?? null,
      ...{ code, message, retryable: isRetryable(code) },
    });
  }
}
