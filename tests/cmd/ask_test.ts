import { assertEquals } from "@std/assert";
import { Asker } from "../../cmd/ask.ts";
import { Failure } from "../../lib/failure.ts";
import type { Offer } from "../../lib/transfer/transfer.ts";
import { fakeContext } from "../fake_context.ts";

const OFFER: Offer = {
  id: "0123456789abcdef",
  name: "report.csv",
  kind: "file",
  size: 1200,
  from: "alice",
  to: ["bob"],
  inline: false,
  deadlines: { accept_ms: 1, idle_ms: 1, receipt_ms: 1 },
};

/** A person whose lines come when the test says. */
function person() {
  const { readable, writable } = new TransformStream<
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>
  >();
  const keys = writable.getWriter();
  const asked = Promise.withResolvers<void>();
  const world = fakeContext({ stdin: readable, heard: () => asked.resolve() });
  return {
    asked: asked.promise,
    asker: new Asker(world.context),
    stderr: world.stderr,
    types: (text: string) => keys.write(new TextEncoder().encode(text)),
    leaves: () => keys.close(),
  };
}

for (
  const [line, taken] of [["y\n", true], [" Yes \n", true], ["n\n", false], [
    "\n",
    false,
  ]] as const
) {
  Deno.test(`an offer answered with ${JSON.stringify(line)} is ${taken ? "taken" : "declined"}`, async () => {
    const bob = person();
    const answer = bob.asker.ask(OFFER, new AbortController().signal);
    await bob.types(line);
    assertEquals(await answer, taken);
    assertEquals(bob.stderr(), "Accept report.csv (1.2 kB) from alice? [y/N] ");
    await bob.leaves();
  });
}

Deno.test("an offer is declined when standard input ends", async () => {
  const bob = person();
  const answer = bob.asker.ask(OFFER, new AbortController().signal);
  await bob.leaves();
  assertEquals(await answer, false);
});

Deno.test("a question that nobody answers in time gives way to the next one", async () => {
  const bob = person();
  const late = new AbortController();
  const first = bob.asker.ask(OFFER, late.signal);
  const second = bob.asker.ask(
    { ...OFFER, name: "photo.png" },
    new AbortController().signal,
  );
  await bob.asked;
  late.abort(new Failure("deadline.accept", "no answer within 60 s"));
  assertEquals(await first, false);
  await bob.types("y\n");
  assertEquals(await second, true);
  assertEquals(
    bob.stderr(),
    "Accept report.csv (1.2 kB) from alice? [y/N] \n" +
      "report.csv from alice: nobody answered in time, so it was declined\n" +
      "Accept photo.png (1.2 kB) from alice? [y/N] ",
  );
  await bob.leaves();
});

Deno.test("an answer to a question that is over answers no other", async () => {
  const bob = person();
  const late = new AbortController();
  const first = bob.asker.ask(OFFER, late.signal);
  await bob.asked;
  late.abort(new Failure("deadline.accept", "no answer within 60 s"));
  assertEquals(await first, false);
  await bob.types("y\n");
  // The line has to come through the stream first.
  await new Promise((turn) => setTimeout(turn));
  const second = bob.asker.ask(OFFER, new AbortController().signal);
  await bob.types("n\n");
  assertEquals(await second, false);
  await bob.leaves();
});
