/** A recipient that checks the part it has says so, and the sender hashes the same meanwhile: no time passes here, so nothing else can make it. */
import { assert, assertEquals } from "@std/assert";
import type { Carrier, Offer } from "../../lib/transfer/transfer.ts";
import { Share } from "../../lib/hub/sharing/share.ts";
import { CountedBody } from "../support/counted.ts";
import { digestOf, pattern, TempDir } from "../support/files.ts";
import { lastingOffer } from "../support/fingerprint.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { RawEnd } from "../support/raw.ts";
import { Heard } from "../support/recorder.ts";

const MIB = 1024 * 1024;
const BODY = pattern(5 * MIB);
const PART = 3 * MIB;

/** A file offered to bob, whose part is about to be checked. */
class Checking implements AsyncDisposable {
  readonly heard = new Heard();
  readonly #dir: TempDir;
  #handle: ReturnType<Carrier["carry"]> | undefined;

  private constructor(
    readonly hub: TestHub,
    readonly alice: TestPeer,
    readonly bob: RawEnd,
    readonly body: CountedBody,
    readonly offer: Offer,
    dir: TempDir,
  ) {
    this.#dir = dir;
  }

  /** `from` is who sends it: alice, or the hub itself. */
  static async begin(from: "alice" | "hub"): Promise<Checking> {
    const dir = new TempDir();
    Deno.writeFileSync(dir.at("a"), BODY);
    const hub = new TestHub();
    const alice = await TestPeer.join(hub.port, "alice", hub.clock);
    const bob = await RawEnd.join(hub.port, "bob");
    const body = new CountedBody(dir.at("a"), BODY.length, "a");
    // Shorter than the silence after which bob, who answers no PING, is gone.
    const deadlines = { accept_ms: 5_000, idle_ms: 5_000, receipt_ms: 5_000 };
    const offer = lastingOffer(BODY, { from, deadlines });
    const one = new Checking(hub, alice, bob, body, offer, dir);
    const carrier = from === "hub" ? hub.hub : alice.client.outbound;
    one.#handle = carrier.carry(offer, body, one.heard);
    await bob.expect("offer");
    return one;
  }

  /** Bob says that he has checked so much. */
  async progress(bytes: number): Promise<void> {
    const { id } = this.offer;
    await this.bob.send({ type: "progress", id, recipient: "bob", bytes });
    await this.heard.progressed.until((one) => one.bytes === bytes, "progress");
  }

  /** Bob accepts, takes the rest, and gives his receipt; what is wrong with the rest is found out. */
  async finish(offset: number): Promise<void> {
    const { bob, offer: { id } } = this;
    await bob.send({ type: "accept", id, offset });
    const { bytes, end } = await bob.body(id);
    assertEquals(bytes, BODY.subarray(offset));
    assertEquals([end.size, end.sha256], Object.values(digestOf(BODY)));
    const delivered = { status: "delivered", id, verify_ms: 0 } as const;
    await bob.send({ type: "receipt", recipient: "bob", ...delivered });
    assertEquals(await this.heard.code("bob"), "delivered");
  }

  cancel(): void {
    this.#handle?.cancel({ code: "cancelled", message: "no" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.bob[Symbol.dispose]();
    await this.body.settled();
    await this.alice[Symbol.asyncDispose]();
    await this.hub[Symbol.asyncDispose]();
    this.#dir[Symbol.dispose]();
  }
}

for (const from of ["alice", "hub"] as const) {
  Deno.test(`while its recipient checks a part, the file is hashed where ${from} sends it, and read once for that`, async () => {
    await using one = await Checking.begin(from);
    assertEquals(one.body.hashedBytes, 0, "nobody has said anything yet");
    await one.progress(1);
    await one.body.hashedTo(PART);
    await one.progress(MIB);
    await one.finish(PART);
    assert(one.body.hashedBytes <= BODY.length, "hashed twice");
    assertEquals(one.body.readBytes, BODY.length - PART);
  });

  Deno.test(`what ${from} hashed for nothing does no harm: the recipient begins anew, or has more than it said`, async () => {
    for (const offset of [0, 1, BODY.length]) {
      await using one = await Checking.begin(from);
      await one.progress(PART);
      await one.body.hashedTo(MIB);
      await one.finish(offset);
      assert(one.body.hashedBytes <= BODY.length, "hashed twice");
    }
  });

  Deno.test(`a recipient that checks and checks, and never accepts, costs ${from} one reading, until the deadline`, async () => {
    await using one = await Checking.begin(from);
    await one.progress(1);
    await one.body.hashedTo(BODY.length);
    for (const bytes of [2, 3, 4]) await one.progress(bytes);
    // Said again, and beyond its end: passed over.
    const { id, deadlines } = one.offer;
    for (const bytes of [4, BODY.length + 1]) {
      const recipient = "bob";
      await one.bob.send({ type: "progress", id, recipient, bytes });
    }
    await one.hub.clock.advance(deadlines.accept_ms);
    assertEquals(await one.heard.code("bob"), "deadline.accept");
    assertEquals(one.body.hashedBytes, BODY.length);
  });
}

Deno.test("a transfer given up while it is hashed ahead is read no further", async () => {
  await using one = await Checking.begin("hub");
  const stopped = one.body.hashed.until((at) => {
    one.cancel();
    return at > 0;
  }, "a piece");
  await one.progress(1);
  await stopped;
  assertEquals(await one.heard.code("bob"), "cancelled");
  await one.body.settled();
  assert(one.body.hashedBytes <= 2 * MIB, `${one.body.hashedBytes} bytes`);
});

Deno.test("a file that is got from the hub is gone on with", async () => {
  using dir = new TempDir();
  Deno.writeFileSync(dir.at("big"), BODY);
  await using hub = new TestHub({ share: Share.open(dir.path, "share") });
  for (const offset of [PART, 0, BODY.length]) {
    using bob = await RawEnd.join(hub.port, "bob");
    await bob.send({ type: "request", request: 0, what: "get", path: "big" });
    const { id } = await bob.expect("offer");
    const recipient = "bob";
    await bob.send({ type: "progress", id, recipient, bytes: MIB });
    await bob.send({ type: "accept", id, offset });
    const { bytes, end } = await bob.body(id);
    assertEquals(bytes, BODY.subarray(offset));
    assertEquals([end.size, end.sha256], Object.values(digestOf(BODY)));
    const delivered = { status: "delivered", id, verify_ms: 0 } as const;
    await bob.send({ type: "receipt", recipient, ...delivered });
    assertEquals((await bob.expect("response")).status, "part");
    await bob.send({ type: "bye" });
    await bob.ended();
  }
});
