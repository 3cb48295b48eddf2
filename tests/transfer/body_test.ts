/** Bodies a sender has at hand: read whole, hashed once, and let go of in time. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { BytesBody, FileBody, StreamBody } from "../../lib/transfer/body.ts";
import type { Body, BodyReader } from "../../lib/transfer/transfer.ts";
import { OpenedBody } from "../../lib/hub/sharing/opened_body.ts";
import { CountedBody } from "../support/counted.ts";
import { digestOf, pattern, TempDir } from "../support/files.ts";

const BYTES = pattern(100_000);

let woken = Promise.withResolvers<void>();

/** A reader that `readAll()` can wait for. */
function open(body: Body, offset = 0): BodyReader {
  return body.read(offset, () => woken.resolve());
}

async function readAll(reader: BodyReader): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const room = new Uint8Array(33_333);
  for (
    let count = await reader.pull(room);
    count !== null;
    count = await reader.pull(room)
  ) {
    parts.push(room.slice(0, count));
    if (count > 0) continue;
    await woken.promise;
    woken = Promise.withResolvers();
  }
  reader.close();
  return await new Blob(parts).bytes();
}

Deno.test("a file is read whole, and from an offset; its digest is always of all of it", async () => {
  using dir = new TempDir();
  Deno.writeFileSync(dir.at("a"), BYTES);
  for (const offset of [0, 1, 60_000, BYTES.length]) {
    const reader = open(new FileBody(dir.at("a"), BYTES.length), offset);
    assertEquals(await readAll(reader), BYTES.subarray(offset));
    assertEquals(reader.digest(), digestOf(BYTES));
  }
});

Deno.test("a file hashed ahead of its reading gives the same digest, from wherever it is read", async () => {
  using dir = new TempDir();
  const bytes = pattern(3_500_000);
  Deno.writeFileSync(dir.at("a"), bytes);
  for (const offset of [0, 1_000_000, bytes.length]) {
    const body = new CountedBody(dir.at("a"), bytes.length);
    body.hashAhead();
    const reader = open(body, offset);
    assertEquals(await readAll(reader), bytes.subarray(offset));
    assertEquals(reader.digest(), digestOf(bytes));
    await body.settled();
  }
});

/** A file as the hub gives it to whoever gets it. */
function openedBody(path: string, size: number): OpenedBody {
  return new OpenedBody(Deno.openSync(path), size, "f", () => {}).used();
}

Deno.test("a file that is open is read from an offset on, also while it is hashed ahead and by two at a time", async () => {
  using dir = new TempDir();
  const bytes = pattern(3_500_000);
  Deno.writeFileSync(dir.at("a"), bytes);
  for (const offset of [0, 1, 2_000_000, bytes.length]) {
    for (const ahead of [false, true]) {
      const body = openedBody(dir.at("a"), bytes.length);
      if (ahead) body.hashAhead();
      const left = open(body, offset);
      await left.pull(new Uint8Array(10));
      const reader = open(body, offset);
      left.close();
      assertEquals(await readAll(reader), bytes.subarray(offset));
      assertEquals(reader.digest(), digestOf(bytes));
      body.dispose();
    }
  }
});

Deno.test("a file that is open is read by one at a time: all share its position", async () => {
  using dir = new TempDir();
  const bytes = pattern(3_500_000);
  Deno.writeFileSync(dir.at("a"), bytes);
  const file = Deno.openSync(dir.at("a"));
  let reading = 0;
  const { read, readSync, seekSync } = file;
  file.read = async (into) => {
    reading++;
    try {
      return await read.call(file, into);
    } finally {
      reading--;
    }
  };
  file.readSync = (into) => {
    assertEquals(reading, 0);
    return readSync.call(file, into);
  };
  file.seekSync = (offset, whence) => {
    assertEquals(reading, 0);
    return seekSync.call(file, offset, whence);
  };
  const body = new OpenedBody(file, bytes.length, "f", () => {}).used();
  body.hashAhead();
  const readers = [open(body), open(body, 1_000), open(body, 3_000_000)];
  // For whoever comes next, while three are at it.
  body.hashAhead();
  for (const reader of readers) await reader.pull(new Uint8Array(1_000));
  const [first, , last] = readers;
  if (first === undefined || last === undefined) return;
  await readAll(first);
  assertEquals(first.digest(), digestOf(bytes));
  assertEquals(await readAll(last), bytes.subarray(3_000_000));
  body.dispose();
});

