/** A bundle from a hub: its files are there together, or it is refused whole and nothing of it is written elsewhere. */
import { assert, assertEquals } from "@std/assert";
import type { FerryEvent } from "../../lib/events.ts";
import { Inbox } from "../../lib/inbox/inbox.ts";
import type { BundledFile, MessageOf } from "../../lib/protocol/message.ts";
import { FakeClock } from "../fake_clock.ts";
import { concat } from "../protocol/vectors.ts";
import { digestOf, pattern, TempDir } from "../support/files.ts";
import { codeOf, Hosted } from "../support/hosted.ts";
import { offer } from "../support/raw.ts";

const TREE = "00000000000000aa";
const THEN = Date.UTC(2020, 0, 2, 3, 4, 5, 678);

interface Given extends Partial<BundledFile> {
  readonly name: string;
  readonly body: Uint8Array;
}

const FILES: Given[] = [
  { name: "project/a", body: pattern(100), modified_ms: THEN },
  { name: "project/src/run.sh", body: pattern(50, 2), executable: true },
  { name: "project/src/empty", body: new Uint8Array(0), modified_ms: THEN },
];

type Fields = Partial<MessageOf<"offer">>;

/** Offers a bundle and gives its id. */
async function offerBundle(
  { hub }: Hosted,
  given: readonly Given[],
  fields: Fields = {},
): Promise<string> {
  const { id, ...shared } = offer();
  const files = given.map(({ body, ...file }) => ({
    ...file,
    size: body.length,
  }));
  const size = files.reduce((sum, { size }) => sum + size, 0);
  const bundle = {
    ...{ kind: "bundle", name: "project", tree: TREE, inline: true } as const,
    ...{ size, files },
  };
  await hub.send({ ...shared, type: "offer", id, ...bundle, ...fields });
  return fields.id ?? id;
}

/** Gives the peer a bundle as it wants it; what it made of it. */
async function give(
  bob: Hosted,
  given: readonly Given[],
  fields: Fields = {},
): Promise<MessageOf<"receipt" | "reject">> {
  const id = await offerBundle(bob, given, fields);
  const body = concat(given.map(({ body }) => body));
  if (fields.inline !== false) await bob.body(id, body);
  while (true) {
    const heard = await bob.hub.next();
    if (heard?.type === "accept") await bob.body(id, body);
    if (heard?.type === "receipt" || heard?.type === "reject") return heard;
  }
}

for (const inline of [true, false]) {
  Deno.test(`the files of a bundle are where they belong, as they were${inline ? "" : ", if an answer is awaited too"}`, async () => {
    await using bob = await Hosted.join();
    const receipt = await give(bob, FILES, { inline });
    assert(receipt.type === "receipt" && receipt.status === "delivered");
    assert(!("unchanged" in receipt));
    for (const { name, body, modified_ms, executable } of FILES) {
      assertEquals(bob.peer.read(name), body);
      const info = Deno.statSync(`${bob.peer.inboxDir}/${name}`);
      if (modified_ms !== undefined) {
        assertEquals(info.mtime?.getTime(), modified_ms);
      }
      assertEquals(((info.mode ?? 0) & 0o100) !== 0, executable === true);
    }
    assertEquals(bob.peer.files(), ["project"]);
    const { id } = receipt;
    const told = bob.peer.events.all.flatMap((one) =>
      one.event === "transfer.completed"
        ? [[one.id, one.name, one.bytes, one.sha256, one.tree]]
        : []
    );
    assertEquals(
      told,
      FILES.map(({ name, body }, n) => {
        const last = (Number.parseInt(id.slice(8), 16) + n).toString(16);
        const own = id.slice(0, 8) + last.padStart(8, "0");
        return [own, name, body.length, digestOf(body).sha256, TREE];
      }),
    );
  });
}

Deno.test("a bundle of what is there already needs no byte; one of which some is there is refused", async () => {
  await using bob = await Hosted.join();
  const timed = FILES.map((file) => ({ ...file, modified_ms: THEN }));
  await give(bob, timed);
  for (const inline of [true, false]) {
    const again = await give(bob, timed, { inline });
    assert("unchanged" in again && again.unchanged === true);
  }
  Deno.removeSync(`${bob.peer.inboxDir}/project/src/empty`);
  for (const inline of [true, false]) {
    assertEquals(codeOf(await give(bob, timed, { inline })), "split");
  }
  assertEquals(bob.peer.dir.list("inbox", "project", "src"), ["run.sh"]);
});

