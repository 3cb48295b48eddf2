/** Row: escape sequences in names, errors, CSV and JSON cells (croc CVE-2023-43620; less; chafa). */
import { assert } from "@std/assert";
import type { Message } from "../../lib/protocol/message.ts";
import { inProcess, type Running } from "../cli/world.ts";
import { digestOf, TempDir } from "../support/files.ts";
import { offer, type RawEnd, RawListener, welcome } from "../support/raw.ts";
import { within } from "../support/within.ts";
import { look } from "../view/harness.ts";

const ROW = "safety: escape sequences";
/** A title, a clear, a C1 introducer, a carriage return, an override of direction, a line separator. */
const EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\r\u202egpj\u2028\x7f\x08x";
// deno-lint-ignore no-control-regex
const UNSAFE = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]/;

/** Runs a command against a hub spoken by hand; all it printed. */
async function printed(
  args: string[],
  hub: (end: RawEnd) => Promise<void>,
): Promise<string> {
  using dir = new TempDir();
  using listener = new RawListener();
  Deno.writeTextFileSync(dir.at("file.txt"), "hello");
  const command: Running = inProcess.start({
    args: [...args, "--insecure", "--hub", `127.0.0.1:${listener.port}`],
    cwd: dir.path,
    env: { HOME: dir.path },
    stdin: new Uint8Array(),
    stdinHeld: false,
    stdoutClosed: false,
  });
  const end = await listener.accept();
  const greeting = await end.expect("hello");
  try {
    const peer = { name: "eve", since: 0, address: EVIL };
    await end.send(welcome(greeting.name, { software: EVIL, peers: [peer] }));
    await hub(end);
    end[Symbol.dispose]();
    await within(command.status, "the end of the command");
  } finally {
    end[Symbol.dispose]();
  }
  return command.printed.stdout + command.printed.stderr;
}

/** What a hub may say to a sender. */
const TO_SENDER: Record<string, (id: string, to: string) => Message> = {
  "ERROR": () => ({
    type: "error",
    code: "failure",
    scope: "connection",
    retryable: false,
    message: EVIL,
  }),
  "BYE": () => ({ type: "bye", code: "shutdown", message: EVIL }),
  "REJECT": (id) => ({
    type: "reject",
    id,
    code: "declined",
    message: EVIL,
    retryable: false,
  }),
  "RECEIPT": (id, recipient) => ({
    type: "receipt",
    status: "failed",
    id,
    recipient,
    code: "failure",
    message: EVIL,
    retryable: false,
  }),
};

const MODES = [[], ["-v"], ["--json"], ["--progress", "plain"]];

for (const [what, say] of Object.entries(TO_SENDER)) {
  Deno.test(`${ROW}: those in a hub's ${what} do not reach the terminal`, async () => {
    for (const mode of MODES) {
      const brief = ["--idle-timeout", "50ms", ...mode];
      const args = ["send", "--to", "bob", "file.txt", ...brief];
      const text = await printed(args, async (end) => {
        const { id, to: [bob = ""] } = await end.expect("offer");
        await end.send(say(id, bob));
        await end.ended().catch(() => {});
      });
      assert(text.includes("owned"), `${what} was not shown: ${text}`);
      assert(!UNSAFE.test(text), JSON.stringify(text));
    }
  });
}

Deno.test(`${ROW}: those in a list of peers do not reach the terminal`, async () => {
  for (const mode of MODES.slice(0, 3)) {
    const text = await printed(["peers", ...mode], (end) => end.ended());
    assert(text.includes("owned"), text);
    assert(!UNSAFE.test(text), JSON.stringify(text));
  }
});

Deno.test(`${ROW}: those in offers and messages do not reach the terminal of who receives`, async () => {
  const body = new TextEncoder().encode(EVIL);
  const json = new TextEncoder().encode(JSON.stringify({ [EVIL]: [EVIL] }));
  for (const mode of MODES) {
    const args = ["connect", "--name", "bob", "--count", "2", ...mode];
    const text = await printed(args, async (end) => {
      const peer = { name: "eve", since: 0, address: EVIL };
      await end.send({ type: "presence", change: "joined", peer });
      const refused = offer({ name: EVIL, inline: true, size: 0 });
      await end.send({ type: "offer", ...refused });
      await end.expect("reject");
      for (const [kind, bytes] of [["text", body], ["json", json]] as const) {
        const sent = offer({ kind, size: bytes.length, inline: true });
        await end.send({ type: "offer", ...sent });
        await end.data(sent.id, 0, bytes);
        await end.send({ type: "end", id: sent.id, ...digestOf(bytes) });
        await end.expect("receipt");
      }
      await end.ended().catch(() => {});
    });
    assert(text.includes("owned"), text);
    assert(!UNSAFE.test(text), JSON.stringify(text));
  }
});

Deno.test(`${ROW}: those in the cells of CSV and JSON do not reach the terminal of who views`, async () => {
  const record = JSON.stringify({ date: "2026-01-02", [EVIL]: [EVIL, 1] });
  const files = {
    "csv": `a\x1b[1m,b\n1,"${EVIL}"\n`,
    "json": `[${record},${record}]`,
    "ndjson": `${record}\n${record}\nnot json ${EVIL}\n`,
  };
  for (const name of ["csv", "json", "ndjson"] as const) {
    const { out, notes, failure } = await look(files[name], "x", {
      type: name,
      terminal: 80,
    });
    const text = [out, ...notes, failure?.message].join("\n");
    assert(text.includes("owned"), `${name}: ${text}`);
    assert(!UNSAFE.test(text), `${name}: ${JSON.stringify(text)}`);
  }
});
