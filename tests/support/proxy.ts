/**
 * A TCP proxy that treats what passes as bad networks do: late, in small pieces, cut off. For the
 * experiments and for tests of what survives it.
 *
 *     deno run -A tests/support/proxy.ts --to HOST:PORT [--port 0] [--delay 10ms] [--split 100]
 *         [--cut-after 1MB | --end-after 1MB]
 *
 * As a program it prints the port it listens on, on a line of its own, and runs until it is killed.
 */
import { parseArgs } from "@std/cli/parse-args";
import { type Address, parseAddress } from "../../lib/net/address.ts";
import { parseDuration, parseSize } from "../../lib/text/units.ts";
import { writeAll } from "../../lib/transfer/disk.ts";

/** What is done to each direction of each connection. May be changed while it runs: what is read later obeys. */
export interface Faults {
  /** Everything arrives so much later, in milliseconds; the rate stays. */
  delayMs: number;
  /** Bytes a write carries at most. */
  split: number;
  /** After so many bytes of a direction the whole connection is reset. */
  cutAfter: number;
  /** After so many bytes of a direction that direction ends cleanly, wherever in a frame that is. */
  endAfter: number;
  /** Nothing passes on any more; the connections stay open. */
  stalled: boolean;
  /** Bytes a second each direction of each connection carries at most; little is then held back. */
  rate: number;
}

/** Nothing is done. */
export const NO_FAULTS: Faults = {
  delayMs: 0,
  split: Infinity,
  cutAfter: Infinity,
  endAfter: Infinity,
  stalled: false,
  rate: Infinity,
};

/** A read of this size is on its way at once. */
const READ_BYTES = 64 * 1024;
/** What a direction holds back for its delay at most: 50 ms at 10 Gbit/s. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

/** What a direction with a rate may make up for after a pause, in milliseconds. */
const RATE_SLACK_MS = 20;
/** With a rate, so that both ends feel it. */
const MAX_HELD_AT_RATE_BYTES = 4 * READ_BYTES;

/** Which way bytes go: up to where the proxy leads, down from there. */
export type Direction = "up" | "down";

interface Held {
  readonly bytes: Uint8Array;
  readonly dueAt: number;
}

/** A proxy on the loopback (or `hostname`). */
export class FaultProxy implements AsyncDisposable {
  readonly faults: Faults;
  /** Where new connections lead. */
  target: Address;
  /** Bytes of all connections that have passed, each way. */
  readonly passed: Record<Direction, number> = { up: 0, down: 0 };
  readonly #watches = new Set<
    { direction: Direction; bytes: number; reached: () => void }
  >();
  readonly #listener: Deno.TcpListener;
  readonly #pairs = new Set<readonly [Deno.TcpConn, Deno.TcpConn]>();
  readonly #work = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;
  #resumed = Promise.withResolvers<void>();

