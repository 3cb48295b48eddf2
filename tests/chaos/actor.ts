/** A Ferry process of a round: what it reports, and how it is hurt. */
import { linesOf } from "../../bench/lines.ts";
import { join } from "@std/path";
import { denoDirectory } from "../cli/world.ts";

/** An object of `--json`. */
export interface Told {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** How a process ended. */
export interface Ended {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  /** From its start, in milliseconds. */
  readonly ms: number;
}

/** One process. Its home is a directory of its own, which the next of the same name has again. */
export class Actor {
  readonly events: Told[] = [];
  /** Lines of stdout that are no event. */
  readonly strange: string[] = [];
  stderr = "";
  /** It was ended by us, and how. */
  killed: Deno.Signal | undefined;
  ended: Ended | undefined;
  readonly finished: Promise<Ended>;
  /** When it began, on `performance.now()`. */
  readonly startedAt = performance.now();
  readonly #child: Deno.ChildProcess;
  #changed = Promise.withResolvers<void>();

  constructor(
    readonly name: string,
    readonly args: readonly string[],
    options: {
      command: readonly string[];
      home: string;
      env?: Record<string, string>;
    },
  ) {
    Deno.mkdirSync(options.home, { recursive: true });
    const [executable = "", ...first] = options.command;
    this.#child = new Deno.Command(executable, {
      args: [...first, ...args],
      cwd: options.home,
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        DENO_DIR: denoDirectory(),
        HOME: options.home,
        ...options.env,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.finished = this.#run();
  }

  /** Sends a signal; to a process that is gone, nothing. */
  signal(signal: Deno.Signal): void {
    if (signal === "SIGKILL" || signal === "SIGTERM") this.killed ??= signal;
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended by itself.
    }
  }

  /** Ends it for good. */
  async end(signal: Deno.Signal = "SIGKILL"): Promise<Ended> {
    this.signal(signal);
    return await this.finished;
  }

  /** The first event that fits; rejects when the process ends before, or after `ms`. */
  async until(
    what: string,
    fits: (told: Told) => boolean,
    ms = 30_000,
  ): Promise<Told> {
    const late = Promise.withResolvers<void>();
    let over = false;
    const timer = setTimeout(() => {
      over = true;
      late.resolve();
    }, ms);
    try {
      while (true) {
        const found = this.events.find(fits);
        if (found !== undefined) return found;
        if (over || this.ended !== undefined) {
          const state = over ? `not within ${ms} ms` : "it has ended";
          throw new Error(`${this.name} did not say ${what}: ${state}`);
        }
        await Promise.race([this.#changed.promise, late.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Writes down what it said. */
  keep(dir: string): void {
    const words = [
      `ferry ${this.args.join(" ")}`,
      ...this.events.map((told) => JSON.stringify(told)),
      ...this.strange,
      this.stderr,
      JSON.stringify({ killed: this.killed, ended: this.ended }),
    ];
    Deno.writeTextFileSync(
      join(dir, `${this.name}.log`),
      words.join("\n") + "\n\n",
      { append: true },
    );
  }

  async #run(): Promise<Ended> {
    const hear = async () => {
      for await (const line of linesOf(this.#child.stdout)) {
        try {
          this.events.push(JSON.parse(line));
        } catch {
          this.strange.push(line);
        }
        this.#change();
      }
    };
    const read = async () => {
      const decoder = new TextDecoder();
      for await (const bytes of this.#child.stderr) {
        this.stderr += decoder.decode(bytes, { stream: true });
      }
    };
    const [{ code, signal }] = await Promise.all([
      this.#child.status,
      hear(),
      read(),
    ]);
    this.ended = { code, signal, ms: performance.now() - this.startedAt };
    this.#change();
    return this.ended;
  }

  #change(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }
}
