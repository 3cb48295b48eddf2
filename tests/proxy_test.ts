/** The proxy does to connections what the tests that use it believe. */
import { assert, assertEquals } from "@std/assert";
import { readExactly } from "../lib/bench/bare.ts";
import { writeAll } from "../lib/transfer/disk.ts";
import { FaultProxy, type Faults } from "./support/proxy.ts";

/** An echo behind a proxy, and a connection to it. */
class Behind implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly proxy: FaultProxy;
  readonly #serving: Promise<void>;
  conn!: Deno.TcpConn;

  private constructor(faults: Partial<Faults>) {
    const { hostname: host, port } = this.#listener.addr;
    this.proxy = new FaultProxy({ host, port }, faults);
    this.#serving = this.#echo();
  }

  static async open(faults: Partial<Faults>): Promise<Behind> {
    const behind = new Behind(faults);
    behind.conn = await Deno.connect({
      hostname: "127.0.0.1",
      port: behind.proxy.port,
    });
    behind.conn.setNoDelay();
    return behind;
  }

  async #echo(): Promise<void> {
    try {
      using conn = await this.#listener.accept();
      const buffer = new Uint8Array(100_000);
      for (let n; (n = await conn.read(buffer)) !== null;) {
        await writeAll(conn, buffer.subarray(0, n));
      }
      await conn.closeWrite();
    } catch {
      // Cut.
    }
  }

  /** Sends bytes and reads until so many have come back, or the end; how many came. */
  async roundTrip(bytes: number): Promise<number> {
    const sent = Uint8Array.from({ length: bytes }, (_, at) => at % 251);
    const sending = writeAll(this.conn, sent).catch(() => {});
    const back = new Uint8Array(bytes);
    let at = 0;
    while (at < bytes) {
      const n = await this.conn.read(back.subarray(at)).catch(() => null);
      if (n === null) break;
      at += n;
    }
    await sending;
    assertEquals(back.subarray(0, at), sent.subarray(0, at));
    return at;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.conn.close();
    await this.proxy[Symbol.asyncDispose]();
    this.#listener.close();
    await this.#serving;
  }
}

Deno.test("proxy: everything passes both ways", async () => {
  await using behind = await Behind.open({});
  assertEquals(await behind.roundTrip(1_000_000), 1_000_000);
});

Deno.test("proxy: a delay counts once each way, whatever the amount", async () => {
  await using behind = await Behind.open({ delayMs: 30 });
  for (const bytes of [1, 2_000_000]) {
    const from = performance.now();
    assertEquals(await behind.roundTrip(bytes), bytes);
    assert(performance.now() - from >= 60);
  }
});

Deno.test("proxy: pieces are as small as asked for", async () => {
  await using behind = await Behind.open({ split: 7 });
  assertEquals(await behind.roundTrip(1000), 1000);
});

Deno.test("proxy: a direction ends after so many bytes, and what went before arrives", async () => {
  await using behind = await Behind.open({ endAfter: 5000 });
  assertEquals(await behind.roundTrip(20_000), 5000);
});

Deno.test("proxy: a connection is cut after so many bytes", async () => {
  await using behind = await Behind.open({ cutAfter: 5000 });
  assert(await behind.roundTrip(20_000) <= 5000);
});

Deno.test("proxy: stalled, nothing passes until it is resumed", async () => {
  await using behind = await Behind.open({ stalled: true });
  let done = false;
  const trip = behind.roundTrip(10).then((n) => {
    done = true;
    return n;
  });
  const probe = new Uint8Array(1);
  // A second connection through another proxy takes a whole round trip meanwhile.
  await using other = await Behind.open({});
  await writeAll(other.conn, probe);
  assert(await readExactly(other.conn, probe));
  assert(!done);
  behind.proxy.resume();
  assertEquals(await trip, 10);
});

Deno.test("proxy: cut() ends what is open", async () => {
  await using behind = await Behind.open({});
  await behind.roundTrip(1);
  assertEquals(behind.proxy.connections, 1);
  behind.proxy.cut();
  assertEquals(
    await behind.conn.read(new Uint8Array(1)).catch(() => null),
    null,
  );
});

Deno.test("it calls back when so many bytes have passed one way, and keeps to a rate", async () => {
  await using behind = await Behind.open({ rate: 2_000_000 });
  const passed: number[] = [];
  const { proxy } = behind;
  for (const at of [150_000, 300_000]) {
    proxy.when("up", at, () => passed.push(proxy.passed.up));
  }
  const from = performance.now();
  assertEquals(await behind.roundTrip(200_000), 200_000);
  assert(performance.now() - from >= 70, "slower than 100 ms less its slack");
  assertEquals(passed.length, 1);
  assert((passed[0] ?? 0) >= 150_000);
});
