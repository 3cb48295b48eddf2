/** Connecting: what is said when nobody answers, and that a connection can be called off. */
import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { dial } from "../../lib/net/dial.ts";
import { FakeClock } from "../fake_clock.ts";

Deno.test("dial() gives a connection, and leaves no timer behind", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const clock = new FakeClock();
  const { port } = listener.addr;
  const stream = await dial({ host: "127.0.0.1", port }, {
    clock,
    connectMs: 1_000,
  });
  (await listener.accept()).close();
  stream.close();
  assertEquals(clock.pending, 0);
});

Deno.test("dial() to a port where nobody listens says so, with a hint", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const clock = new FakeClock();
  const failure = await assertRejects(
    () => dial({ host: "127.0.0.1", port }, { clock, connectMs: 1_000 }),
    Failure,
    `Cannot reach 127.0.0.1:${port}: connection refused`,
  );
  assertEquals([failure.code, failure.exit], ["unreachable", 4]);
  assertEquals(clock.pending, 0);
});

Deno.test("dial() that is called off fails with the reason of its signal", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const stop = new AbortController();
  stop.abort(new Failure("sigint", "cancelled by SIGINT"));
  const failure = await assertRejects(
    () =>
      dial({ host: "127.0.0.1", port: listener.addr.port }, {
        clock: new FakeClock(),
        connectMs: 1_000,
        signal: stop.signal,
      }),
    Failure,
  );
  assertEquals(failure.code, "sigint");
});
