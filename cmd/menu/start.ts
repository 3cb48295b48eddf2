/** What bare `ferry` opens on a terminal: join a hub, run one here, send once, view a file. */
import { EXIT } from "../../lib/failure.ts";
import { formatAddress } from "../../lib/net/address.ts";
import { isTicket } from "../../lib/net/ticket.ts";
import { isName } from "../../lib/protocol/message.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import type { Globals } from "../globals.ts";
import { defaultHub } from "../hub_choice.ts";
import { defaultName } from "../own_name.ts";
import type { Reporter } from "../report.ts";
import { run } from "../run.ts";
import { askHub } from "./ask_hub.ts";
import { option, shellLine } from "./command_line.ts";
import type { Desk, Entry, Neighbour, Post } from "./desk.ts";
import { openMenu } from "./open.ts";
import { helpItem } from "./places.ts";
import { Questions } from "./questions.ts";
import { sendItem } from "./send.ts";
import { viewItem } from "./view.ts";
import { sameAs } from "./words.ts";

/** Run by bare `ferry`; not in the table, since it has no name. */
export const command = defineCommand({
  usage: [""],
  options: {},
  examples: [],
  summary: false,
  run: (context, { globals, reporter }) =>
    startMenu(context, globals, reporter),
});

/** Offers the start menu until something was chosen that takes over. */
async function startMenu(
  context: Context,
  globals: Globals,
  reporter: Reporter,
): Promise<number> {
  while (true) {
    const chosen = await choose(context, globals, reporter);
    if (chosen === undefined) return EXIT.ok;
    const { args, ticket } = chosen;
    await context.stdout.write(`${sameAs(shellLine(args))}\n`);
    const accessible = globals.accessible ? ["--accessible"] : [];
    const status = await run([...args, ...accessible], {
      ...holding(ticket, context),
      // The signals come to this command, which tells the other through its own.
      onInterrupt: () => () => {},
    });
    context.signal.throwIfAborted();
    // It has said why it could not; another try is one key away.
    if (status === EXIT.ok) return status;
  }
}

/** The command to hand over to; undefined to quit. */
async function choose(
  context: Context,
  globals: Globals,
  reporter: Reporter,
): Promise<Chosen | undefined> {
  let handed: Chosen | undefined;
  const handOver = (chosen: Chosen | undefined) => {
    handed = chosen;
    return chosen === undefined ? undefined : "quit" as const;
  };
  const post = new StartPost();
  const entries: Entry[] = [
    {
      label: "Join a hub",
      act: async (desk) => handOver(await joinLine(desk)),
    },
    {
      label: "Run a hub here",
      act: () => Promise.resolve(handOver({ args: ["serve"] })),
    },
    { label: "Send once", act: (desk) => sendOnce(desk, post) },
    { label: "View a file", act: viewItem },
    { label: "Help", key: "?", act: helpItem },
    { label: "Quit", key: "q", act: () => Promise.resolve("quit") },
  ];
  const menu = await openMenu(context, globals, reporter, new Questions());
  try {
    await menu.offer(post, entries);
  } finally {
    menu.close();
  }
  return handed;
}

/** At no hub yet. */
class StartPost implements Post {
  readonly role = "start";
  hub = "";
  found: readonly Neighbour[] = [];

  name(): string {
    return "";
  }

  title(): string {
    return "Ferry: move files between machines";
  }

  hubArgs(): readonly string[] {
    return this.hub === "" ? [] : option("hub", this.hub);
  }

  peers(): readonly Neighbour[] {
    return this.found;
  }
}

/** A command to hand over to. */
interface Chosen {
  readonly args: readonly string[];
  /** What lets it in; never among its arguments, which are shown. */
  readonly ticket?: string;
}

/** The world with a ticket in its environment, for one command. */
function holding(ticket: string | undefined, context: Context): Context {
  if (ticket === undefined) return context;
  return {
    ...context,
    env: (name) =>
      name === "FERRY_TICKET"
        ? ticket
        : name === "FERRY_HUB"
        ? undefined
        : context.env(name),
  };
}

async function joinLine(desk: Desk): Promise<Chosen | undefined> {
  const { ui, context } = desk;
  while (true) {
    const hub = await askHub(desk.ui, likelyHub(context));
    if (hub === undefined) return undefined;
    const standard = defaultName(context);
    const name = await ui.text({
      key: "name",
      title: "Under which name?",
      initial: standard,
      check: (text) =>
        isName(text.trim())
          ? undefined
          : "A name is 1 to 64 letters, digits, dots, underscores and hyphens.",
    });
    if (name === undefined) {
      ui.keep("hub", hub);
      continue;
    }
    // A name of one's own choice is held to; this machine's is made unique where it is taken.
    const chosen = name.trim() === standard ? [] : option("name", name.trim());
    return isTicket(hub)
      ? { args: ["connect", ...chosen], ticket: hub }
      : { args: ["connect", hub, ...chosen] };
  }
}

async function sendOnce(desk: Desk, post: StartPost): Promise<void> {
  const hub = await askHub(desk.ui, likelyHub(desk.context));
  if (hub === undefined) return;
  const ticket = isTicket(hub) ? hub : undefined;
  post.hub = ticket === undefined ? hub : "";
  const found: Neighbour[] = [];
  const said: string[] = [];
  const args = ["peers", ...post.hubArgs()];
  const { signal } = desk.context;
  const status = await desk.quietly(
    args,
    (event) => {
      if (event.event !== "peer") return;
      const { name, since, address } = event;
      found.push({ name, since: Date.parse(since), address });
    },
    (line) => said.push(line.trimEnd()),
    signal,
    holding(ticket, desk.context),
  );
  if (status !== EXIT.ok) return desk.ui.say(said.join("\n"));
  // A hub that took a ticket counts as joined.
  if (ticket !== undefined) post.hub = likelyHub(desk.context);
  post.found = found;
  await sendItem(desk, true);
}

/** The hub a command would go to by itself, as a suggestion; empty when there is none. */
function likelyHub(context: Context): string {
  const likely = defaultHub(context);
  return likely === undefined ? "" : formatAddress(likely);
}
