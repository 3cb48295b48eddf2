/**
 * Bare TCP over the same path as Ferry's transfers, for comparison: bytes from memory go to a hub
 * of nothing but sockets, which drains them or passes them on, and one byte comes back. No disk, no
 * hash, no framing beyond a length.
 *
 * Every connection begins with 16 bytes: `FBT1`, its role (0 sends, 1 receives) and three zeros,
 * and the 8 bytes that tell one user's connections from another's. The hub answers one byte, a full stop.
 * Then the sender may say, as often as it likes, in 12 bytes big-endian: to how many receivers
 * (u32; 0 for the hub itself) and how many bytes (u64), followed by the bytes. Receivers get the
 * same. Whoever has read all of it answers the same byte, the hub when all receivers have.
 */
import { Failure, systemState } from "../failure.ts";
import { writeAll } from "../transfer/disk.ts";

const MAGIC = [0x46, 0x42, 0x54, 0x31];
const ANSWER = 0x2e;
const HELLO_BYTES = 16;
const HEAD_BYTES = 12;
/** As fast as a socket gets on the loopback; 64 KiB were a quarter slower. */
const BUFFER_BYTES = 1024 * 1024;
/** Connections of one service: more than sixteen receivers and several users need, few enough for their buffers. */
const MAX_CONNECTIONS = 256;

/** What a listener gives; `Deno.listen` does. */
export interface BareListener {
  accept(): Promise<Deno.TcpConn>;
  close(): void;
}

/** The service at the hub's end. */
export class BareHub {
  readonly #listener: BareListener;
  readonly #conns = new Set<Deno.TcpConn>();
  readonly #receivers = new Map<string, Set<Deno.TcpConn>>();
  readonly #serving = new Set<Promise<void>>();
  #closing = false;
  /** Resolves when it has stopped. */
  readonly finished: Promise<void>;

  constructor(listener: BareListener) {
    this.#listener = listener;
    this.finished = this.#accept();
  }

  /** Ends every connection and resolves when all is over. */
  async shutdown(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#listener.close();
      this.#conns.forEach(close);
    }
    await this.finished;
  }

  async #accept(): Promise<void> {
    while (!this.#closing) {
      let conn: Deno.TcpConn;
      try {
        conn = await this.#listener.accept();
      } catch {
        break;
      }
      if (this.#closing || this.#conns.size >= MAX_CONNECTIONS) {
        close(conn);
        continue;
      }
      this.#conns.add(conn);
      // Whatever ends a connection ends only that.
      const serving = this.#serve(conn).catch(() => {}).finally(() =>
        this.#serving.delete(serving)
      );
      this.#serving.add(serving);
    }
    await Promise.all(this.#serving);
  }

  async #serve(conn: Deno.TcpConn): Promise<void> {
    const hello = new Uint8Array(HELLO_BYTES);
    conn.setNoDelay();
    if (
      !await readExactly(conn, hello) ||
      MAGIC.some((byte, at) => hello[at] !== byte)
    ) return this.#drop(conn);
    const user = hello.subarray(8).join();
    const receivers = this.#receivers.get(user) ?? new Set();
    this.#receivers.set(user, receivers);
    if (hello[4] === 1) {
      // Only its sender's turns read and write it from now on.
      receivers.add(conn);
      return await answer(conn);
    }
    try {
      await answer(conn);
      await passOn(conn, receivers);
    } finally {
      this.#receivers.delete(user);
      for (const one of [conn, ...receivers]) this.#drop(one);
    }
  }

  #drop(conn: Deno.TcpConn): void {
    this.#conns.delete(conn);
    close(conn);
  }
}

/** Drains what a sender sends, or passes it to as many receivers as it says, until it ends. */
async function passOn(
  sender: Deno.TcpConn,
  receivers: ReadonlySet<Deno.TcpConn>,
): Promise<void> {
  const buffer = new Uint8Array(BUFFER_BYTES);
  const head = new Uint8Array(HEAD_BYTES);
  while (await readExactly(sender, head)) {
    const view = new DataView(head.buffer);
    const to = [...receivers].slice(0, view.getUint32(0));
    if (to.length < view.getUint32(0)) return;
    const pass = (bytes: Uint8Array) =>
      Promise.all(to.map((conn) => writeAll(conn, bytes)));
    await pass(head);
    await take(sender, Number(view.getBigUint64(4)), buffer, pass);
    for (const conn of to) {
      if (!await readExactly(conn, head.subarray(0, 1))) return;
    }
    await answer(sender);
  }
}

