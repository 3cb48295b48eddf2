/** Commands in the background, and waiting for them. */
import type { Running } from "./world.ts";

/** No step of a script takes longer, in milliseconds. */
const PATIENCE_MS = 15_000;

/** A command in the background, and how much of what it printed was waited for. */
export interface Started {
  readonly args: readonly string[];
  readonly running: Running;
  seen: number;
}

const READY = /"event":"ready"|is ready on|^connected to /;
const ADDRESS = /(127\.0\.0\.1)(?:","port")?:(\d+)/;

/** Waits until a hub or a peer says that it is ready; gives the address it says. With `-q` it says nothing. */
export async function untilReady(
  started: Started,
): Promise<string | undefined> {
  const [command = ""] = started.args;
  const getsReady = /^(serve|connect)$/.test(command) ||
    started.args.includes("--serve-bare");
  if (!getsReady || started.args.includes("-q")) return;
  const line = await find(started, READY);
  const [, host, port] = ADDRESS.exec(line) ?? [];
  return host === undefined ? undefined : `${host}:${port}`;
}

/** Waits for a line that fits, behind those found before. */
export async function find(
  started: Started,
  pattern: RegExp,
): Promise<string> {
  const { running } = started;
  let over = false;
  running.status.then(() => over = true);
  const search = async (): Promise<string> => {
    while (true) {
      const { lines } = running.printed;
      while (started.seen < lines.length) {
        const line = lines[started.seen++] ?? "";
        if (pattern.test(line)) return line;
      }
      if (over) throw new Error(`it ended before\n${shown(running)}`);
      await Promise.race([running.printed.changed, running.status]);
    }
  };
  try {
    return await soon(search(), `a line that fits ${pattern}`, running);
  } finally {
    over = true;
  }
}

/** `promise`, or an Error when it takes too long. */
export async function soon<T>(
  promise: Promise<T>,
  what: string,
  running?: Running,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const printed = running === undefined ? "" : `\n${shown(running)}`;
    late.reject(new Error(`waited too long for ${what}${printed}`));
  }, PATIENCE_MS);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** What a command did, as a script would say it. */
export function shown({ printed }: Running, status?: number): string {
  const lines = (mark: string, text: string) =>
    text.split("\n").map((line) => `${mark} ${line}`).slice(
      0,
      text.endsWith("\n") || text === "" ? -1 : undefined,
    );
  return [
    ...lines(">", printed.stdout),
    ...lines("2>", printed.stderr),
    ...(status === undefined ? [] : [`exit ${status}`]),
  ].join("\n");
}
