/** A program like main.ts around commands that a test can close, interrupt and hold up. */
import type { Context } from "../../cmd/context.ts";
import { run } from "../../cmd/run.ts";
import { realContext } from "../../cmd/terminal.ts";
import { row } from "./fake_commands.ts";

async function flood({ stdout, signal }: Context): Promise<void> {
  for (;;) {
    await stdout.write("x".repeat(65_536));
    signal.throwIfAborted();
  }
}

/** Writes more than anybody reads, and never looks up. */
async function stalls({ stdout, stderr }: Context): Promise<void> {
  await stderr.write("ready\n");
  for (;;) await stdout.write("x".repeat(65_536));
}

/** Says that it runs, then waits: for the signal, or for ever. */
async function wait(
  { stdout, signal }: Context,
  listens: boolean,
): Promise<never> {
  await stdout.write("ready\n");
  return await new Promise((_, reject) => {
    // Keeps the process alive, as a socket would.
    setInterval(() => {}, 1_000_000);
    if (listens) signal.addEventListener("abort", () => reject(signal.reason));
  });
}

Deno.exit(
  await run(Deno.args, realContext(Deno.exit), [
    row("flood", flood, { printsOnly: true }),
    row("flood-partly", flood),
    row("stalls", stalls),
    row("obeys", (context) => wait(context, true)),
    row("hangs", (context) => wait(context, false)),
  ]),
);
