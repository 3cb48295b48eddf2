/** The spool: where bytes are kept, who may read them when, and that nothing of it stays. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { Spool, SpoolRoom } from "../../lib/hub/spool.ts";
import {
  SPOOL_MEMORY_BYTES,
  SPOOL_MEMORY_TOTAL_BYTES,
} from "../../lib/protocol/limits.ts";
import type { BodyReader } from "../../lib/transfer/transfer.ts";
import { digestOf, listOf, pattern, TempDir } from "../support/files.ts";

/** Files in the spool directories below `dir`, without the locks. */
function spooled(dir: string): string[] {
  return listOf(dir).flatMap((hub) => listOf(`${dir}/${hub}`))
    .filter((name) => name !== "lock");
}

/** Everything there is to read now. */
async function readAll(reader: BodyReader): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const room = new Uint8Array(70_000);
  for (
    let count = await reader.pull(room);
    count !== null && count > 0;
    count = await reader.pull(room)
  ) parts.push(room.slice(0, count));
  return await new Blob(parts).bytes();
}

/** Asserts that a room holds nothing: all of the shared memory is free again. */
function assertFree(room: SpoolRoom): void {
  assertEquals(room.used, 0);
  assert(room.reserveMemory(SPOOL_MEMORY_TOTAL_BYTES), "memory is held");
  room.releaseMemory(SPOOL_MEMORY_TOTAL_BYTES);
}

for (
  const [what, size] of [
    ["of known size", SPOOL_MEMORY_BYTES],
    ["of unknown size", null],
  ] as const
) {
  Deno.test(`a body of 1 MiB ${what} stays in memory and is given back`, async () => {
    using dir = new TempDir();
    const room = new SpoolRoom(dir.at("spool"));
    const spool = new Spool(room, "one", size);
    const bytes = pattern(SPOOL_MEMORY_BYTES);
    for (let at = 0; at < bytes.length; at += 100_000) {
      await spool.append(bytes.subarray(at, at + 100_000));
    }
    spool.finish(digestOf(bytes));
    const reader = spool.read(0, () => {});
    assertEquals(await readAll(reader), bytes);
    assertEquals(reader.digest(), digestOf(bytes));
    assertEquals(dir.list("spool"), []);
    assertEquals(room.used, bytes.length);
    spool.dispose();
    assertFree(room);
  });
}

Deno.test("a body past 1 MiB moves to disk while it is read, and the memory is free at once", async () => {
  using dir = new TempDir();
  const room = new SpoolRoom(dir.at("spool"));
  const spool = new Spool(room, "one", null);
  const bytes = pattern(SPOOL_MEMORY_BYTES + 200_000);
  const reader = spool.read(0, () => {});
  await spool.append(bytes.subarray(0, 300_000));
  const head = await readAll(reader);
  await spool.append(bytes.subarray(300_000));
  assertEquals(spooled(dir.at("spool")), ["one"]);
  assert(room.reserveMemory(SPOOL_MEMORY_TOTAL_BYTES), "memory is held");
  room.releaseMemory(SPOOL_MEMORY_TOTAL_BYTES);
  spool.finish(digestOf(bytes));
  const tail = await readAll(reader);
  assertEquals(await new Blob([head.slice(), tail.slice()]).bytes(), bytes);
  reader.close();
  spool.dispose();
  assertEquals(spooled(dir.at("spool")), []);
  assertFree(room);
  room.close();
  assertEquals(dir.list("spool"), []);
});

Deno.test("a reader may start anywhere, on disk and in memory", async () => {
  using dir = new TempDir();
  const room = new SpoolRoom(dir.at("spool"));
  for (const length of [200_000, SPOOL_MEMORY_BYTES + 200_000]) {
    const spool = new Spool(room, "one", length);
    const bytes = pattern(length);
    await spool.append(bytes);
    spool.finish(digestOf(bytes));
    const reader = spool.read(123_457, () => {});
    assertEquals(await readAll(reader), bytes.subarray(123_457));
    reader.close();
    spool.dispose();
  }
  room.close();
});

