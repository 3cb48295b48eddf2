/** The real world: the context as Deno provides it. */
import { Failure } from "../lib/failure.ts";
import type { SystemName } from "../lib/state/paths.ts";
import { systemClock } from "../lib/time/clock.ts";
import {
  type Context,
  type InterruptKind,
  type Output,
  PipeClosed,
} from "./context.ts";

type Stream = typeof Deno.stdout | typeof Deno.stderr;

/** The process as a context; `exit` ends it, and is main's to give. */
export function realContext(exit: (status: number) => void): Context {
  const never = new AbortController().signal;
  // On one terminal the order across both streams is what the reader sees: they share a queue.
  // Otherwise a reader that stalls one must not hold up the other.
  const shared = Deno.stdout.isTerminal() && Deno.stderr.isTerminal();
  const queue = new Queue();
  return {
    stdin: {
      isTerminal: Deno.stdin.isTerminal(),
      stream: () => Deno.stdin.readable,
    },
    stdout: output(Deno.stdout, queue),
    stderr: output(Deno.stderr, shared ? queue : new Queue()),
    clock: systemClock,
    platform: {
      os: systemName(),
      system: Deno.build.os,
      arch: Deno.build.arch,
      deno: Deno.version.deno,
    },
    env: (name) => Deno.env.get(name),
    hostname: () => Deno.hostname(),
    cwd: () => Deno.cwd(),
    signal: never,
    onInterrupt,
    exitNow: exit,
  };
}

function systemName(): SystemName {
  const { os } = Deno.build;
  return os === "windows" || os === "darwin" ? os : "linux";
}

/** Runs tasks one after the other. */
class Queue {
  #last = Promise.resolve();

  add(task: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(task);
    return this.#last;
  }
}

function output(stream: Stream, queue: Queue): Output {
  const closed = new AbortController();
  const encoder = new TextEncoder();
  return {
    isTerminal: stream.isTerminal(),
    columns,
    closed: closed.signal,
    write: (data) =>
      queue.add(async () => {
        if (closed.signal.aborted) return;
        let rest = typeof data === "string" ? encoder.encode(data) : data;
        try {
          while (rest.length > 0) {
            rest = rest.subarray(await stream.write(rest));
          }
        } catch (cause) {
          closed.abort(writeFailure(cause));
        }
      }),
  };
}

function writeFailure(cause: unknown): Failure {
  if (cause instanceof Deno.errors.BrokenPipe) return new PipeClosed(cause);
  const state = cause instanceof Error ? cause.message : String(cause);
  const full = /No space left|os error 28|os error 112/.test(state);
  return new Failure(
    full ? "disk-full" : "output",
    `Cannot write output: ${state}`,
    { cause },
  );
}

function columns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

function onInterrupt(listener: (kind: InterruptKind) => void): () => void {
  const interrupt = () => listener("sigint");
  const terminate = () => listener("sigterm");
  Deno.addSignalListener("SIGINT", interrupt);
  // Windows has no SIGTERM; closing the console or Ctrl-Break is what comes nearest.
  const second = Deno.build.os === "windows" ? "SIGBREAK" : "SIGTERM";
  Deno.addSignalListener(second, terminate);
  return () => {
    Deno.removeSignalListener("SIGINT", interrupt);
    Deno.removeSignalListener(second, terminate);
  };
}