/** One user of the service: a sender and its receivers. */
export class BareUser {
  readonly #sender: Deno.TcpConn;
  readonly #receivers: readonly Deno.TcpConn[];
  readonly #receiving: Promise<unknown>;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);

  private constructor(
    sender: Deno.TcpConn,
    receivers: readonly Deno.TcpConn[],
  ) {
    this.#sender = sender;
    this.#receivers = receivers;
    this.#receiving = Promise.allSettled(receivers.map(drain));
  }

  /** Connects a sender and receivers. Throws what `dial` does, or an Error when another service answers. */
  static async connect(
    dial: () => Promise<Deno.TcpConn>,
    receivers: number,
  ): Promise<BareUser> {
    const id = crypto.getRandomValues(new Uint8Array(8));
    const conns: Deno.TcpConn[] = [];
    try {
      for (let n = 0; n <= receivers; n++) {
        const conn = await dial();
        conns.push(conn);
        conn.setNoDelay();
        const role = n < receivers ? 1 : 0;
        await writeAll(conn, new Uint8Array([...MAGIC, role, 0, 0, 0, ...id]));
        await answered(conn);
      }
      const sender = conns.pop();
      if (sender === undefined) throw new Error("there is no sender");
      return new BareUser(sender, conns);
    } catch (error) {
      conns.forEach(close);
      throw error;
    }
  }

  /**
   * Sends `bytes` bytes to the hub itself or to the first `receivers` receivers, and waits for the
   * byte that says all have them. Milliseconds, measured with `now`. Throws Failure `disconnected`
   * when a connection ends.
   */
  async exchange(
    bytes: number,
    receivers: number,
    now: () => number,
  ): Promise<number> {
    const view = new DataView(this.#buffer.buffer);
    view.setUint32(0, receivers);
    view.setBigUint64(4, BigInt(bytes));
    const from = now();
    try {
      for (let left = bytes + HEAD_BYTES; left > 0;) {
        const part = this.#buffer.subarray(0, Math.min(left, BUFFER_BYTES));
        await writeAll(this.#sender, part);
        left -= part.length;
      }
      await answered(this.#sender);
    } catch (cause) {
      const state = `Cannot measure bare TCP: ${systemState(cause)}`;
      throw new Failure("disconnected", state, { cause });
    }
    return now() - from;
  }

  /** Closes everything; an exchange under way fails. */
  async close(): Promise<void> {
    [this.#sender, ...this.#receivers].forEach(close);
    await this.#receiving;
  }
}

/** A receiver: takes what comes and answers, until the connection ends. */
async function drain(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(BUFFER_BYTES);
  const head = new Uint8Array(HEAD_BYTES);
  while (await readExactly(conn, head)) {
    const bytes = Number(new DataView(head.buffer).getBigUint64(4));
    await take(conn, bytes, buffer, () => {});
    await answer(conn);
  }
}

/** Reads exactly `bytes` bytes, handing on each piece before the next is read. */
async function take(
  conn: Deno.TcpConn,
  bytes: number,
  buffer: Uint8Array,
  each: (piece: Uint8Array) => unknown,
): Promise<void> {
  for (let left = bytes; left > 0;) {
    const n = await conn.read(
      buffer.subarray(0, Math.min(left, buffer.length)),
    );
    if (n === null) throw new Error("the connection ended");
    await each(buffer.subarray(0, n));
    left -= n;
  }
}

function answer(conn: Deno.TcpConn): Promise<void> {
  return writeAll(conn, new Uint8Array([ANSWER]));
}

async function answered(conn: Deno.TcpConn): Promise<void> {
  const byte = new Uint8Array(1);
  if (!await readExactly(conn, byte) || byte[0] !== ANSWER) {
    throw new Error("it does not answer as ferry bench --serve-bare does");
  }
}

/** Fills `into`; false when the stream ends before. */
export async function readExactly(
  conn: { read(into: Uint8Array): Promise<number | null> },
  into: Uint8Array,
): Promise<boolean> {
  for (let at = 0; at < into.length;) {
    const n = await conn.read(into.subarray(at));
    if (n === null) return false;
    at += n;
  }
  return true;
}

function close(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}
