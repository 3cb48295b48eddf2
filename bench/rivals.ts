/** rsync and scp on the same files, where they are installed. Their times are of whole processes. */
import { join } from "@std/path";
import {
  freePort,
  isInstalled,
  startDaemon,
  wholeProcess,
} from "./processes.ts";
import { startScp } from "./scp.ts";
import type { Stage } from "./stage.ts";

type Contenders = Record<string, () => Promise<number>>;

/** What else could have moved the files. */
export class Rivals {
  readonly #stage: Stage;
  readonly #rsync: number | undefined;
  readonly #scp: ((args: string[]) => Promise<number>) | undefined;

  private constructor(
    stage: Stage,
    rsync: number | undefined,
    scp: ((args: string[]) => Promise<number>) | undefined,
  ) {
    this.#stage = stage;
    this.#rsync = rsync;
    this.#scp = scp;
  }

  /** Starts the daemons of those that are installed, on the loopback. */
  static async start(stage: Stage): Promise<Rivals> {
    return new Rivals(stage, await startRsync(stage), await startScp(stage));
  }

  /** One file. */
  file(path: string): Contenders {
    return this.#all([path], [path]);
  }

  /** The directory `tree` of the stage. */
  tree(): Contenders {
    const tree = join(this.#stage.dir, "tree");
    return this.#all(["-r", `${tree}/`], ["-r", tree]);
  }

  /** The same with modification times kept; and with every file made durable, where rsync can. */
  keptTree(): Contenders {
    const tree = join(this.#stage.dir, "tree");
    const target = `rsync://127.0.0.1:${this.#rsync}/in/`;
    const run = (...args: string[]) => () =>
      wholeProcess("rsync", ["--whole-file", "-rt", ...args, tree, target]);
    if (this.#rsync === undefined) return {};
    return { "rsync": run(), "rsync --fsync": run("--fsync") };
  }

  #all(rsync: string[], scp: string[]): Contenders {
    const target = `rsync://127.0.0.1:${this.#rsync}/in/`;
    const viaScp = this.#scp;
    return {
      ...(this.#rsync === undefined ? {} : {
        rsync: () => wholeProcess("rsync", ["--whole-file", ...rsync, target]),
      }),
      ...(viaScp === undefined ? {} : { scp: () => viaScp(scp) }),
    };
  }
}

/** Starts an rsync daemon; gives its port, or undefined where there is no rsync. */
async function startRsync(stage: Stage): Promise<number | undefined> {
  if (!await isInstalled("rsync")) return undefined;
  const port = freePort();
  const config = join(stage.dir, "rsyncd.conf");
  await Deno.writeTextFile(
    config,
    `use chroot = no\n[in]\npath = ${stage.arrivals}\nread only = no\nuid = ${Deno.uid()}\ngid = ${Deno.gid()}\n`,
  );
  await startDaemon(stage, port, "rsync", [
    "--daemon",
    "--no-detach",
    "--address=127.0.0.1",
    `--port=${port}`,
    `--config=${config}`,
  ]);
  return port;
}
