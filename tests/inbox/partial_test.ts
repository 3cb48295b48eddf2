/** A body half arrived: kept under a partial name, and gone after every kind of failure. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { digestOf, pattern, sha256, TempDir } from "../support/files.ts";
import { codeOf, Hosted } from "../support/hosted.ts";
import { dataFrame } from "../support/raw.ts";

const BODY = pattern(200_000);
const HALF = BODY.subarray(0, 100_000);

/** Offers BODY and sends half of it; resolves when it is on disk. */
async function halfSent(bob: Hosted): Promise<string> {
  const { id } = await bob.offer({ size: BODY.length });
  await bob.hub.expect("accept");
  await bob.hub.data(id, 0, HALF);
  await bob.hub.send({ type: "ping", t1: 0 });
  while ((await bob.hub.next())?.type !== "pong");
  return id;
}

Deno.test("a body on its way stands under a partial name, with nothing under its own", async () => {
  await using bob = await Hosted.join();
  await halfSent(bob);
  const [part = "", ...others] = bob.peer.files();
  assertMatch(part, /^report\.csv\..*\.part$/);
  assertEquals(others, []);
  assertEquals(bob.peer.read(part), HALF);
});

const FAILURES: [
  what: string,
  fails: (bob: Hosted, id: string) => Promise<void>,
  code: string,
][] = [
  [
    "the sender cancels",
    (bob, id) =>
      bob.hub.send({ type: "cancel", id, code: "cancelled", message: "no" }),
    "cancelled",
  ],
  [
    "the connection is cut",
    (bob) => Promise.resolve(bob.hub.conn.close()),
    "disconnected",
  ],
  [
    "the connection is cut inside a frame",
    async (bob, id) => {
      const frame = dataFrame(id, 100_000, pattern(1_000));
      await bob.hub.write(frame.subarray(0, 500));
      bob.hub.conn.close();
    },
    "disconnected",
  ],
  [
    "the hub says goodbye",
    (bob) => bob.hub.send({ type: "bye", code: "shutdown", message: "over" }),
    "shutdown",
  ],
  [
    "the SHA-256 differs",
    async (bob, id) => {
      await bob.hub.data(id, 100_000, BODY.subarray(100_000));
      await bob.hub.send({
        type: "end",
        id,
        size: BODY.length,
        sha256: sha256(HALF),
      });
    },
    "integrity",
  ],
  [
    "bytes are left out",
    (bob, id) => bob.hub.data(id, 150_000, BODY.subarray(150_000)),
    "protocol",
  ],
  [
    "more comes than was offered",
    (bob, id) => bob.hub.data(id, 100_000, pattern(100_001)),
    "protocol",
  ],
  [
    "its END comes too early",
    (bob, id) => bob.hub.send({ type: "end", id, ...digestOf(HALF) }),
    "protocol",
  ],
  [
    "bytes of another transfer come that was never offered",
    (bob) => bob.hub.data("00000000000000ff", 0, HALF),
    "protocol",
  ],
  [
    "the peer leaves",
    async (bob) => {
      const leaving = bob.peer.client.close();
      await bob.hub.expect("bye");
      bob.hub.conn.close();
      await leaving;
    },
    "cancelled",
  ],
];

/** Failures after which the peer ends the connection, and waits for us to do the same. */
const breaks = new Set(["protocol", "shutdown"]);

for (const [what, fails, code] of FAILURES) {
  Deno.test(`when ${what}, nothing of a half-arrived body stays`, async () => {
    await using bob = await Hosted.join();
    const id = await halfSent(bob);
    await fails(bob, id);
    if (breaks.has(code)) {
      await bob.hub.farewell();
      bob.hub.conn.close();
    }
    const failed = await bob.peer.events.of("transfer.failed");
    assertEquals(failed.code, code);
    assertEquals(bob.peer.files(), []);
    assert(!bob.peer.events.kinds.includes("transfer.completed"));
  });
}

Deno.test("safety: a receiver took what it had not agreed to: DATA for an offer that was refused is a breach, and nothing is written", async () => {
  await using bob = await Hosted.join({ accept: { kind: "none" } });
  const { id } = await bob.offer({ size: 1_000 });
  await bob.hub.expect("reject");
  await bob.hub.data(id, 0, pattern(1_000));
  assertEquals(
    (await bob.hub.farewell())?.message,
    `Cannot take DATA: transfer ${id} is not open`,
  );
  assertEquals(bob.peer.files(), []);
});

