/** Row: names from a peer left the inbox (LocalSend CVE-2025-27142, croc CVE-2023-43619, wormhole CVE-2026-32116). */
import { assert, assertEquals } from "@std/assert";
import { digestOf, pattern } from "../support/files.ts";
import { codeOf, Hosted } from "../support/hosted.ts";
import { TestHub } from "../support/hub.ts";
import { offer, RawEnd } from "../support/raw.ts";
import * as fc from "fast-check";

const ROW = "safety: names from a peer left the inbox";
const BODY = pattern(100);

const REFUSED: [what: string, name: string][] = [
  ["a parent directory", "../x"],
  ["a parent directory, Windows way", "..\\x"],
  ["a directory", "a/b"],
  ["an absolute path", "/etc/passwd"],
  ["a drive path", "C:\\x"],
  ["dot", "."],
  ["dot dot", ".."],
  ["a null byte", "a\0b"],
  ["a line feed", "a\nb"],
  ["an escape sequence", "\x1b]0;owned\x07"],
  ["a C1 control", "a\x9bb"],
  ["an override of direction", "cod\u202egpj.exe"],
  ["a line separator", "a\u2028b"],
  ["half a surrogate pair", "a\ud800b"],
  ["more than 240 bytes", "x".repeat(241)],
  ["more than 240 bytes in few characters", "漢".repeat(81)],
];

Deno.test(`${ROW}: names that lead elsewhere or trick a screen are refused without repeating them`, async () => {
  await using bob = await Hosted.join();
  for (const [what, name] of REFUSED) {
    for (const inline of [true, false]) {
      const verdict = await bob.give(BODY, { name, inline: false });
      assertEquals(codeOf(verdict), "bad-name", what);
      assert("message" in verdict && !verdict.message.includes(name), what);
      if (!inline) continue;
      // A body behind its offer is dropped, not written under another name.
      const { id } = await bob.offer({ name, size: BODY.length, inline });
      await bob.body(id, BODY);
      assertEquals((await bob.hub.expect("reject")).code, "bad-name", what);
    }
  }
  assertEquals(bob.peer.dir.list(), []);
});

const ALLOWED: [name: string, saved: string][] = [
  [".bashrc", "_.bashrc"],
  ["...", "_..."],
  ["-rf", "-rf"],
  ["$(reboot)", "$(reboot)"],
  ["q1 report — final.csv", "q1 report — final.csv"],
  ["a:b?", "a:b?"],
  ["x".repeat(240), "x".repeat(240)],
  ["漢".repeat(80), "漢".repeat(80)],
  ["😀".repeat(60), "😀".repeat(60)],
];

Deno.test(`${ROW}: other names are kept as they are, leading dots made plain, up to 240 bytes`, async () => {
  await using bob = await Hosted.join();
  for (const size of [100, 100_000]) {
    for (const [name, saved] of ALLOWED) {
      const verdict = await bob.give(pattern(size), { name });
      assertEquals(codeOf(verdict), "delivered", name);
      assertEquals(bob.peer.files(), [saved]);
      Deno.removeSync(`${bob.peer.inboxDir}/${saved}`);
    }
  }
});

Deno.test(`${ROW}: a peer with the longest name takes files with the longest names`, async () => {
  const longest = "n".repeat(64);
  await using bob = await Hosted.join({ name: () => longest });
  const verdict = await bob.give(pattern(100_000), { name: "漢".repeat(80) });
  assertEquals(codeOf(verdict), "delivered");
});

Deno.test(`${ROW}: on Windows what that system reads differently is refused too`, async () => {
  await using bob = await Hosted.join({ windows: true });
  for (
    const name of ["a:b", "NUL", "com1.txt", "a.", "a ", "a?", "con", "x|y"]
  ) assertEquals(codeOf(await bob.give(BODY, { name })), "bad-name", name);
  assertEquals(codeOf(await bob.give(BODY, { name: "console" })), "delivered");
});

