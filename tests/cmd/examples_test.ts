/**
 * Runs every example of every command as it is printed, in a shell, in a folder that has the files it
 * names, with a hub and the peers it names.
 */
import { assert, assertEquals } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { TABLE } from "../../cmd/table.ts";
import { denoDirectory } from "../cli/world.ts";
import { TempDir } from "../support/files.ts";
import { TestHub, TestPeer } from "../support/hub.ts";

const MAIN = fromFileUrl(new URL("../../main.ts", import.meta.url));
const TESTDATA = new URL("../../testdata/", import.meta.url);

/** What stands in examples for the hub of whoever reads them. */
const PLACEHOLDER = "192.0.2.7";

/** Commands that run until they are stopped. */
const STAYS = /\bferry (serve|connect)\b/;
/** What is about tickets needs a hub that has one; the hub of all others speaks plain TCP. */
const TICKET = /\bticket\b|connect -$/;
const READY = /"event":"ready"|is ready on|connected to /;

/** A file an example names, made as it needs it. */
function contentOf(name: string): string | Uint8Array<ArrayBuffer> {
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
        await using hub = new TestHub();
        prepare(line, dir);
        const peers = name === "connect" ? [] : ["alice", "bob"];
        const joined: TestPeer[] = [];
        for (const peer of peers) {
          joined.push(await TestPeer.join(hub.port, peer, hub.clock));
        }
        try {
          await perform(line, dir, hub.port);
        } finally {
          for (const peer of joined) await peer[Symbol.asyncDispose]();
        }
      },
    });
  }
}

/** The programs of a pipeline besides ferry and what every system has. */
function toolsOf(line: string): string[] {
  return line.split(/[|]|&&/).map((part) => part.trim().split(" ")[0] ?? "")
    .filter((tool) => !/^(ferry|eval|curl|tar|ssh)$/.test(tool));
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
      /(?<=\s)[\w-]+\.(csv|json|png|jpg|pdf|bin|txt)\b/g,
    )
  ) {
    write(file, contentOf(file));
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
): Promise<void> {
  const hub = `127.0.0.1:${port}`;
  const real = line.replaceAll(PLACEHOLDER, hub)
    .replace(/^ferry connect -$/, "ferry ticket | $&");
  const env = { FERRY_HOST: "127.0.0.1", FERRY_PORT: "0" };
  const plain = { ...env, FERRY_HUB: hub, FERRY_INSECURE: "1" };
  if (!TICKET.test(line)) return await finish(real, dir, plain);
  const served = Promise.withResolvers<void>();
  const serving = finish("ferry serve", dir, env, () => {
    served.resolve();
    return done;
  });
  const done = served.promise.then(() => finish(real, dir, env));
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
  assert(!printed.includes("error:"), printed);
}
