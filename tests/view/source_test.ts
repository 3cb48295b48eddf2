/** Sources: read again from the start, closed in every case, failures worded. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { Failure } from "../../lib/failure.ts";
import { viewData } from "../../lib/view/data.ts";
import { fileSource } from "../../lib/view/file.ts";
import { type Source, Tape } from "../../lib/view/source.ts";

const MIB = 1 << 20;

/** A source of numbered pieces of 1 MiB that counts how often it is opened and closed. */
function counted(pieces: number, once: boolean): Source & {
  opened: number;
  closed: number;
} {
  const self = {
    name: "x",
    once,
    opened: 0,
    closed: 0,
    async *open() {
      self.opened++;
      try {
        for (let i = 0; i < pieces; i++) {
          yield await Promise.resolve(new Uint8Array(MIB).fill(i));
        }
      } finally {
        self.closed++;
      }
    },
  };
  return self;
}

/** The number in each piece, of the first `most`. */
async function numbers(
  from: AsyncIterable<Uint8Array>,
  most: number,
): Promise<number[]> {
  const found: number[] = [];
  for await (const piece of from) {
    found.push(piece[0] ?? -1);
    if (found.length === most) break;
  }
  return found;
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

Deno.test("a tape starts over as often as it is asked, and reads on where it was", async () => {
  for (const once of [true, false]) {
    const source = counted(6, once);
    const tape = new Tape(source);
    assertEquals((await tape.head(10)).length, MIB);
    assertEquals(await numbers(tape.read(), 3), upTo(3));
    assertEquals(await numbers(tape.read(), 2), upTo(2));
    assertEquals(await numbers(tape.read(), 99), upTo(6));
    assertEquals(await numbers(tape.last(), 99), upTo(6));
    assertEquals([source.opened, source.closed], [1, 1]);
  }
});

Deno.test("of a large file little is kept: it is opened again, a pipe is kept whole", async () => {
  const file = counted(60, false);
  const tape = new Tape(file);
  assertEquals(await numbers(tape.read(), 50), upTo(50));
  assertEquals(await numbers(tape.read(), 5), upTo(5));
  assertEquals(file.opened, 2);
  assertEquals(await numbers(tape.read(), 99), upTo(60));
  assertEquals(await numbers(tape.last(), 99), upTo(60));
  await tape.close();
  assertEquals(file.opened, file.closed);
  const pipe = counted(60, true);
  const kept = new Tape(pipe);
  assertEquals(await numbers(kept.read(), 50), upTo(50));
  assertEquals(await numbers(kept.last(), 99), upTo(60));
  assertEquals([pipe.opened, pipe.closed], [1, 1]);
});

Deno.test("a tape left early closes its source", async () => {
  const source = counted(6, false);
  const tape = new Tape(source);
  assertEquals(await numbers(tape.last(), 2), upTo(2));
  assertEquals([source.opened, source.closed], [1, 1]);
  const other = counted(6, false);
  const head = new Tape(other);
  await head.head(1);
  await head.close();
  assertEquals([other.opened, other.closed], [1, 1]);
});

Deno.test("files are read whole; what is missing or a directory is an input failure", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const path = join(dir, "data");
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    const many = new Uint8Array(bytes.length * 30);
    for (let i = 0; i < 30; i++) many.set(bytes, i * bytes.length);
    await Deno.writeFile(path, many);
    assertEquals(
      (await new Tape(fileSource(path)).head(1e9)).length,
      many.length,
    );
    const { readable } = await Deno.open(path);
    const piped = new Tape({ name: "-", once: true, open: () => readable });
    assertEquals(await piped.head(1e9), many);
    for (
      const [bad, state] of [[join(dir, "none"), "there is no such file"], [
        dir,
        "it is a directory",
      ]]
    ) {
      const failure = await assertRejects(
        () => new Tape(fileSource(bad ?? "", "x\x1b")).head(1),
        Failure,
      );
      assertEquals(failure.exit, 3);
      assertEquals(failure.message, `Cannot read x\\e: ${state}`);
    }
    assert(
      many.length > 16 * 65536,
      "the file is too small to be read both ways",
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("lines kept here and there are written together, a piece at a time", async () => {
  const lines = Array.from(
    { length: 2000 },
    (_, n) => `{"on":"2024-05-0${1 + n % 2}","n":${n}}\n`,
  );
  const bytes = new TextEncoder().encode(lines.join(""));
  let writes = 0;
  let text = "";
  const { shown } = await viewData(
    "ndjson",
    new Tape({ name: "x", open: () => pieces(bytes, 1 << 14) }),
    { dates: { date: "2024-05-01" } },
    {
      write(piece) {
        writes++;
        text += typeof piece === "string"
          ? piece
          : new TextDecoder().decode(piece);
      },
      note() {},
      screen: { terminal: false, color: false, columns: 80, rows: 24 },
      here: { now: 0, zone: "UTC" },
    },
  );
  assertEquals(shown, 1000);
  assertEquals(text, lines.filter((_, n) => n % 2 === 0).join(""));
  assert(writes <= Math.ceil(bytes.length / (1 << 14)) * 2, `${writes} writes`);
});

async function* pieces(
  bytes: Uint8Array,
  size: number,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield await Promise.resolve(bytes.slice(at, at + size));
  }
}
