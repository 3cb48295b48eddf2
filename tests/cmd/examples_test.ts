/**
 * Runs every example of every command as it is printed, in a shell, in a folder that has the files it
 * names, with a hub that shares files and has a history, the peers it names, and bare TCP beside it.
 */
import { assert, assertEquals } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { TABLE } from "../../cmd/table.ts";
import { BareHub } from "../../lib/bench/bare.ts";
import { Ledger } from "../../lib/hub/ledger/ledger.ts";
import { Share } from "../../lib/hub/sharing/share.ts";
import { type Clock, systemClock } from "../../lib/time/clock.ts";
import { BytesBody } from "../../lib/transfer/body.ts";
import { denoDirectory } from "../cli/world.ts";
import { TempDir } from "../support/files.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { offer } from "../support/raw.ts";
import { Heard } from "../support/recorder.ts";

const MAIN = fromFileUrl(new URL("../../main.ts", import.meta.url));
const TESTDATA = new URL("../../testdata/", import.meta.url);

/** What stands in examples for the hub of whoever reads them. */
const PLACEHOLDER = "192.0.2.7";
/** What stands in examples for bare TCP there. */
const BARE_PLACEHOLDER = `${PLACEHOLDER}:7789`;
/** What examples are measured with takes minutes elsewhere than on an idle machine. */
const LARGE = "1GiB";
/** The same for those that leave it to `ferry bench`. */
const BRIEF = { FERRY_REPEAT: "2", FERRY_SIZE: "64KiB" };
/** Later than any day an example names. */
const LATER = Date.UTC(2026, 10, 2);

/** Commands that run until they are stopped. */
const STAYS = /\bferry (serve|connect)\b/;
/** What is about tickets needs a hub that has one; the hub of all others speaks plain TCP. */
const TICKET = /\bticket\b|connect -$/;
/** Frees a name, which needs such a hub that somebody joined. */
const FORGET = /--forget (\w+)$/;
const READY = /"event":"ready"|is ready on|connected to /;

/** What a command says that found nothing of what its example is about. */
const NOTHING = /\bnothing (was there|is there|that went|went through)\b/;

/** A file an example names, made as it needs it. */
function contentOf(name: string): string | Uint8Array<ArrayBuffer> {
  const captured = { pcapng: "session.pcap", ndjson: "session.ndjson" }[
    name.slice(name.indexOf(".") + 1)
  ];
  if (captured !== undefined) {
    return Deno.readFileSync(new URL(`capture/${captured}`, TESTDATA));
  }
  const image = { png: "view/image/quad.png", jpg: "view/image/quad.jpg" }[
    name.slice(-3)
  ];
  if (image !== undefined) return Deno.readFileSync(new URL(image, TESTDATA));
  if (name.endsWith(".json")) {
    return '[{"at":"2024-05-02","items":[1]},{"at":"2024-06-02","items":[]}]';
  }
  return "city,total\nOslo,3\nRome,4\n";
}

for (const { name, load } of TABLE) {
  const { command } = await load();
  for (const { line } of command.examples) {
    const missing = toolsOf(line).filter((tool) => !isInstalled(tool));
    Deno.test({
      name: `example: ${line}${
        missing.length > 0 ? ` (skipped: ${missing} is not installed)` : ""
      }`,
      ignore: Deno.build.os === "windows" || missing.length > 0,
      fn: async () => {
        using dir = new TempDir();
        prepare(line, dir);
        const clock = {
          ...systemClock,
          date: () => Math.max(Date.now(), LATER),
        };
        using ledger = keptIn(dir, clock);
        await using hub = new TestHub({
          clock,
          history: ledger.ledger,
          events: { routes: ledger.ledger },
          share: Share.open(dir.at("shared"), "shared"),
        });
        await using peers = new AsyncDisposableStack();
        if (name !== "connect") {
          const alice = await TestPeer.join(hub.port, "alice", clock);
          peers.use(alice);
          peers.use(await TestPeer.join(hub.port, "bob", clock));
          if (name === "history") await send(alice, "bob");
        }
        await using bare = line.includes("--bare") ? bareTcp() : undefined;
        await perform(line, dir, hub.port, bare?.port);
      },
    });
  }
}

/** A hub's ledger in a directory below `dir`. */
function keptIn(dir: TempDir, clock: Clock): { ledger: Ledger } & Disposable {
  const ledger = new Ledger({
    ...{ state: dir.at("ledger"), hub: "testhub", clock },
    warn: (message) => assert(false, message),
  });
  return { ledger, [Symbol.dispose]: () => ledger.close() };
}

/** The answering end of bare TCP, on a free port. */
function bareTcp(): { port: number } & AsyncDisposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const hub = new BareHub(listener);
  return {
    port: listener.addr.port,
    [Symbol.asyncDispose]: () => hub.shutdown(),
  };
}

/** Sends a small file; resolves when it is delivered. */
async function send(sender: TestPeer, to: string): Promise<void> {
  const heard = new Heard();
  const body = new BytesBody(new Uint8Array([1, 2, 3]));
  const from = sender.client.name;
  sender.client.outbound.carry(
    offer({ from, to: [to], size: body.size, inline: true }),
    body,
    heard,
  );
  assertEquals((await heard.outcome(to)).status, "delivered");
}