const pieces = fc.constantFrom(
  "..",
  ".",
  "",
  "a",
  ".ssh",
  "authorized_keys",
  "C:",
  "con",
  "NUL.txt",
  "\\\\host",
  "x:stream",
  "end.",
  "end ",
  "caf\u00e9",
  "cafe\u0301",
  "CANARY",
  "canary",
  "%2e%2e",
  "~",
  "\0",
  "\x1b[2J",
  "\u202e",
);
const hostileName = fc.oneof(
  fc.array(pieces, { minLength: 1, maxLength: 5 }).chain((parts) =>
    fc.constantFrom("/", "\\", "//", "").map((by) => parts.join(by))
  ),
  fc.string({ unit: "binary", minLength: 1, maxLength: 300 }),
).filter((name) => name !== "");

/** Every file below `dir`, with its path from there. */
function* filesIn(dir: string, below = ""): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(dir)) {
    if (isDirectory) yield* filesIn(`${dir}/${name}`, `${below}${name}/`);
    else yield below + name;
  }
}

/** What keeps a name: the way it was sent, and what it says when it does not take it. */
type Give = (name: string) => Promise<string>;

async function holds(dir: string, inbox: string, give: Give): Promise<void> {
  const canary = "inbox/CANARY";
  Deno.mkdirSync(inbox, { recursive: true });
  Deno.writeTextFileSync(`${dir}/${canary}`, "was here before");
  Deno.writeTextFileSync(`${dir}/outside`, "was here before");
  await fc.assert(
    fc.asyncProperty(hostileName, async (name) => {
      const said = await give(name);
      // One letter may stand in any sentence.
      if (name.length > 3) assert(!said.includes(name), said);
      // deno-lint-ignore no-control-regex
      assert(!/[\x00-\x1f\x7f-\x9f\u202e]/.test(said), said);
      for (const path of filesIn(dir)) {
        if (path === "outside") continue;
        assert(path.startsWith("inbox/"), `${name} was written to ${path}`);
        assert(!/(^|\/)\./.test(path), `${name} hides at ${path}`);
      }
    }),
    { numRuns: 150, seed: 7 },
  );
  for (const kept of [canary, "outside"]) {
    assertEquals(Deno.readTextFileSync(`${dir}/${kept}`), "was here before");
  }
}

for (const windows of [false, true]) {
  const system = windows ? "Windows" : "this system";
  for (const kind of ["file", "text", "json"] as const) {
    for (const inline of [true, false]) {
      const how = `${kind}${inline ? " behind its offer" : ""}`;
      Deno.test(`${ROW}: whatever the name of a ${how}, it stays inside by the rules of ${system}`, async () => {
        await using bob = await Hosted.join({ windows, keepMessages: true });
        const body = new TextEncoder().encode('"hello"');
        await holds(bob.peer.dir.path, bob.peer.inboxDir, async (name) => {
          const { id } = await bob.offer({ name, kind, inline, size: 7 });
          if (inline) await bob.body(id, body);
          while (true) {
            const heard = await bob.hub.next();
            if (heard?.type === "accept" && !inline) await bob.body(id, body);
            if (heard?.type === "receipt" || heard?.type === "reject") {
              return "message" in heard ? heard.message : "";
            }
          }
        });
      });
    }
  }
}

Deno.test(`${ROW}: whatever the name of what is sent to the hub, it stays inside`, async () => {
  await using hub = new TestHub({}, { keepMessages: true });
  using alice = await RawEnd.join(hub.port, "alice");
  await holds(hub.dir.path, hub.inboxDir, async (name) => {
    const sent = offer({ name, to: ["hub"], inline: true, size: BODY.length });
    await alice.send({ type: "offer", ...sent });
    await alice.data(sent.id, 0, BODY);
    await alice.send({ type: "end", id: sent.id, ...digestOf(BODY) });
    while (true) {
      const heard = await alice.next();
      if (heard?.type === "receipt" || heard?.type === "reject") {
        return "message" in heard ? heard.message : "";
      }
    }
  });
});
