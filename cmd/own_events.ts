/** Runs a command of Ferry's own for what it reports, without a word of it on the terminal. */
import type { Context, Output } from "./context.ts";
import { run } from "./run.ts";

/** The events a command line prints with `--json`, which is added to it, and its exit status. */
export async function ownEvents(
  args: readonly string[],
  context: Context,
): Promise<{ events: Record<string, unknown>[]; status: number }> {
  let printed = "";
  const open = new AbortController().signal;
  const output = (hear: (text: string) => void): Output => ({
    isTerminal: false,
    columns: () => context.stdout.columns(),
    rows: () => context.stdout.rows(),
    closed: open,
    write: (data) => {
      hear(typeof data === "string" ? data : new TextDecoder().decode(data));
      return Promise.resolve();
    },
  });
  const status = await run([...args, "--json", "--no-input"], {
    ...context,
    stdout: output((text) => printed += text),
    stderr: output(() => {}),
  });
  const events = printed.split("\n").filter((line) => line !== "")
    .map((line): Record<string, unknown> => JSON.parse(line));
  return { events, status };
}