const OTHERS: [what: string, name: string][] = [
  ["upwards", "project/../../x"],
  ["upwards at the end", "project/.."],
  ["an empty name", "project//x"],
  ["a null byte", "project/a\0b"],
  ["an escape sequence", "project/\x1b]0;owned\x07"],
];

Deno.test("a bundle with a path that leads elsewhere is refused, and nothing of it is kept", async () => {
  await using bob = await Hosted.join();
  for (const [what, name] of OTHERS) {
    const bad = { name, body: pattern(10) };
    const verdict = await give(bob, [...FILES, bad]);
    assertEquals(codeOf(verdict), "split", what);
    assert("message" in verdict && !verdict.message.includes(name), what);
  }
  assertEquals(bob.peer.dir.list(), []);
});

Deno.test("a link where a directory should be is not followed by a bundle either", async () => {
  await using bob = await Hosted.join();
  const outside = bob.peer.dir.at("outside");
  Deno.mkdirSync(outside);
  Deno.mkdirSync(`${bob.peer.inboxDir}/project`, { recursive: true });
  Deno.symlinkSync(outside, `${bob.peer.inboxDir}/project/src`);
  assertEquals(codeOf(await give(bob, FILES)), "split");
  assertEquals(bob.peer.dir.list("outside"), []);
  assertEquals(bob.peer.dir.list("inbox", "project"), ["src"]);
});

Deno.test("a link that comes while a bundle arrives is not followed", async () => {
  await using bob = await Hosted.join();
  const outside = bob.peer.dir.at("outside");
  Deno.mkdirSync(outside);
  const id = await offerBundle(bob, FILES, { inline: false });
  await bob.hub.expect("accept");
  Deno.mkdirSync(`${bob.peer.inboxDir}/project`, { recursive: true });
  Deno.symlinkSync(outside, `${bob.peer.inboxDir}/project/src`);
  await bob.body(id, concat(FILES.map(({ body }) => body)));
  assertEquals(codeOf(await bob.hub.expect("receipt")), "split");
  assertEquals(bob.peer.dir.list("outside"), []);
  // What found its place before is there, and no part of the rest.
  assertEquals(bob.peer.files(), ["project"]);
  assertEquals(bob.peer.dir.list("inbox", "project"), ["a", "src"]);
});

Deno.test("with fail, a name that is taken refuses the bundle; with rename and overwrite it goes on", async () => {
  for (
    const [onConflict, code, files] of [
      ["fail", "split", ["a"]],
      ["rename", "delivered", ["a", "a (2)", "src"]],
      ["overwrite", "delivered", ["a", "src"]],
      ["skip", "delivered", ["a", "src"]],
    ] as const
  ) {
    await using bob = await Hosted.join({ onConflict });
    Deno.mkdirSync(`${bob.peer.inboxDir}/project`, { recursive: true });
    Deno.writeTextFileSync(`${bob.peer.inboxDir}/project/a`, "other");
    assertEquals(codeOf(await give(bob, FILES)), code, onConflict);
    assertEquals(bob.peer.dir.list("inbox", "project"), [...files], onConflict);
  }
});

Deno.test("a bundle that arrived damaged leaves nothing", async () => {
  await using bob = await Hosted.join();
  const id = await offerBundle(bob, FILES);
  await bob.hub.data(id, 0, pattern(150, 9));
  const { sha256 } = digestOf(pattern(150, 8));
  await bob.hub.send({ type: "end", id, size: 150, sha256 });
  assertEquals(codeOf(await bob.hub.expect("receipt")), "integrity");
  assertEquals(bob.peer.files(), []);
  const failed = bob.peer.events.all.filter((one) =>
    one.event === "transfer.failed"
  );
  assertEquals(failed.length, FILES.length);
});

Deno.test("a bundle nobody asked for, or that must be asked about, is refused", async () => {
  await using bob = await Hosted.join({ accept: { kind: "none" } });
  assertEquals(codeOf(await give(bob, FILES)), "declined");
  const asked: string[] = [];
  await using carol = await Hosted.join({
    accept: { kind: "ask" },
    ask: ({ name }) => {
      asked.push(name);
      return Promise.resolve(true);
    },
  });
  assertEquals(codeOf(await give(carol, FILES)), "split");
  assertEquals(asked, []);
  const first = { id: TREE, tree: TREE, kind: "directory" as const };
  await carol.give(new Uint8Array(0), { ...first, name: "project" });
  assertEquals(codeOf(await give(carol, FILES)), "delivered");
  assertEquals(asked, ["project"]);
});

