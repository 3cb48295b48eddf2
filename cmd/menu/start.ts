/** What bare `ferry` opens on a terminal: join a hub, run one here, send once, view a file. */
import { EXIT, Failure } from "../../lib/failure.ts";
import {
  formatAddress,
  isLoopback,
  parseAddress,
} from "../../lib/net/address.ts";
import { isName } from "../../lib/protocol/message.ts";
import { joinedHub, runningHubs } from "../../lib/state/hubs.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import type { Globals } from "../globals.ts";
import { defaultName, stateOf } from "../hub_choice.ts";
import type { Reporter } from "../report.ts";
import { run } from "../run.ts";
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
    await context.stdout.write(`${sameAs(shellLine(chosen))}\n`);
    const accessible = globals.accessible ? ["--accessible"] : [];
    const status = await run([...chosen, ...accessible], {
      ...context,
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
): Promise<readonly string[] | undefined> {
  let handed: readonly string[] | undefined;
  const handOver = (args: readonly string[] | undefined) => {
    handed = args;
    return args === undefined ? undefined : "quit" as const;
  };
  const post = new StartPost();
  const entries: Entry[] = [
    {
      label: "Join a hub",
      act: async (desk) => handOver(await joinLine(desk)),
    },
    {
      label: "Run a hub here",
      act: () => Promise.resolve(handOver(["serve"])),
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
    return option("hub", this.hub);
  }

  peers(): readonly Neighbour[] {
    return this.found;
  }
}

async function joinLine(desk: Desk): Promise<string[] | undefined> {
  const { ui, context } = desk;
  while (true) {
    const hub = await askHub(desk);
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
    return ["connect", hub, ...chosen];
  }
}

async function sendOnce(desk: Desk, post: StartPost): Promise<void> {
  const hub = await askHub(desk);
  if (hub === undefined) return;
  post.hub = hub;
  const found: Neighbour[] = [];
  const said: string[] = [];
  const args = ["peers", ...post.hubArgs()];
  const status = await desk.quietly(args, (event) => {
    if (event.event !== "peer") return;
    const { name, since, address } = event;
    found.push({ name, since: Date.parse(since), address });
  }, (line) => said.push(line.trimEnd()));
  if (status !== EXIT.ok) return desk.ui.say(said.join("\n"));
  post.found = found;
  await sendItem(desk, true);
}

function askHub({ ui, context }: Desk): Promise<string | undefined> {
  return ui.text({
    key: "hub",
    title: "Which hub? Its address as host or host:port",
    initial: likelyHub(context),
    check: (text) => {
      try {
        parseAddress(text.trim());
        return undefined;
      } catch (error) {
        return error instanceof Failure ? error.message : "That is no address.";
      }
    },
  }).then((text) => text?.trim());
}

/** The hub joined last, or one that runs on this machine; empty when there is neither. */
function likelyHub(context: Context): string {
  const state = stateOf(context);
  const joined = joinedHub(state);
  const running = runningHubs(state);
  const likely = joined !== undefined && !isLoopback(joined.host)
    ? joined
    : running.find(({ port }) => port === joined?.port) ?? running[0] ?? joined;
  return likely === undefined ? "" : formatAddress(likely);
}
