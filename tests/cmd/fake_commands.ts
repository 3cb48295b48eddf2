/** Commands for tests of the frame: one that records what it gets, and a few that misbehave. */
import { defineCommand, type Row } from "../../cmd/command.ts";
import {
  choice,
  count,
  duration,
  flag,
  list,
  optionalDuration,
  text,
} from "../../cmd/option.ts";
import type { Context } from "../../cmd/context.ts";
import { Failure } from "../../lib/failure.ts";

/** The options of `send` here. */
export const SEND_OPTIONS = {
  to: list("NAME", "Who gets it"),
  text: text("TEXT", "Send a message"),
  queue: optionalDuration("TTL", "Keep it for an absent recipient"),
  wait: duration("DURATION", "Wait for a recipient", { default: "5s" }),
  keepMessages: flag("Keep messages as files", { short: "k" }),
  onConflict: choice(["rename", "skip"], "When the name is taken", {
    default: "rename",
  }),
  count: count("N", "Stop after N", { short: "n", min: 1, max: 9 }),
} as const;

/** A row around a command without options. */
export function row(
  name: string,
  run: (context: Context) => Promise<number | void>,
  extra: { printsOnly?: boolean } = {},
): Row {
  const command = defineCommand({
    usage: [name],
    options: {},
    examples: [],
    ...extra,
    run,
  });
  return {
    name,
    summary: `Run ${name}`,
    group: "Test",
    load: () => Promise.resolve({ command }),
  };
}

/** A row named `send` that hands what it was run with to `got`. */
export function recordingSend(got: (invocation: unknown) => void): Row {
  const command = defineCommand({
    usage: ["send --to NAME[,NAME…] PATH…"],
    arguments: [{ name: "PATH", help: "What to send" }],
    options: SEND_OPTIONS,
    examples: [{ line: "ferry send --to alice a.csv", does: "Send a file" }],
    run(_, { options, globals, arguments: paths }) {
      // Compiles only while options are typed by their declarations.
      const to: readonly string[] | undefined = options.to;
      const wait: number = options.wait;
      const queue: number | true | undefined = options.queue;
      const onConflict: "rename" | "skip" = options.onConflict;
      got({ ...options, to, wait, queue, onConflict, globals, paths });
      return Promise.resolve();
    },
  });
  return {
    name: "send",
    summary: "Send files",
    group: "Test",
    load: () => Promise.resolve({ command }),
  };
}

/** Rows for every way a command can end. */
export const ENDINGS: readonly Row[] = [
  row("good", () => Promise.resolve()),
  row("partial", () => Promise.resolve(7)),
  row("refused", () =>
    Promise.reject(
      new Failure("absent", "Cannot send a\x1b.csv: alice is not connected", {
        hint: "see ferry peers",
      }),
    )),
  row("broken", () => Promise.reject(new TypeError("x is undefined"))),
  row("obeys", (context) => untilAborted(context)),
  row("shows", (context) => untilAborted(context), { printsOnly: true }),
  row("rewords", async (context) => {
    try {
      await untilAborted(context);
    } catch (cause) {
      throw new Failure("output", "Cannot list: it is over", { cause });
    }
  }, { printsOnly: true }),
  row("returns", (context) => untilAborted(context).catch(() => {})),
  row("salvages", (context) => untilAborted(context).catch(() => 7)),
  row("hangs", () => new Promise(() => {})),
];

/** Rejects with the reason once the context is told to stop. */
function untilAborted({ signal }: Context): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}
