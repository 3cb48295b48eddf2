/**
 * Everything the program says leaves through here (the lines of events are worded in words.ts).
 *
 * - stdout is for data and results, stderr for words. With `--json`, stdout is NDJSON and nothing else.
 * - `error: ` then the action that failed, then `: ` and the state; `hint: ` on a line of its own.
 * - Sentence case, no contractions, no final period. Sizes, times and rates come from units.ts.
 * - Every string from outside passes `safe()`, or `safeLines()` where line breaks are its own.
 * - `-q` leaves data, failures, warnings and errors. A stack is shown only with `-v`.
 * - Colour marks `error`, `hint` and `warning`, only where `mayColor()` allows it; it never carries meaning alone.
 * - One line is one write. The progress bar steps aside for it.
 */
import type {
  FerryEvent,
  PastTransfer,
  SharedListed,
  Summary,
} from "../lib/events.ts";
import { Failure } from "../lib/failure.ts";
import { safe, safeLines } from "../lib/text/safe.ts";
import { formatBytes, formatMs } from "../lib/text/units.ts";
import { type Context, mayColor, type Output, PipeClosed } from "./context.ts";
import type { Globals } from "./globals.ts";
import { eventLine, ProgressPace } from "./event_line.ts";
import type { Progress } from "./progress.ts";
import { Tally } from "./tally.ts";
import { feedProgress, progressOf } from "./transfer_progress.ts";
import { endedWithItsTree, failureOf, wordingOf } from "./words.ts";

/** A ticket, grouped by hyphens or not. */
const TICKET = /\bferry:[0-9a-z-]{40,}/gi;

const RED = "31;1";
const YELLOW = "33;1";
const CYAN = "36";

/** The global options that decide how things are said. */
export type Voice = Pick<
  Globals,
  "json" | "quiet" | "verbose" | "color" | "progress"
>;

/** Says things the way the global options ask for. */
export class Reporter {
  #context: Context;
  readonly #voice: Voice;
  #progress: Progress | undefined;
  readonly #pace = new ProgressPace();
  readonly #tally = new Tally();
  #summarised = false;

  constructor(context: Context, voice: Voice) {
    this.#context = context;
    this.#voice = voice;
    this.#progress = progressOf(context, voice);
  }

  /**
   * Says everything through another context from now on, until the returned function is called: a
   * menu has taken over the terminal.
   */
  through(context: Context): () => void {
    const before = this.#context;
    const use = (next: Context) => {
      this.#progress?.close();
      this.#context = next;
      this.#progress = progressOf(next, this.#voice);
    };
    use(context);
    return () => use(before);
  }

  /** Whether stdout is NDJSON. */
  get json(): boolean {
    return this.#voice.json;
  }

  /** Reports an event: a JSON line, or its line for people. Also feeds progress and the summary's counts. */
  event(event: FerryEvent): void {
    this.#tally.count(event);
    if (this.#progress !== undefined) feedProgress(this.#progress, event);
    this.#context.onEvent?.(event);
    if (event.event === "summary") this.#summarised = true;
    if (this.json) {
      const now = this.#context.clock.now();
      if (this.#pace.passes(event, now)) this.#printEvent(event);
      return;
    }
    if (event.event === "warning" || event.event === "error") {
      this.#problem(event.event, event.message, event.hint);
    } else if (event.event === "transfer.failed") {
      const { message, hint } = failureOf(event);
      if (this.#voice.verbose || !endedWithItsTree(event)) {
        this.#problem("error", message, hint);
      }
    } else if (event.event === "summary") this.#summaryNote(event);
    const wording = wordingOf(event);
    if (wording === undefined) return;
    const { quiet, verbose } = this.#voice;
    const text = wording.text + (verbose ? wording.more ?? "" : "");
    if (wording.as === "note") this.note(text);
    else if (wording.as === "detail") {
      if (verbose) this.note(text);
    } else if (wording.as !== "result" || !quiet) this.data(`${text}\n`);
  }

  /**
   * Prints an entry of a list: its event as JSON, or `line` for people. Transfers of the past count
   * for the summary, but nobody takes them for news.
   */
  listed(entry: SharedListed | PastTransfer, line: () => string): void {
    if (entry.event === "shared") this.#context.onEvent?.(entry);
    else this.#tally.countPast(entry);
    if (this.json) this.#printEvent(entry);
    else this.data(`${line()}\n`);
  }

  /**
   * Reports what ended the command: on stderr, and with `--json` also as an `error` event. A closed
   * pipe and the signals, which were answered when they came, are not worded for people.
   */
  failure(failure: Failure): void {
    if (failure instanceof PipeClosed) return;
    const { code, hint } = failure;
    const message = withoutTickets(failure.message);
    if (this.json) {
      this.#printEvent({
        event: "error",
        code,
        message,
        ...(hint === undefined ? {} : { hint }),
      });
    }
    if (code !== "sigint" && code !== "sigterm") {
      this.#problem("error", message, hint);
    }
    if (this.#voice.verbose && failure.cause instanceof Error) {
      const { stack, message } = failure.cause;
      this.#say(safeLines(withoutTickets(stack ?? message)));
    }
  }

