/** `ferry dissector`: what Wireshark and tshark need to read Ferry. */
import { asFailure, Failure } from "../lib/failure.ts";
import { homeDirectory } from "../lib/state/paths.ts";
import { defineCommand } from "./command.ts";
import type { Context } from "./context.ts";
import { flag } from "./option.ts";

/** See the command table. */
export const command = defineCommand({
  usage: ["dissector", "dissector --install"],
  description:
    "Prints a dissector for Wireshark and tshark 4, in Lua: every frame with its fields to filter by, put together over segments and TLS records, linked to what answers it, with the latency of each transfer. " +
    "--install puts it among your Wireshark plugins instead, where the next start finds it.\n\n" +
    "docs/wireshark.md says how to capture, with and without TLS.",
  options: {
    install: flag("Put it among the Wireshark plugins of this user", {
      commandLineOnly: true,
    }),
  },
  examples: [
    { line: "ferry dissector --install", does: "Let Wireshark read Ferry" },
    {
      line:
        "ferry dissector > ferry.lua && tshark -X lua_script:ferry.lua -r session.pcapng -Y ferry",
      does: "Read a capture on a terminal, installing nothing",
    },
  ],
  printsOnly: true,
  async run(context, { options, arguments: [extra], reporter }) {
    if (extra !== undefined) {
      throw new Failure(
        "usage",
        `Cannot print ${extra}: dissector takes no arguments`,
      );
    }
    const { default: lua } = await import("../lib/capture/ferry.lua", {
      with: { type: "text" },
    });
    if (options.install) {
      reporter.event({
        event: "dissector",
        saved: await install(lua, context),
      });
    } else if (reporter.json) {
      reporter.event({ event: "dissector", lua });
    } else await reporter.data(lua);
  },
});

/** Writes the dissector where Wireshark looks for plugins of this user; gives the path. */
async function install(lua: string, context: Context): Promise<string> {
  const { join } = await import("@std/path");
  const { platform: { os }, env } = context;
  const base = os === "windows" ? env("APPDATA") : homeDirectory(os, env);
  if (!base) {
    const variable = os === "windows" ? "APPDATA" : "HOME";
    throw new Failure(
      "usage",
      `Cannot install the dissector: ${variable} is not set`,
      { hint: "ferry dissector prints it, for > FILE" },
    );
  }
  const dir = os === "windows"
    ? join(base, "Wireshark", "plugins")
    : join(base, ".local", "lib", "wireshark", "plugins");
  const path = join(dir, "ferry.lua");
  try {
    await Deno.mkdir(dir, { recursive: true });
    await Deno.writeTextFile(path, lua);
  } catch (cause) {
    throw new Failure(
      "output",
      `Cannot install the dissector: ${asFailure(cause).message}`,
      { cause },
    );
  }
  return path;
}
