/** Files of a directory from a peer: where they go, what they keep, and that no name or link leads elsewhere. */
import { assert, assertEquals } from "@std/assert";
import { digestOf, pattern } from "../support/files.ts";
import { codeOf, Hosted } from "../support/hosted.ts";

const BODY = pattern(100);
const LARGE = pattern(100_000);
const TREE = "00000000000000aa";
const THEN = Date.UTC(2020, 0, 2, 3, 4, 5, 678);

Deno.test("a file of a directory keeps its place, its time and that it may be run", async () => {
  await using bob = await Hosted.join();
  for (const [n, body] of [BODY, LARGE].entries()) {
    const name = `project/src/run-${n}.sh`;
    const fields = { name, tree: TREE, modified_ms: THEN, executable: true };
    assertEquals(codeOf(await bob.give(body, fields)), "delivered");
    const path = `${bob.peer.inboxDir}/${name}`;
    const info = Deno.statSync(path);
    assertEquals(Deno.readFileSync(path), body);
    assertEquals(info.mtime?.getTime(), THEN);
    // What the umask lets through, and nothing that runs as another user.
    assertEquals((info.mode ?? 0) & 0o7777, 0o777 & ~Deno.umask());
  }
  assertEquals(bob.peer.files(), ["project"]);
});

Deno.test("a single file keeps its modification time", async () => {
  await using bob = await Hosted.join();
  await bob.give(BODY, { name: "a", modified_ms: THEN });
  const info = Deno.statSync(`${bob.peer.inboxDir}/a`);
  assertEquals(info.mtime?.getTime(), THEN);
  assertEquals((info.mode ?? 0) & 0o111, 0);
});

const REFUSED: [what: string, name: string][] = [
  ["upwards at once", "../x"],
  ["upwards in the middle", "project/../../x"],
  ["upwards at the end", "project/.."],
  ["here", "project/./x"],
  ["from the root", "/etc/passwd"],
  ["an empty name", "project//x"],
  ["an empty end", "project/"],
  ["a backslash", "project/a\\b"],
  ["a null byte", "project/a\0b"],
  ["an escape sequence", "project/\x1b]0;owned\x07"],
  ["an override of direction", "project/cod\u202egpj.exe"],
  ["a directory's name too long", `${"x".repeat(241)}/a`],
];

Deno.test("paths that lead elsewhere or trick a screen are refused without repeating them", async () => {
  await using bob = await Hosted.join();
  for (const [what, name] of REFUSED) {
    for (const kind of ["file", "directory"] as const) {
      const body = kind === "file" ? BODY : new Uint8Array(0);
      const verdict = await bob.give(body, { name, kind, tree: TREE });
      assertEquals(codeOf(verdict), "bad-name", what);
      assert("message" in verdict && !verdict.message.includes(name), what);
    }
  }
  assertEquals(bob.peer.dir.list(), []);
});

Deno.test("on Windows every name in a path must be one it reads as it stands", async () => {
  await using bob = await Hosted.join({ windows: true });
  for (const name of ["project/NUL", "a./x", "project/a:b", "con/x"]) {
    const verdict = await bob.give(BODY, { name, tree: TREE });
    assertEquals(codeOf(verdict), "bad-name", name);
  }
});

Deno.test("a path without a directory it belongs to is refused, as before", async () => {
  await using bob = await Hosted.join();
  assertEquals(codeOf(await bob.give(BODY, { name: "a/b" })), "bad-name");
});

Deno.test("hidden names stay inside a directory and become plain in the inbox itself", async () => {
  await using bob = await Hosted.join();
  for (const name of ["project/.gitignore", "project/.git/HEAD", ".ssh/id"]) {
    assertEquals(
      codeOf(await bob.give(BODY, { name, tree: TREE })),
      "delivered",
    );
  }
  assertEquals(bob.peer.files(), ["_.ssh", "project"]);
  assertEquals(bob.peer.dir.list("inbox", "project"), [".git", ".gitignore"]);
});

Deno.test("a link where a directory should be is not followed", async () => {
  for (const body of [BODY, LARGE]) {
    await using bob = await Hosted.join();
    const outside = bob.peer.dir.at("outside");
    Deno.mkdirSync(outside);
    Deno.mkdirSync(`${bob.peer.inboxDir}/project`, { recursive: true });
    Deno.symlinkSync(outside, `${bob.peer.inboxDir}/project/src`);
    Deno.symlinkSync(outside, `${bob.peer.inboxDir}/linked`);
    for (const name of ["project/src/a", "project/src/b/c", "linked/a"]) {
      const verdict = await bob.give(body, { name, tree: TREE });
      assertEquals(codeOf(verdict), "conflict", name);
    }
    assertEquals(bob.peer.dir.list("outside"), []);
    assertEquals(bob.peer.files(), ["linked", "project"]);
  }
});

