/** The spool: where bytes are kept, who may read them when, and that nothing of it stays. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { Spool } from "../../lib/hub/spool/spool.ts";
import { SpoolRoom } from "../../lib/hub/spool/spool_room.ts";
import {
  SPOOL_MEMORY_BYTES,
  SPOOL_MEMORY_TOTAL_BYTES,
} from "../../lib/protocol/limits.ts";
import { readNote, writeNote } from "../../lib/hub/spool/spool_note.ts";
import type { BodyReader } from "../../lib/transfer/transfer.ts";
import { digestOf, listOf, pattern, TempDir } from "../support/files.ts";
import { offer } from "../support/raw.ts";

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

Deno.test("what a hub of another name left is cleared away after a day, unless something is queued there", () => {
  using dir = new TempDir();
  const living = new SpoolRoom(dir.path);
  Deno.writeTextFileSync(living.path("body"), "in use");
  const [alive = ""] = dir.list();
  const leave = (name: string, left: Record<string, number | null>) => {
    Deno.mkdirSync(dir.at(name));
    Deno.writeTextFileSync(dir.at(name, "lock"), "");
    const kept = offer({ id: "0".repeat(16) });
    Deno.writeTextFileSync(dir.at(name, kept.id), "left");
    const note = { offer: kept, offeredAt: 0, base: 0, left };
    writeNote(dir.at(name, `${kept.id}.json`), note);
  };
  const now = Date.now();
  leave("hub-other-dead", { bob: now + 1_000 });
  leave("hub-other-queued", { bob: now + 30 * 3600_000, carol: null });
  leave("mine", {});
  const next = new SpoolRoom(dir.path);
  assertEquals(next.adopt(now + 3600_000), []);
  assert(dir.list().includes("hub-other-dead"), "its hub may start again");
  assertEquals(next.adopt(now + 25 * 3600_000), []);
  assert(!dir.list().includes("hub-other-dead"), "it can serve no more");
  assert(dir.list().includes("hub-other-queued"), "what is queued is gone");
  assert(dir.list().includes("mine"), "a directory of somebody else is gone");
  assertEquals(dir.list(alive), ["body", "lock"]);
  living.close();
});

Deno.test("a note keeps every name a peer can have", () => {
  using dir = new TempDir();
  const room = new SpoolRoom(dir.path);
  const kept = offer({ id: "0".repeat(16) });
  const names = ["bob", "constructor", "prototype", "__proto__"];
  const left = Object.fromEntries(names.map((name) => [name, 1]));
  const path = room.path("note");
  writeNote(path, { offer: kept, offeredAt: 0, base: 0, left });
  assertEquals(Object.keys(readNote(path)?.left ?? {}), names);
  room.close();
});

Deno.test("what hubs of the same name left is taken over, the oldest first; the rest of it goes", async () => {
  using dir = new TempDir();
  const rooms = [1, 2].map(() => new SpoolRoom(dir.path, Infinity, "lab"));
  const body = pattern(2_000_000);
  for (const [n, room] of rooms.entries()) {
    const kept = offer({ size: body.length });
    const spool = new Spool(room, kept.id, body.length);
    await spool.append(body.subarray(0, 1_500_000));
    spool.note({ offer: kept, offeredAt: 9 - n, base: 0, left: { bob: null } });
    Deno.writeTextFileSync(room.path("stray"), "without a note");
    spool.leave();
    room.close();
  }
  assertEquals(dir.list().length, 2);
  const next = new SpoolRoom(dir.path, Infinity, "lab");
  const found = next.adopt(Date.now());
  assertEquals(found.map(({ note }) => note.offeredAt), [8, 9]);
  assertEquals(found.map(({ length }) => length), [1_500_000, 1_500_000]);
  assertEquals(dir.list().length, 1);
  for (const leftover of found) {
    const spool = Spool.adopt(next, leftover);
    assertEquals(spool.length, 1_500_000);
    await spool.append(body.subarray(1_500_000));
    spool.finish(digestOf(body));
    const reader = spool.read(0, () => {});
    assertEquals(await readAll(reader), body);
    reader.close();
    spool.dispose();
  }
  assertFree(next);
  next.close();
  assertEquals(dir.list(), []);
});

Deno.test("a small body that is kept leaves memory, with one note for all who ask at once and no older one after a newer", async () => {
  using dir = new TempDir();
  const room = new SpoolRoom(dir.at("spool"));
  const kept = offer({ queue_ms: 1 });
  const spool = new Spool(room, kept.id, 4);
  spool.append(pattern(4));
  spool.finish(digestOf(pattern(4)));
  let taken = 0;
  const note = () => {
    taken++;
    return { offer: kept, offeredAt: taken, base: 0, left: { bob: 1 } };
  };
  const [first, second] = [spool.keep(note), spool.keep(note)];
  await Promise.all([first, second]);
  assertEquals(taken, 1);
  assert(room.reserveMemory(SPOOL_MEMORY_TOTAL_BYTES), "memory is held");
  room.releaseMemory(SPOOL_MEMORY_TOTAL_BYTES);
  const path = room.path(`${kept.id}.json`);
  const third = spool.keep(() => {
    // Another comes while this one is on its way to the disk.
    if (taken++ === 1) queueMicrotask(() => spool.note(note()));
    return { offer: kept, offeredAt: taken, base: 0, left: { bob: 1 } };
  });
  await third;
  assert((readNote(path)?.offeredAt ?? 0) >= 3);
  const reader = spool.read(0, () => {});
  assertEquals(await readAll(reader), pattern(4));
  reader.close();
  spool.dispose();
  room.close();
  assertEquals(spooled(dir.at("spool")), []);
  assertFree(room);
});

Deno.test("a body given up before its turn to be kept leaves nothing", async () => {
  using dir = new TempDir();
  const room = new SpoolRoom(dir.at("spool"));
  const kept = offer({ queue_ms: 1 });
  const spool = new Spool(room, kept.id, 4);
  spool.append(pattern(4));
  spool.finish(digestOf(pattern(4)));
  const keep = spool.keep(() => ({
    ...{ offer: kept, offeredAt: 0, base: 0, left: { bob: 1 } },
  }));
  spool.dispose();
  await keep;
  assertEquals(spooled(dir.at("spool")), []);
  assertFree(room);
});
