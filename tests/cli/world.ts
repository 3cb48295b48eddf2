/** Commands as a script runs them: inside the test process, or as processes of an executable. */
import { run } from "../../cmd/run.ts";
import type { InterruptKind } from "../../cmd/context.ts";
import { systemClock } from "../../lib/time/clock.ts";
import { fakeContext } from "../fake_context.ts";

/** How a command is started. */
export interface Start {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: Uint8Array<ArrayBuffer>;
  /** Stdin stays open behind its bytes. */
  readonly stdinHeld: boolean;
  /** Nobody reads stdout. */
  readonly stdoutClosed: boolean;
}

/** A command that was started. */
export interface Running {
  readonly printed: Printed;
  readonly status: Promise<number>;
  signal(kind: InterruptKind): void;
  hangUp(): Promise<void>;
}

/** A way to run commands. */
export interface World {
  /** The name of this machine, as the commands see it. */
  readonly hostname: string;
  start(start: Start): Running;
}

/** What a command has printed so far. */
export class Printed {
  #text = { stdout: "", stderr: "" };
  #lines: string[] = [];
  #changed = Promise.withResolvers<void>();

  /** Cleared when nobody reads stdout to its end. */
  isWhole = true;

  get stdout(): string {
    return this.#text.stdout;
  }

  get stderr(): string {
    return this.#text.stderr;
  }

  /** The complete lines of both streams as they came. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Resolves at the next change. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  /** Takes in what came on a stream. */
  add(stream: "stdout" | "stderr", text: string): void {
    const before = this.#text[stream];
    const all = this.#text[stream] = before + text;
    const begin = before.lastIndexOf("\n") + 1;
    this.#lines.push(...all.slice(begin).split("\n").slice(0, -1));
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }
}

/** Commands run as `run(args, context)`, each in a world in memory, on real sockets and files. */
export const inProcess: World = {
  hostname: "testhost",
  start({ args, cwd, env, stdin, stdinHeld, stdoutClosed }) {
    const printed = new Printed();
    // As with a real pipe, who writes notices it, and not before.
    const hangUp = () => {
      printed.isWhole = false;
      return Promise.resolve();
    };
    const world = fakeContext({
      clock: systemClock,
      cwd,
      env: { ...env },
      hostname: "testhost",
      stdin: new ReadableStream({
        start(controller) {
          if (stdin.length > 0) controller.enqueue(stdin);
          if (!stdinHeld) controller.close();
        },
      }),
      heard: (stream, text) => {
        if (stream === "stdout" && !printed.isWhole) world.closeStdout();
        else printed.add(stream, text);
      },
    });
    if (stdoutClosed) hangUp();
    return {
      printed,
      status: run(args, world.context),
      signal: (kind) => world.interrupt(kind),
      hangUp,
    };
  },
};

/**
 * Commands run as processes: `command` is the executable and its first arguments, `common` what all of
 * them have in their environment.
 */
export function asProcesses(
  command: readonly string[],
  common: Readonly<Record<string, string>> = {},
): World {
  const [executable = "", ...first] = command;
  const ours = Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) =>
      !/^(FERRY_|XDG_|CI$|NO_COLOR$|HOME$)/.test(name)
    ),
  );
  return {
    hostname: Deno.hostname(),
    start({ args, cwd, env, stdin, stdinHeld, stdoutClosed }) {
      const child = new Deno.Command(executable, {
        args: [...first, ...args],
        cwd,
        env: { DENO_DIR: denoDirectory(), ...ours, ...common, ...env },
        clearEnv: true,
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const printed = new Printed();
      const stdout = pump(
        child.stdout,
        (text) => printed.add("stdout", text),
      );
      const stderr = pump(
        child.stderr,
        (text) => printed.add("stderr", text),
      );
      const fed = feed(child.stdin, stdin, stdinHeld, child.status);
      const hangUp = () => {
        printed.isWhole = false;
        return stdout.cancel();
      };
      if (stdoutClosed) hangUp();
      const ended = async (): Promise<number> => {
        const { code } = await child.status;
        await Promise.all([stdout.done, stderr.done, fed]);
        return code;
      };
      return {
        printed,
        status: ended(),
        signal: (kind) => {
          try {
            child.kill(kind === "sigint" ? "SIGINT" : "SIGTERM");
          } catch (error) {
            if (!(error instanceof TypeError)) throw error;
            // It has just ended by itself.
          }
        },
        hangUp,
      };
    },
  };
}

let known: string | undefined;

/** Where Deno keeps what it has fetched: HOME of a script is empty, and nothing is fetched anew. */
export function denoDirectory(): string {
  if (known !== undefined) return known;
  const { stdout } = new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).outputSync();
  known = String(JSON.parse(new TextDecoder().decode(stdout)).denoDir);
  return known;
}

function pump(
  stream: ReadableStream<Uint8Array>,
  hear: (text: string) => void,
): { done: Promise<void>; cancel(): Promise<void> } {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  const read = async () => {
    for (let next = await reader.read(); !next.done;) {
      hear(decoder.decode(next.value, { stream: true }));
      next = await reader.read();
    }
  };
  return { done: read(), cancel: () => reader.cancel() };
}

async function feed(
  into: WritableStream<Uint8Array>,
  bytes: Uint8Array,
  held: boolean,
  ended: Promise<unknown>,
): Promise<void> {
  const writer = into.getWriter();
  try {
    if (bytes.length > 0) await writer.write(bytes);
    if (held) await ended;
    await writer.close();
  } catch {
    // The command had read enough.
  }
}
