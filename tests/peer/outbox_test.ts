/** Many things to send: how many at once, what is reported, and what stops it. */
import { assertEquals } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import type { Item } from "../../lib/peer/item.ts";
import {
  type OutboxOptions,
  sendAll,
  type Sent,
} from "../../lib/peer/outbox.ts";
import { BytesBody } from "../../lib/transfer/body.ts";
import type {
  Body,
  Cancel,
  Carrier,
  Offer,
  TransferListener,
} from "../../lib/transfer/transfer.ts";
import { FakeClock } from "../fake_clock.ts";
import { digestOf, pattern } from "../support/files.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { Events } from "../support/recorder.ts";

/** A transfer that was begun and waits for its test to end it. */
interface Begun {
  readonly offer: Offer;
  readonly listener: TransferListener;
  cancelled?: Cancel;
}

/** Takes transfers and does nothing with them. */
class FakeCarrier implements Carrier {
  readonly begun: Begun[] = [];

  carry(
    offer: Offer,
    _body: Body,
    listener: TransferListener,
  ): { cancel(reason: Cancel): void } {
    const begun: Begun = { offer, listener };
    this.begun.push(begun);
    return {
      cancel: (reason) => {
        begun.cancelled = reason;
        for (const name of offer.to) {
          listener.settled(name, {
            status: "failed",
            retryable: true,
            ...reason,
          });
        }
      },
    };
  }

  /** Ends one well. */
  deliver(index: number, verifyMs = 0, hopMs = 0): void {
    const { offer, listener } = this.begun[index] ?? this.#none(index);
    for (const name of offer.to) {
      listener.settled(name, { status: "delivered", verifyMs, hopMs });
    }
  }

  #none(index: number): never {
    throw new Error(`No transfer ${index} was begun`);
  }
}

/** An outbox on a fake carrier. */
function outbox(
  items: readonly Item[],
  options: Partial<OutboxOptions> = {},
): {
  carrier: FakeCarrier;
  clock: FakeClock;
  events: Events;
  stop: AbortController;
  sent: Promise<Sent>;
} {
  const [carrier, clock, events] = [
    new FakeCarrier(),
    new FakeClock(),
    new Events(),
  ];
  const stop = new AbortController();
  const sent = sendAll(items, {
    carrier,
    from: "alice",
    to: ["bob"],
    deadlines: { acceptMs: 1_000, idleMs: 2_000, receiptMs: 3_000 },
    clock,
    commandAt: 0,
    roundTripMs: () => 0,
    emit: events.add,
    signal: stop.signal,
    ...options,
  });
  return { carrier, clock, events, stop, sent };
}

/** An item of so many bytes; counts how many are open. */
function item(size: number | null, opened: { count: number }): Item {
  return {
    name: "a",
    kind: "file",
    size,
    open: () => {
      opened.count++;
      return { ...new BytesBody(new Uint8Array(size ?? 0)), size, ...NOTHING };
    },
  };
}

const NOTHING = {
  read: () => ({
    pull: () => null,
    digest: () => digestOf(new Uint8Array(0)),
    close: () => {},
  }),
  dispose: () => {},
};

for (
  const [what, size, window] of [
    ["small", 100, 256],
    ["the largest small", 65_536, 256],
    ["large", 65_537, 3],
    ["unsized", null, 3],
  ] as const
) {
  Deno.test(`of ${what} bodies never more than ${window} are in flight, and each end begins the next`, async () => {
    const opened = { count: 0 };
    const items = Array.from({ length: window + 5 }, () => item(size, opened));
    const { carrier, clock, sent } = outbox(items);
    await clock.advance(0);
    for (let done = 0; done <= 5; done++) {
      assertEquals(carrier.begun.length, window + done);
      assertEquals(opened.count, window + done, "opened before its turn");
      carrier.deliver(done);
      await clock.advance(0);
    }
    for (let i = 6; i < items.length; i++) carrier.deliver(i);
    const { delivered, failed } = await sent;
    assertEquals([delivered, failed], [items.length, 0]);
  });
}

Deno.test("the parts of a latency are measured where they happen and add up to its total", async () => {
  const { carrier, clock, events, sent } = outbox(
    [item(100_000, { count: 0 })],
    { roundTripMs: () => 4, commandAt: -5 },
  );
  await clock.advance(0);
  const [begun] = carrier.begun;
  await clock.advance(20);
  begun?.listener.started(0);
  await clock.advance(100);
  begun?.listener.sent(digestOf(pattern(100_000)));
  await clock.advance(40);
  carrier.deliver(0, 30, 6);
  await sent;
  const completed = await events.of("transfer.completed");
  assertEquals(completed.latency_ms, {
    total: 165,
    queue: 5,
    offer: 20,
    transfer: 105,
    verify: 30,
    ack: 5,
  });
  assertEquals(completed.bytes_per_s, Math.round(100_000 / 0.165));
  assertEquals(completed.sha256, digestOf(pattern(100_000)).sha256);
  assertEquals(events.kinds, [
    "transfer.offered",
    "transfer.started",
    "transfer.completed",
  ]);
});

