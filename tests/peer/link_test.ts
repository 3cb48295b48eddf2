/** A sender whose connection is lost: it comes back within its time, and sends on what has no receipt. */
import { assert, assertEquals } from "@std/assert";
import type { FerryEvent } from "../../lib/events.ts";
import type { Failure, FailureCode } from "../../lib/failure.ts";
import { Client } from "../../lib/peer/client.ts";
import { Link } from "../../lib/peer/link.ts";
import type { Item } from "../../lib/peer/item.ts";
import { sendAll } from "../../lib/peer/outbox.ts";
import { DEFAULT_DEADLINES } from "../../lib/time/deadline.ts";
import { BytesBody, FileBody, StreamBody } from "../../lib/transfer/body.ts";
import { FakeClock } from "../fake_clock.ts";
import { digestOf, pattern, TempDir } from "../support/files.ts";
import { RawEnd, welcome } from "../support/raw.ts";
import { Recorder } from "../support/recorder.ts";
import { within } from "../support/within.ts";

const BODY = pattern(200_000);
const TRY_MS = 30_000;

/** A sender, and a hub spoken by hand that can be gone for a while. */
class Linked implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly events = new Recorder<FerryEvent>();
  readonly losses = new Recorder<Failure>();
  readonly stop = new AbortController();
  #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #port = this.#listener.addr.port;
  readonly #ends: RawEnd[] = [];
  link: Link | undefined;

  async #dial(): Promise<Client> {
    const conn = await Deno.connect({
      hostname: "127.0.0.1",
      port: this.#port,
    });
    return await Client.greet(conn, {
      role: "oneshot",
      name: "alice",
      adapt: true,
      software: "test",
      clock: this.clock,
      handshakeMs: 10_000,
      idleMs: 30_000,
    });
  }

  /** The hub's end of the sender's next connection, greeted. */
  async accept(): Promise<RawEnd> {
    const end = new RawEnd(
      await within(this.#listener.accept(), "a connection"),
    );
    this.#ends.push(end);
    await end.expect("hello");
    await end.send(welcome("alice"));
    return end;
  }

  /** Sends items; the hub's end of the connection, and what becomes of them. */
  async send(items: Item[]) {
    const dialling = this.#dial();
    const hub = await this.accept();
    this.link = new Link(await dialling, {
      connect: () => this.#dial(),
      clock: this.clock,
      random: () => 0,
      tryMs: TRY_MS,
      signal: this.stop.signal,
      lost: this.losses.add,
    });
    const sent = sendAll(items, {
      carrier: this.link,
      from: "alice",
      to: ["bob", "carol"],
      deadlines: DEFAULT_DEADLINES,
      clock: this.clock,
      commandAt: 0,
      roundTripMs: () => 0,
      emit: this.events.add,
      signal: this.stop.signal,
    });
    return { hub, sent };
  }

  close(): void {
    this.#listener.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) end[Symbol.dispose]();
    await this.link?.close();
    try {
      this.#listener.close();
    } catch {
      // The test has closed it.
    }
  }
}

function item(path: string): Item {
  const size = BODY.length;
  const open = () => new FileBody(path, size, "big");
  return { name: "big", kind: "file", size, open };
}

function receipt(id: string, recipient: string) {
  const status = "delivered";
  return { type: "receipt", status, id, recipient, verify_ms: 0 } as const;
}

Deno.test("a sender comes back and goes on where the hub says, for those who have no receipt yet", async () => {
  using dir = new TempDir();
  Deno.writeFileSync(dir.at("big"), BODY);
  await using one = new Linked();
  const { hub, sent } = await one.send([item(dir.at("big"))]);
  const first = await hub.expect("offer");
  await hub.send({ type: "accept", id: first.id, offset: 0 });
  await hub.body(first.id);
  await hub.send(receipt(first.id, "bob"));
  await one.events.until(
    (event) => event.event === "transfer.completed",
    "bob's receipt",
  );
  hub.conn.close();
  await one.losses.count(1, "losses");
  const coming = one.accept();
  await one.clock.advance(125);
  const again = await coming;
  const second = await again.expect("offer");
  assertEquals([second.id, second.to], [first.id, ["carol"]]);
  assertEquals(second.fingerprint, first.fingerprint);
  assertEquals([first.wait_ms, second.wait_ms], [undefined, TRY_MS]);
  assert(second.fingerprint?.length === 64);
  await again.send({ type: "accept", id: first.id, offset: 150_000 });
  const rest = await again.body(first.id);
  assertEquals(rest.bytes, BODY.subarray(150_000));
  assertEquals(rest.end.sha256, digestOf(BODY).sha256);
  await again.send(receipt(first.id, "carol"));
  assertEquals(await sent, {
    ...{ delivered: 2, failed: 0, codes: new Set<FailureCode>(), least: 2 },
  });
  const warned = one.events.all.filter(({ event }) => event === "warning");
  assertEquals(warned.map((event) => "message" in event && event.message), [
    "Going on with big at 75 %",
  ]);
});

