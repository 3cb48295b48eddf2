/** Requests over real connections: bounded parts, each only when asked for, and what is got from a hub. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { answersFor, type History } from "../../lib/hub/sharing/giving.ts";
import { Share } from "../../lib/hub/sharing/share.ts";
import { RESPONSE_BYTES } from "../../lib/protocol/limits.ts";
import type { MessageOf, PastDelivery } from "../../lib/protocol/message.ts";
import { FakeClock } from "../fake_clock.ts";
import { digestOf, listOf, pattern, TempDir } from "../support/files.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { keeping, newIdentity, shown } from "../support/identity.ts";
import { RawEnd } from "../support/raw.ts";

const ALICE: PastDelivery = {
  ...{ id: "0".repeat(16), name: "a.csv", kind: "file", size: 4 },
  ...{ from: "alice", to: "bob", status: "delivered", at: 1 },
};

/** A history of `count`, and how many of them were looked at. */
class Past implements History {
  looked = 0;
  query: Parameters<History["deliveries"]>[0] | undefined;

  constructor(readonly count: number) {}

  *deliveries(query: Parameters<History["deliveries"]>[0]) {
    this.query = query;
    for (; this.looked < this.count; this.looked++) {
      yield [{ ...ALICE, name: `${this.looked}`.padStart(500, "x") }];
    }
  }
}

function ask(what: string, fields = {}, request = 0): MessageOf<"request"> {
  return { type: "request", request, what, ...fields };
}

type Part = Extract<MessageOf<"response">, { status: "part" }>;

async function part(end: RawEnd): Promise<Part> {
  const response = await end.expect("response");
  assert(response.status === "part", JSON.stringify(response));
  return response;
}

Deno.test("a long history comes in bounded parts, none before it is asked for", async () => {
  const past = new Past(10_000);
  await using hub = new TestHub({ history: past });
  using end = await RawEnd.join(hub.port, "alice");
  await end.send(ask("history"));
  let count = 0;
  let parts = 0;
  while (true) {
    const { transfers = [], last } = await part(end);
    const bytes = JSON.stringify(transfers).length;
    assert(bytes <= RESPONSE_BYTES + 2, `${bytes} bytes`);
    for (const { name } of transfers) {
      assertEquals(name, `${count++}`.padStart(500, "x"));
    }
    // One part is worked out ahead, so that it is ready when it is asked for.
    assert(past.looked <= count + 2 * RESPONSE_BYTES / 500 + 2);
    parts++;
    if (last) break;
    await end.send(ask("more"));
  }
  assertEquals(count, 10_000);
  assert(parts > 100, `${parts} parts`);
});

Deno.test("several requests at once are answered each for itself", async () => {
  await using hub = new TestHub({ history: new Past(200) });
  using end = await RawEnd.join(hub.port, "alice");
  await end.sendTogether(
    ask("history", {}, 1),
    ask("weather", {}, 2),
    ask("list", {}, 3),
  );
  const answers = new Map<number, MessageOf<"response">>();
  for (let n = 0; n < 3; n++) {
    const answer = await end.expect("response");
    answers.set(answer.request, answer);
  }
  const codes = [1, 2, 3].map((request) => {
    const answer = answers.get(request);
    return answer?.status === "failed" ? answer.code : answer?.status;
  });
  assertEquals(codes, ["part", "usage", "declined"]);
});

Deno.test("who may not see all is shown what is of its key and its names; who shows no key, nothing", async () => {
  const past = new Past(1);
  using dir = new TempDir();
  const history = { history: past, openHistory: false };
  await using hub = new TestHub({ ...history, ...keeping(dir.path) });
  const alice = await newIdentity();
  using end = await RawEnd.join(
    hub.port,
    "alice",
    await shown(alice, "alice"),
  );
  await end.send(ask("history", { peer: "bob", since: 5, limit: 7 }));
  await part(end);
  const viewer = { key: alice.key, names: ["alice"] };
  assertEquals(past.query, { peer: "bob", viewer, since: 5, limit: 7 });
  past.query = undefined;
  const oneshot = { role: "oneshot" } as const;
  using nobody = await RawEnd.join(hub.port, "carol", oneshot);
  await nobody.send(ask("history"));
  const answer = await nobody.expect("response");
  assert(answer.status === "failed");
  assertEquals([answer.code, answer.message], [
    "declined",
    "the hub tells its history only to who shows a key",
  ]);
  assertEquals(past.query, undefined);
});

