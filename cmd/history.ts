/** `ferry history`: what went through the hub. */
import type { PastTransfer } from "../lib/events.ts";
import { Failure, systemState } from "../lib/failure.ts";
import { isLoopback } from "../lib/net/address.ts";
import type { PastDelivery } from "../lib/protocol/message.ts";
import { joinedHub, runningHubs } from "../lib/state/hubs.ts";
import { parseDuration } from "../lib/text/units.ts";
import { defineCommand } from "./command.ts";
import type { Context } from "./context.ts";
import type { Globals } from "./globals.ts";
import {
  chooseHub,
  HUB_OPTIONS,
  type HubOptions,
  stateOf,
} from "./hub_choice.ts";
import { joinBriefly } from "./joining.ts";
import { assertName, SENDER_OPTIONS, senderName } from "./own_name.ts";
import { count, text } from "./option.ts";
import { pastLine, pastRoute } from "./words.ts";

/** So many lines decide how wide the columns are, and are printed together. */
const SAMPLE = 100;

/** See the command table. */
export const command = defineCommand({
  usage: ["history"],
  description:
    "Lists what went through the hub, newest first: when, what became of it, who sent it to whom, " +
    "its size, how long it took and its name. The time is the hub's, from the offer's arrival there " +
    "to the receipt's; what ferry send prints is the sender's and begins earlier. " +
    "The hub's own user sees everything; others what they sent themselves, under whatever name, and " +
    "what went to their own names. " +
    "On the hub's own machine it can be read while no hub runs, too.",
  options: {
    peer: text("NAME", "Only transfers from or to NAME"),
    since: text("WHEN", "Only those since a date, or so long ago: 2h, 7d", {
      commandLineOnly: true,
    }),
    limit: count("N", "The newest N", { default: "100" }),
    ...SENDER_OPTIONS,
    ...HUB_OPTIONS,
  },
  examples: [
    { line: "ferry history --since 2h", does: "The last two hours" },
    {
      line: "ferry history --peer alice --since 2026-11-01",
      does: "From and to alice, since the first of November",
    },
    {
      line: "ferry history --json | jq '.latency_ms.total // empty'",
      does: "One object for each that arrived, as when it happened",
    },
  ],
  printsOnly: true,
  async run(context, { options, globals, arguments: [extra], reporter }) {
    if (extra !== undefined) {
      throw new Failure(
        "usage",
        `Cannot list ${extra}: history takes no arguments`,
      );
    }
    const { peer, limit } = options;
    if (peer !== undefined) assertName(peer, "list the transfers of");
    const since = options.since === undefined
      ? 0
      : await instantOf(options.since, context);
    const query: Query = {
      ...{ peer, since },
      name: senderName(options.name, context),
      // One more tells that there are more.
      limit: limit + 1,
    };
    let left = limit;
    let waiting: PastTransfer[] = [];
    let route: number | undefined;
    const print = () => {
      const width = route ??= Math.max(
        0,
        ...waiting.map((one) => pastRoute(one).length),
      );
      for (const one of waiting) {
        reporter.listed(one, () => pastLine(one, width));
      }
      waiting = [];
    };
    for await (
      const delivery of deliveries(options, query, context, globals)
    ) {
      if (left-- <= 0) break;
      waiting.push(pastOf(delivery, query.name));
      if (waiting.length >= SAMPLE) print();
    }
    print();
    if (left === limit) {
      reporter.note(
        peer === undefined && options.since === undefined
          ? "nothing went through the hub yet"
          : "nothing that went through the hub matches",
      );
    }
    if (left < 0) {
      reporter.note(
        "older ones are left out: --limit says how many are listed",
      );
    }
  },
});

interface Query {
  readonly name: string;
  readonly peer: string | undefined;
  readonly since: number;
  readonly limit: number;
}

/** The deliveries asked for, from the hub; where none is named and none runs here, from the ledger the last one left. */
async function* deliveries(
  options: HubOptions,
  query: Query,
  context: Context,
  globals: Globals,
): AsyncGenerator<PastDelivery> {
  const { hub: named, ticketFile } = options;
  if ((named ?? ticketFile ?? context.env("FERRY_TICKET")) === undefined) {
    const ledger = await leftLedger(context);
    if (ledger !== undefined) {
      const { peer, since, limit } = query;
      try {
        for (const step of ledger.deliveries({ peer, since, limit })) {
          yield* step;
        }
      } finally {
        ledger.close();
      }
      return;
    }
  }
  const hub = await chooseHub(options, context, globals);
  const client = await joinBriefly(hub, query.name, context, globals);
  const stop = () => client.connection.abort(context.signal.reason);
  context.signal.addEventListener("abort", stop);
  const { peer, since, limit } = query;
  try {
    const parts = client.ask({
      ...{ what: "history", since, limit },
      ...(peer === undefined ? {} : { peer }),
    });
    for await (const { transfers = [] } of parts) yield* transfers;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.code, `Cannot list history: ${error.state}`, {
      cause: error,
    });
  } finally {
    context.signal.removeEventListener("abort", stop);
    await client.close();
  }
}

/** The ledger of a hub that ran on this machine, when a command would look for one here and none runs. */
async function leftLedger(context: Context) {
  const state = stateOf(context);
  const joined = joinedHub(state);
  if (joined !== undefined && !isLoopback(joined.host)) return undefined;
  if (runningHubs(state).length > 0) return undefined;
  const { LedgerFile } = await import("../lib/hub/ledger/file.ts");
  try {
    return LedgerFile.read(state);
  } catch (error) {
    throw new Failure(
      "bad-data",
      `Cannot read the ledger in ${state}: ${systemState(error)}`,
      { cause: error },
    );
  }
}

/** A duration before now, or the beginning of a date; ms since the Unix epoch. */
async function instantOf(word: string, { clock }: Context): Promise<number> {
  try {
    return Math.max(clock.date() - parseDuration(word), 0);
  } catch {
    // A date, then.
  }
  const { beginningOf } = await import("../lib/view/dates/query.ts");
  const { zoneNamed } = await import("../lib/view/dates/zone.ts");
  const zone = zoneNamed("local", Temporal.Now.timeZoneId());
  try {
    return Math.max(beginningOf(word, clock.date(), zone), 0);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure("usage", `Cannot use --since: ${error.state}`, {
      hint: "write 30m, 2h, 7d, today, 2026-11 or 2026-11-01",
      cause: error,
    });
  }
}

const EVENTS = {
  open: "transfer.started",
  stored: "transfer.stored",
  delivered: "transfer.completed",
  failed: "transfer.failed",
} as const;

/** A delivery as the event it was; `self` is who looks. */
function pastOf(delivery: PastDelivery, self: string): PastTransfer {
  const { id, from, to, name, kind, size, status, at, ended } = delivery;
  const { sha256, latency_ms, code, message, retryable } = delivery;
  const received = to.toLowerCase() === self.toLowerCase();
  return {
    event: EVENTS[status],
    ...{ id, dir: received ? "receive" : "send", from, to, name, kind },
    bytes: size,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(latency_ms === undefined ? {} : {
      latency_ms,
      bytes_per_s: latency_ms.total > 0
        ? Math.round((size ?? 0) / latency_ms.total * 1000)
        : 0,
    }),
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
    ...(retryable === undefined ? {} : { retryable }),
    at: new Date(at).toISOString(),
    ...(ended === undefined ? {} : { ended: new Date(ended).toISOString() }),
  };
}