Deno.test("a hub that does not come back: the sender gives up in time, with what ended the connection", async () => {
  await using one = new Linked();
  const small: Item = {
    name: "a",
    kind: "text",
    size: 4,
    open: () => new BytesBody(pattern(4)),
  };
  const { hub, sent } = await one.send([small]);
  await hub.expect("offer");
  one.close();
  await hub.send({ type: "bye", code: "shutdown", message: "over" });
  hub.conn.close();
  await one.losses.count(1, "losses");
  let over = false;
  const done = sent.finally(() => over = true);
  for (let ms = 0; !over; ms += 1_000) {
    assert(ms <= TRY_MS + 1_000, "it still tries");
    await one.clock.advance(1_000);
  }
  const { failed, codes } = await done;
  assertEquals([failed, [...codes]], [2, ["shutdown"]]);
  assertEquals(one.losses.all.length, 1);
});

Deno.test("a pipe cannot be read twice: it fails at once", async () => {
  await using one = new Linked();
  const pipe: Item = {
    name: "stdin",
    kind: "file",
    size: null,
    open: () => new StreamBody(new Blob([BODY]).stream()),
  };
  const { hub, sent } = await one.send([pipe]);
  await hub.expect("offer");
  hub.conn.close();
  const { failed, codes } = await sent;
  assertEquals([failed, [...codes]], [2, ["disconnected"]]);
});

Deno.test("a file that has changed meanwhile is not gone on with", async () => {
  using dir = new TempDir();
  Deno.writeFileSync(dir.at("big"), BODY);
  await using one = new Linked();
  const { hub, sent } = await one.send([item(dir.at("big"))]);
  await hub.expect("offer");
  hub.conn.close();
  await one.losses.count(1, "losses");
  Deno.writeFileSync(dir.at("big"), pattern(BODY.length, 3));
  const coming = one.accept();
  await one.clock.advance(125);
  await coming;
  const { failed, codes } = await sent;
  assertEquals([failed, [...codes]], [2, ["input"]]);
  const [why] = one.events.all.filter(({ event }) =>
    event === "transfer.failed"
  );
  assert(why !== undefined && "message" in why);
  assertEquals(why.message, "it changed while it was sent");
});

Deno.test("a sender that is told to stop while it has no connection stops", async () => {
  await using one = new Linked();
  const small: Item = {
    name: "a",
    kind: "text",
    size: 4,
    open: () => new BytesBody(pattern(4)),
  };
  const { hub, sent } = await one.send([small]);
  await hub.expect("offer");
  hub.conn.close();
  await one.losses.count(1, "losses");
  one.stop.abort();
  assertEquals((await sent).failed, 2);
});

Deno.test("what arrived differs: it is sent once more from its beginning, and no more than once", async () => {
  using dir = new TempDir();
  Deno.writeFileSync(dir.at("big"), BODY);
  await using one = new Linked();
  const { hub, sent } = await one.send([item(dir.at("big"))]);
  const ids = new Set<string>();
  const differs = {
    type: "receipt",
    status: "failed",
    code: "integrity",
    message: "it differs",
    retryable: true,
  } as const;
  for (const [time, to] of [["bob", "carol"], ["bob"]].entries()) {
    const offered = await hub.expect("offer");
    const { id } = offered;
    ids.add(id);
    assertEquals(offered.to, to);
    await hub.send({ type: "accept", id, offset: time === 0 ? 100_000 : 0 });
    await hub.body(id);
    if (time === 0) await hub.send(receipt(id, "carol"));
    await hub.send({ ...differs, id, recipient: "bob" });
  }
  assertEquals(ids.size, 2);
  const { delivered, failed, codes } = await sent;
  assertEquals([delivered, failed, [...codes]], [1, 1, ["integrity"]]);
});
