/** Someone at a terminal in memory who runs one command, on real sockets and files. */
import { run } from "../../cmd/run.ts";
import { systemClock } from "../../lib/time/clock.ts";
import { prepareWidth } from "../../lib/text/width_loader.ts";
import { fakeContext, type FakeWorld } from "../fake_context.ts";
import { TempDir } from "../support/files.ts";
import { FakeTerminal } from "./terminal.ts";

await prepareWidth("\u0915");

/** Nothing a menu does takes longer. Milliseconds. */
const PATIENCE_MS = 15_000;

/** A terminal and the command that runs on it. */
export class Seat implements AsyncDisposable {
  readonly terminal: FakeTerminal;
  readonly world: FakeWorld;
  readonly status: Promise<number>;
  #ended = false;
  #feed: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(
    dir: TempDir,
    args: readonly string[],
    { env = {}, columns = 80, rows = 24 } = {},
  ) {
    this.terminal = new FakeTerminal(columns, rows);
    this.world = fakeContext({
      terminal: true,
      columns,
      rows,
      clock: systemClock,
      cwd: dir.path,
      hostname: "testhost",
      env: { HOME: dir.path, ...env },
      stdin: new ReadableStream({ start: (feed) => void (this.#feed = feed) }),
      heard: (_, text) => {
        this.terminal.write(text);
        this.#tell();
      },
    });
    this.status = run(args, this.world.context).finally(() => {
      this.#ended = true;
      this.#tell();
    });
  }

  /** Presses keys, one after the other as a person would. */
  type(...keys: string[]): void {
    for (const key of keys) this.world.type(key);
  }

  /** Types a line where whole lines are read; undefined ends the input. */
  line(text: string | undefined): void {
    if (text === undefined) this.#feed?.close();
    else this.#feed?.enqueue(new TextEncoder().encode(`${text}\n`));
  }

  /** Presses Esc, and waits until it is one. */
  async escape(until: string): Promise<void> {
    this.type("\x1b");
    await this.sees(until);
  }

  /** What stands on the screen, with everything scrolled off it. */
  screen(): string {
    return this.terminal.lines().join("\n");
  }

  /** Waits until the screen shows this. */
  async sees(text: string, from = 0): Promise<void> {
    await this.until(
      () => this.screen().slice(from).includes(text),
      JSON.stringify(text),
    );
  }

  /** Waits until this holds. */
  async until(holds: () => boolean, what: string): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () =>
        late.reject(
          new Error(`Waited too long for ${what} on\n${this.screen()}`),
        ),
      PATIENCE_MS,
    );
    try {
      while (!holds()) {
        if (this.#ended) {
          throw new Error(`It ended before ${what}:\n${this.screen()}`);
        }
        await Promise.race([this.#changed.promise, late.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** The exit status, once it has ended. */
  async ends(): Promise<number> {
    while (!this.#ended) {
      await this.until(() => this.#ended, "its end").catch((error) => {
        if (!this.#ended) throw error;
      });
    }
    return await this.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.world.interrupt("sigterm");
    await this.status;
  }

  #tell(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }
}

/** A hub and its port. */
export async function serveAt(
  dir: TempDir,
  ...more: string[]
): Promise<{ hub: Seat; port: number }> {
  const hub = new Seat(dir, [
    "serve",
    "--host=127.0.0.1",
    "--port=0",
    "--name=lab",
    "--inbox=hubbox",
    ...more,
  ]);
  await hub.sees("q Stop");
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(hub.screen())?.[1]);
  return { hub, port };
}

/** A peer with its menu open, receiving into a directory of its name. */
export async function joinAt(
  dir: TempDir,
  port: number,
  name: string,
  ...more: string[]
): Promise<Seat> {
  const seat = new Seat(dir, [
    "connect",
    `127.0.0.1:${port}`,
    "--name",
    name,
    "--inbox",
    name,
    ...more,
  ]);
  await seat.sees("q Quit");
  return seat;
}
