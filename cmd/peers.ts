/** `ferry peers`: who is connected. */
import { Failure } from "../lib/failure.ts";
import { defineCommand } from "./command.ts";
import {
  chooseHub,
  defaultName,
  HUB_OPTIONS,
  joinBriefly,
} from "./hub_choice.ts";

/** See the command table. */
export const command = defineCommand({
  usage: ["peers"],
  description: "Lists who is connected to the hub, in the order they came.",
  options: { ...HUB_OPTIONS },
  examples: [
    { line: "ferry peers", does: "One line for each" },
    { line: "ferry peers --json", does: "One object for each" },
  ],
  printsOnly: true,
  async run(context, { options, globals, arguments: [extra], reporter }) {
    if (extra !== undefined) {
      throw new Failure(
        "usage",
        `Cannot list ${extra}: peers takes no arguments`,
      );
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