Deno.test("after a failure the rest of the body is dropped, and the next transfer is taken", async () => {
  await using bob = await Hosted.join();
  const id = await halfSent(bob);
  const [part = ""] = bob.peer.files();
  // Its directory is gone: the file is still open, but cannot be put in place.
  Deno.removeSync(`${bob.peer.inboxDir}/${part}`);
  Deno.removeSync(bob.peer.inboxDir);
  await bob.hub.data(id, 100_000, BODY.subarray(100_000));
  await bob.hub.send({ type: "end", id, ...digestOf(BODY) });
  const receipt = await bob.hub.expect("receipt");
  assert(receipt.status === "failed");
  assertEquals([receipt.code, receipt.message], [
    "output",
    "the directory is gone",
  ]);
  assertEquals(codeOf(await bob.give(BODY)), "delivered");
  assertEquals(bob.peer.files(), ["report.csv"]);
});

Deno.test("what has arrived whole is put in place and reported once, even if the sender cancels then", async () => {
  await using bob = await Hosted.join();
  const id = await halfSent(bob);
  await bob.hub.data(id, 100_000, BODY.subarray(100_000));
  await bob.hub.send({ type: "end", id, ...digestOf(BODY) });
  const why = { code: "deadline.receipt", message: "too late" };
  await bob.hub.send({ type: "cancel", id, ...why });
  assertEquals(codeOf(await bob.hub.expect("receipt")), "delivered");
  assertEquals(bob.peer.files(), ["report.csv"]);
  assertEquals(bob.peer.read("report.csv"), BODY);
  assertEquals(bob.peer.events.kinds.at(-1), "transfer.completed");
  assert(!bob.peer.events.kinds.includes("transfer.failed"));
});

/** Whether this process may mount; without, a full disk cannot be had. */
function mount(path: string): boolean {
  const args = ["-t", "tmpfs", "-o", "size=32k", "tmpfs", path];
  try {
    return new Deno.Command("mount", { args, stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

function unmount(path: string): void {
  new Deno.Command("umount", { args: [path] }).outputSync();
}

function mayMount(): boolean {
  using dir = new TempDir();
  if (!mount(dir.path)) return false;
  unmount(dir.path);
  return true;
}

Deno.test({
  name:
    "a full disk: the receipt says so, nothing stays, and smaller files are taken (needs the right to mount)",
  ignore: Deno.build.os !== "linux" || !mayMount(),
  async fn() {
    using disk = new TempDir();
    mount(disk.path);
    try {
      await using bob = await Hosted.join({ dir: disk.at("inbox") });
      for (const size of [200_000, 60_000]) {
        const verdict = await bob.give(pattern(size));
        assert("code" in verdict);
        // A large one is refused at the offer, a small one when it is written.
        const at = size > 100_000 ? "reject" : "receipt";
        assertEquals([verdict.type, verdict.code, verdict.retryable], [
          at,
          "disk-full",
          true,
        ]);
        assertEquals(disk.list("inbox"), []);
      }
      assertEquals(codeOf(await bob.give(pattern(20_000))), "delivered");
      assertEquals(disk.list("inbox"), ["report.csv"]);
    } finally {
      unmount(disk.path);
    }
  },
});

Deno.test("safety: a receiver that fell out of step wrote the wrong stream: whoever knows a transfer cannot put another body under its partial name", async () => {
  await using bob = await Hosted.join({ onConflict: "overwrite" });
  const { id } = await bob.offer({ size: BODY.length });
  await bob.hub.expect("accept");
  const evil = pattern(1_000, 7);
  const guess = `report.csv.${id}.bob.part`;
  assertEquals(codeOf(await bob.give(evil, { name: guess })), "delivered");
  await bob.hub.data(id, 0, HALF);
  const [part = ""] = bob.peer.files().filter((name) => name !== guess);
  assert(!part.includes("bob"), "it is made of what others know");
  await bob.hub.data(id, HALF.length, BODY.subarray(HALF.length));
  assertEquals(codeOf(await bob.give(evil, { name: guess })), "delivered");
  await bob.hub.send({ type: "end", id, ...digestOf(BODY) });
  assertEquals(codeOf(await bob.hub.expect("receipt")), "delivered");
  assertEquals(bob.peer.read("report.csv"), BODY);
});
