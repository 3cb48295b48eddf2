/** What `send` and `broadcast` share: sending, and the exit status that sums it up. */
import type { FerryEvent } from "../lib/events.ts";
import { EXIT, exitOf } from "../lib/failure.ts";
import type { Client } from "../lib/peer/client.ts";
import { Link } from "../lib/peer/link.ts";
import type { Item } from "../lib/peer/item.ts";
import { sendAll, type Sent } from "../lib/peer/outbox.ts";
import type { Context } from "./context.ts";
import type { Globals } from "./globals.ts";
import { duration } from "./option.ts";
import type { Reporter } from "./report.ts";
import { didYouMean } from "./suggest.ts";

/** Options of every command that waits for receipts. */
export const RECEIPT_OPTIONS = {
  receiptTimeout: duration(
    "DURATION",
    "Wait for a receipt after the last byte",
    {
      default: "60s",
    },
  ),
} as const;

/** What one sending needs to know. */
export interface Sending {
  readonly client: Client;
  readonly items: Iterable<Item>;
  /** Joins the hub again, as the same sender, when the connection was lost. */
  readonly rejoin: (signal: AbortSignal) => Promise<Client>;
  readonly to: readonly string[];
  /** When the command began, on the context's clock. */
  readonly commandAt: number;
  readonly receiptMs: number;
  /** The hub keeps it so long for recipients that are away, in milliseconds. */
  readonly queueMs?: number | undefined;
}

/**
 * Sends all items to all recipients and says BYE. A connection that is lost meanwhile is made anew,
 * and what has no receipt yet goes on, within the idle deadline. Throws the signal's reason when
 * it was told to stop.
 */
export async function sendItems(
  { client, rejoin, items, to, commandAt, receiptMs, queueMs }: Sending,
  context: Context,
  globals: Globals,
  reporter: Reporter,
): Promise<Sent> {
  const link = new Link(client, {
    connect: rejoin,
    clock: context.clock,
    random: Math.random,
    tryMs: globals.idleTimeout,
    signal: context.signal,
    lost: ({ code, state }) => warnOfLoss(reporter, code, state),
  });
  const sent = await sendAll(items, {
    carrier: link,
    from: client.name,
    to,
    deadlines: {
      acceptMs: globals.acceptTimeout,
      idleMs: globals.idleTimeout,
      receiptMs,
    },
    clock: context.clock,
    commandAt,
    roundTripMs: () => link.client.roundTripMs,
    queueMs,
    limits: client.welcome.limits,
    bundles: client.welcome.capabilities.includes("bundle"),
    emit: (event) => reporter.event(withMeant(event, link.client)),
    signal: context.signal,
  });
  await link.close();
  context.signal.throwIfAborted();
  return sent;
}

/** Of a recipient that is absent: who of those that are there may have been meant. */
function withMeant(event: FerryEvent, { peers }: Client): FerryEvent {
  if (event.event !== "transfer.failed" || event.code !== "absent") {
    return event;
  }
  const names = [...peers.values()].map(({ name }) => name);
  // Someone who was there when it began was not mistyped.
  return event.message.endsWith(" is not connected")
    ? { ...event, ...didYouMean(event.to, names) }
    : event;
}

/** Says that the connection is being mended. */
export function warnOfLoss(
  reporter: Reporter,
  code: string,
  state: string,
): void {
  reporter.warn(code, `Connection to the hub lost: ${state}; trying again`);
}

/** 0 when all arrived, 7 when some did, else what they failed with (7 when that differs). */
export function statusOf(
  { delivered, failed, codes }: Omit<Sent, "least">,
): number {
  if (failed === 0) return EXIT.ok;
  if (delivered > 0) return EXIT.partial;
  const statuses = new Set([...codes].map(exitOf));
  const [only = EXIT.partial] = statuses;
  return statuses.size === 1 ? only : EXIT.partial;
}