  constructor(
    target: Address,
    faults: Partial<Faults> = {},
    listen: { hostname?: string; port?: number } = {},
  ) {
    this.faults = { ...NO_FAULTS, ...faults };
    this.target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0, ...listen });
    this.#accepting = this.#accept();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Connections open now. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Calls back, once and at that very moment, when so many bytes have passed. Gives a way to take it back. */
  when(direction: Direction, bytes: number, reached: () => void): () => void {
    const watch = { direction, bytes, reached };
    this.#watches.add(watch);
    return () => this.#watches.delete(watch);
  }

  /** Cuts every connection that is open; new ones may come. */
  cut(): void {
    for (const pair of this.#pairs) pair.forEach(close);
  }

  /** Lets everything pass again after `faults.stalled`. */
  resume(): void {
    this.faults.stalled = false;
    this.#resumed.resolve();
    this.#resumed = Promise.withResolvers<void>();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    this.resume();
    await this.#accepting;
    await Promise.all(this.#work);
  }

  async #accept(): Promise<void> {
    for await (const near of this.#listener) {
      const work = this.#join(near).finally(() => this.#work.delete(work));
      this.#work.add(work);
    }
  }

  get #mostHeld(): number {
    return this.faults.rate < Infinity
      ? MAX_HELD_AT_RATE_BYTES
      : MAX_HELD_BYTES;
  }

  async #join(near: Deno.TcpConn): Promise<void> {
    let far: Deno.TcpConn;
    try {
      const { host: hostname, port } = this.target;
      far = await Deno.connect({ hostname, port });
    } catch {
      return close(near);
    }
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    near.setNoDelay();
    far.setNoDelay();
    await Promise.allSettled([
      this.#pass(near, far, "up"),
      this.#pass(far, near, "down"),
    ]);
    pair.forEach(close);
    this.#pairs.delete(pair);
  }

  #count(direction: Direction, bytes: number): void {
    this.passed[direction] += bytes;
    for (const watch of [...this.#watches]) {
      if (watch.direction !== direction) continue;
      if (this.passed[direction] < watch.bytes) continue;
      this.#watches.delete(watch);
      watch.reached();
    }
  }

  /** One direction: reads at full speed, writes when the time has come. */
  async #pass(
    from: Deno.TcpConn,
    to: Deno.TcpConn,
    direction: Direction,
  ): Promise<void> {
    const held: Held[] = [];
    let heldBytes = 0;
    let ended = false;
    let over = false;
    let changed = Promise.withResolvers<void>();
    const change = () => {
      changed.resolve();
      changed = Promise.withResolvers<void>();
    };
    const read = async () => {
      try {
        while (true) {
          while (heldBytes > this.#mostHeld && !over) await changed.promise;
          const buffer = new Uint8Array(READ_BYTES);
          const n = await from.read(buffer);
          if (n === null) break;
          if (over) continue;
          held.push({
            bytes: buffer.subarray(0, n),
            dueAt: performance.now() + this.faults.delayMs,
          });
          heldBytes += n;
          change();
        }
      } finally {
        ended = true;
        change();
      }
    };
    const write = async () => {
      let passed = 0;
      let freeAt = performance.now();
      while (true) {
        const next = held.shift();
        if (next === undefined) {
          if (ended) return await to.closeWrite();
          await changed.promise;
          continue;
        }
        await until(next.dueAt);
        for (let rest = next.bytes; rest.length > 0;) {
          while (this.faults.stalled) await this.#resumed.promise;
          const { split, cutAfter, endAfter, rate } = this.faults;
          const room = Math.min(cutAfter, endAfter) - passed;
          const piece = rest.subarray(0, Math.max(Math.min(split, room), 0));
          await writeAll(to, piece);
          passed += piece.length;
          this.#count(direction, piece.length);
          if (rate < Infinity) {
            freeAt = Math.max(freeAt, performance.now() - RATE_SLACK_MS) +
              piece.length / rate * 1000;
            await until(freeAt);
          }
          rest = rest.subarray(piece.length);
          if (passed >= cutAfter) {
            close(from);
            return close(to);
          }
          if (passed >= endAfter) return await to.closeWrite();
        }
        heldBytes -= next.bytes.length;
        change();
      }
    };
    // What is read after a direction was ended is dropped; the other direction goes on.
    const written = write().catch(() => close(from)).finally(() => {
      over = true;
      change();
    });
    // Both end before the connection is let go, also when one of them fails.
    await Promise.allSettled([read(), written]);
  }
}

async function until(dueAt: number): Promise<void> {
  const ms = dueAt - performance.now();
  if (ms > 0) {
    await new Promise((resolve) => setTimeout(resolve, Math.ceil(ms)));
  }
}

function close(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}

if (import.meta.main) {
  const options = parseArgs(Deno.args, {
    string: [
      "to",
      "host",
      "port",
      "delay",
      "split",
      "cut-after",
      "end-after",
    ],
  });
  const text = (name: string) => {
    const value = options[name];
    return typeof value === "string" ? value : undefined;
  };
  const size = (name: string) => {
    const value = text(name);
    return value === undefined ? Infinity : parseSize(value);
  };
  const proxy = new FaultProxy(parseAddress(text("to") ?? ""), {
    delayMs: parseDuration(text("delay") ?? "0"),
    split: size("split"),
    cutAfter: size("cut-after"),
    endAfter: size("end-after"),
  }, {
    hostname: text("host") ?? "127.0.0.1",
    port: Number(text("port") ?? 0),
  });
  await writeAll(Deno.stdout, new TextEncoder().encode(`${proxy.port}\n`));
}
