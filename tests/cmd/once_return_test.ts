/** `ferry connect --once` whose hub goes away at the very end: the sender's receipt is not lost with it. */
import { assertEquals } from "@std/assert";
import { encodeMessage } from "../../lib/protocol/message.ts";
import { inProcess } from "../cli/world.ts";
import { soon } from "../cli/started.ts";
import { digestOf, listOf, TempDir } from "../support/files.ts";
import {
  dataFrame,
  offer,
  type RawEnd,
  RawListener,
  welcome,
} from "../support/raw.ts";

const BODY = new TextEncoder().encode("hello");
const A = offer({
  ...{ from: "alice", to: ["bob"], name: "a.txt" },
  ...{ size: BODY.length, inline: true },
});

/** Starts `ferry connect --once`; `play` is its hub. */
async function once(
  idle: string,
  play: (accept: () => Promise<RawEnd>) => Promise<void>,
): Promise<void> {
  using dir = new TempDir();
  using listener = new RawListener();
  const at = `127.0.0.1:${listener.port}`;
  const options = ["--name", "bob", "--inbox", "box", "--idle-timeout", idle];
  const running = inProcess.start({
    args: ["connect", at, "--once", "--no-menu", "--insecure", ...options],
    cwd: dir.path,
    env: { HOME: dir.path },
    stdin: new Uint8Array(),
    stdinHeld: false,
    stdoutClosed: false,
  });
  const ends: RawEnd[] = [];
  try {
    await play(async () => {
      const end = await listener.accept();
      ends.push(end);
      await end.expect("hello");
      await end.send(welcome("bob"));
      return end;
    });
    assertEquals(await soon(running.status, "its end", running), 0);
  } finally {
    for (const end of ends) end[Symbol.dispose]();
  }
  assertEquals(listOf(dir.at("box")), ["a.txt"]);
}

/** All of a file, and the hub's leave right behind it: no receipt can be said. */
async function giveAndLeave(hub: RawEnd): Promise<void> {
  const message = "the hub is shutting down";
  const frames = [
    encodeMessage({ type: "offer", ...A }),
    dataFrame(A.id, 0, BODY),
    encodeMessage({ type: "end", id: A.id, ...digestOf(BODY) }),
    encodeMessage({ type: "bye", code: "shutdown", message }),
  ];
  await hub.write(await new Blob(frames).bytes());
  await hub.ended();
}

Deno.test("what has come whole without its receipt is waited for to be offered again", async () => {
  await once("30s", async (accept) => {
    await giveAndLeave(await accept());
    const hub = await accept();
    await hub.send({ type: "offer", ...A });
    await hub.write(dataFrame(A.id, 0, BODY));
    await hub.send({ type: "end", id: A.id, ...digestOf(BODY) });
    assertEquals((await hub.expect("receipt")).status, "delivered");
    await hub.expect("bye");
  });
});

Deno.test("nobody who asks for the receipt is waited for longer than the idle deadline", async () => {
  await once("300ms", async (accept) => {
    await giveAndLeave(await accept());
  });
});