Deno.test("a file that is open: what was sent before is never hashed in one go, however much it is", async () => {
  using dir = new TempDir();
  const bytes = pattern(3_500_000);
  Deno.writeFileSync(dir.at("a"), bytes);
  const body = openedBody(dir.at("a"), bytes.length);
  const reader = open(body, 3_000_000);
  assertEquals(await reader.pull(new Uint8Array(10)), 0);
  assertEquals(reader.waits?.(), true);
  assertEquals(await readAll(reader), bytes.subarray(3_000_000));
  body.dispose();
});

Deno.test("a file that is open is hashed anew when it is sent anew; once it is let go of, nothing is read", async () => {
  using dir = new TempDir();
  Deno.writeFileSync(dir.at("a"), BYTES);
  const body = openedBody(dir.at("a"), BYTES.length);
  await readAll(open(body));
  const other = pattern(BYTES.length, 7);
  Deno.writeFileSync(dir.at("a"), other);
  const again = open(body.used());
  assertEquals(await readAll(again), other);
  assertEquals(again.digest(), digestOf(other));
  body.hashAhead();
  body.dispose();
  body.dispose();
  const late = open(body);
  await assertRejects(
    async () => await late.pull(new Uint8Array(10)),
    Failure,
    "it was closed",
  );
});

Deno.test("a file hashed ahead is read no further than it is wanted, and nothing twice", async () => {
  using dir = new TempDir();
  const MIB = 1024 * 1024;
  const bytes = pattern(8 * MIB);
  Deno.writeFileSync(dir.at("a"), bytes);
  const body = new CountedBody(dir.at("a"), bytes.length);
  body.hashAhead();
  body.hashAhead();
  await body.hashedTo(MIB);
  const at = Math.max(...body.hashed.all);
  // What is already hashed beyond its beginning is not read for that again.
  const reader = open(body, 2 * MIB);
  assertEquals(await readAll(reader), bytes.subarray(2 * MIB));
  assertEquals(reader.digest(), digestOf(bytes));
  assert(body.hashedBytes <= Math.max(at, 2 * MIB) + MIB, "read on");
  assertEquals(body.readBytes, 6 * MIB);
  await body.settled();
  const hashed = body.hashedBytes;
  body.hashAhead();
  await body.settled();
  assertEquals(body.hashedBytes, hashed);
});

Deno.test("hashing ahead of a reader that has overtaken it ends", async () => {
  using dir = new TempDir();
  const MIB = 1024 * 1024;
  const bytes = pattern(8 * MIB);
  Deno.writeFileSync(dir.at("a"), bytes);
  const body = new CountedBody(dir.at("a"), bytes.length);
  const reader = open(body);
  const room = new Uint8Array(3 * MIB);
  body.hashAhead(); // For another, which checks a part.
  await reader.pull(room);
  await reader.pull(room);
  await body.settled();
  assert(body.hashedBytes <= 2 * MIB, `${body.hashedBytes} bytes in vain`);
  await readAll(reader);
  assertEquals(reader.digest(), digestOf(bytes));
});

Deno.test("a file that changes after it was hashed ahead is not vouched for", async () => {
  using dir = new TempDir();
  Deno.writeFileSync(dir.at("a"), BYTES);
  const body = new CountedBody(dir.at("a"), BYTES.length);
  body.hashAhead();
  await body.settled();
  const other = pattern(BYTES.length, 7);
  Deno.writeFileSync(dir.at("a"), other);
  const reader = open(body, 50_000);
  assertEquals(await readAll(reader), other.subarray(50_000));
  const sent = new Uint8Array([
    ...BYTES.subarray(0, 50_000),
    ...other.subarray(50_000),
  ]);
  assert(reader.digest().sha256 !== digestOf(sent).sha256);
});

