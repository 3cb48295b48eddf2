/** The progress of transfers, from their events. */
import type { FerryEvent, TransferFacts } from "../lib/events.ts";
import type { Context } from "./context.ts";
import type { Globals } from "./globals.ts";
import { Progress } from "./progress.ts";

/** The progress that a command shows on stderr; undefined where it shows none. */
export function progressOf(
  context: Context,
  voice: Pick<Globals, "json" | "quiet" | "progress">,
): Progress | undefined {
  const { stderr, clock } = context;
  const style = voice.progress === "auto"
    ? stderr.isTerminal && context.env("TERM") !== "dumb" ? "bar" : "plain"
    : voice.progress;
  return voice.json || voice.quiet || style === "none"
    ? undefined
    : new Progress(stderr, clock, style);
}

/** Tells the progress what an event means for it. */
export function feedProgress(progress: Progress, event: FerryEvent): void {
  if ("tree" in event && event.tree !== undefined && event.dir === "send") {
    const [tree, file] = [event.tree + event.to, event.id + event.to];
    if (event.event === "transfer.completed") {
      progress.finishPart(tree, file, event.bytes ?? 0);
    } else if (event.event === "transfer.progress") {
      progress.updatePart(tree, file, event.bytes);
    } else if (event.event === "transfer.failed") {
      progress.finishPart(tree, file, 0);
    }
    return;
  }
  switch (event.event) {
    case "transfer.started":
      return progress.start(
        event.id + event.to,
        event.kind === "directory" ? `${event.name}/` : event.name,
        `${event.dir === "send" ? "→" : "←"} ${other(event)}`,
        event.bytes,
      );
    case "transfer.progress":
      return progress.update(
        event.id + event.to,
        event.bytes,
        event.total,
      );
    case "transfer.completed":
    case "transfer.stored":
    case "transfer.failed":
      return progress.finish(event.id + event.to);
  }
}

function other({ dir, from, to }: TransferFacts): string {
  return dir === "send" ? to : from;
}
