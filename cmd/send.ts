/** `ferry send`: files or a message to named recipients, once. */
import { Failure } from "../lib/failure.ts";
import type { Client } from "../lib/peer/client.ts";
import { defineCommand } from "./command.ts";
import type { Context } from "./context.ts";
import { HUB_OPTIONS } from "./hub_choice.ts";
import { joinToSend } from "./joining.ts";
import { assertName, SENDER_OPTIONS } from "./own_name.ts";
import { ITEM_OPTIONS, itemsOf } from "./items.ts";
import { duration, list, optionalDuration } from "./option.ts";
import type { Reporter } from "./report.ts";
import { RECEIPT_OPTIONS, sendItems, statusOf } from "./sending.ts";
import { assertInputFree } from "./tickets.ts";

/** How long `--queue` keeps something when it is not said. Milliseconds. */
const QUEUE_MS = 7 * 24 * 3600_000;

/** See the command table. */
export const command = defineCommand({
  usage: [
    "send --to NAME[,NAME…] PATH…",
    "send --to NAME[,NAME…] [--name-as NAME] -",
    "send --to NAME[,NAME…] --text TEXT | --data JSON",
  ],
  description:
    "Sends files, standard input or a message to peers, and waits for each receipt. " +
    "The name hub is the hub itself.",
  arguments: [{
    name: "PATH",
    help: "A file, a directory with all in it, or - for standard input",
  }],
  options: {
    to: list("NAME", "Who gets it"),
    ...ITEM_OPTIONS,
    queue: optionalDuration(
      "TTL",
      "The hub keeps it for absent recipients, 7d unless said otherwise",
    ),
    wait: duration("DURATION", "Wait so long for absent recipients to join"),
    ...RECEIPT_OPTIONS,
    ...SENDER_OPTIONS,
    ...HUB_OPTIONS,
  },
  examples: [
    {
      line: "ferry send --to alice report.csv photo.png",
      does: "Two files to alice",
    },
    {
      line: "ferry send --to alice,bob --text 'lunch?'",
      does: "A message to two peers",
    },
    {
      line: "ferry send --to hub --data '{\"done\": true}'",
      does: "JSON to the hub",
    },
    {
      line: "ferry send --to alice --queue 2d report.csv",
      does: "Alice gets it when she joins, within two days",
    },
    {
      line: "tar c src | ferry send --to alice --name-as src.tar -",
      does: "A pipe",
    },
  ],
  async run(context, { options, globals, arguments: paths, reporter }) {
    const commandAt = context.clock.now();
    const to = recipients(options.to);
    assertInputFree(options.hub, paths);
    const items = itemsOf(paths, options, context, "send", reporter);
    const { client, rejoin } = await joinToSend(options, context, globals);
    if (options.wait !== undefined) {
      await waitFor(to, client, options.wait, context, reporter);
    }
    const sending = {
      client,
      rejoin,
      items,
      to,
      commandAt,
      receiptMs: options.receiptTimeout,
      queueMs: options.queue === true ? QUEUE_MS : options.queue,
    };
    return statusOf(await sendItems(sending, context, globals, reporter));
  },
});

function recipients(to: readonly string[] | undefined): string[] {
  if (to === undefined) {
    throw new Failure("usage", "Cannot send: --to is missing", {
      hint: "name who gets it: ferry send --to alice …",
    });
  }
  const byKey = new Map(to.map((name) => [name.toLowerCase(), name]));
  for (const name of byKey.values()) assertName(name, "send to");
  return [...byKey.values()];
}

/** Resolves when every recipient is connected, or when `ms` are over; the hub then says who is absent. */
async function waitFor(
  to: readonly string[],
  client: Client,
  ms: number,
  { clock, signal }: Context,
  reporter: Reporter,
): Promise<void> {
  const isHere = (name: string) =>
    name.toLowerCase() === "hub" || client.peers.has(name.toLowerCase());
  const done = Promise.withResolvers<void>();
  const check = () => {
    if (to.every(isHere)) done.resolve();
  };
  const absent = to.filter((name) => !isHere(name));
  if (absent.length > 0) {
    reporter.note(`waiting for ${absent.join(", ")} to join`);
  }
  const stop = clock.after(ms, done.resolve);
  const lost = client.finished.then(() => done.resolve());
  const unsubscribe = client.onPresence(check);
  signal.addEventListener("abort", () => done.resolve());
  check();
  await Promise.race([done.promise, lost]);
  stop();
  unsubscribe();
}
