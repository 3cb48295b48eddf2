/** Whose offers are taken: by policy, and by the answer of a person. */
import { assert, assertEquals } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import type { InboxOptions } from "../../lib/inbox/inbox.ts";
import { parseAcceptPolicy } from "../../lib/inbox/policy.ts";
import { BytesBody } from "../../lib/transfer/body.ts";
import { pattern } from "../support/files.ts";
import { codeOf, Hosted } from "../support/hosted.ts";
import { TestHub, TestPeer } from "../support/hub.ts";
import { offer } from "../support/raw.ts";
import { Heard } from "../support/recorder.ts";
import { within } from "../support/within.ts";

const BODY = pattern(1_000);
const deadlines = { accept_ms: 3_000, idle_ms: 4_000, receipt_ms: 5_000 };
const DECLINED = ["transfer.offered", "transfer.declined"];
const DELIVERED = [
  "transfer.offered",
  "transfer.accepted",
  "transfer.started",
  "transfer.completed",
];

/** A person who is asked, and answers when told to. */
class Person {
  readonly #asked = Promise.withResolvers<void>();
  readonly #answer = Promise.withResolvers<boolean>();
  signal: AbortSignal | undefined;
  readonly inbox: Partial<InboxOptions> = {
    accept: { kind: "ask" },
    ask: (_, signal) => {
      this.signal = signal;
      this.#asked.resolve();
      return this.#answer.promise;
    },
  };

  asked(): Promise<void> {
    return within(this.#asked.promise, "the question");
  }

  says(yes: boolean): void {
    this.#answer.resolve(yes);
  }
}

for (
  const [policy, from, code] of [
    ["all", "alice", "delivered"],
    ["none", "alice", "declined"],
    ["alice,carol", "Alice", "delivered"],
    ["ALICE", "alice", "delivered"],
    ["alice,carol", "alice2", "declined"],
  ] as const
) {
  Deno.test(`--accept ${policy}: what ${from} offers is ${code}`, async () => {
    await using bob = await Hosted.join({ accept: parseAcceptPolicy(policy) });
    assertEquals(codeOf(await bob.give(BODY, { from })), code);
    const taken = code === "delivered";
    assertEquals(bob.peer.files(), taken ? ["report.csv"] : []);
    assertEquals(bob.peer.events.kinds, taken ? DELIVERED : DECLINED);
  });
}

Deno.test("--accept ask without anybody to ask declines", async () => {
  await using bob = await Hosted.join({ accept: { kind: "ask" } });
  assertEquals(codeOf(await bob.give(BODY)), "declined");
});

for (const inline of [false, true]) {
  const how = inline ? "a body behind its offer" : "an offer";

  Deno.test(`${how} that a person takes is delivered`, async () => {
    const person = new Person();
    await using bob = await Hosted.join(person.inbox);
    const { id } = await bob.offer({ size: BODY.length, inline });
    await person.asked();
    if (inline) await bob.body(id, BODY);
    assertEquals(bob.peer.files(), []);
    person.says(true);
    if (!inline) {
      await bob.hub.expect("accept");
      await bob.body(id, BODY);
    }
    assertEquals((await bob.hub.expect("receipt")).status, "delivered");
    assertEquals(bob.peer.read("report.csv"), BODY);
    assertEquals(bob.peer.events.kinds, DELIVERED);
  });

  Deno.test(`${how} that a person refuses is declined, and nothing is kept`, async () => {
    const person = new Person();
    await using bob = await Hosted.join(person.inbox);
    const { pending } = bob.clock;
    const { id } = await bob.offer({ size: BODY.length, inline });
    if (inline) await bob.body(id, BODY);
    await person.asked();
    person.says(false);
    assertEquals((await bob.hub.expect("reject")).code, "declined");
    assertEquals(bob.clock.pending, pending, "the deadline still runs");
    assertEquals(bob.peer.files(), []);
    assertEquals(bob.peer.events.kinds, DECLINED);
  });

  Deno.test(`${how} that nobody answers is declined after the accept deadline`, async () => {
    const person = new Person();
    await using bob = await Hosted.join(person.inbox);
    const { id } = await bob.offer({ size: BODY.length, inline, deadlines });
    if (inline) await bob.body(id, BODY);
    await person.asked();
    await bob.clock.advance(deadlines.accept_ms);
    const reject = await bob.hub.expect("reject");
    assertEquals(reject.code, "deadline.accept");
    assert(reject.retryable, "asking again later may help");
    assertEquals(reject.message, "nobody answered the offer");
    assert(person.signal?.aborted, "the question is still open");
    assertEquals(bob.peer.events.kinds, DECLINED);
    // An answer now is too late, and harms nothing.
    person.says(true);
    await bob.clock.advance(0);
    assertEquals(bob.peer.files(), []);
  });

  Deno.test(`${how} withdrawn while a person is asked ends the question`, async () => {
    const person = new Person();
    await using bob = await Hosted.join(person.inbox);
    const { id } = await bob.offer({ size: BODY.length, inline });
    await person.asked();
    const message = "the sender gave up";
    await bob.hub.send({ type: "cancel", id, code: "cancelled", message });
    const failed = await bob.peer.events.of("transfer.failed");
    assertEquals(failed.message, message);
    assert(person.signal?.aborted, "the question is still open");
    person.says(true);
    await bob.clock.advance(0);
    assertEquals(bob.peer.files(), []);
  });

  Deno.test(`a peer leaves at once while ${how} waits for an answer`, async () => {
    const person = new Person();
    await using bob = await Hosted.join(person.inbox);
    const { id } = await bob.offer({ size: BODY.length, inline });
    if (inline) await bob.body(id, BODY);
    await bob.hub.send({ type: "ping", t1: 0 });
    while ((await bob.hub.next())?.type !== "pong");
    await person.asked();
    const leaving = bob.peer.client.close();
    await bob.hub.expect("bye");
    bob.hub.conn.close();
    await within(leaving, "the end of the peer");
    assert(person.signal?.aborted, "the question is still open");
  });
}

Deno.test("a person who cannot be asked has not agreed", async () => {
  await using bob = await Hosted.join({
    accept: { kind: "ask" },
    ask: () => Promise.reject(new Failure("input", "standard input is closed")),
  });
  assertEquals((await bob.give(BODY)).type, "reject");
  assertEquals(bob.peer.files(), []);
  assertEquals(bob.peer.events.kinds, DECLINED);
});

for (
  const [says, act, code] of [
    ["no", (_: TestHub, person: Person) => person.says(false), "declined"],
    [
      "nothing",
      (hub: TestHub) => hub.clock.advance(deadlines.accept_ms),
      "deadline.accept",
    ],
    ["yes", (_: TestHub, person: Person) => person.says(true), "delivered"],
  ] as const
) {
  Deno.test(`the hub's own inbox asks too: who says ${says} makes it ${code}`, async () => {
    const person = new Person();
    await using hub = new TestHub({}, person.inbox);
    await using alice = await TestPeer.join(hub.port, "alice", hub.clock);
    const heard = new Heard();
    alice.client.outbound.carry(
      offer({ size: BODY.length, to: ["hub"], deadlines }),
      new BytesBody(BODY),
      heard,
    );
    await person.asked();
    await act(hub, person);
    assertEquals(await heard.code("hub"), code);
    const taken = code === "delivered";
    assertEquals(hub.events.kinds, taken ? DELIVERED : DECLINED);
    assertEquals(hub.dir.list("inbox"), taken ? ["report.csv"] : []);
  });
}