Deno.test("a body behind its offer has no offer part", async () => {
  const { carrier, clock, events, sent } = outbox([item(10, { count: 0 })]);
  await clock.advance(7);
  carrier.begun[0]?.listener.started(0);
  carrier.deliver(0);
  await sent;
  const { latency_ms } = await events.of("transfer.completed");
  assertEquals([latency_ms?.offer, latency_ms?.total], [0, 7]);
});

Deno.test("told to stop, what is under way is cancelled with the reason and nothing more is begun", async () => {
  const opened = { count: 0 };
  const items = Array.from({ length: 5 }, () => item(null, opened));
  const { carrier, clock, events, stop, sent } = outbox(items);
  await clock.advance(0);
  carrier.deliver(0);
  await clock.advance(0);
  stop.abort(new Failure("sigint", "Cannot send: cancelled by SIGINT"));
  const { delivered, failed, codes } = await sent;
  const reason = { code: "cancelled", message: "cancelled by SIGINT" };
  assertEquals(carrier.begun.map(({ cancelled }) => cancelled), [
    undefined,
    reason,
    reason,
    reason,
  ]);
  assertEquals(opened.count, 4);
  assertEquals([delivered, failed, [...codes]], [1, 4, ["cancelled"]]);
  assertEquals(
    events.kinds.filter((kind) => kind === "transfer.failed").length,
    4,
  );
});

Deno.test("an item that cannot be opened fails for every recipient; the next is sent", async () => {
  const broken: Item = {
    name: "b",
    kind: "file",
    size: 10,
    open: () => {
      throw new Failure("input", "it does not exist");
    },
  };
  const { carrier, clock, sent } = outbox(
    [broken, item(10, { count: 0 })],
    { to: ["bob", "carol"] },
  );
  await clock.advance(0);
  assertEquals(carrier.begun.length, 1);
  carrier.deliver(0);
  assertEquals(await sent, {
    delivered: 2,
    failed: 2,
    codes: new Set(["input"] as const),
    least: 0,
  });
});

Deno.test("a hundred small files and three large ones arrive through a hub, each with its receipt", async () => {
  await using hub = new TestHub();
  await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
  await using bob = await TestPeer.join(hub.port, "bob", hub.clock);
  const contents = Array.from(
    { length: 103 },
    (_, i) => pattern(i < 100 ? 50 * i : 500_000 + i, i),
  );
  const items = contents.map((bytes, i): Item => ({
    name: `f${i}`,
    kind: "file",
    size: bytes.length,
    open: () => new BytesBody(bytes),
  }));
  const events = new Events();
  const sent = await sendAll(items, {
    carrier: alice.client.outbound,
    from: "alice",
    to: ["bob", "nobody"],
    deadlines: { acceptMs: 1_000, idleMs: 2_000, receiptMs: 3_000 },
    clock: hub.clock,
    commandAt: 0,
    roundTripMs: () => alice.client.roundTripMs,
    emit: events.add,
    signal: new AbortController().signal,
  });
  assertEquals(sent, {
    delivered: 103,
    failed: 103,
    codes: new Set(["absent"] as const),
    least: 1,
  });
  for (const [i, bytes] of contents.entries()) {
    assertEquals(bob.read(`f${i}`), bytes);
  }
  assertEquals(hub.hub.transfers, 0);
});

Deno.test("a recipient that has failed already is not reported as started", async () => {
  const { carrier, clock, events, sent } = outbox(
    [item(70_000, { count: 0 })],
    { to: ["nobody", "bob"] },
  );
  await clock.advance(0);
  const listener = carrier.begun[0]?.listener;
  listener?.settled("nobody", {
    status: "failed",
    code: "absent",
    message: "nobody is not connected",
    retryable: true,
  });
  listener?.started(0);
  listener?.settled("bob", { status: "delivered", verifyMs: 0, hopMs: 0 });
  await sent;
  assertEquals(
    events.all.map((event) => "to" in event ? [event.event, event.to] : []),
    [
      ["transfer.offered", "nobody"],
      ["transfer.offered", "bob"],
      ["transfer.failed", "nobody"],
      ["transfer.started", "bob"],
      ["transfer.completed", "bob"],
    ],
  );
});