Deno.test("a directory replaced by a link while a file for it arrives does not lead outside", async () => {
  await using bob = await Hosted.join();
  const outside = bob.peer.dir.at("outside");
  Deno.mkdirSync(outside);
  await bob.give(BODY, { name: "project/src/first", tree: TREE });
  const name = "project/src/second";
  const { id } = await bob.offer({ name, tree: TREE, size: LARGE.length });
  await bob.hub.expect("accept");
  await bob.hub.data(id, 0, LARGE.subarray(0, 50_000));
  const src = `${bob.peer.inboxDir}/project/src`;
  Deno.removeSync(src, { recursive: true });
  Deno.symlinkSync(outside, src);
  await bob.hub.data(id, 50_000, LARGE.subarray(50_000));
  await bob.hub.send({ type: "end", id, ...digestOf(LARGE) });
  const receipt = await bob.hub.expect("receipt");
  assertEquals(codeOf(receipt), "conflict");
  assertEquals(bob.peer.dir.list("outside"), []);
  assertEquals(bob.peer.files(), ["project"]);
});

Deno.test("a link under the final name is replaced or stepped aside for, never written through", async () => {
  for (const onConflict of ["rename", "overwrite", "skip"] as const) {
    await using bob = await Hosted.join({ onConflict });
    const outside = bob.peer.dir.at("outside");
    Deno.writeTextFileSync(outside, "precious");
    Deno.mkdirSync(`${bob.peer.inboxDir}/project`, { recursive: true });
    Deno.symlinkSync(outside, `${bob.peer.inboxDir}/project/a`);
    const fields = { name: "project/a", tree: TREE, modified_ms: THEN };
    assertEquals(codeOf(await bob.give(BODY, fields)), "delivered");
    assertEquals(Deno.readTextFileSync(outside), "precious");
  }
});

for (const onConflict of ["rename", "skip", "fail", "overwrite"] as const) {
  Deno.test(
    `with ${onConflict}, what is there already ${
      onConflict === "overwrite" ? "is written anew" : "needs no byte"
    }`,
    async () => {
      await using bob = await Hosted.join({ onConflict });
      const fields = { name: "project/a", tree: TREE, modified_ms: THEN };
      await bob.give(BODY, fields);
      for (const inline of [true, false]) {
        const { id } = await bob.offer({
          ...fields,
          size: BODY.length,
          inline,
        });
        if (onConflict === "overwrite") {
          if (!inline) await bob.hub.expect("accept");
          await bob.body(id, BODY);
          const receipt = await bob.hub.expect("receipt");
          assertEquals([codeOf(receipt), "unchanged" in receipt], [
            "delivered",
            false,
          ]);
          continue;
        }
        const receipt = await bob.hub.expect("receipt");
        assert(receipt.status === "delivered" && receipt.unchanged === true);
        // What was on its way is passed over.
        if (inline) await bob.body(id, BODY);
      }
      assertEquals(bob.peer.dir.list("inbox", "project"), ["a"]);
      const last = await bob.peer.events.until(
        (event) => event.event === "transfer.completed",
        "completed",
      );
      assert("tree" in last && last.tree === TREE);
    },
  );
}

Deno.test("what differs in size, time or in that it may be run is sent", async () => {
  await using bob = await Hosted.join({ onConflict: "skip" });
  const fields = { name: "project/a", tree: TREE, modified_ms: THEN };
  await bob.give(BODY, fields);
  for (
    const [body, other] of [
      [pattern(101), {}],
      [pattern(101, 2), { modified_ms: THEN + 1 }],
      [pattern(101, 2), { modified_ms: THEN + 1, executable: true }],
    ] as const
  ) {
    const verdict = await bob.give(body, { ...fields, ...other });
    assertEquals(codeOf(verdict), "delivered");
    assert(!("unchanged" in verdict));
    assertEquals(bob.peer.read("project/a"), body);
  }
});

Deno.test("with rename, a file that had to get a number is known again", async () => {
  await using bob = await Hosted.join();
  const fields = { name: "project/a", tree: TREE, modified_ms: THEN };
  await bob.give(BODY, fields);
  const other = { ...fields, modified_ms: THEN + 5 };
  await bob.give(pattern(100, 7), other);
  const verdict = await bob.give(pattern(100, 7), other);
  assert("unchanged" in verdict && verdict.unchanged === true);
  assertEquals(bob.peer.dir.list("inbox", "project"), ["a", "a (2)"]);
});

