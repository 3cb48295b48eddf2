/** The pager that `PAGER` names, for those who have one they are used to. */
import { Failure } from "../../lib/failure.ts";
import type { Paged } from "../../lib/view/pager/paging.ts";
import type { Context } from "../context.ts";

/** The reader has gone; never leaves this file. */
class Gone extends Error {}

/**
 * Runs the view into the shell command `pager`; what fits the screen is printed instead. Resolves
 * when the pager has ended. Throws what the view throws, `failure` when there is no such pager, or
 * the signal's reason.
 */
export async function pageOutside(
  view: Pick<Paged, "run">,
  pager: string,
  context: Context,
): Promise<void> {
  const { signal, stdout } = context;
  let text = "";
  let reader: Reader | undefined;
  const write = async (piece: string) => {
    if (reader === undefined) {
      text += piece;
      if (text.split("\n").length <= stdout.rows()) return;
      reader = new Reader(pager, context);
      piece = text;
    }
    await reader.write(piece);
  };
  try {
    await view.run(write);
    if (reader === undefined) await stdout.write(text);
  } catch (error) {
    if (reader === undefined) await stdout.write(text);
    if (!(error instanceof Gone)) throw error;
  } finally {
    await (reader as Reader | undefined)?.end();
  }
  signal.throwIfAborted();
}

class Reader {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #encoder = new TextEncoder();
  readonly #signal: AbortSignal;
  readonly #stop = () => this.#process.kill();

  constructor(readonly pager: string, context: Context) {
    const windows = context.platform.os === "windows";
    const [program, ...args] = windows
      ? pager.split(/\s+/)
      : ["sh", "-c", pager];
    try {
      this.#process = new Deno.Command(program ?? pager, {
        args,
        cwd: context.cwd(),
        stdin: "piped",
        stdout: "inherit",
        stderr: "inherit",
        // What git sets: colours pass, and the text stays on the screen.
        env: {
          LESS: context.env("LESS") ?? "FRX",
          LV: context.env("LV") ?? "-c",
        },
      }).spawn();
    } catch (cause) {
      throw noPager(pager, "it cannot be started", cause);
    }
    this.#writer = this.#process.stdin.getWriter();
    this.#signal = context.signal;
    this.#signal.addEventListener("abort", this.#stop);
  }

  async write(piece: string): Promise<void> {
    try {
      await this.#writer.write(this.#encoder.encode(piece));
    } catch {
      throw new Gone();
    }
  }

  /** Waits until the person has read. */
  async end(): Promise<void> {
    await this.#writer.close().catch(() => {});
    const { code } = await this.#process.status;
    this.#signal.removeEventListener("abort", this.#stop);
    if (code === 126 || code === 127) {
      throw noPager(this.pager, "there is no such command");
    }
  }
}

function noPager(pager: string, state: string, cause?: unknown): Failure {
  return new Failure("failure", `Cannot page with ${pager}: ${state}`, {
    hint: "unset PAGER for the pager of Ferry, or use --no-pager",
    cause,
  });
}
