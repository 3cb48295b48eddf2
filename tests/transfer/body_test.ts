/** Bodies a sender has at hand: read whole, hashed once, and let go of in time. */
import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { BytesBody, FileBody, StreamBody } from "../../lib/transfer/body.ts";
import type { Body, BodyReader } from "../../lib/transfer/transfer.ts";
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
    const body = new FileBody(dir.at("a"), bytes.length);
    body.hashAhead();
    const reader = open(body, offset);
    assertEquals(await readAll(reader), bytes.subarray(offset));
    assertEquals(reader.digest(), digestOf(bytes));
  }
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