Deno.test("a file of a directory that comes twice at the same time is there once", async () => {
  await using bob = await Hosted.join();
  const fields = { name: "project/a", modified_ms: THEN };
  const offers = [];
  for (const tree of [TREE, "00000000000000bb"]) {
    const size = LARGE.length;
    offers.push(await bob.offer({ ...fields, tree, size, inline: false }));
    await bob.hub.expect("accept");
  }
  for (const { id } of offers) {
    await bob.body(id, LARGE);
    assertEquals(codeOf(await bob.hub.expect("receipt")), "delivered");
  }
  assertEquals(bob.peer.dir.list("inbox", "project"), ["a"]);
  assertEquals(bob.peer.files(), ["project"]);
});

Deno.test("who would be asked is asked about a directory once, and about nothing outside it", async () => {
  const asked: string[] = [];
  await using bob = await Hosted.join({
    accept: { kind: "ask" },
    ask: ({ name }) => {
      asked.push(name);
      return Promise.resolve(name !== "other");
    },
  });
  const empty = new Uint8Array(0);
  const root = { id: TREE, tree: TREE, kind: "directory" as const };
  const first = await bob.give(empty, { ...root, name: "project" });
  assertEquals(codeOf(first), "delivered");
  for (const name of ["project/a", "project/b", "project/c/d"]) {
    assertEquals(
      codeOf(await bob.give(BODY, { name, tree: TREE })),
      "delivered",
    );
  }
  assertEquals(asked, ["project"]);
  await bob.give(BODY, { name: "elsewhere/a", tree: TREE });
  await bob.give(BODY, { name: "project/a", tree: TREE, from: "mallory" });
  await bob.give(BODY, { name: "project/a", tree: "00000000000000bb" });
  assertEquals(asked, ["project", "elsewhere/a", "project/a", "project/a"]);
  const refused = await bob.give(empty, { ...root, name: "other" });
  assertEquals(codeOf(refused), "declined");
});

Deno.test("a directory with bytes of its own is refused", async () => {
  await using bob = await Hosted.join();
  const verdict = await bob.give(BODY, { name: "d", kind: "directory" });
  assertEquals(codeOf(verdict), "bad-data");
});

Deno.test("a file of a directory that is refused counts as failed, until it comes after all", async () => {
  await using bob = await Hosted.join({ onConflict: "fail" });
  const directory = { name: "docs", kind: "directory" } as const;
  const tree = { ...directory, tree: TREE };
  await bob.give(new Uint8Array(0), { ...tree, id: TREE });
  for (const name of ["docs/a", "docs/b"]) {
    Deno.writeTextFileSync(`${bob.peer.inboxDir}/${name}`, "another");
    const refused = await bob.give(BODY, { name, tree: TREE });
    assertEquals(codeOf(refused), "conflict");
  }
  Deno.removeSync(`${bob.peer.inboxDir}/docs/b`);
  await bob.give(BODY, { name: "docs/b", tree: TREE });
  await bob.give(new Uint8Array(0), tree);
  const told = bob.peer.events.all.flatMap((one) =>
    "files" in one && one.files !== undefined ? [one.files] : []
  );
  assertEquals(told, [{ transferred: 1, unchanged: 0, failed: 1 }]);
});

Deno.test("a directory whose last receipt was lost is told of once; what failed and came then has not failed", async () => {
  await using bob = await Hosted.join();
  const directory = { name: "docs", kind: "directory", size: 0 } as const;
  const give = (fields: Parameters<typeof bob.offer>[0]) =>
    bob.give(new Uint8Array(0), { ...directory, tree: TREE, ...fields });
  await give({ id: TREE });
  const file = { name: "docs/large", tree: TREE, size: LARGE.length };
  const { id } = await bob.offer({ ...file, id: "00000000000000ab" });
  await bob.hub.expect("accept");
  const reason = { code: "disconnected", message: "it was lost" };
  await bob.hub.send({ type: "cancel", id, ...reason });
  assertEquals(codeOf(await bob.hub.expect("receipt")), "disconnected");
  assertEquals(codeOf(await bob.give(LARGE, file)), "delivered");
  for (let n = 0; n < 2; n++) {
    const end = { id: "00000000000000ad", modified_ms: THEN };
    assertEquals(codeOf(await give(end)), "delivered");
  }
  const told = bob.peer.events.all.filter((one) =>
    one.event === "transfer.completed" && one.kind === "directory"
  );
  assertEquals(told.map((one) => "files" in one && one.files), [
    { transferred: 1, unchanged: 0, failed: 0 },
  ]);
});
