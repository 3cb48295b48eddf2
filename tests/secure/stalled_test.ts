/** Somebody who accepts connections and then says nothing, where a hub should be. */
import { assertRejects } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { makeCertificate } from "../../lib/net/certificate.ts";
import { dialSecure, type Pin } from "../../lib/net/secure.ts";
import { FakeClock } from "../fake_clock.ts";
import { within } from "../support/within.ts";

const OTHER = "00".repeat(32);

/** Accepts connections and keeps them; the first ones are handed to `first`. */
class Silent {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #kept: Deno.Conn[] = [];
  readonly #waiting: { count: number; resolve: () => void }[] = [];
  readonly #over = this.#accept();

  get address() {
    return { host: "127.0.0.1", port: this.#listener.addr.port };
  }

  /** Resolves once so many have connected. */
  reached(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ count, resolve });
    this.#tell();
    return promise;
  }

  async #accept() {
    for await (const conn of this.#listener) {
      this.#kept.push(conn);
      this.#tell();
    }
  }

  #tell() {
    for (const { count, resolve } of this.#waiting) {
      if (this.#kept.length >= count) resolve();
    }
  }

  async [Symbol.asyncDispose]() {
    this.#listener.close();
    await this.#over;
    for (const conn of this.#kept) conn.close();
  }
}

const unseen: Pin = {
  fingerprint: OTHER,
  certificate: undefined,
  from: "ticket",
};

Deno.test("a hub that says nothing is given up at the deadline, also before its certificate was ever seen", async () => {
  await using silent = new Silent();
  const clock = new FakeClock();
  const dialled = dialSecure(silent.address, unseen, {
    clock,
    connectMs: 1000,
  });
  const refused = assertRejects(
    () => dialled,
    Failure,
    "no secure connection within 1 s",
  );
  await within(silent.reached(2), "it asks for the certificate");
  await clock.advance(1000);
  await within(refused, "it gives up");
});

Deno.test("a hub that says nothing is given up at once when the command is", async () => {
  await using silent = new Silent();
  const over = new AbortController();
  const dialled = dialSecure(silent.address, unseen, {
    clock: new FakeClock(),
    connectMs: 1000,
    signal: over.signal,
  });
  const refused = assertRejects(() => dialled, Failure, "given up");
  await within(silent.reached(2), "it asks for the certificate");
  over.abort(new Failure("sigint", "Cannot finish: given up"));
  await within(refused, "it gives up");
});

Deno.test("a certificate that is not the pinned one is refused, also when its holder falls silent", async () => {
  const [pinned, other] = await Promise.all([
    makeCertificate(),
    makeCertificate(),
  ]);
  const { certificate: cert, key } = other;
  const secure = Deno.listenTls({
    ...{ hostname: "127.0.0.1", port: 0, cert, key },
    alpnProtocols: ["ferry/1"],
  });
  const address = { host: "127.0.0.1", port: secure.addr.port };
  const clock = new FakeClock();
  const { certificate } = pinned;
  const pin: Pin = { fingerprint: OTHER, certificate, from: "known" };
  const dialled = dialSecure(address, pin, { clock, connectMs: 1000 });
  const refused = assertRejects(
    () => dialled,
    Failure,
    "ITS CERTIFICATE HAS CHANGED",
  );
  const first = await secure.accept();
  await within(first.handshake().catch(() => {}), "the pinned one is missed");
  // The second connection, which is to show the certificate, is never answered.
  const second = await within(secure.accept(), "it looks again");
  await clock.advance(1000);
  await within(refused, "it gives up");
  for (const one of [first, second, secure]) {
    try {
      one.close();
    } catch {
      // Closed by its failed handshake.
    }
  }
});
