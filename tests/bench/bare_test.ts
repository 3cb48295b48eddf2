/** Bare TCP beside Ferry: the bytes really go to everyone, and nothing hangs when an end goes away. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { BareHub, BareUser } from "../../lib/bench/bare.ts";
import { Failure } from "../../lib/failure.ts";
import { within } from "../support/within.ts";

class TestBare implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly hub = new BareHub(this.#listener);
  #read = 0;

  dial = async (): Promise<Deno.TcpConn> => {
    const { hostname, port } = this.#listener.addr;
    const conn = await Deno.connect({ hostname, port });
    const read = conn.read.bind(conn);
    conn.read = async (into) => {
      const n = await read(into);
      this.#read += n ?? 0;
      return n;
    };
    return conn;
  };

  /** Bytes that came in since last asked, at all connections `dial` opened. */
  taken(): number {
    const read = this.#read;
    this.#read = 0;
    return read;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await within(this.hub.shutdown(), "the end of the bare hub");
  }
}

const now = () => performance.now();

Deno.test("every receiver gets every byte and its head, and the sender one answer", async () => {
  await using bare = new TestBare();
  const user = await BareUser.connect(bare.dial, 3);
  bare.taken();
  for (const bytes of [1, 1000, 3_000_000]) {
    assert(await user.exchange(bytes, 3, now) >= 0);
    assertEquals(bare.taken(), 3 * (bytes + 12) + 1);
    await user.exchange(bytes, 1, now);
    assertEquals(bare.taken(), bytes + 12 + 1);
    await user.exchange(bytes, 0, now);
    assertEquals(bare.taken(), 1, "the hub itself drains it");
  }
  await user.close();
});

Deno.test("users do not get each other's bytes", async () => {
  await using bare = new TestBare();
  const one = await BareUser.connect(bare.dial, 1);
  const other = await BareUser.connect(bare.dial, 2);
  bare.taken();
  await one.exchange(500, 1, now);
  assertEquals(bare.taken(), 513);
  await one.close();
  await other.exchange(500, 2, now);
  await other.close();
});

Deno.test("an exchange fails when the hub goes, or when there are not so many receivers", async () => {
  await using bare = new TestBare();
  const lonely = await BareUser.connect(bare.dial, 0);
  const failure = await within(
    assertRejects(() => lonely.exchange(10, 1, now), Failure),
    "the end of the exchange",
  );
  assertEquals(failure.code, "disconnected");
  await lonely.close();
  const user = await BareUser.connect(bare.dial, 1);
  await bare.hub.shutdown();
  await assertRejects(() => user.exchange(10, 1, now), Failure);
  await user.close();
});

Deno.test("who does not greet as a user is hung up on", async () => {
  await using bare = new TestBare();
  const stranger = await bare.dial();
  await stranger.write(new TextEncoder().encode("GET / HTTP/1.1\r\n"));
  assertEquals(await stranger.read(new Uint8Array(8)), null);
  stranger.close();
});

Deno.test("another service's answer is not taken for bare TCP", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = listener.accept().then(async (conn) => {
    await conn.write(new Uint8Array(8));
    conn.close();
  });
  const { port } = listener.addr;
  await assertRejects(
    () => BareUser.connect(() => Deno.connect({ port }), 0),
    Error,
    "does not answer as",
  );
  await serving;
});
