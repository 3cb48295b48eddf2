/** `ferry peers`: who is connected, and freeing a name. */
import { join } from "@std/path";
import { Failure } from "../lib/failure.ts";
import { NameBook } from "../lib/hub/admission/names.ts";
import { defineCommand } from "./command.ts";
import type { Context } from "./context.ts";
import { chooseHub, HUB_OPTIONS, stateOf } from "./hub_choice.ts";
import { joinBriefly } from "./joining.ts";
import { assertName, defaultName } from "./own_name.ts";
import { text } from "./option.ts";
import type { Reporter } from "./report.ts";

/** See the command table. */
export const command = defineCommand({
  usage: ["peers", "peers --forget NAME"],
  description: "Lists who is connected to the hub, in the order they came. " +
    "On the hub's machine it also frees a name, which otherwise belongs to the peer that had it first.",
  options: {
    forget: text("NAME", "Free NAME for whoever asks for it next"),
    ...HUB_OPTIONS,
  },
  examples: [
    { line: "ferry peers", does: "One line for each" },
    { line: "ferry peers --json", does: "One object for each" },
    {
      line: "ferry peers --forget alice",
      does: "alice has a new machine: let it take the name",
    },
  ],
  printsOnly: true,
  async run(context, { options, globals, arguments: [extra], reporter }) {
    if (extra !== undefined) {
      throw new Failure(
        "usage",
        `Cannot list ${extra}: peers takes no arguments`,
      );
    }
    if (options.forget !== undefined) {
      return forget(options.forget, context, reporter);
    }
    const hub = await chooseHub(options, context, globals);
    const client = await joinBriefly(
      hub,
      defaultName(context),
      context,
      globals,
    );
    const peers = [...client.peers.values()];
    await client.close();
    for (const { name, since, address } of peers) {
      reporter.event({
        event: "peer",
        name,
        since: new Date(since).toISOString(),
        address,
      });
    }
    if (peers.length === 0) {
      reporter.note(`no peer is connected to ${client.welcome.hub}`);
    }
  },
});

/** Frees a name on the hubs of this user and machine, which need not run. */
function forget(name: string, context: Context, reporter: Reporter): void {
  assertName(name, "forget");
  const names = new NameBook(join(stateOf(context), "hub"));
  if (!names.forget(name)) {
    throw new Failure(
      "absent",
      `Cannot forget ${name}: the name belongs to nobody here`,
      { hint: "run this on the machine and as the user of the hub" },
    );
  }
  reporter.note(`forgot ${name}: the next peer that asks for it has it`);
}
