/**
 * Everything outside that the program is a function of. `realContext()` (terminal.ts) is the one
 * Deno gives; tests build theirs in memory (tests/fake_context.ts).
 */
import type { FerryEvent } from "../lib/events.ts";
import { Failure } from "../lib/failure.ts";
import type { SystemName } from "../lib/state/paths.ts";
import type { KeySource } from "../lib/term/keys.ts";
import type { Clock } from "../lib/time/clock.ts";

/** Standard input. */
export interface Input {
  readonly isTerminal: boolean;
  /** The bytes as they come. The stream is read at most once per process. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The keyboard, where it is a terminal. A process uses either this or `stream()`. */
  readonly keys: KeySource | undefined;
}

/** Standard output or standard error. */
export interface Output {
  readonly isTerminal: boolean;
  /** The width in columns now; 80 where there is no terminal. */
  columns(): number;
  /** The height in lines now; 24 where there is no terminal. */
  rows(): number;
  /**
   * Queues text or bytes behind what was written before. The promise is fulfilled when they are
   * out, and also when they never will be because the stream is closed: it never rejects. Who
   * writes a lot awaits it, which is the back-pressure.
   */
  write(data: string | Uint8Array): Promise<void>;
  /** Aborted once nothing can be written any more; the reason is a `PipeClosed` or another `Failure`. */
  readonly closed: AbortSignal;
}

/** Which signal asked the program to stop; also the failure code it ends with. */
export type InterruptKind = "sigint" | "sigterm";

/** Facts of the machine and the runtime, for `--version` and for paths. */
export interface Platform {
  readonly os: SystemName;
  /** The system as its vendor's triple names it, such as `linux` or `freebsd`. */
  readonly system: string;
  readonly arch: string;
  readonly deno: string;
}

/** The world as the program sees it. */
export interface Context {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly clock: Clock;
  readonly platform: Platform;
  /**
   * The keyboard also where stdin is something else (`… | ferry view -`): that of the terminal the
   * program was started from.
   */
  terminalKeys(): KeySource | undefined;
  /** The value of an environment variable. */
  env(name: string): string | undefined;
  hostname(): string;
  /** The absolute path relative paths start from. */
  cwd(): string;
  /**
   * Aborted when the command should stop: Ctrl-C, SIGTERM, `--timeout`, a closed stdout. The reason
   * is always a `Failure`; a command stops by throwing it.
   */
  readonly signal: AbortSignal;
  /** Calls `listener` at every SIGINT and SIGTERM, which then do not end the process; returns the way to stop. */
  onInterrupt(listener: (kind: InterruptKind) => void): () => void;
  /** Calls `listener` when the terminal changes its size; returns the way to stop. */
  onResize(listener: () => void): () => void;
  /** Ends the process at once with this status: for a second Ctrl-C only. */
  exitNow(status: number): void;
  /** Hears every event that is reported; the menu keeps its tables from it. */
  onEvent?(event: FerryEvent): void;
}

/** The reader of our output went away: the program ends without a word about it. */
export class PipeClosed extends Failure {
  constructor(cause?: unknown) {
    super("output", "Cannot write output: the pipe is closed", { cause });
  }
}

/** Whether the program may ask the user: stdin and stdout are terminals, and neither CI nor the user forbids it. */
export function mayPrompt(
  context: Context,
  globals: { noInput: boolean },
): boolean {
  return context.stdin.isTerminal && context.stdout.isTerminal &&
    !globals.noInput && !context.env("CI");
}

/** Whether a command that stays opens its menu. */
export function mayOpenMenu(
  context: Context,
  globals: { noInput: boolean; json: boolean },
  noMenu: boolean,
): boolean {
  return mayPrompt(context, globals) && !globals.json && !noMenu;
}

/** Whether text for `output` may carry colours; `choice` is what `--color` says. */
export function mayColor(
  context: Context,
  output: Output,
  choice: "auto" | "always" | "never",
): boolean {
  if (choice !== "auto") return choice === "always";
  return output.isTerminal && !context.env("NO_COLOR") &&
    context.env("TERM") !== "dumb";
}
