/** Text and JSON messages: shown as sent, kept only when told to, refused when they are neither. */
import { assert, assertEquals } from "@std/assert";
import { MAX_MESSAGE_BYTES } from "../../lib/protocol/limits.ts";
import { FakeClock } from "../fake_clock.ts";
import { pattern, TempDir } from "../support/files.ts";
import { codeOf, Hosted } from "../support/hosted.ts";
import { testInbox } from "../support/hub.ts";
import { offer } from "../support/raw.ts";
import { Events } from "../support/recorder.ts";

const encoder = new TextEncoder();
const text = { kind: "text", name: "message.txt" } as const;
const json = { kind: "json", name: "data.json" } as const;

Deno.test("a text arrives as it was sent, and no file is made", async () => {
  await using bob = await Hosted.join();
  const words = "Grüße\n\tvon \u202eAlice 🚢\0";
  assertEquals(
    codeOf(await bob.give(encoder.encode(words), text)),
    "delivered",
  );
  const completed = await bob.peer.events.of("transfer.completed");
  assertEquals(completed.text, words);
  assertEquals(completed.saved, undefined);
  assertEquals(bob.peer.files(), []);
});

Deno.test("an empty text is a text", async () => {
  await using bob = await Hosted.join();
  assertEquals(codeOf(await bob.give(new Uint8Array(0), text)), "delivered");
  assertEquals((await bob.peer.events.of("transfer.completed")).text, "");
});

Deno.test("JSON keeps every digit of its numbers", async () => {
  await using bob = await Hosted.join();
  const sent = '{"id":12345678901234567890,"price":1.10,"big":1e400}';
  assertEquals(codeOf(await bob.give(encoder.encode(sent), json)), "delivered");
  const { data } = await bob.peer.events.of("transfer.completed");
  assertEquals(JSON.stringify(data), sent);
  assertEquals(bob.peer.files(), []);
});

for (
  const [kind, keepsBody] of [[text, "hello"], [json, '{"a": 1}']] as const
) {
  Deno.test(`a message of kind ${kind.kind} is kept as a file too when told to`, async () => {
    await using bob = await Hosted.join({ keepMessages: true });
    const body = encoder.encode(keepsBody);
    assertEquals(codeOf(await bob.give(body, kind)), "delivered");
    assertEquals(bob.peer.files(), [kind.name]);
    assertEquals(bob.peer.read(kind.name), body);
    const { saved } = await bob.peer.events.of("transfer.completed");
    assertEquals(saved, `${bob.peer.inboxDir}/${kind.name}`);
  });
}

const BAD: [what: string, body: Uint8Array, kind: typeof text | typeof json][] =
  [
    ["text that is not UTF-8", new Uint8Array([0x68, 0xff, 0x69]), text],
    ["JSON that is not UTF-8", new Uint8Array([0x22, 0xff, 0x22]), json],
    ["JSON that is none", encoder.encode("{a: 1}"), json],
    ["no JSON at all", new Uint8Array(0), json],
    ["JSON nested too deep", encoder.encode("[".repeat(100_000)), json],
  ];

for (const [what, body, kind] of BAD) {
  Deno.test(`${what} fails as bad data and is not kept`, async () => {
    await using bob = await Hosted.join({ keepMessages: true });
    const verdict = await bob.give(body, kind);
    assertEquals(codeOf(verdict), "bad-data");
    assert("message" in verdict);
    assertEquals(
      verdict.message,
      `the message is not ${kind === text ? "UTF-8 text" : "JSON"}`,
    );
    assertEquals(
      (await bob.peer.events.of("transfer.failed")).code,
      "bad-data",
    );
    assertEquals(bob.peer.files(), []);
  });
}

Deno.test("a message of 1 MiB is taken, a larger one or one of unknown size is refused at its offer", async () => {
  await using bob = await Hosted.join();
  const whole = pattern(MAX_MESSAGE_BYTES).map((byte) => byte % 128);
  assertEquals(codeOf(await bob.give(whole, text)), "delivered");
  for (const size of [MAX_MESSAGE_BYTES + 1, null]) {
    await bob.offer({ ...text, size });
    const reject = await bob.hub.expect("reject");
    assertEquals(reject.code, "limit");
    assertEquals(
      reject.message,
      "the message is larger than 1 MiB: send it as a file",
    );
  }
});

Deno.test("a message that comes byte by byte takes no more memory than one that comes at once", () => {
  using dir = new TempDir();
  const bytes = pattern(300_000);
  const inbox = testInbox(dir.path, "bob", new FakeClock(), new Events());
  const admission = inbox.admit(
    offer({ kind: "text", size: bytes.length }),
    new AbortController().signal,
  );
  assert(!admission.held);
  const { arrival } = admission;
  const before = Deno.memoryUsage().heapUsed;
  for (let at = 0; at < bytes.length; at++) {
    arrival.write(bytes.subarray(at, at + 1), () => {});
  }
  const grown = Deno.memoryUsage().heapUsed - before;
  assert(grown < 20 * bytes.length, `${grown} bytes`);
});
