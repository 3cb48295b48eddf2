/** What others on the machine and on the wire can see of a session, with real processes. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { readHubIdentity } from "../../lib/state/hub_identity.ts";
import { find, soon, untilReady } from "../cli/started.ts";
import { asProcesses, type Running } from "../cli/world.ts";
import { TempDir } from "../support/files.ts";

const MAIN = fromFileUrl(new URL("../../main.ts", import.meta.url));
const world = asProcesses([Deno.execPath(), "run", "-A", "--quiet", MAIN]);

/** Names nobody outside may learn; none of them is in a command line that a test cannot help. */
const HUB = "lighthouse-hub";
const PEER = "zanzibar-peer";
const FILE = "quarterly-figures.csv";
const CONTENT = "the crown jewels are in the cellar";

/** A session: a hub, a peer from another state directory, a file. `watch` runs once both are up. */
async function session(
  dir: TempDir,
  watch: (port: number) => Promise<() => Promise<void>>,
): Promise<{ secrets: string[]; commandLines: string }> {
  const running: Running[] = [];
  const start = (user: string, args: string[], stdin = "") => {
    const started = world.start({
      args,
      cwd: dir.path,
      env: { HOME: dir.path, XDG_STATE_HOME: dir.at(user) },
      stdin: new TextEncoder().encode(stdin),
      stdinHeld: false,
      stdoutClosed: false,
    });
    return { args, running: started, seen: 0 };
  };
  const done = async (started: { running: Running }) => {
    const status = await soon(started.running.status, "its end");
    assertEquals(status, 0, started.running.printed.stderr);
    return started.running.printed.stdout;
  };
  try {
    const hub = start("owner", [
      "serve",
      "--name",
      HUB,
      "--host",
      "127.0.0.1",
      "--port",
      "0",
    ]);
    running.push(hub.running);
    const at = await untilReady(hub) ?? "";
    const stop = await watch(Number(at.split(":")[1]));
    const ticket = (await done(start("owner", ["ticket"]))).trim();
    const connect = ["connect", "-", "--name", PEER, "--inbox", "in", "--json"];
    const peer = start("bob", connect, `${ticket}\n`);
    running.push(peer.running);
    await untilReady(peer);
    const commandLines = allCommandLines();
    Deno.writeTextFileSync(dir.at(FILE), CONTENT);
    await done(start("owner", ["send", "--to", PEER, FILE]));
    await find(peer, /transfer.completed/);
    for (const one of running.splice(0).reverse()) {
      one.signal("sigterm");
      await soon(one.status, "its end");
    }
    await stop();
    const identity = readHubIdentity(dir.at("owner/ferry"));
    assert(identity !== undefined);
    const { ticket_secret, operator_secret, key } = identity;
    return {
      secrets: [ticket, ticket_secret, operator_secret, key.slice(40, 80)],
      commandLines,
    };
  } finally {
    for (const one of running) one.signal("sigterm");
    await Promise.all(running.map(({ status }) => status));
  }
}

/** The command line of every process of this machine. */
function allCommandLines(): string {
  const lines: string[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      lines.push(Deno.readTextFileSync(`/proc/${name}/cmdline`));
    } catch {
      // It has ended.
    }
  }
  return lines.join("\n").replaceAll("\0", " ");
}

Deno.test({
  name:
    "safety: secrets in argv or in clear text: the process list shows no secret of a hub or of who joins it",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    using dir = new TempDir();
    const nothing = () => Promise.resolve(() => Promise.resolve());
    const { secrets, commandLines } = await session(dir, nothing);
    assert(commandLines.includes(`connect - --name ${PEER}`), "not listed");
    for (const secret of secrets) assert(!commandLines.includes(secret));
  },
});

const why = await captureImpossible();

Deno.test({
  name:
    `safety: secrets in argv or in clear text: a capture of a session shows no name, no file name, no content and no secret${
      why === undefined ? "" : ` (skipped: ${why})`
    }`,
  ignore: why !== undefined,
  fn: async () => {
    using dir = new TempDir();
    const file = dir.at("session.pcap");
    const { secrets } = await session(dir, (port) => capture(port, file));
    const bytes = contentOf(file);
    assert(bytes.length > 5_000, `only ${bytes.length} bytes were captured`);
    assert(bytes.includes("hub.ferry"), "the handshake was not captured");
    const hidden = [PEER, FILE, CONTENT, "quarterly", "alice", ...secrets];
    const plain = [...hidden, HUB, "software", "capabilities"];
    for (const text of plain) {
      assert(!bytes.includes(text), `${text} is readable`);
    }
  },
});

/** Captures what goes through a port until the returned function is called. */
async function capture(
  port: number,
  file: string,
): Promise<() => Promise<void>> {
  const only = ["-q", "-i", "lo", "-f", `tcp port ${port}`];
  const child = new Deno.Command("tshark", {
    args: [...only, "-F", "pcap", "-w", file],
    stdout: "null",
    stderr: "null",
  }).spawn();
  await soon(marked(port, file, "the capture begins"), "the capture to begin");
  return async () => {
    // The hub has gone: its port is free to say the last word on.
    const listener = Deno.listen({ hostname: "127.0.0.1", port });
    const accepting = (async () => {
      for await (const conn of listener) conn.close();
    })();
    await soon(marked(port, file, "the capture ends"), "the capture to end");
    child.kill("SIGINT");
    await child.status;
    listener.close();
    await accepting;
  };
}

/** Sends a mark through the port, again and again, until it is in the file and so is all before it. */
async function marked(port: number, file: string, mark: string): Promise<void> {
  const bytes = new TextEncoder().encode(mark);
  do {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port });
    await conn.write(bytes).catch(() => {});
    // Takes a moment, and the machine is not to be kept busy by this.
    await new Deno.Command("true").output();
  } while (!contentOf(file).includes(mark));
}

function contentOf(file: string): string {
  try {
    return new TextDecoder("latin1").decode(Deno.readFileSync(file));
  } catch {
    return "";
  }
}

/** Why nothing can be captured here, or undefined. */
async function captureImpossible(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "only on Linux";
  try {
    const { code } = await new Deno.Command("tshark", {
      args: ["-q", "-i", "lo", "-c", "1", "-a", "duration:1"],
      stdout: "null",
      stderr: "null",
    }).output();
    return code === 0 ? undefined : "tshark may not capture here";
  } catch {
    return "tshark is not installed";
  }
}
