/** What senders leave behind that come, begin and are cut off, again and again: bounded, each at its own cost. */
import { assertEquals } from "@std/assert";
import { Parked } from "../../lib/hub/routing/parked.ts";
import {
  MAX_PARKED,
  MAX_PARKED_BY_ONE,
  MAX_TRANSFERS,
} from "../../lib/protocol/limits.ts";
import { encodeMessage } from "../../lib/protocol/message.ts";
import { TestHub } from "../support/hub.ts";
import { offer, RawEnd } from "../support/raw.ts";

Deno.test("a sender's oldest goes for its newest, nobody else's", () => {
  const parked = new Parked<string>();
  assertEquals(parked.add("quiet", "Bob"), []);
  for (let n = 0; n < MAX_PARKED_BY_ONE; n++) {
    assertEquals(parked.add(`${n}`, "alice"), []);
  }
  assertEquals(parked.add("7", "alice"), []);
  assertEquals(parked.add("one more", "Alice"), ["0"]);
  parked.delete("1", "alice");
  parked.delete("1", "alice");
  assertEquals(parked.add("room", "alice"), []);
  assertEquals(parked.add("again", "alice"), ["2"]);
  assertEquals(parked.add("a bundle", "alice", 3), ["3", "4", "5"]);
});

Deno.test("many names hold no more than a bound; who has the most gives way", () => {
  const parked = new Parked<string>();
  parked.add("quiet", "bob");
  let kept = 1;
  for (let name = 0; kept < MAX_PARKED; name++) {
    const many = name === 1 ? MAX_PARKED_BY_ONE : MAX_PARKED_BY_ONE - 500;
    for (let n = 0; n < many && kept < MAX_PARKED; n++, kept++) {
      assertEquals(parked.add(`${name} ${n}`, `eve-${name}`), []);
    }
  }
  assertEquals(parked.add("late", "carol"), ["1 0"]);
  assertEquals(parked.add("later", "carol"), ["1 1"]);
});

Deno.test("a sender that begins what it never ends, on one connection after the other, is held to a bound", async () => {
  await using hub = new TestHub();
  using bob = await RawEnd.join(hub.port, "bob");
  const rounds = MAX_PARKED_BY_ONE / MAX_TRANSFERS + 2;
  for (let round = 0; round < rounds; round++) {
    {
      using end = await RawEnd.join(hub.port, "eve", { role: "oneshot" });
      const offers = Array.from({ length: MAX_TRANSFERS }, (_, n) => {
        const id = (round * MAX_TRANSFERS + n).toString(16).padStart(16, "0");
        const fingerprint = id.padStart(64, "0");
        return encodeMessage({
          type: "offer",
          ...offer({ id, from: "eve", to: ["bob"], name: id, size: 2 }),
          ...{ fingerprint, wait_ms: 30_000 },
        });
      });
      await end.write(await new Blob(offers).bytes());
      await end.send({ type: "ping", t1: 0 });
      await end.expect("pong");
    }
    while (hub.hub.connections > 1) await hub.clock.advance(0);
    // Bob takes its time.
    assertEquals(
      hub.hub.transfers,
      Math.min((round + 1) * MAX_TRANSFERS, MAX_PARKED_BY_ONE),
    );
  }
  bob.conn.close();
});

Deno.test("bundles are held to the memory that as many transfers take", async () => {
  await using hub = new TestHub();
  using bob = await RawEnd.join(hub.port, "bob", { capabilities: ["bundle"] });
  {
    using end = await RawEnd.join(hub.port, "eve", {
      ...{ role: "oneshot", capabilities: ["bundle"] },
    });
    const files = Array.from({ length: 128 }, (_, n) => ({
      ...{ name: `d/${n}`, size: 0 },
    }));
    const offers = Array.from({ length: MAX_TRANSFERS }, (_, n) => {
      const fields = offer({ from: "eve", size: 0 });
      const bundle = { kind: "bundle", name: "d", tree: fields.id } as const;
      const fingerprint = String(n).padStart(64, "0");
      return encodeMessage({
        type: "offer",
        ...{ ...fields, ...bundle, files, fingerprint, wait_ms: 30_000 },
      });
    });
    await end.write(await new Blob(offers).bytes());
    await end.send({ type: "ping", t1: 0 });
    await end.expect("pong");
  }
  while (hub.hub.connections > 1) await hub.clock.advance(0);
  assertEquals(hub.hub.transfers, Math.floor(MAX_PARKED_BY_ONE / 12));
  bob.conn.close();
});
