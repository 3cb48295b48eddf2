/** `ferry ls`: what the hub shares. */
import { defineCommand } from "./command.ts";
import { chooseHub, HUB_OPTIONS } from "./hub_choice.ts";
import { joinBriefly } from "./joining.ts";
import { defaultName } from "./own_name.ts";
import { flag } from "./option.ts";
import { sharedAt } from "./shared.ts";
import { sharedLine } from "./words.ts";

/** See the command table. */
export const command = defineCommand({
  usage: ["ls [PATH…]"],
  description:
    "Lists the directory the hub shares (ferry serve --share), or a file or directory in it. " +
    "In a pattern, * and ? stand for characters of a name, ** for any directories; quote it.",
  arguments: [{ name: "PATH", help: "A path or pattern; default: everything" }],
  options: {
    recursive: flag("List what directories hold too"),
    ...HUB_OPTIONS,
  },
  examples: [
    { line: "ferry ls", does: "What lies at the top" },
    { line: "ferry ls reports --recursive", does: "All below reports" },
    { line: "ferry ls '*.csv'", does: "What a pattern matches" },
  ],
  printsOnly: true,
  async run(context, { options, globals, arguments: paths, reporter }) {
    const hub = await chooseHub(options, context, globals);
    const name = defaultName(context);
    const client = await joinBriefly(hub, name, context, globals);
    const stop = () => client.connection.abort(context.signal.reason);
    context.signal.addEventListener("abort", stop);
    let count = 0;
    try {
      for (const path of paths.length === 0 ? ["."] : paths) {
        const found = sharedAt(client, path, options.recursive, "list");
        for await (const { path: name, kind, size, modified_ms } of found) {
          count++;
          const entry = {
            event: "shared",
            name,
            kind,
            bytes: size,
            modified: new Date(modified_ms).toISOString(),
          } as const;
          reporter.listed(entry, () => sharedLine(entry));
        }
      }
    } finally {
      context.signal.removeEventListener("abort", stop);
      await client.close();
    }
    if (count === 0) reporter.note("nothing is there");
  },
});
