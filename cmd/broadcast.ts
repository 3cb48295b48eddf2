/** `ferry broadcast`: files or a message to everyone connected, with a receipt from each. */
import { EXIT, Failure } from "../lib/failure.ts";
import { defineCommand } from "./command.ts";
import { HUB_OPTIONS } from "./hub_choice.ts";
import { joinToSend } from "./joining.ts";
import { SENDER_OPTIONS } from "./own_name.ts";
import { ITEM_OPTIONS, itemsOf } from "./items.ts";
import { list, value } from "./option.ts";
import { RECEIPT_OPTIONS, sendItems, statusOf } from "./sending.ts";
import { didYouMean } from "./suggest.ts";
import { assertInputFree } from "./tickets.ts";

/** How many of `n` recipients must have received for the broadcast to count as done. */
type Quorum = (n: number) => number;

/** See the command table. */
export const command = defineCommand({
  usage: [
    "broadcast PATH…",
    "broadcast [--name-as NAME] -",
    "broadcast --text TEXT | --data JSON",
  ],
  description:
    "Sends files, standard input or a message to every peer connected now, and waits " +
    "for a receipt from each. A slow peer does not hold up the others.",
  arguments: [{
    name: "PATH",
    help: "A file, a directory with all in it, or - for standard input",
  }],
  options: {
    require: value(
      "all|any|N|N%",
      "Who must have received it for exit 0",
      parseQuorum,
      {
        default: "all",
      },
    ),
    except: list("NAME", "Everyone but these"),
    ...ITEM_OPTIONS,
    ...RECEIPT_OPTIONS,
    ...SENDER_OPTIONS,
    ...HUB_OPTIONS,
  },
  examples: [
    { line: "ferry broadcast slides.pdf", does: "A file to everyone" },
    {
      line: "ferry broadcast --require 80% update.bin",
      does: "Exit 0 if four in five have it",
    },
    {
      line: "ferry broadcast --text 'five minutes left'",
      does: "A message to everyone",
    },
  ],
  async run(context, { options, globals, arguments: paths, reporter }) {
    const commandAt = context.clock.now();
    assertInputFree(options.hub, paths);
    const items = itemsOf(paths, options, context, "broadcast", reporter);
    const { client, rejoin } = await joinToSend(options, context, globals);
    for (const name of options.except ?? []) {
      if (client.peers.has(name.toLowerCase())) continue;
      const names = [...client.peers.values()].map(({ name }) => name);
      const { hint } = didYouMean(name, names);
      reporter.warn(
        "absent",
        `Nobody is left out as ${name}: ${name} is not connected`,
        hint,
      );
    }
    const except = new Set(options.except?.map((name) => name.toLowerCase()));
    const to = [...client.peers.values()].map(({ name }) => name)
      .filter((name) => !except.has(name.toLowerCase()));
    if (to.length === 0) {
      await client.close();
      const who = except.size === 0 ? "no peer" : "no other peer";
      throw new Failure("absent", `Cannot broadcast: ${who} is connected`, {
        hint: "peers join with ferry connect",
      });
    }
    const sending = {
      client,
      rejoin,
      items,
      to,
      commandAt,
      receiptMs: options.receiptTimeout,
    };
    const sent = await sendItems(sending, context, globals, reporter);
    const required = options.require(to.length);
    if (sent.least >= required) return EXIT.ok;
    if (required > to.length) {
      throw new Failure(
        "partial",
        `Cannot broadcast to ${required}: ${to.length} are connected`,
      );
    }
    return statusOf(sent);
  },
});

function parseQuorum(text: string): Quorum {
  if (text === "all") return (n) => n;
  if (text === "any") return () => 1;
  const [, digits, percent] = /^(\d{1,9})(%?)$/.exec(text) ?? [];
  const number = Number(digits);
  if (digits === undefined || number < 1 || (percent === "%" && number > 100)) {
    throw new Failure(
      "usage",
      `Cannot read number: ${JSON.stringify(text)} is not all, any, N or N%`,
    );
  }
  return percent === "%" ? (n) => Math.ceil(n * number / 100) : () => number;
}
