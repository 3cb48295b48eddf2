/** Partial files that are gone on with, and transfers that are offered again after they arrived. */
import { assert, assertEquals } from "@std/assert";
import { pattern, sha256, TempDir } from "../support/files.ts";
import { lastingOffer } from "../support/fingerprint.ts";
import { codeOf, Hosted } from "../support/hosted.ts";
import { Received } from "../../lib/inbox/received.ts";
import { Parts } from "../../lib/inbox/parts.ts";

const BODY = pattern(300_000);
const PART = 200_000;

/** Sends the first part of a body to a peer whose inbox is `dir`, then cuts it off. */
async function leavePart(dir: string, body = BODY): Promise<void> {
  await using bob = await Hosted.join({ dir });
  const { id } = await bob.offer(lastingOffer(body));
  await bob.hub.expect("accept");
  await bob.hub.data(id, 0, body.subarray(0, PART));
  await bob.hub.send({ type: "ping", t1: 0 });
  await bob.hub.expect("pong");
  bob.hub.conn.close();
  await bob.peer.events.of("transfer.failed");
}

/** Sends a body to a peer, from where it asks for it; gives that offset and what it said in the end. */
async function sendRest(
  bob: Hosted,
  body: Uint8Array,
  fields = {},
): Promise<[offset: number, end: string]> {
  const { id } = await bob.offer(lastingOffer(body, fields));
  const { offset } = await bob.hub.expect("accept");
  if (offset < body.length) {
    await bob.hub.data(id, offset, body.subarray(offset));
  }
  const digest = { size: body.length, sha256: sha256(body) };
  await bob.hub.send({ type: "end", id, ...digest });
  return [offset, codeOf(await bob.hub.expect("receipt"))];
}

Deno.test("what a peer has of a file when it is cut off is not sent again, also when another process goes on", async () => {
  using dir = new TempDir();
  await leavePart(dir.path);
  assertEquals(dir.list().length, 1);
  await using bob = await Hosted.join({ dir: dir.path });
  assertEquals(await sendRest(bob, BODY), [PART, "delivered"]);
  assertEquals(dir.list(), ["report.csv"]);
  assertEquals(Deno.readFileSync(dir.at("report.csv")), BODY);
  const done = await bob.peer.events.of("transfer.completed");
  assertEquals([done.bytes, done.sha256], [BODY.length, sha256(BODY)]);
});

Deno.test("a peer that checks what it has says so at once, before it accepts: its sender need not wait to do the same", async () => {
  using dir = new TempDir();
  await leavePart(dir.path);
  await using bob = await Hosted.join({ dir: dir.path });
  const { id } = await bob.offer(lastingOffer(BODY));
  const said: unknown[] = [];
  while (said.length < 2) {
    const heard = await bob.hub.next();
    if (heard?.type !== "ping") said.push(heard);
  }
  assertEquals(said, [
    { type: "progress", id, recipient: "bob", bytes: PART },
    { type: "accept", id, offset: PART },
  ]);
});

Deno.test("safety: a stale partial replaced a newer file: what was kept of another content is not gone on with", async () => {
  using dir = new TempDir();
  const older = BODY;
  const newer = pattern(BODY.length, 9);
  await leavePart(dir.path, older);
  await using bob = await Hosted.join({
    dir: dir.path,
    onConflict: "overwrite",
  });
  assertEquals(await sendRest(bob, newer), [0, "delivered"]);
  assertEquals(Deno.readFileSync(dir.at("report.csv")), newer);
  // Nor for another sender or another name, whatever they say of their file.
  assertEquals((await sendRest(bob, older, { from: "eve" }))[0], 0);
  assertEquals((await sendRest(bob, older, { name: "b.csv" }))[0], 0);
});

Deno.test("safety: a stale partial replaced a newer file: a partial file that is not what its fingerprint says is found out at the end, and is gone", async () => {
  using dir = new TempDir();
  await leavePart(dir.path);
  const [part = ""] = dir.list();
  const wrong = BODY.slice(0, PART);
  wrong[1_000] = (wrong[1_000] ?? 0) + 1;
  Deno.writeFileSync(dir.at(part), wrong);
  await using bob = await Hosted.join({ dir: dir.path });
  assertEquals(await sendRest(bob, BODY), [PART, "integrity"]);
  assertEquals(dir.list(), []);
  assertEquals(await sendRest(bob, BODY), [0, "delivered"]);
});

Deno.test("what is kept of a file goes when the file is there: it came in another way, and needs no byte", async () => {
  using dir = new TempDir();
  const then = Date.UTC(2020, 0, 2);
  const tree = "00000000000000aa";
  const fields = { name: "d/a", tree, modified_ms: then };
  await using bob = await Hosted.join({ dir: dir.path });
  const { id } = await bob.offer(lastingOffer(BODY, fields));
  await bob.hub.expect("accept");
  await bob.hub.data(id, 0, BODY.subarray(0, PART));
  const lost = { code: "disconnected", message: "alice disconnected" };
  await bob.hub.send({ type: "cancel", id, ...lost });
  await bob.hub.expect("receipt");
  assertEquals(dir.list().length, 1);
  Deno.mkdirSync(dir.at("d"));
  Deno.writeFileSync(dir.at("d/a"), BODY);
  Deno.utimeSync(dir.at("d/a"), new Date(then), new Date(then));
  await bob.offer(lastingOffer(BODY, fields));
  const receipt = await bob.hub.expect("receipt");
  assert(receipt.status === "delivered" && receipt.unchanged === true);
  assertEquals(dir.list(), ["d"]);
});