Deno.test("a bundle whose receipt was lost is not written again", async () => {
  await using bob = await Hosted.join();
  const id = "0123456789abcd00";
  await give(bob, FILES, { id });
  assertEquals(codeOf(await give(bob, FILES, { id })), "delivered");
  assertEquals(bob.peer.dir.list("inbox", "project"), ["a", "src"]);
  assertEquals(bob.peer.dir.list("inbox", "project", "src"), [
    "empty",
    "run.sh",
  ]);
});

/** An inbox without a connection, and what it has told. */
function inboxAt(dir: string) {
  const told: FerryEvent[] = [];
  const inbox = new Inbox({
    ...{ dir, name: () => "bob", accept: { kind: "all" } },
    ...{ onConflict: "rename", keepMessages: false, windows: false },
    clock: new FakeClock(),
    emit: (event) => told.push(event),
  });
  return { inbox, told };
}

const TIMED = FILES.map((file) => ({ ...file, modified_ms: THEN }));

/** The offer of a bundle, admitted and whole; its commit begins when it is called. */
function whole(
  inbox: Inbox,
  id: string,
  given: readonly Given[] = TIMED,
): () => Promise<unknown> {
  const { id: _, ...shared } = offer();
  const files = given.map(({ body, ...file }) => ({
    ...file,
    size: body.length,
  }));
  const body = concat(given.map(({ body }) => body));
  const admission = inbox.admit({
    ...shared,
    ...{ id, kind: "bundle", name: "project", tree: TREE, inline: true },
    ...{ size: body.length, files },
  }, new AbortController().signal);
  assert(!admission.held);
  admission.arrival.write(body, () => {});
  return () => admission.arrival.commit(digestOf(body));
}

Deno.test("a bundle offered again while it is put in place is written and told of once", async () => {
  using dir = new TempDir();
  const { inbox, told } = inboxAt(dir.path);
  const id = "0123456789abcd00";
  const first = whole(inbox, id)();
  const again = whole(inbox, id)();
  await Promise.all([first, again]);
  inbox.close();
  assertEquals(dir.list("project"), ["a", "src"]);
  assertEquals(dir.list("project", "src"), ["empty", "run.sh"]);
  assertEquals(told.length, FILES.length);
});

Deno.test("the same files in two bundles at once are there once", async () => {
  using dir = new TempDir();
  const { inbox } = inboxAt(dir.path);
  const commits = ["0123456789abcd00", "0123456789abce00"].map((id) =>
    whole(inbox, id)
  );
  await Promise.all(commits.map((commit) => commit()));
  inbox.close();
  assertEquals(dir.list("project"), ["a", "src"]);
  assertEquals(dir.list("project", "src"), ["empty", "run.sh"]);
});

Deno.test("a file the disk has no place for is for its sender to find out alone", async () => {
  await using bob = await Hosted.join({ onConflict: "fail" });
  const first = { id: TREE, tree: TREE, kind: "directory" as const };
  await bob.give(new Uint8Array(0), { ...first, name: "project" });
  const deep = Array.from({ length: 50 }, () => "\u6df1".repeat(80)).join("/");
  const far = { name: `project/${deep}/x`, body: pattern(10) };
  assertEquals(codeOf(await give(bob, [...TIMED, far])), "split");
  // What was in its place by then is there already.
  for (const { body, ...file } of TIMED) {
    const alone = await bob.give(body, { ...file, tree: TREE, inline: true });
    assert("unchanged" in alone && alone.unchanged === true, file.name);
  }
});

Deno.test("who leaves puts in place the bundles it has begun with; those that wait have failed", async () => {
  using dir = new TempDir();
  const { inbox } = inboxAt(dir.path);
  const commits = ["a", "b", "c", "d"].map((name) => {
    const id = `0123456789abcd0${name}`;
    const files = TIMED.map((file) => ({
      ...file,
      name: file.name.replace("project/", `project/${name}/`),
    }));
    return whole(inbox, id, files)();
  });
  inbox.leave();
  const ends = await Promise.allSettled(commits);
  inbox.close();
  assertEquals(ends.map(({ status }) => status), [
    ...["fulfilled", "fulfilled", "rejected", "rejected"] as const,
  ]);
  assertEquals(dir.list(), ["project"]);
  assertEquals(dir.list("project"), ["a", "b"]);
});
