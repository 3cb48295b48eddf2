/** Commands are data: help, completions and dispatch derive from them. */
import type { Context } from "./context.ts";
import type { Globals } from "./globals.ts";
import type { Options, Values } from "./option.ts";
import type { Reporter } from "./report.ts";

/** One positional argument, for help and completions. */
export interface ArgumentHelp {
  /** `FILE` and `PATH` are completed as paths. */
  readonly name: string;
  readonly help: string;
  /** All there is to choose from. */
  readonly choices?: readonly string[];
}

/** A command line worth copying. */
export interface Example {
  readonly line: string;
  readonly does: string;
}

/** What a command is run with. */
export interface Invocation<O extends Options = Options> {
  readonly options: Values<O>;
  readonly globals: Globals;
  /** The positional arguments as typed. */
  readonly arguments: readonly string[];
  readonly reporter: Reporter;
}

/** A subcommand; its name, summary and group are its row in the table (table.ts). */
export interface Command<O extends Options = Options> {
  /** What stands after `ferry `, one line per form: `send --to NAME PATH…`. */
  readonly usage: readonly string[];
  /** A paragraph or more for `ferry help CMD`. */
  readonly description?: string;
  readonly arguments?: readonly ArgumentHelp[];
  readonly options: O;
  readonly examples: readonly Example[];
  /**
   * Whether `--json` ends with a `summary` event; yes unless said otherwise. The reporter counts
   * `transfer.completed` and `transfer.failed` events for it.
   */
  readonly summary?: boolean;
  /**
   * Set where the command exists for what it prints (`view`, `ls`): a reader that closes the pipe
   * early has had enough, and that is no failure.
   */
  readonly printsOnly?: boolean;
  /**
   * Does the work; returns the exit status (none is 0) or throws a `Failure`. Stops soon after
   * `context.signal` is aborted, by throwing its reason.
   */
  run(context: Context, invocation: Invocation<O>): Promise<number | void>;
}

/** The identity, for its types: gives `run` the types of the options beside it. */
export function defineCommand<const O extends Options>(
  command: Command<O>,
): Command<O> {
  return command;
}

/** What a command module exports. */
export interface CommandModule {
  readonly command: Command;
}

/** A row of the command table: what the overview needs without loading the command. */
export interface Row {
  readonly name: string;
  readonly summary: string;
  readonly group: string;
  readonly load: () => Promise<CommandModule>;
}
