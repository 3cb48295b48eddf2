/** A hub with TLS, and commands of other users of it: each its own state directory, in this process. */
import { assert } from "@std/assert";
import { TempDir } from "../support/files.ts";
import { inProcess, type Running } from "../cli/world.ts";
import { find, soon, untilReady } from "../cli/started.ts";

/** How one command is run. */
export interface How {
  /** Whose state directory; `owner` is the hub's user. */
  readonly user?: string;
  readonly env?: Record<string, string>;
  readonly stdin?: string;
}

/** What a command came to. */
export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A directory with users in it, and what they have running. */
export class Place implements AsyncDisposable {
  readonly dir = new TempDir();
  readonly #running = new Set<Running>();

  /** Starts a command. */
  start(args: readonly string[], how: How = {}): Running {
    const running = inProcess.start({
      args,
      cwd: this.dir.path,
      env: {
        HOME: this.dir.path,
        XDG_STATE_HOME: this.stateHome(how.user),
        ...how.env,
      },
      stdin: new TextEncoder().encode(how.stdin ?? ""),
      stdinHeld: false,
      stdoutClosed: false,
    });
    this.#running.add(running);
    return running;
  }

  stateHome(user = "owner"): string {
    return this.dir.at(`users/${user}`);
  }

  /** Runs a command to its end. */
  async run(args: readonly string[], how: How = {}): Promise<Outcome> {
    const running = this.start(args, how);
    const status = await soon(running.status, "it to end", running);
    this.#running.delete(running);
    const { stdout, stderr } = running.printed;
    return { status, stdout, stderr };
  }

  /** Starts a hub of the owner; gives it and its port. */
  async hub(
    ...more: string[]
  ): Promise<{ hub: Running; at: string; port: number }> {
    const args = ["serve", "--host", "127.0.0.1", "--inbox", "box", ...more];
    if (!more.includes("--port")) args.push("--port", "0");
    const hub = this.start(args);
    const at = await untilReady({ args, running: hub, seen: 0 });
    assert(at !== undefined);
    return { hub, at, port: Number(at.split(":")[1]) };
  }

  /** The ticket of the owner's hub. */
  async ticket(...more: string[]): Promise<string> {
    const { stdout } = await this.run(["ticket", ...more]);
    return stdout.trim();
  }

  /** Stops what was started. */
  async stop(running: Running): Promise<void> {
    running.signal("sigterm");
    await soon(running.status, "it to stop", running);
    this.#running.delete(running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const running of [...this.#running].reverse()) {
      await this.stop(running);
    }
    this.dir[Symbol.dispose]();
  }
}

/** Waits until a command has said this. */
export async function says(running: Running, text: RegExp): Promise<string> {
  return await find({ args: [], running, seen: 0 }, text);
}
