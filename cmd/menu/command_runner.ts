/** Commands that the menu runs: beside a prompt that can cancel them, or with the screen to themselves. */
import type { Context, InterruptKind } from "../context.ts";
import { LentKeys } from "./lent_keys.ts";
import type { Screen } from "./screen.ts";

/** A command, ready to run in a context; resolves with its exit status. */
type Command = (context: Context) => Promise<number>;

/** Where commands run. */
export interface RunnerOptions {
  /** The terminal as it is outside the menu. */
  readonly outer: Context;
  /** The same with output that goes above the menu. */
  readonly inner: Context;
  readonly screen: Screen;
  /** Shows that a command runs, until the promise resolves (undefined) or the person says otherwise. */
  busy(label: string, until: Promise<void>): Promise<"background" | undefined>;
}

/** Runs one command at a time, but for those sent to the background. */
export class CommandRunner {
  readonly #options: RunnerOptions;
  readonly #lent = new LentKeys();
  /** Stops the command that has the screen. */
  #interrupt: (() => void) | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Whether a command reads the keyboard itself. */
  get readsKeys(): boolean {
    return this.#lent.taken;
  }

  /** Whether a command has the screen. */
  get drawing(): boolean {
    return this.#interrupt !== undefined;
  }

  /** Interrupts the command that has the screen. */
  interrupt(): void {
    this.#interrupt?.();
  }

  /** See Ui. */
  async run(
    command: Command,
    { draws, label }: { readonly draws: boolean; readonly label: string },
  ): Promise<number | undefined> {
    const { outer, inner } = this.#options;
    const listeners = new Set<(kind: InterruptKind) => void>();
    const interrupt = () => {
      for (const listener of [...listeners]) listener("sigint");
    };
    const keys = this.#lent.keys(outer.stdin.keys);
    const context: Context = {
      ...inner,
      stdin: { ...outer.stdin, keys },
      terminalKeys: () => keys,
      onInterrupt: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      exitNow: () => {},
    };
    return draws
      ? await this.#drawing(command, context, interrupt)
      : await this.#beside(command, context, interrupt, label);
  }

  async #drawing(
    command: Command,
    context: Context,
    interrupt: () => void,
  ): Promise<number> {
    const { output, back } = this.#options.screen.lend();
    this.#interrupt = interrupt;
    try {
      return await command({ ...context, stdout: output, stderr: output });
    } finally {
      this.#interrupt = undefined;
      back();
    }
  }

  async #beside(
    command: Command,
    context: Context,
    interrupt: () => void,
    label: string,
  ): Promise<number | undefined> {
    const { screen } = this.#options;
    const stdout = screen.output();
    const stderr = screen.output();
    const closing = Promise.withResolvers<void>();
    const running = command({
      ...context,
      stdout: stdout.output,
      stderr: stderr.output,
    }).finally(() => {
      stdout.end();
      stderr.end();
      closing.resolve();
    });
    const busy = this.#options.busy(label, closing.promise);
    try {
      if (await busy === "background") {
        // Its own lines say what comes of it.
        running.catch(() => {});
        return undefined;
      }
    } catch (error) {
      interrupt();
      await running;
      throw error;
    }
    interrupt();
    return await running;
  }
}
