/** Other programs as whole processes. */
import type { Stage } from "./stage.ts";

/** Whether a program can be run. */
export async function isInstalled(
  program: string,
  args: string[] = ["--version"],
): Promise<boolean> {
  try {
    const options = {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    } as const;
    await new Deno.Command(program, options).output();
    return true;
  } catch {
    return false;
  }
}

/** Milliseconds of a whole process that prints to nobody. Rejects when it fails. */
export async function wholeProcess(
  program: string,
  args: readonly string[],
): Promise<number> {
  const from = performance.now();
  const { success, stderr } = await new Deno.Command(program, {
    args: [...args],
    stdout: "null",
  }).output();
  if (!success) {
    throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
  }
  return performance.now() - from;
}

/** Starts a daemon that ends with the stage; resolves when it accepts on the port. */
export async function startDaemon(
  stage: Stage,
  port: number,
  program: string,
  args: string[],
): Promise<void> {
  const daemon = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  stage.onClose(() => {
    daemon.kill();
    return daemon.status;
  });
  await untilListening(port);
}

async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error("a daemon does not listen");
}

/** A port that is free now; let go at once, since a daemon cannot pick one itself. */
export function freePort(): number {
  using probe = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  return probe.addr.port;
}