Deno.test("a sender's cancel takes the partial file away; any other end keeps it", async () => {
  for (
    const [code, left] of [["cancelled", 0], ["deadline.idle", 1]] as const
  ) {
    await using bob = await Hosted.join();
    const { id } = await bob.offer(lastingOffer(BODY));
    await bob.hub.expect("accept");
    await bob.hub.data(id, 0, BODY.subarray(0, PART));
    await bob.hub.send({ type: "cancel", id, code, message: "no" });
    await bob.hub.expect("receipt");
    assertEquals(bob.peer.files().length, left);
  }
});

Deno.test("what was received and is offered again gets its receipt again, and no second copy", async () => {
  using dir = new TempDir();
  const journal = dir.at("state", "received.jsonl");
  const inbox = dir.at("inbox");
  const offered = lastingOffer(BODY);
  for (const time of [1, 2, 3]) {
    await using bob = await Hosted.join({ dir: inbox, journal });
    await bob.offer(offered);
    const { offset } = await bob.hub.expect("accept");
    assertEquals(offset, time === 1 ? 0 : BODY.length);
    const { id } = offered;
    if (time === 1) await bob.hub.data(id, 0, BODY);
    const digest = { size: BODY.length, sha256: sha256(BODY) };
    await bob.hub.send({ type: "end", id, ...digest });
    assertEquals(codeOf(await bob.hub.expect("receipt")), "delivered");
    assertEquals(dir.list("inbox"), ["report.csv"]);
    assertEquals(
      bob.peer.events.kinds.includes("transfer.completed"),
      time === 1,
    );
  }
});

Deno.test("a message whose receipt was lost is not shown twice", async () => {
  await using bob = await Hosted.join();
  const text = new TextEncoder().encode("hello");
  const fields = {
    kind: "text",
    inline: true,
    id: "00000000000000cc",
  } as const;
  for (let time = 0; time < 2; time++) {
    const { id } = await bob.offer({ ...fields, size: text.length });
    await bob.hub.data(id, 0, text);
    const digest = { size: text.length, sha256: sha256(text) };
    await bob.hub.send({ type: "end", id, ...digest });
    assertEquals(codeOf(await bob.hub.expect("receipt")), "delivered");
  }
  const shown = bob.peer.events.kinds.filter((kind) =>
    kind === "transfer.completed"
  );
  assertEquals(shown.length, 1);
});

Deno.test("a process killed while it put a file in place: the journal and the partial file tell how far it was", () => {
  using dir = new TempDir();
  const journal = dir.at("state", "received.jsonl");
  const part = "a.00000000000000aa.00000000000000bb.part";
  const place = () => new Promise<void>(() => {}); // Killed meanwhile.
  for (
    const [how, known] of [
      ["before", false],
      ["between link and unlink", true],
      ["after", true],
    ] as const
  ) {
    const path = dir.at(part);
    Deno.writeTextFileSync(path, "body");
    const before = new Received(journal, dir.path);
    before.placing("01", "alice", "ab", part, place);
    before.close();
    if (how !== "before") Deno.linkSync(path, dir.at(how));
    if (how === "after") Deno.removeSync(path);
    const after = new Received(journal, dir.path);
    assertEquals(after.find("01", "Alice") !== undefined, known, how);
    assertEquals(after.find("01", "eve"), undefined);
    new Parts(dir.path, Date.now());
    assertEquals(dir.list().includes(part), how === "before", how);
    after.close();
  }
});

Deno.test("safety: a stale partial replaced a newer file: partial files that can serve no more are swept away at the start, others are not", () => {
  using dir = new TempDir();
  const DAY_MS = 24 * 3600_000;
  const held = "c.00000000000000cc.part";
  const lasting = "a.00000000000000aa.00000000000000bb.part";
  const useless = "b.00000000000000bb.part";
  const theirs = "report.part";
  for (const name of [lasting, useless, held, theirs]) {
    Deno.writeTextFileSync(dir.at(name), "");
  }
  using file = Deno.openSync(dir.at(held), { write: true });
  file.lockSync(true); // Another process writes it.
  const now = Date.now();
  new Parts(dir.path, now + DAY_MS);
  assertEquals(dir.list(), [lasting, held, theirs].sort());
  new Parts(dir.path, now + 8 * DAY_MS);
  assertEquals(dir.list(), [held, theirs].sort());
});

Deno.test("of two partial files for one key, whose process was killed, the longer one stays", () => {
  using dir = new TempDir();
  const key = "00000000000000aa";
  const parts = ["01", "02", "03"].map((secret) =>
    `a.${key}.00000000000000${secret}.part`
  );
  for (const [n, size] of [2, 3, 1].entries()) {
    Deno.writeTextFileSync(dir.at(parts[n] ?? ""), "x".repeat(size));
  }
  const longest = parts[1] ?? "";
  assertEquals(new Parts(dir.path, Date.now()).take(key), dir.at(longest));
  assertEquals(dir.list(), [longest]);
});

Deno.test("a file that is called like a partial one gets another name", async () => {
  await using bob = await Hosted.join();
  const name = "a.00000000000000aa.00000000000000bb.part";
  assertEquals(codeOf(await bob.give(pattern(10), { name })), "delivered");
  assertEquals(bob.peer.files(), [`${name}_`]);
});

Deno.test("safety: a stale partial replaced a newer file: a partial file another process is writing is left to it", async () => {
  using dir = new TempDir();
  await leavePart(dir.path);
  const [part = ""] = dir.list();
  await using bob = await Hosted.join({ dir: dir.path });
  using held = Deno.openSync(dir.at(part), { write: true });
  assert(held.tryLockSync(true));
  assertEquals(await sendRest(bob, BODY), [0, "delivered"]);
  assert(dir.list().includes(part));
});
