/** A world in memory for tests of `run()` and of commands. */
import {
  type Context,
  type InterruptKind,
  type Output,
  PipeClosed,
} from "../cmd/context.ts";
import type { Failure } from "../lib/failure.ts";
import type { KeySource } from "../lib/term/keys.ts";
import type { Clock } from "../lib/time/clock.ts";
import { FakeClock } from "./fake_clock.ts";

/** What a test may choose; the rest is a quiet machine without terminals, variables or a home. */
export interface FakeOptions {
  /** What stdin holds; several chunks come one at a time. */
  stdin?:
    | ReadableStream<Uint8Array<ArrayBuffer>>
    | string
    | Uint8Array<ArrayBuffer>
    | readonly (string | Uint8Array<ArrayBuffer>)[];
  env?: Record<string, string>;
  /** Whether all three streams, or which of them, are terminals. */
  terminal?: boolean | { stdin?: boolean; stdout?: boolean; stderr?: boolean };
  /** Whether there is a keyboard; only where stdin is a terminal unless said. */
  keyboard?: boolean;
  columns?: number;
  rows?: number;
  /** A `FakeClock` unless given; pass `systemClock` where real sockets are waited for. */
  clock?: Clock;
  hostname?: string;
  cwd?: string;
  signal?: AbortSignal;
  /** Told what is written as it is written. */
  heard?: (stream: "stdout" | "stderr", text: string) => void;
}

/** A context and the handles a test needs on it. */
export interface FakeWorld {
  context: Context;
  /** The context's clock, when it is the fake one. */
  clock: FakeClock;
  stdout(): string;
  /** What stdout holds as parsed NDJSON. */
  events(): Record<string, unknown>[];
  stderr(): string;
  /** Presses keys, as the bytes a terminal sends for them. */
  type(keys: string): void;
  /** Whether someone listens to keys: a real terminal would be in raw mode. */
  isRaw(): boolean;
  /** Gives the terminal another size. */
  resize(columns: number, rows: number): void;
  /** Sends SIGINT or SIGTERM. */
  interrupt(kind: InterruptKind): void;
  /** Lets every further write to stdout fail; as a closed pipe unless told otherwise. */
  closeStdout(reason?: Failure): void;
  /** The status of `exitNow`, once it was called. */
  exitedNow(): number | undefined;
}

/** Builds a world in memory. */
export function fakeContext(options: FakeOptions = {}): FakeWorld {
  const { terminal = false, columns = 80, env = {} } = options;
  const isTerminal = typeof terminal === "boolean"
    ? { stdin: terminal, stdout: terminal, stderr: terminal }
    : terminal;
  const clock = new FakeClock();
  const size = { columns, rows: options.rows ?? 24 };
  const { heard = () => {} } = options;
  const stdout = new FakeOutput(
    isTerminal.stdout ?? false,
    size,
    (text) => heard("stdout", text),
  );
  const stderr = new FakeOutput(
    isTerminal.stderr ?? false,
    size,
    (text) => heard("stderr", text),
  );
  const listeners = new Set<(kind: InterruptKind) => void>();
  const typists = new Set<(bytes: Uint8Array) => void>();
  const resized = new Set<() => void>();
  const keys: KeySource = {
    listen(listener) {
      typists.add(listener);
      return () => typists.delete(listener);
    },
  };
  let exited: number | undefined;
  const context: Context = {
    stdin: {
      isTerminal: isTerminal.stdin ?? false,
      stream: () => streamOf(options.stdin ?? ""),
      keys: isTerminal.stdin ? keys : undefined,
    },
    stdout,
    stderr,
    clock: options.clock ?? clock,
    platform: { os: "linux", system: "linux", arch: "x86_64", deno: "2.9.6" },
    terminalKeys: () => options.keyboard ?? isTerminal.stdin ? keys : undefined,
    env: (name) => Object.hasOwn(env, name) ? env[name] : undefined,
    hostname: () => options.hostname ?? "testhost",
    cwd: () => options.cwd ?? Deno.cwd(),
    signal: options.signal ?? new AbortController().signal,
    onInterrupt: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onResize: (listener) => {
      resized.add(listener);
      return () => resized.delete(listener);
    },
    exitNow: (status) => {
      exited ??= status;
    },
  };
  return {
    context,
    clock,
    stdout: () => stdout.text(),
    events: () =>
      stdout.text().split("\n").filter((line) => line !== "")
        .map((line): Record<string, unknown> => JSON.parse(line)),
    stderr: () => stderr.text(),
    type: (keys) => {
      const bytes = new TextEncoder().encode(keys);
      for (const typist of [...typists]) typist(bytes);
    },
    isRaw: () => typists.size > 0,
    resize: (columns, rows) => {
      Object.assign(size, { columns, rows });
      for (const listener of [...resized]) listener();
    },
    interrupt: (kind) => {
      for (const listener of [...listeners]) listener(kind);
    },
    closeStdout: (reason) => stdout.close(reason ?? new PipeClosed()),
    exitedNow: () => exited,
  };
}

class FakeOutput implements Output {
  readonly #closed = new AbortController();
  readonly #chunks: Uint8Array[] = [];
  readonly #size: { columns: number; rows: number };
  readonly #heard: (text: string) => void;
  readonly #decoder = new TextDecoder();
  readonly isTerminal: boolean;

  constructor(
    isTerminal: boolean,
    size: { columns: number; rows: number },
    heard: (text: string) => void,
  ) {
    this.isTerminal = isTerminal;
    this.#size = size;
    this.#heard = heard;
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  columns(): number {
    return this.#size.columns;
  }

  rows(): number {
    return this.#size.rows;
  }

  write(data: string | Uint8Array): Promise<void> {
    if (!this.closed.aborted) {
      const bytes = typeof data === "string"
        ? new TextEncoder().encode(data)
        : data.slice();
      this.#chunks.push(bytes);
      this.#heard(this.#decoder.decode(bytes, { stream: true }));
    }
    return Promise.resolve();
  }

  close(reason: Failure): void {
    this.#closed.abort(reason);
  }

  text(): string {
    const decoder = new TextDecoder();
    return this.#chunks.map((chunk) => decoder.decode(chunk, { stream: true }))
      .join("") + decoder.decode();
  }
}

function streamOf(
  stdin: NonNullable<FakeOptions["stdin"]>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (stdin instanceof ReadableStream) return stdin;
  const chunks = typeof stdin === "string" || stdin instanceof Uint8Array
    ? [stdin]
    : stdin;
  const encoder = new TextEncoder();
  return ReadableStream.from(
    chunks.map((chunk) =>
      typeof chunk === "string" ? encoder.encode(chunk) : chunk
    ).filter((chunk) => chunk.length > 0),
  );
}
