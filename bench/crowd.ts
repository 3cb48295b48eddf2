/**
 * Whether strangers slow a transfer: a file goes through a hub, alone and while 2,000 connections
 * keep silent, 200 stop in the middle of their greeting and one says a byte a second; who is turned
 * away comes back after five seconds. All are processes of their own.
 *
 *     deno task crowd [MEGABYTES] [--insecure]
 */
import { fromFileUrl } from "@std/path";
import { encodeMessage } from "../lib/protocol/message.ts";
import { linesOf } from "./lines.ts";

const MAIN = fromFileUrl(new URL("../main.ts", import.meta.url));
const HERE = fromFileUrl(import.meta.url);
const ROUNDS = 5;
const SILENT = 2_000;
const HALF = 200;
const BACK_MS = 5_000;

const insecure = Deno.args.includes("--insecure");

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The first bytes a client would say: of a TLS ClientHello, or of a HELLO. */
function opening(): Uint8Array {
  if (!insecure) {
    const hello = new Uint8Array(517);
    hello.set([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 3]);
    return hello;
  }
  return encodeMessage({
    type: "hello",
    version: { min: 1, max: 1 },
    capabilities: [],
    role: "peer",
    name: "eve",
    adapt: true,
    software: "crowd",
  });
}

/** Keeps one connection to the port that says `said`, then a byte a second if it `drips`. */
async function stranger(
  port: number,
  said: Uint8Array,
  drips: boolean,
): Promise<never> {
  while (true) {
    try {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port });
      if (said.length > 0 && !drips) await conn.write(said);
      for (let at = 0; drips; at++) {
        await conn.write(said.subarray(at % said.length, at % said.length + 1));
        await wait(1_000);
      }
      await conn.read(new Uint8Array(1_024));
    } catch {
      // Turned away.
    }
    await wait(BACK_MS);
  }
}

async function crowd(port: number): Promise<never> {
  const said = opening();
  const none = new Uint8Array(0);
  for (let n = 0; n < HALF; n++) {
    stranger(port, said.subarray(0, said.length / 2), false);
  }
  stranger(port, said, true);
  for (let n = 0; n < SILENT; n++) {
    stranger(port, none, false);
    // A hundred at a time: what a listener's queue takes.
    if (n % 100 === 99) await wait(20);
  }
  say("{}");
  return await new Promise<never>(() => {});
}

/** Ferry as a process. */
class Ferry {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncGenerator<string>;

  constructor(args: string[], env: Record<string, string>) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", ...args],
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#lines = linesOf(this.#child.stdout);
  }

  async line(): Promise<Record<string, unknown>> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("a process of the crowd ended");
    return JSON.parse(value);
  }

  get peakMegabytes(): number {
    const status = Deno.readTextFileSync(`/proc/${this.#child.pid}/status`);
    return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1000);
  }

  async stop(): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#child.status;
    await this.#lines.return(undefined);
  }
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
}

async function measure(): Promise<void> {
  const megabytes = Number(Deno.args.find((arg) => /^\d+$/.test(arg)) ?? 300);
  const dir = await Deno.makeTempDir({ prefix: "ferry-crowd-" });
  const env = {
    HOME: dir,
    XDG_STATE_HOME: `${dir}/state`,
    ...(insecure ? { FERRY_INSECURE: "1" } : {}),
  };
  const file = `${dir}/file`;
  const part = crypto.getRandomValues(new Uint8Array(65_536));
  const whole = new Uint8Array(megabytes * 1_000_000);
  for (let at = 0; at < whole.length; at += part.length) {
    whole.set(part.subarray(0, whole.length - at), at);
  }
  await Deno.writeFile(file, whole);
  const serve = [MAIN, "serve", "--host", "127.0.0.1", "--port", "0", "--json"];
  const hub = new Ferry(serve, env);
  const { port } = (await hub.line()).addr as { port: number };
  const address = `127.0.0.1:${port}`;
  const inbox = ["--inbox", `${dir}/inbox`, "--on-conflict", "overwrite"];
  const peer = new Ferry(
    [MAIN, "connect", address, "--name", "bob", ...inbox, "--json"],
    env,
  );
  await peer.line();
  const send = async (): Promise<number> => {
    const args = ["send", "--hub", address, "--to", "bob", "--json", file];
    const sender = new Ferry([MAIN, ...args], env);
    try {
      while (true) {
        const event = await sender.line();
        if (event.event !== "transfer.completed") continue;
        return (event.latency_ms as { transfer: number }).transfer;
      }
    } finally {
      await sender.stop();
    }
  };
  await send();
  const [quiet, crowded]: number[][] = [[], []];
  let before = 0;
  for (let round = 0; round < ROUNDS; round++) {
    quiet?.push(await send());
    before = Math.max(before, round === 0 ? hub.peakMegabytes : 0);
    const mode = insecure ? ["--insecure"] : [];
    const strangers = new Ferry([HERE, `--crowd=${port}`, ...mode], env);
    await strangers.line();
    crowded?.push(await send());
    await strangers.stop();
  }
  const ratio = median(quiet ?? []) / median(crowded ?? []);
  say(
    `${megabytes} MB ${insecure ? "in clear" : "over TLS"}, ${ROUNDS} rounds`,
  );
  say(`alone    ${median(quiet ?? []).toFixed(0)} ms`);
  say(`crowded  ${median(crowded ?? []).toFixed(0)} ms`);
  say(`speed kept ${ratio.toFixed(2)}, to be at least 0.80`);
  say(`hub's memory ${before} MB alone, ${hub.peakMegabytes} MB at most`);
  await peer.stop();
  await hub.stop();
  await Deno.remove(dir, { recursive: true });
  if (ratio < 0.8) Deno.exit(1);
}

const order = Deno.args.find((arg) => arg.startsWith("--crowd="));
if (order === undefined) await measure();
else await crowd(Number(order.slice("--crowd=".length)));