/** The programs of a pipeline besides ferry and what every system has, and the one ferry itself calls. */
function toolsOf(line: string): string[] {
  const parts = line.split(/[|]|&&/).map((part) => part.trim());
  const called = parts.map((part) => part.split(" ")[0] ?? "")
    .filter((tool) => !/^(ferry|eval|curl|tar|ssh)$/.test(tool));
  return line.startsWith("ferry reconcile") ? [...called, "tshark"] : called;
}

function isInstalled(tool: string): boolean {
  return new Deno.Command("sh", { args: ["-c", `command -v ${tool}`] })
    .outputSync().success;
}

/** Makes the files and folders that the line names, and the programs it may call. */
function prepare(line: string, dir: TempDir): void {
  const write = (path: string, content: string | Uint8Array<ArrayBuffer>) => {
    Deno.mkdirSync(dirname(dir.at(path)), { recursive: true });
    if (typeof content === "string") {
      Deno.writeTextFileSync(dir.at(path), content);
    } else Deno.writeFileSync(dir.at(path), content);
  };
  for (
    const [file] of line.matchAll(
      /(?<=\s)[\w-]+\.(csv|json|ndjson|png|jpg|pdf|bin|txt|pcapng)\b/g,
    )
  ) {
    // What is to be got is on the hub, and here only to be overwritten.
    const isHere = !line.startsWith("ferry get") || line.includes("overwrite");
    if (isHere) write(file, contentOf(file));
    write(`shared/${file}`, contentOf(file));
  }
  write("shared/photo.png", contentOf("photo.png"));
  write("shared/total.csv", contentOf("total.csv"));
  write("shared/reports/2024/may.csv", contentOf("may.csv"));
  for (const [, folder = ""] of line.matchAll(/--share ~\/(\S+)/g)) {
    Deno.mkdirSync(dir.at(folder), { recursive: true });
  }
  write("src/main.c", "int main(void) { return 0; }\n");
  for (const [, folder = ""] of line.matchAll(/> ~\/(\S+)\/[^/\s]+/g)) {
    Deno.mkdirSync(dir.at(folder), { recursive: true });
  }
  // One that stays leaves word which process it is, so that it can be stopped.
  write(
    "bin/ferry",
    `#!/bin/sh
case $1 in serve | connect) echo $$ > "$HOME/$1.pid" ;; esac
exec '${Deno.execPath()}' run -A --quiet '${MAIN}' "$@"
`,
  );
  // Another machine is this one.
  write("bin/ssh", '#!/bin/sh\nshift\nexec "$@"\n');
  // A page on the web is what it takes the place of.
  write("bin/curl", `#!/bin/sh\necho '{"items": [1, 2]}'\n`);
  for (const tool of ["ferry", "curl", "ssh"]) {
    Deno.chmodSync(dir.at("bin", tool), 0o755);
  }
}

async function perform(
  line: string,
  dir: TempDir,
  port: number,
  barePort: number | undefined,
): Promise<void> {
  const hub = `127.0.0.1:${port}`;
  const real = line.replaceAll(BARE_PLACEHOLDER, `127.0.0.1:${barePort}`)
    .replaceAll(PLACEHOLDER, hub)
    .replace(LARGE, "64KiB")
    .replace(/^ferry connect -$/, "ferry ticket | $&");
  const env = { FERRY_HOST: "127.0.0.1", FERRY_PORT: "0", ...BRIEF };
  const plain = { ...env, FERRY_HUB: hub, FERRY_INSECURE: "1" };
  const [, name] = FORGET.exec(line) ?? [];
  if (!TICKET.test(line) && name === undefined) {
    return await finish(real, dir, plain);
  }
  const served = Promise.withResolvers<void>();
  const serving = finish("ferry serve", dir, env, () => {
    served.resolve();
    return done;
  });
  const done = served.promise.then(async () => {
    if (name !== undefined) {
      await finish(`ferry connect --name ${name}`, dir, env);
    }
    await finish(real, dir, env);
  });
  await Promise.all([serving, done]);
}

/** Runs a line to its end; one that stays is stopped when it is ready, or after `first`. */
async function finish(
  line: string,
  dir: TempDir,
  env: Record<string, string>,
  first: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const stays = STAYS.exec(line)?.[1];
  const child = new Deno.Command("bash", {
    args: ["--norc", "-o", "pipefail", "-c", line],
    cwd: dir.path,
    clearEnv: true,
    env: {
      PATH: `${join(dir.path, "bin")}:${Deno.env.get("PATH")}`,
      HOME: dir.path,
      DENO_DIR: denoDirectory(),
      ...env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let printed = "";
  let stopping: Promise<void> | undefined;
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      printed += text;
      if (stays === undefined || !READY.test(printed)) continue;
      stopping ??= first().finally(() => {
        Deno.kill(Number(Deno.readTextFileSync(dir.at(`${stays}.pid`))));
      });
    }
  };
  const [{ code }] = await Promise.all([
    child.status,
    read(child.stdout),
    read(child.stderr),
  ]);
  await stopping;
  assertEquals(code, stays === undefined ? 0 : 143, printed);
  assert(!printed.includes("error:") && !NOTHING.test(printed), printed);
}