Deno.test("two readers of a file at their own speeds give the same digest", async () => {
  using dir = new TempDir();
  Deno.writeFileSync(dir.at("a"), BYTES);
  const body = new FileBody(dir.at("a"), BYTES.length);
  const [fast, slow] = [open(body), open(body)];
  await slow.pull(new Uint8Array(10));
  await fast.pull(new Uint8Array(50_000));
  // Whoever is ahead may be cancelled: the other takes the hashing over.
  fast.close();
  await readAll(slow);
  assertEquals(slow.digest(), digestOf(BYTES));
});

Deno.test("a file that shrinks while it is sent fails, one that grows is sent as offered", async () => {
  using dir = new TempDir();
  Deno.writeFileSync(dir.at("a"), BYTES);
  const shrunk = open(new FileBody(dir.at("a"), BYTES.length + 1));
  const failure = await assertRejects(() => readAll(shrunk), Failure);
  shrunk.close();
  assertEquals([failure.code, failure.message], [
    "input",
    "it shrank to 100000 bytes while it was sent",
  ]);
  const grown = open(new FileBody(dir.at("a"), 500));
  assertEquals(await readAll(grown), BYTES.subarray(0, 500));
  assertEquals(grown.digest(), digestOf(BYTES.subarray(0, 500)));
});

Deno.test("a file that cannot be read fails with the state, without its path", async () => {
  using dir = new TempDir();
  for (
    const [path, state] of [
      [dir.at("none"), "it does not exist"],
      [dir.path, "it is a directory"],
      [dir.at("loop"), "too many levels of symbolic links"],
    ] as const
  ) {
    if (path.endsWith("loop")) Deno.symlinkSync(path, path);
    const reader = open(new FileBody(path, 10));
    const failure = await assertRejects(
      async () => await reader.pull(new Uint8Array(10)),
      Failure,
    );
    reader.close();
    assertEquals([failure.code, failure.message.toLowerCase()], [
      "input",
      state,
    ]);
  }
});

Deno.test("a file given up while it is being opened leaves no open handle", async () => {
  using dir = new TempDir();
  Deno.writeFileSync(dir.at("a"), BYTES);
  const reader = open(new FileBody(dir.at("a"), BYTES.length));
  const pulling = reader.pull(new Uint8Array(10));
  reader.close();
  // Whether it fails or gives bytes nobody looks at is no matter; the sanitizer sees the handle.
  await Promise.resolve(pulling).catch(() => {});
});

Deno.test("bytes in memory are read from an offset; the digest is of all", async () => {
  const reader = new BytesBody(BYTES).read(70_000);
  assertEquals(await readAll(reader), BYTES.subarray(70_000));
  assertEquals(reader.digest(), digestOf(BYTES));
});

Deno.test("a pipe never holds up its reader: no bytes yet is 0, and it is woken when there are", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  let woken = Promise.withResolvers<void>();
  const reader = new StreamBody(readable).read(0, () => woken.resolve());
  const room = new Uint8Array(100);
  assertEquals(reader.pull(room), 0);
  assertEquals(reader.pull(room), 0);
  const writing = writer.write(pattern(150));
  await woken.promise;
  assertEquals(reader.pull(room), 100);
  assertEquals(reader.pull(room), 50);
  await writing;
  woken = Promise.withResolvers<void>();
  assertEquals(reader.pull(room), 0);
  const closing = writer.close();
  await woken.promise;
  assertEquals(reader.pull(room), null);
  assertEquals(reader.digest(), digestOf(pattern(150)));
  await closing;
  reader.close();
});

Deno.test("a pipe that breaks is a failure to read", async () => {
  const broken = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new Error("the pipe broke")),
  });
  const woken = Promise.withResolvers<void>();
  const reader = new StreamBody(broken).read(0, woken.resolve);
  reader.pull(new Uint8Array(10));
  await woken.promise;
  const failure = await assertRejects(
    async () => await reader.pull(new Uint8Array(10)),
    Failure,
    "the pipe broke",
  );
  assertEquals(failure.code, "input");
  reader.close();
});