Deno.test("on an open hub everyone sees everything", async () => {
  const past = new Past(1);
  await using hub = new TestHub({ history: past });
  using end = await RawEnd.join(hub.port, "alice");
  await end.send(ask("history"));
  await part(end);
  assertEquals(past.query, {
    ...{ peer: undefined, viewer: undefined },
    ...{ since: 0, limit: Number.MAX_SAFE_INTEGER },
  });
});

Deno.test("a client that leaves in the middle of an answer leaves nothing behind", async () => {
  const past = new Past(10_000);
  await using hub = new TestHub({ history: past });
  {
    using end = await RawEnd.join(hub.port, "alice");
    await end.send(ask("history"));
    await part(end);
  }
  await hub.heard("left alice");
  const { looked } = past;
  using end = await RawEnd.join(hub.port, "bob");
  await end.send(ask("weather"));
  await end.expect("response");
  assertEquals(past.looked, looked);
});

Deno.test("a second answer unasked for ends the connection with the rule that was broken", async () => {
  await using hub = new TestHub();
  using end = await RawEnd.join(hub.port, "alice");
  await end.send(ask("more"));
  const farewell = await end.farewell();
  assert(farewell?.type === "error");
  assertEquals(farewell.code, "protocol");
});

Deno.test("what is got arrives as transfers from the hub, the answer after the last of them", async () => {
  using dir = new TempDir();
  const bytes = pattern(700_000);
  Deno.writeFileSync(dir.at("large.bin"), bytes);
  Deno.writeTextFileSync(dir.at("small.txt"), "small");
  const share = Share.open(dir.path, "share");
  await using hub = new TestHub({ share });
  await using peer = await TestPeer.join(hub.port, "alice", hub.clock);
  for (const path of ["large.bin", "small.txt"]) {
    const answers: unknown[] = [];
    for await (
      const { missing, last } of peer.client.ask({ what: "get", path })
    ) {
      answers.push({ missing, last });
    }
    assertEquals(answers, [{ missing: undefined, last: true }]);
  }
  assertEquals(peer.read("large.bin"), bytes);
  assertEquals(new TextDecoder().decode(peer.read("small.txt")), "small");
  const offered = await peer.events.of("transfer.completed", "large.bin");
  assertEquals([offered.from, offered.to], ["hub", "alice"]);
  await assertRejects(
    async () => {
      for await (const _ of peer.client.ask({ what: "get", path: "../x" }));
    },
    Failure,
    "the hub does not share it",
  );
});

Deno.test("an answer that does not come is waited for as long as the idle deadline, longer while something else comes", async () => {
  await using hub = new TestHub();
  await using peer = await TestPeer.join(hub.port, "alice", hub.clock);
  const { client } = peer;
  let heard = 0;
  const waits: number[] = [];
  const { connection } = client;
  // The hub never hears of it.
  const send = connection.send.bind(connection);
  connection.send = (message) => {
    if (message.type !== "request") send(message);
  };
  const asked = client.ask({ what: "history" }, () => {
    waits.push(hub.clock.now());
    // Looked at when a wait begins and when it ends.
    return Math.min(heard++, 4);
  }).next();
  const failed = assertRejects(
    () => asked,
    Failure,
    "the hub did not answer within 30 s",
  );
  for (let n = 0; n < 9; n++) await hub.clock.advance(10_000);
  await failed;
  assertEquals(new Set(waits).size, 4);
});

Deno.test("a directory is got with its empty directories, times and executable bits, without what lies behind links", async () => {
  if (Deno.build.os === "windows") return;
  using dir = new TempDir();
  Deno.mkdirSync(dir.at("docs", "empty", "deep"), { recursive: true });
  Deno.mkdirSync(dir.at("docs", ".git"));
  Deno.writeTextFileSync(dir.at("docs", ".git", "config"), "secret");
  Deno.writeTextFileSync(dir.at("docs", "run.sh"), "#!/bin/sh\n");
  Deno.chmodSync(dir.at("docs", "run.sh"), 0o755);
  Deno.utimeSync(dir.at("docs", "run.sh"), 1_600_000_000, 1_600_000_000);
  Deno.writeFileSync(dir.at("docs", "z.bin"), pattern(100_000));
  Deno.symlinkSync("..", dir.at("docs", "up"));
  Deno.symlinkSync("run.sh", dir.at("docs", "same.sh"));
  await using hub = new TestHub({ share: Share.open(dir.path, "share") });
  await using peer = await TestPeer.join(hub.port, "alice", hub.clock);
  for await (const part of peer.client.ask({ what: "get", path: "docs" })) {
    assertEquals(part.missing, undefined);
  }
  const got = (...names: string[]) =>
    listOf([peer.inboxDir, ...names].join("/"));
  assertEquals(got(), ["docs"]);
  assertEquals(got("docs"), ["empty", "run.sh", "same.sh", "z.bin"]);
  assertEquals(got("docs", "empty"), ["deep"]);
  const { mode, mtime } = Deno.statSync(`${peer.inboxDir}/docs/run.sh`);
  assertEquals((mode ?? 0) & 0o100, 0o100);
  assertEquals(mtime?.getTime(), 1_600_000_000_000);
  assertEquals(peer.read("docs/z.bin"), pattern(100_000));
});

