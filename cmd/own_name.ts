/** Who a command is on a hub. */
import { Failure } from "../lib/failure.ts";
import { isName } from "../lib/protocol/message.ts";
import type { Context } from "./context.ts";
import { text } from "./option.ts";

/** The option of one-shot commands that says under which name they send. */
export const SENDER_OPTIONS = {
  name: text("NAME", "The name to go by on the hub (default: this machine's)"),
} as const;

/** The name one-shot commands go by. Throws Failure `usage` for one that is none. */
export function senderName(
  chosen: string | undefined,
  context: Context,
): string {
  if (chosen === undefined) return defaultName(context);
  assertName(chosen, "send as");
  return chosen;
}

/** This machine's name as a name on a hub: what does not fit becomes `-`. */
export function defaultName(context: Context): string {
  const name = context.hostname().split(".")[0]?.replace(
    /[^A-Za-z0-9._-]+/g,
    "-",
  ).slice(0, 64);
  return name === undefined || name === "" ? "ferry" : name;
}

/** Throws Failure `usage` unless someone on a hub can have `name`; `action` is what it was to be used for. */
export function assertName(name: string, action: string): void {
  if (isName(name)) return;
  throw new Failure(
    "usage",
    `Cannot ${action} ${JSON.stringify(name)}: it is not a name`,
    {
      hint: "names are 1 to 64 letters, digits, dots, underscores and hyphens",
    },
  );
}
