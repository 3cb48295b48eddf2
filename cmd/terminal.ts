/** The real world: the context as Deno provides it. */
import { Failure } from "../lib/failure.ts";
import type { SystemName } from "../lib/state/paths.ts";
import { systemClock } from "../lib/time/clock.ts";
import { Keyboard, openTerminal } from "./keys.ts";
import { onInterrupt, onResize } from "./signals.ts";
import { type Context, type Output, PipeClosed } from "./context.ts";

type Stream = typeof Deno.stdout | typeof Deno.stderr;

/** The process as a context; `exit` ends it, and is main's to give. */
export function realContext(exit: (status: number) => void): Context {
  const never = new AbortController().signal;
  // On one terminal the order across both streams is what the reader sees: they share a queue.
  // Otherwise a reader that stalls one must not hold up the other.
  const shared = Deno.stdout.isTerminal() && Deno.stderr.isTerminal();
  const queue = new Queue();
  let keyboard = Deno.stdin.isTerminal() ? new Keyboard(Deno.stdin) : undefined;
  return {
    stdin: {
      isTerminal: Deno.stdin.isTerminal(),
      stream: () => Deno.stdin.readable,
      keys: keyboard,
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
    terminalKeys: () => {
      const device = keyboard === undefined ? openTerminal() : undefined;
      if (device !== undefined) keyboard = new Keyboard(device);
      return keyboard;
    },
    hostname: () => Deno.hostname(),
    cwd: () => Deno.cwd(),
    signal: never,
    onInterrupt: (listener) => onInterrupt(listener, systemName(), Deno),
    onResize: (listener) => onResize(listener, systemName(), Deno),
    exitNow: (status) => {
      keyboard?.restore();
      exit(status);
    },
  };
}

function systemName(): SystemName {
  const { os } = Deno.build;
  return os === "windows" || os === "darwin" ? os : "linux";
}

/** One writer for streams that may end at the same terminal. */
class Queue {
  #waiting: Chunk[] = [];
  #running = false;

  /** Writes behind everything added before; fulfilled when it is out, or never will be. */
  add(sink: Sink, bytes: Uint8Array): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ sink, bytes, done });
      if (!this.#running) this.#run();
    });
  }

  /** What gathers while one write is under way goes out together. */
  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const { sink } = this.#waiting[0] ?? {};
      const end = this.#waiting.findIndex((chunk) => chunk.sink !== sink);
      const run = this.#waiting.splice(0, end < 0 ? Infinity : end);
      await sink?.(joined(run.map(({ bytes }) => bytes)));
      for (const { done } of run) done();
    }
    this.#running = false;
  }
}

interface Chunk {
  readonly sink: Sink;
  readonly bytes: Uint8Array;
  readonly done: () => void;
}

/** Writes all of the bytes; never rejects. */
type Sink = (bytes: Uint8Array) => Promise<void>;

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const all = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function output(stream: Stream, queue: Queue): Output {
  const closed = new AbortController();
  const encoder = new TextEncoder();
  const sink: Sink = async (bytes) => {
    let rest = bytes;
    try {
      while (rest.length > 0 && !closed.signal.aborted) {
        rest = rest.subarray(await stream.write(rest));
      }
    } catch (cause) {
      closed.abort(writeFailure(cause));
    }
  };
  return {
    isTerminal: stream.isTerminal(),
    columns: () => size().columns,
    rows: () => size().rows,
    closed: closed.signal,
    write: (data) =>
      queue.add(sink, typeof data === "string" ? encoder.encode(data) : data),
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

function size(): { columns: number; rows: number } {
  try {
    const { columns, rows } = Deno.consoleSize();
    return { columns: columns || 80, rows: rows || 24 };
  } catch {
    return { columns: 80, rows: 24 };
  }
}
