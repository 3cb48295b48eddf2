/** rsync and scp on the same files, where they are installed. Their times are of whole processes. */
import { join } from "@std/path";
import type { Stage } from "./stage.ts";

type Contenders = Record<string, () => Promise<number>>;

/** What else could have moved the files. */
export class Rivals {
  readonly #stage: Stage;
  readonly #rsync: number | undefined;

  private constructor(stage: Stage, rsync: number | undefined) {
    this.#stage = stage;
    this.#rsync = rsync;
  }

  /** Starts an rsync daemon on the loopback, if there is rsync. */
  static async start(stage: Stage): Promise<Rivals> {
    if (!await isInstalled("rsync")) return new Rivals(stage, undefined);
    // A free port, let go a moment before the daemon takes it: it cannot pick one itself.
    const probe = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const { port } = probe.addr;
    probe.close();
    const config = join(stage.dir, "rsyncd.conf");
    await Deno.writeTextFile(
      config,
      `use chroot = no\n[in]\npath = ${stage.arrivals}\nread only = no\nuid = ${Deno.uid()}\ngid = ${Deno.gid()}\n`,
    );
    const daemon = new Deno.Command("rsync", {
      args: [
        "--daemon",
        "--no-detach",
        "--address=127.0.0.1",
        `--port=${port}`,
        `--config=${config}`,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    stage.onClose(() => {
      daemon.kill();
      return daemon.status;
    });
    await untilListening(port);
    return new Rivals(stage, port);
  }

  /** One file. */
  file(path: string): Contenders {
    return this.#rsyncOf([path]);
  }

  /** The directory `tree` of the stage. */
  tree(): Contenders {
    return this.#rsyncOf(["-r", join(this.#stage.dir, "tree") + "/"]);
  }

  #rsyncOf(args: string[]): Contenders {
    if (this.#rsync === undefined) return {};
    const target = `rsync://127.0.0.1:${this.#rsync}/in/`;
    return {
      rsync: () => wholeProcess("rsync", ["--whole-file", ...args, target]),
    };
  }
}

/** Whether a program can be run. */
export async function isInstalled(program: string): Promise<boolean> {
  try {
    return (await new Deno.Command(program, {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).output()).success;
  } catch {
    return false;
  }
}

async function wholeProcess(program: string, args: string[]): Promise<number> {
  const from = performance.now();
  const { success, stderr } = await new Deno.Command(program, {
    args,
    stdout: "null",
  }).output();
  if (!success) {
    throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
  }
  return performance.now() - from;
}

/** Until something accepts on the port. */
async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error("the rsync daemon does not listen");
}
