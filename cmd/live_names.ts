/** Names a hub knows, for completions: asked for by Ferry's own commands, and never waited for long. */
import type { Live } from "./complete.ts";
import type { Context } from "./context.ts";
import { ownEvents } from "./own_events.ts";

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
  const { events } = await ownEvents([
    COMMANDS[live],
    `--timeout=${PATIENCE_MS}ms`,
    `--connect-timeout=${PATIENCE_MS}ms`,
    ...hubIn(words),
  ], context);
  const names = events.flatMap(({ event, name }) =>
    (event === "peer" || event === "shared") && typeof name === "string"
      ? [name]
      : []
  );
  return live === "peers" ? [...names, "hub"] : names;
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
