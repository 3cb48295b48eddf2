/** A name that exists already, as a file, a link or a directory: nothing is lost or followed. */
import { assert, assertEquals } from "@std/assert";
import type { ConflictPolicy } from "../../lib/inbox/policy.ts";
import { digestOf, pattern, TempDir } from "../support/files.ts";
import { codeOf, Hosted } from "../support/hosted.ts";

const OLD = new TextEncoder().encode("what was there before");
/** Large enough to be written as it comes; small enough to be held in memory. */
const SIZES = [200_000, 1_000];

/** What each policy makes of a name that exists: the verdict, the names then, and who holds the old one. */
const POLICIES: [ConflictPolicy, string, string[], "old" | "new"][] = [
  ["rename", "delivered", ["report (2).csv", "report.csv"], "old"],
  ["overwrite", "delivered", ["report.csv"], "new"],
  ["skip", "conflict", ["report.csv"], "old"],
  ["fail", "conflict", ["report.csv"], "old"],
];

for (const [onConflict, code, names, holder] of POLICIES) {
  Deno.test(`--on-conflict ${onConflict}: a file that was there before`, async () => {
    await using bob = await Hosted.join({ onConflict });
    for (const size of SIZES) {
      const body = pattern(size);
      Deno.mkdirSync(bob.peer.inboxDir, { recursive: true });
      for (const name of bob.peer.files()) {
        Deno.removeSync(`${bob.peer.inboxDir}/${name}`);
      }
      Deno.writeFileSync(`${bob.peer.inboxDir}/report.csv`, OLD);
      assertEquals(codeOf(await bob.give(body)), code);
      assertEquals(bob.peer.files(), names);
      assertEquals(bob.peer.read("report.csv"), holder === "old" ? OLD : body);
      if (names.length > 1) assertEquals(bob.peer.read("report (2).csv"), body);
    }
  });

  Deno.test(`--on-conflict ${onConflict}: a file that appears while the body comes`, async () => {
    await using bob = await Hosted.join({ onConflict });
    const body = pattern(200_000);
    const { id } = await bob.offer({ size: body.length });
    await bob.hub.expect("accept");
    await bob.hub.data(id, 0, body.subarray(0, 100_000));
    await bob.hub.send({ type: "ping", t1: 0 });
    while ((await bob.hub.next())?.type !== "pong");
    Deno.writeFileSync(`${bob.peer.inboxDir}/report.csv`, OLD);
    await bob.hub.data(id, 100_000, body.subarray(100_000));
    await bob.hub.send({ type: "end", id, ...digestOf(body) });
    assertEquals(codeOf(await bob.hub.expect("receipt")), code);
    assertEquals(bob.peer.files(), names);
    assertEquals(bob.peer.read("report.csv"), holder === "old" ? OLD : body);
  });

  Deno.test(`--on-conflict ${onConflict}: a link at the name is never followed`, async () => {
    using elsewhere = new TempDir();
    for (const target of ["there", "dangling"]) {
      await using bob = await Hosted.join({ onConflict });
      Deno.writeFileSync(elsewhere.at("there"), OLD);
      Deno.mkdirSync(bob.peer.inboxDir);
      const link = `${bob.peer.inboxDir}/report.csv`;
      Deno.symlinkSync(elsewhere.at(target), link);
      assertEquals(codeOf(await bob.give(pattern(1_000))), code);
      assertEquals(bob.peer.files(), names);
      assertEquals(Deno.lstatSync(link).isSymlink, holder === "old");
      assertEquals(elsewhere.list(), ["there"]);
      assertEquals(Deno.readFileSync(elsewhere.at("there")), OLD);
    }
  });
}

