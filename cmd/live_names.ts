/** Names a hub knows, for completions: asked for by Ferry's own commands, and never waited for long. */
import type { Context, Output } from "./context.ts";
import type { Live } from "./complete.ts";
import { run } from "./run.ts";

/** Who presses Tab waits no longer than this, in milliseconds. */
const PATIENCE_MS = 700;

const COMMANDS: Record<Live, string> = { peers: "peers", shared: "ls" };

/**
 * The names, in the order the hub tells them; none when it cannot be asked. `words` is the command
 * line being typed, which may say which hub is meant.
 */
export async function liveNames(
  live: Live,
  words: readonly string[],
  context: Context,
): Promise<string[]> {
  let printed = "";
  const silent = new AbortController().signal;
  const output = (hear: (text: string) => void): Output => ({
    ...context.stdout,
    isTerminal: false,
    closed: silent,
    write: (data) => {
      hear(typeof data === "string" ? data : new TextDecoder().decode(data));
      return Promise.resolve();
    },
  });
  await run(
    [
      COMMANDS[live],
      "--json",
      "--no-input",
      `--timeout=${PATIENCE_MS}ms`,
      `--connect-timeout=${PATIENCE_MS}ms`,
      ...hubIn(words),
    ],
    {
      ...context,
      stdout: output((text) => printed += text),
      stderr: output(() => {}),
    },
  );
  const names = printed.split("\n").filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line)).map(nameIn)
    .filter((name) => name !== undefined);
  return live === "peers" ? [...names, "hub"] : names;
}

/** The name in an event that lists something. */
function nameIn(event: unknown): string | undefined {
  if (typeof event !== "object" || event === null) return undefined;
  if (!("event" in event) || !("name" in event)) return undefined;
  const { event: kind, name } = event;
  const lists = kind === "peer" || kind === "shared";
  return lists && typeof name === "string" ? name : undefined;
}

/** The flags among the words that say which hub is meant. */
function hubIn(words: readonly string[]): string[] {
  return words.flatMap((word, at) => {
    if (word === "--insecure" || word.startsWith("--hub=")) return [word];
    const value = words[at + 1];
    return word === "--hub" && value !== undefined && at + 2 < words.length
      ? [`--hub=${value}`]
      : [];
  });
}