Deno.test("a reader at the tail is woken by more bytes and by the end, each time once", async () => {
  using dir = new TempDir();
  const spool = new Spool(new SpoolRoom(dir.path), "one", null);
  let woken = 0;
  const reader = spool.read(0, () => woken++);
  const room = new Uint8Array(10);
  assertEquals(await reader.pull(room), 0);
  await spool.append(pattern(5));
  await spool.append(pattern(2));
  assertEquals(woken, 1);
  assertEquals(await reader.pull(room), 7);
  assertEquals(await reader.pull(room), 0);
  spool.finish(digestOf(pattern(7)));
  assertEquals(woken, 2);
  assertEquals(await reader.pull(room), null);
  spool.dispose();
});

Deno.test("small bodies go to disk when the shared memory is used up", async () => {
  using dir = new TempDir();
  const room = new SpoolRoom(dir.at("spool"));
  assert(room.reserveMemory(SPOOL_MEMORY_TOTAL_BYTES - 10));
  const spool = new Spool(room, "one", 100);
  await spool.append(pattern(100));
  assertEquals(spooled(dir.at("spool")), ["one"]);
  spool.finish(digestOf(pattern(100)));
  const reader = spool.read(0, () => {});
  assertEquals(await readAll(reader), pattern(100));
  reader.close();
  spool.dispose();
  room.close();
});

Deno.test("a full spool refuses a known size at the offer and an unknown one as it grows", async () => {
  using dir = new TempDir();
  const room = new SpoolRoom(dir.path, 1_000);
  const held = new Spool(room, "one", 900);
  assertThrows(
    () => new Spool(room, "two", 101),
    Failure,
    "the hub's spool is full",
  );
  const growing = new Spool(room, "three", null);
  await growing.append(pattern(100));
  await assertRejects(
    async () => await growing.append(pattern(1)),
    Failure,
    "the hub's spool is full",
  );
  growing.dispose();
  held.dispose();
  assertFree(room);
});

Deno.test("a spool given up while its file is being made leaves no file and no open handle", async () => {
  using dir = new TempDir();
  const room = new SpoolRoom(dir.at("spool"));
  const spool = new Spool(room, "one", 2 * SPOOL_MEMORY_BYTES);
  const appending = spool.append(pattern(2 * SPOOL_MEMORY_BYTES));
  spool.dispose();
  await appending;
  assertEquals(spooled(dir.at("spool")), []);
  assertFree(room);
  room.close();
});

Deno.test("a reader closed while its file is being opened leaves no open handle", async () => {
  using dir = new TempDir();
  const room = new SpoolRoom(dir.at("spool"));
  const spool = new Spool(room, "one", 2 * SPOOL_MEMORY_BYTES);
  await spool.append(pattern(2 * SPOOL_MEMORY_BYTES));
  const reader = spool.read(0, () => {});
  const pulling = reader.pull(new Uint8Array(10));
  reader.close();
  await pulling;
  spool.dispose();
  room.close();
});

Deno.test("spool directories of dead hubs are cleared away, those of living ones are not", () => {
  using dir = new TempDir();
  const living = new SpoolRoom(dir.path);
  Deno.writeTextFileSync(living.path("body"), "in use");
  const [alive = ""] = dir.list();
  Deno.mkdirSync(dir.at("hub-dead"));
  Deno.writeTextFileSync(dir.at("hub-dead", "lock"), "");
  Deno.writeTextFileSync(dir.at("hub-dead", "body"), "left behind");
  Deno.mkdirSync(dir.at("mine"));
  Deno.writeTextFileSync(dir.at("mine", "lock"), "");
  const next = new SpoolRoom(dir.path);
  next.sweep();
  next.path("body");
  assertEquals(dir.list().length, 3);
  assert(!dir.list().includes("hub-dead"), "the dead hub's is still there");
  assert(dir.list().includes("mine"), "a directory of somebody else is gone");
  assertEquals(dir.list(alive), ["body", "lock"]);
  next.close();
  living.close();
  assertEquals(dir.list(), ["mine"]);
});