  /** Reports an error that is not a `Failure`: a mistake in the program. */
  defect(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.failure(
      new Failure("failure", `${message} (this is a defect in Ferry)`, {
        cause: error,
      }),
    );
  }

  /** Reports something wrong that the command carries on after. */
  warn(code: string, message: string, hint?: string): void {
    this.event({
      event: "warning",
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
    });
  }

  /** A line of words on stderr; silent with `-q`. Its line breaks stay, everything else is made safe. */
  note(line: string): void {
    if (!this.#voice.quiet) this.#say(safeLines(line));
  }

  /** Data on stdout as it is; line ends are the caller's. The promise is fulfilled when it is out. */
  data(data: string | Uint8Array): Promise<void> {
    return this.#write(this.#context.stdout, data);
  }

  /** The answer to the first Ctrl-C or SIGTERM. */
  cancelling(): void {
    this.#say("Cancelling… press Ctrl-C again to force");
  }

  /**
   * Reports the outcome, counted from the events so far unless given otherwise. Later calls do
   * nothing, so that a command's own summary stands.
   */
  summary(outcome: Partial<Omit<Summary, "event">> & { exit: number }): void {
    if (this.#summarised) return;
    const counted = this.#tally.summary(outcome.exit);
    this.event({ ...counted, ...outcome, event: "summary" });
  }

  /** Puts the progress bar away, when the command is over. */
  close(): void {
    this.#progress?.close();
  }

  #summaryNote(summary: Summary): void {
    if (summary.ok + summary.failed < 2) return;
    const { latency_ms: latency } = summary;
    const failed = summary.failed > 0 ? `, ${summary.failed} failed` : "";
    const times = latency === null
      ? ""
      : `, median ${formatMs(latency.p50)}, longest ${formatMs(latency.max)}`;
    this.note(
      `${summary.ok} transferred${failed}, ${
        formatBytes(summary.bytes)
      }${times}`,
    );
  }

  #printEvent(event: FerryEvent | PastTransfer): void {
    this.data(eventLine(event, this.#context.clock.date()));
  }

  #problem(word: "error" | "warning", message: string, hint?: string): void {
    const color = word === "error" ? RED : YELLOW;
    let lines = `${this.#paint(color, `${word}:`)} ${
      safe(withoutTickets(message))
    }`;
    if (hint !== undefined) {
      lines += `\n${this.#paint(CYAN, "hint:")} ${safe(hint)}`;
    }
    this.#say(lines);
  }

  #paint(color: string, text: string): string {
    const { stderr } = this.#context;
    return mayColor(this.#context, stderr, this.#voice.color)
      ? `\x1b[${color}m${text}\x1b[0m`
      : text;
  }

  #say(line: string): void {
    this.#write(this.#context.stderr, `${line}\n`);
  }

  #write(output: Output, data: string | Uint8Array): Promise<void> {
    let written = Promise.resolve();
    const write = () => {
      written = output.write(data);
    };
    if (this.#progress === undefined) write();
    else this.#progress.around(write);
    return written;
  }
}

/** Errors are logged and shown around: a ticket typed where none belongs is not repeated in them. */
function withoutTickets(text: string): string {
  return text.replace(TICKET, "ferry:…");
}
