/** Names from a peer: none leaves the inbox, hides in it, or comes back to a screen raw. */
import { assert, assertEquals } from "@std/assert";
import { pattern } from "../support/files.ts";
import { codeOf, Hosted } from "../support/hosted.ts";

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

Deno.test("names that lead elsewhere or trick a screen are refused without repeating them", async () => {
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

Deno.test("other names are kept as they are, leading dots made plain, up to 240 bytes", async () => {
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

Deno.test("a peer with the longest name takes files with the longest names", async () => {
  const longest = "n".repeat(64);
  await using bob = await Hosted.join({ name: () => longest });
  const verdict = await bob.give(pattern(100_000), { name: "漢".repeat(80) });
  assertEquals(codeOf(verdict), "delivered");
});

Deno.test("on Windows what that system reads differently is refused too", async () => {
  await using bob = await Hosted.join({ windows: true });
  for (
    const name of ["a:b", "NUL", "com1.txt", "a.", "a ", "a?", "con", "x|y"]
  ) assertEquals(codeOf(await bob.give(BODY, { name })), "bad-name", name);
  assertEquals(codeOf(await bob.give(BODY, { name: "console" })), "delivered");
});
