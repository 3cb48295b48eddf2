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
const STAYS = /^ferry (serve|connect)\b/;
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
    .filter((tool) => !/^(ferry|eval|curl|tar)$/.test(tool));
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
  write(
    "bin/ferry",
    `#!/bin/sh\nexec '${Deno.execPath()}' run -A --quiet '${MAIN}' "$@"\n`,
  );
  // A page on the web is what it takes the place of.
  write("bin/curl", `#!/bin/sh\necho '{"items": [1, 2]}'\n`);
  for (const tool of ["ferry", "curl"]) {
    Deno.chmodSync(dir.at("bin", tool), 0o755);
  }
}

async function perform(
  line: string,
  dir: TempDir,
  port: number,
): Promise<void> {
  const hub = `127.0.0.1:${port}`;
  const stays = STAYS.test(line);
  const real = line.replaceAll(PLACEHOLDER, hub);
  const child = new Deno.Command("bash", {
    args: ["--norc", "-o", "pipefail", "-c", stays ? `exec ${real}` : real],
    cwd: dir.path,
    clearEnv: true,
    env: {
      PATH: `${join(dir.path, "bin")}:${Deno.env.get("PATH")}`,
      HOME: dir.path,
      DENO_DIR: denoDirectory(),
      FERRY_HUB: hub,
      FERRY_HOST: "127.0.0.1",
      FERRY_PORT: "0",
      FERRY_INSECURE: "1",
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let printed = "";
  let stopped = false;
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      printed += text;
      if (stays && !stopped && READY.test(printed)) {
        stopped = true;
        child.kill("SIGTERM");
      }
    }
  };
  const [{ code }] = await Promise.all([
    child.status,
    read(child.stdout),
    read(child.stderr),
  ]);
  assertEquals(code, stays ? 143 : 0, printed);
  assert(!printed.includes("error:"), printed);
}
