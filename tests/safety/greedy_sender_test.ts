/** Row: drip-fed bytes, after the greeting: what one sender can take from the others. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { DripWatch } from "../../lib/hub/admission/drip.ts";
import { Spool } from "../../lib/hub/spool/spool.ts";
import { SpoolRoom } from "../../lib/hub/spool/spool_room.ts";
import { Failure } from "../../lib/failure.ts";
import {
  MAX_SPOOL_FILES,
  SPOOL_MEMORY_BYTES,
} from "../../lib/protocol/limits.ts";
import { TempDir } from "../support/files.ts";
import { FakeClock } from "../fake_clock.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { offer, RawEnd } from "../support/raw.ts";

const ROW = "safety: drip-fed bytes and greedy senders";
const FIVE_MINUTES = 300_000;

Deno.test(`${ROW}: a body that drips is given up, for its sender and its recipient`, async () => {
  await using hub = new TestHub();
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  using alice = await RawEnd.join(hub.port, "alice");
  const { id, ...rest } = offer({ size: 900_000, name: "drip" });
  await alice.send({ type: "offer", id, ...rest });
  await alice.expect("accept");
  let heard: Awaited<ReturnType<RawEnd["next"]>>;
  for (let at = 0; heard?.type !== "receipt"; at++) {
    assert(at <= 61, "it went on and on");
    await alice.data(id, at, new Uint8Array(1));
    await alice.send({ type: "ping", t1: at });
    // The hub has taken the byte, or given up, before time goes on.
    do heard = await alice.next(); while (
      heard?.type !== "receipt" && !(heard?.type === "pong" && heard.t1 === at)
    );
    await hub.clock.advance(10_000);
  }
  assert(heard.status === "failed");
  assertEquals(heard.code, "deadline.idle");
  assertEquals(heard.message, "fewer than 1024 bytes a second came");
  const failed = await bob.events.of("transfer.failed", "drip");
  assertEquals(failed.code, "deadline.idle");
  assertEquals(bob.files(), []);
  assertEquals(hub.hub.transfers, 0);
  assertEquals(hub.spooled(), []);
});

Deno.test(`${ROW}: only what is too slow is given up, after five whole minutes`, async () => {
  const clock = new FakeClock();
  const slow: string[] = [];
  const watch = new DripWatch(clock, (id) => slow.push(id));
  const least = 1024 * 300;
  watch.began("modem", 10 * least);
  watch.began("pipe", null);
  watch.began("nearly done", 2 * least + 5);
  await clock.advance(FIVE_MINUTES - 1);
  watch.began("new", 10 * least);
  watch.came("nearly done", 2 * least);
  await clock.advance(1);
  watch.began("over", 10 * least);
  watch.over("over");
  watch.came("modem", least);
  watch.came("nearly done", 5);
  await clock.advance(FIVE_MINUTES);
  assertEquals(slow, ["new"]);
  watch.came("modem", least - 1);
  await clock.advance(FIVE_MINUTES);
  assertEquals(slow, ["new", "modem", "nearly done"], "END is due too");
  watch.stop();
  assertEquals(clock.pending, 0);
});

Deno.test(`${ROW}: a sender cannot fill the spool for all others`, () => {
  using dir = new TempDir();
  const room = new SpoolRoom(dir.path, 1_000);
  const first = new Spool(room, "one", 500, "eve");
  const refused = assertThrows(
    () => new Spool(room, "two", 1, "EVE"),
    Failure,
    "one sender may fill half of the hub's spool, no more",
  );
  assertEquals(refused.code, "limit");
  const other = new Spool(room, "three", 500, "bob");
  first.dispose();
  const again = new Spool(room, "four", 500, "eve");
  const growing = new Spool(room, "five", null, "carol");
  assertThrows(() => growing.append(new Uint8Array(1)), Failure, "is full");
  for (const spool of [other, again, growing]) spool.dispose();
  assertEquals(room.used, 0);
});

Deno.test(`${ROW}: a spool opens a bounded number of files`, () => {
  using dir = new TempDir();
  const path = dir.at("file");
  Deno.writeTextFileSync(path, "");
  const room = new SpoolRoom(dir.path);
  const files = Array.from(
    { length: MAX_SPOOL_FILES },
    () => room.openFile(path, { read: true }),
  );
  const spool = new Spool(room, "one", SPOOL_MEMORY_BYTES + 1, "eve");
  const refused = assertThrows(
    () => spool.append(new Uint8Array(1)),
    Failure,
    "the hub has too many large transfers under way",
  );
  assertEquals(refused.code, "limit");
  room.closeFile(files.pop());
  assert(spool.append(new Uint8Array(1)) === undefined);
  spool.dispose();
  for (const file of files) room.closeFile(file);
  room.close();
});