Deno.test("a file that may not be read is told of, and the others come", async () => {
  if (Deno.build.os === "windows") return;
  using dir = new TempDir();
  Deno.mkdirSync(dir.at("docs"));
  for (const name of ["a", "b", "c"]) {
    Deno.writeTextFileSync(dir.at("docs", name), name);
  }
  const share = Share.open(dir.path, "share");
  // As root reads everything, the refusal is played.
  const { open } = share;
  share.open = (path) =>
    path === "docs/b"
      ? Promise.reject(new Failure("input", "permission denied"))
      : open.call(share, path);
  await using hub = new TestHub({ share });
  await using peer = await TestPeer.join(hub.port, "alice", hub.clock);
  const missing: unknown[] = [];
  for await (const part of peer.client.ask({ what: "get", path: "docs" })) {
    missing.push(...part.missing ?? []);
  }
  const message = "permission denied";
  assertEquals(missing, [
    { path: "docs/b", code: "input", message, retryable: false },
  ]);
  assertEquals(listOf(`${peer.inboxDir}/docs`), ["a", "c"]);
});

Deno.test("what the hub cannot offer for lack of room is told of", async () => {
  using dir = new TempDir();
  Deno.mkdirSync(dir.at("docs"));
  Deno.writeTextFileSync(dir.at("docs", "a.txt"), "a");
  const share = Share.open(dir.path, "share");
  const code = "limit";
  const message = "too many transfers to it are open already";
  const answering = answersFor(
    { clock: new FakeClock(), share, emit: () => {} },
    {
      name: "alice",
      sees: "all",
      carrier: {
        carry: (_offer, _body, listener) => {
          const retryable = true;
          const status = "failed";
          listener.settled("alice", { status, code, message, retryable });
          return { cancel: () => {} };
        },
      },
      roundTripMs: () => 0,
      takesBundles: true,
    },
  );
  const { signal } = new AbortController();
  const answers: unknown[] = [];
  for await (
    const { missing } of answering({ what: "get", path: "docs/a.txt" }, signal)
  ) answers.push(missing);
  const path = "docs/a.txt";
  assertEquals(answers, [[{ path, code, message, retryable: true }]]);
});

Deno.test("what is got of a large file goes on where it was, and anew when what was kept differs", async () => {
  using dir = new TempDir();
  const bytes = pattern(300_000);
  Deno.writeFileSync(dir.at("big"), bytes);
  await using hub = new TestHub({ share: Share.open(dir.path, "share") });
  using alice = await RawEnd.join(hub.port, "alice");
  const fingerprints = new Set<string | undefined>();
  const offered = async (offset: number) => {
    const { id, fingerprint } = await alice.expect("offer");
    fingerprints.add(fingerprint);
    await alice.send({ type: "accept", id, offset });
    for (let at = offset; at < bytes.length;) {
      const data = await alice.expectData();
      assertEquals(data.offset, at);
      assertEquals(data.bytes, bytes.subarray(at, at + data.bytes.length));
      at += data.bytes.length;
    }
    const { size, sha256 } = await alice.expect("end");
    assertEquals({ size, sha256 }, digestOf(bytes));
    return { id, recipient: "alice" };
  };
  await alice.send(ask("get", { path: "big" }));
  const differs = await offered(200_000);
  const [code, message] = ["integrity", "it differs"];
  await alice.send({
    ...{ type: "receipt", status: "failed", ...differs },
    ...{ code, message, retryable: true },
  });
  const whole = await offered(0);
  await alice.send({
    ...{ type: "receipt", status: "delivered", ...whole },
    verify_ms: 0,
  });
  assertEquals((await part(alice)).missing, undefined);
  assertEquals(fingerprints.size, 1);
  assertEquals([...fingerprints][0]?.length, 64);
});
