/** Row: lengths trusted before they were checked (syncthing CVE-2021-21404, others). */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { FrameType } from "../../lib/protocol/frame.ts";
import { Hosted } from "../support/hosted.ts";
import { TestHub } from "../support/hub.ts";
import { hello, RawEnd } from "../support/raw.ts";

const ROW = "safety: lengths trusted before they were checked";
const encoder = new TextEncoder();

function header(length: number, type: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, length);
  bytes[4] = type;
  return bytes;
}

const LENGTHS = { "4 GiB − 1": 0xffffffff, "a negative number": 0x80000000 };

for (const [what, length] of Object.entries(LENGTHS)) {
  Deno.test(`${ROW}: ${what} is refused from its header, of any type, on either side`, async () => {
    await using bob = await Hosted.join();
    await bob.hub.write(header(length, FrameType.OFFER));
    assertMatch((await bob.hub.farewell())?.message ?? "", /exceeds the limit/);
    await using hub = new TestHub();
    for (const type of [...Object.values(FrameType), 200]) {
      const name = `peer-${type}`;
      using stranger = await RawEnd.connect(hub.port);
      await stranger.write(header(length, type));
      const before = await stranger.farewell();
      assert(before?.type === "error" && before.code === "protocol");
      using peer = await RawEnd.join(hub.port, name);
      await peer.write(header(length, type));
      const after = await peer.farewell();
      assert(after?.type === "error" && after.code === "protocol");
      assertMatch(after.message, /exceeds the limit/);
    }
  });
}

Deno.test(`${ROW}: JSON nested 100,000 deep is skipped or refused, and others do not notice`, async () => {
  const depth = 100_000;
  for (const [open, close] of [["[", "]"], ['{"a":', "}"]] as const) {
    const deep = open.repeat(depth) + "1" + close.repeat(depth);
    await using hub = new TestHub();
    using alice = await RawEnd.join(hub.port, "alice");
    using eve = await RawEnd.join(hub.port, "eve");
    // Larger than a control frame may be: only an OFFER has the room.
    if (deep.length < 500_000) {
      await eve.frame("OFFER", `{"id":"0000000000000001","unknown":${deep}}`);
    } else await eve.frame("OFFER", deep.slice(0, 500_000));
    const farewell = await eve.farewell();
    assert(farewell?.type === "error");
    assertEquals(farewell.code, "protocol");
    await alice.send({ type: "ping", t1: 0 });
    await alice.expect("pong");
  }
});

Deno.test(`${ROW}: a greeting padded to its limit is taken, one byte more is not`, async () => {
  await using hub = new TestHub();
  const fields = JSON.stringify({ ...hello("alice"), type: undefined });
  const padded = (length: number) =>
    fields.slice(0, -1) + " ".repeat(length - encoder.encode(fields).length) +
    "}";
  using alice = await RawEnd.connect(hub.port);
  await alice.frame("HELLO", padded(8_192));
  await alice.expect("welcome");
  using bob = await RawEnd.connect(hub.port);
  await bob.write(header(8_193, FrameType.HELLO));
  assertMatch((await bob.farewell())?.message ?? "", /limit of 8192/);
});
