/** `ferry doctor`: what is there, and what would stop a transfer. */
import { resolve } from "@std/path";
import type { Checked } from "../lib/events.ts";
import { EXIT, Failure } from "../lib/failure.ts";
import { DEFAULT_PORT } from "../lib/net/address.ts";
import { homeDirectory } from "../lib/state/paths.ts";
import { commitOf, KIND } from "./build.ts";
import { defineCommand } from "./command.ts";
import type { Context } from "./context.ts";
import { checkConfigFolder, checkFolder } from "./doctor/folders.ts";
import { checkAddresses, checkHub, checkPort } from "./doctor/network.ts";
import { checkTerminal } from "./doctor/terminal.ts";
import { HUB_OPTIONS, stateIfAny } from "./hub_choice.ts";
import { count, text } from "./option.ts";
import { VERSION } from "./version.ts";

/** What a check says; its name is added where it is listed. */
export type Finding = Omit<Checked, "event" | "name">;

/** Before this no version of Ferry existed: such a clock is wrong, and certificates fail by it. */
const EARLIEST = Date.UTC(2026, 0, 1);

/** See the command table. */
export const command = defineCommand({
  usage: ["doctor"],
  description:
    "Looks at the terminal, the network, the folders Ferry uses and the hub, and says what would stop a transfer. " +
    "Exit 0 when nothing would, 1 otherwise.",
  options: {
    port: count("PORT", "The port a hub here would listen on", {
      default: String(DEFAULT_PORT),
      max: 65535,
    }),
    inbox: text(
      "DIR",
      "Where received files go (default: ferry-inbox in the home directory)",
    ),
    ...HUB_OPTIONS,
  },
  examples: [
    { line: "ferry doctor", does: "One line for each thing looked at" },
    { line: "ferry doctor --json", does: "The same for a script" },
  ],
  printsOnly: true,
  async run(context, { options, globals, arguments: [extra], reporter }) {
    if (extra !== undefined) {
      throw new Failure(
        "usage",
        `Cannot examine ${extra}: doctor takes no arguments`,
      );
    }
    const { os } = context.platform;
    const env = (name: string) => context.env(name);
    const home = homeDirectory(os, env) ?? context.cwd();
    const state = stateIfAny(context);
    const inbox = resolve(
      context.cwd(),
      options.inbox ?? `${home}/ferry-inbox`,
    );
    const checks: [name: string, check: () => Finding | Promise<Finding>][] = [
      ["version", () => version(context)],
      ["terminal", () => checkTerminal(context, globals)],
      ["clock", () => clock(context)],
      ["config", () => checkConfigFolder(context)],
      ["state", () => checkFolder(state, "state", true)],
      ["inbox", () => checkFolder(inbox, "inbox", false)],
      ["addresses", checkAddresses],
      ["port", () => checkPort(options.port, state)],
      ["hub", () => checkHub(options, context)],
    ];
    let problems = 0;
    for (const [name, check] of checks) {
      const finding = await check();
      context.signal.throwIfAborted();
      if (finding.state === "problem") problems++;
      reporter.event({ event: "check", name, ...finding });
    }
    const exit = problems === 0 ? EXIT.ok : EXIT.failure;
    if (reporter.json) {
      reporter.summary({
        ok: checks.length - problems,
        failed: problems,
        exit,
      });
    } else {
      reporter.note(
        problems === 0
          ? "nothing found that would stop a transfer"
          : `${problems} found that would stop a transfer`,
      );
    }
    return exit;
  },
});

function version({ platform }: Context): Finding {
  const commit = commitOf();
  const { deno, system, arch } = platform;
  return {
    state: "ok",
    message: [
      `ferry ${VERSION}`,
      KIND,
      ...(commit === undefined ? [] : [`commit ${commit}`]),
      `deno ${deno}`,
      `${system} ${arch}`,
    ].join(", "),
  };
}

function clock({ clock }: Context): Finding {
  const now = clock.date();
  const message = new Date(now).toISOString();
  return now >= EARLIEST ? { state: "ok", message } : {
    state: "problem",
    message: `${message} is in the past`,
    hint: "set the clock: a hub's certificate counts as not valid yet",
  };
}