Deno.test("a directory at the name is not replaced; with overwrite the transfer fails", async () => {
  await using bob = await Hosted.join({ onConflict: "overwrite" });
  Deno.mkdirSync(`${bob.peer.inboxDir}/report.csv`, { recursive: true });
  const verdict = await bob.give(pattern(1_000));
  assertEquals(codeOf(verdict), "output");
  assert("message" in verdict);
  assertEquals(verdict.message, "is a directory");
  assertEquals(bob.peer.files(), ["report.csv"]);
  assert(Deno.statSync(`${bob.peer.inboxDir}/report.csv`).isDirectory);
});

/** Makes what is drawn at random the same every time. */
function noChance(): Disposable {
  const drawn = crypto.getRandomValues;
  crypto.getRandomValues = (values) => values;
  return { [Symbol.dispose]: () => void (crypto.getRandomValues = drawn) };
}

Deno.test("a link at the partial name is never followed, and the failure names no path", async () => {
  using elsewhere = new TempDir();
  Deno.writeFileSync(elsewhere.at("victim"), OLD);
  using _ = noChance();
  for (const size of SIZES) {
    await using bob = await Hosted.join();
    // Learn the partial name from a first try, then put a link there.
    const body = pattern(size);
    const { id } = await bob.offer({ size: 200_000 });
    await bob.hub.expect("accept");
    await bob.hub.data(id, 0, pattern(1_000));
    await bob.hub.send({ type: "ping", t1: 0 });
    while ((await bob.hub.next())?.type !== "pong");
    const [part = ""] = bob.peer.files();
    assert(part.endsWith(".part"), part);
    await bob.hub.send({ type: "cancel", id, code: "cancelled", message: "x" });
    await bob.hub.expect("receipt");
    assertEquals(bob.peer.files(), []);
    Deno.symlinkSync(elsewhere.at("victim"), `${bob.peer.inboxDir}/${part}`);
    const verdict = await bob.give(body, { id });
    assertEquals(codeOf(verdict), "output");
    assert("message" in verdict);
    assertEquals(verdict.message, "file exists");
    assertEquals(Deno.readFileSync(elsewhere.at("victim")), OLD);
    assert(!bob.peer.files().includes("report.csv"));
  }
});

Deno.test("numbers are counted on, and stand before the extension", async () => {
  await using bob = await Hosted.join();
  for (let i = 0; i < 3; i++) await bob.give(pattern(10, i));
  for (let i = 0; i < 2; i++) await bob.give(pattern(10), { name: "Makefile" });
  assertEquals(bob.peer.files(), [
    "Makefile",
    "Makefile (2)",
    "report (2).csv",
    "report (3).csv",
    "report.csv",
  ]);
  assertEquals(bob.peer.read("report (3).csv"), pattern(10, 2));
});

Deno.test("transfers of one name at once each get a name of their own", async () => {
  await using bob = await Hosted.join();
  const offers = [];
  for (let i = 0; i < 8; i++) {
    offers.push(await bob.offer({ size: 1_000, inline: true }));
  }
  for (const [i, { id }] of offers.entries()) {
    await bob.body(id, pattern(1_000, i));
  }
  for (let i = 0; i < 8; i++) {
    assertEquals(codeOf(await bob.hub.expect("receipt")), "delivered");
  }
  const contents = bob.peer.files().map((name) => bob.peer.read(name).join());
  assertEquals(new Set(contents).size, 8);
});

Deno.test("a partial file that somebody removed leaves no empty file under the final name", async () => {
  await using bob = await Hosted.join();
  const body = pattern(200_000);
  const { id } = await bob.offer({ size: body.length });
  await bob.hub.expect("accept");
  await bob.hub.data(id, 0, body.subarray(0, 100_000));
  await bob.hub.send({ type: "ping", t1: 0 });
  while ((await bob.hub.next())?.type !== "pong");
  const [part = ""] = bob.peer.files();
  Deno.removeSync(`${bob.peer.inboxDir}/${part}`);
  await bob.hub.data(id, 100_000, body.subarray(100_000));
  await bob.hub.send({ type: "end", id, ...digestOf(body) });
  assertEquals(codeOf(await bob.hub.expect("receipt")), "output");
  assertEquals(bob.peer.files(), []);
});
