/**
 * One process of a benchmark. It does what the lines of JSON on its standard input say, one at a
 * time, and answers each with a line of JSON: `{ms}` or what the command gives.
 *
 *     deno run -A bench/actor.ts bare-receive | bare-send [STATE] | hub SPOOL [STATE] | client PORT [STATE] | hash
 *
 * With a state directory everything goes over TLS, with the identity of the hub there.
 */
import { createHash } from "node:crypto";
import { Hub } from "../lib/hub/hub.ts";
import { doorOf } from "../lib/hub/admission/door.ts";
import { CERTIFIED_NAME } from "../lib/net/certificate.ts";
import { SecureListener } from "../lib/net/listen.ts";
import { Access } from "../lib/peer/access.ts";
import { noteRunning } from "../lib/state/hubs.ts";
import { hubFingerprint, hubIdentity } from "../lib/state/hub_identity.ts";
import { Client } from "../lib/peer/client.ts";
import type { Item } from "../lib/peer/item.ts";
import { sendAll } from "../lib/peer/outbox.ts";
import type { Carrier } from "../lib/transfer/transfer.ts";
import { DEFAULT_DEADLINES } from "../lib/time/deadline.ts";
import { systemClock } from "../lib/time/clock.ts";
import { BytesBody, FileBody } from "../lib/transfer/body.ts";
import { readOver } from "../lib/transfer/read.ts";
import { INLINE_BYTES } from "../lib/protocol/limits.ts";
import { readExactly } from "../lib/bench/bare.ts";
import { writeAll } from "../lib/transfer/disk.ts";
import { linesOf } from "./lines.ts";

/** What an actor can be told; which of the fields, depends on its role. */
interface Order {
  readonly port?: number;
  readonly paths?: readonly string[];
  readonly dir?: string;
  readonly to?: readonly string[];
  readonly messages?: number;
  readonly bytes?: number;
}

const BARE_BYTES = 1024 * 1024;

type Perform = (order: Order) => Promise<unknown>;

/** Bare TCP into files, as plain as it gets: no framing but a length before each file, no hashing. */
async function bareReceive(
  state: string,
): Promise<{ hello: unknown; perform: Perform }> {
  const here = { port: 0, hostname: "127.0.0.1" };
  const identity = state === "" ? undefined : await hubIdentity(state);
  const listener = identity === undefined ? Deno.listen(here) : Deno.listenTls({
    ...here,
    cert: identity.certificate,
    key: identity.key,
  });
  const buffer = new Uint8Array(BARE_BYTES);
  return {
    hello: { port: listener.addr.port },
    async perform({ dir = "", messages = 0, bytes = 0 }) {
      using conn: Deno.TcpConn | Deno.TlsConn = await listener.accept();
      if ("setNoDelay" in conn) conn.setNoDelay();
      if (messages > 0) {
        for (let n = 0; n < messages; n++) {
          await readExactly(conn, buffer.subarray(0, bytes));
          await writeAll(conn, buffer.subarray(0, bytes));
        }
        return {};
      }
      const head = new Uint8Array(8);
      for (let n = 0; await readExactly(conn, head); n++) {
        let left = Number(new DataView(head.buffer).getBigUint64(0));
        using file = await Deno.create(`${dir}/bare-${n}`);
        while (left > 0) {
          const count = await conn.read(
            buffer.subarray(0, Math.min(left, buffer.length)),
          );
          if (count === null) throw new Error("cut short");
          await writeAll(file, buffer.subarray(0, count));
          left -= count;
        }
      }
      await writeAll(conn, new Uint8Array(1));
      return {};
    },
  };
}

/** The other end of `bareReceive`; its time ends when the receiver has written everything. */
function bareSend(state: string): { hello: unknown; perform: Perform } {
  const buffer = new Uint8Array(BARE_BYTES);
  return {
    hello: {},
    async perform({ port = 0, paths = [], messages = 0, bytes = 0 }) {
      const tcp = await Deno.connect({ hostname: "127.0.0.1", port });
      tcp.setNoDelay();
      using conn = state === "" ? tcp : await Deno.startTls(tcp, {
        hostname: CERTIFIED_NAME,
        caCerts: [(await hubIdentity(state)).certificate],
      });
      if (messages > 0) {
        const rounds: number[] = [];
        for (let n = 0; n < messages; n++) {
          const from = performance.now();
          await writeAll(conn, buffer.subarray(0, bytes));
          await readExactly(conn, buffer.subarray(0, bytes));
          rounds.push(performance.now() - from);
        }
        return { rounds };
      }
      const from = performance.now();
      const head = new Uint8Array(8);
      for (const path of paths) {
        using file = await Deno.open(path);
        new DataView(head.buffer).setBigUint64(
          0,
          BigInt((await file.stat()).size),
        );
        await writeAll(conn, head);
        for (let n; (n = await file.read(buffer)) !== null;) {
          await writeAll(conn, buffer.subarray(0, n));
        }
      }
      await conn.closeWrite();
      await readExactly(conn, head.subarray(0, 1));
      return { ms: performance.now() - from };
    },
  };
}

/** Reads and hashes the beginning of a file. */
async function hash({ paths = [], bytes = 0 }: Order): Promise<unknown> {
  const from = performance.now();
  const hash = createHash("sha256");
  await readOver(paths[0] ?? "", 0, bytes, (_, piece) => {
    hash.update(piece);
    return true;
  });
  hash.digest("hex");
  return { ms: performance.now() - from };
}

/** A hub that sends files of its own. */
async function hub(
  spoolDir: string,
  state: string,
): Promise<{ hello: unknown; perform: Perform }> {
  const here = { port: 0, hostname: "127.0.0.1" };
  const identity = state === "" ? undefined : await hubIdentity(state);
  const hub = new Hub({
    listener: identity === undefined ? Deno.listen(here) : new SecureListener({
      ...here,
      cert: identity.certificate,
      key: identity.key,
    }),
    ...(identity === undefined ? {} : { door: doorOf(() => identity) }),
    name: "bench",
    software: "bench",
    clock: systemClock,
    spoolDir,
  });
  if (state !== "") {
    noteRunning(state, { ...hub.addr, bound: hub.addr.host, secure: true });
  }
  return {
    hello: { port: hub.addr.port },
    perform: ({ paths = [], to = [] }) =>
      sendFiles(hub, "hub", paths, to, () => 0),
  };
}

/** A client that sends through a hub. */
async function client(
  port: number,
  state: string,
): Promise<{ hello: unknown; perform: Perform }> {
  const identity = state === "" ? undefined : await hubIdentity(state);
  const credentials = identity === undefined ? "insecure" as const : {
    from: "own" as const,
    certificate: identity.certificate,
    fingerprint: await hubFingerprint(identity),
    secret: identity.operator_secret,
  };
  const access = new Access([{ host: "127.0.0.1", port }], credentials);
  const { stream } = await access.open({
    clock: systemClock,
    connectMs: 5_000,
  });
  const client = await Client.greet(stream, {
    role: "oneshot",
    ...(access.secret === undefined ? {} : { secret: access.secret }),
    name: "bench",
    adapt: true,
    software: "bench",
    clock: systemClock,
    handshakeMs: 5_000,
    idleMs: 30_000,
  });
  const { outbound, name } = client;
  return {
    hello: {},
    async perform({ paths = [], to = [], messages = 0, bytes = 0 }) {
      if (messages === 0) {
        return await sendFiles(
          outbound,
          name,
          paths,
          to,
          () => client.roundTripMs,
        );
      }
      const body = new Uint8Array(bytes).fill(0x20);
      const item: Item = {
        name: "message",
        kind: "text",
        size: bytes,
        open: () => new BytesBody(body),
      };
      const rounds: number[] = [];
      for (let n = 0; n < messages; n++) {
        const from = performance.now();
        await send(outbound, name, [item], to, () => client.roundTripMs);
        rounds.push(performance.now() - from);
      }
      return { rounds };
    },
  };
}

async function sendFiles(
  carrier: Carrier,
  from: string,
  paths: readonly string[],
  to: readonly string[],
  roundTripMs: () => number,
): Promise<unknown> {
  const start = performance.now();
  const items = paths.map((path): Item => {
    const { size } = Deno.statSync(path);
    const name = path.slice(path.lastIndexOf("/") + 1);
    const open = () =>
      size > INLINE_BYTES
        ? new FileBody(path, size, name)
        : new BytesBody(Deno.readFileSync(path));
    return { name, kind: "file", size, open };
  });
  await send(carrier, from, items, to, roundTripMs);
  return { ms: performance.now() - start };
}

async function send(
  carrier: Carrier,
  from: string,
  items: readonly Item[],
  to: readonly string[],
  roundTripMs: () => number,
): Promise<void> {
  const { failed, codes } = await sendAll(items, {
    carrier,
    from,
    to,
    deadlines: DEFAULT_DEADLINES,
    clock: systemClock,
    commandAt: systemClock.now(),
    roundTripMs,
    emit: () => {},
    signal: new AbortController().signal,
  });
  if (failed > 0) throw new Error(`${failed} failed: ${[...codes].join(", ")}`);
}

async function say(value: unknown): Promise<void> {
  await writeAll(
    Deno.stdout,
    new TextEncoder().encode(JSON.stringify(value) + "\n"),
  );
}

const [role = "", first = "", second = ""] = Deno.args;
const roles: Record<
  string,
  () =>
    | { hello: unknown; perform: Perform }
    | Promise<{ hello: unknown; perform: Perform }>
> = {
  "bare-receive": () => bareReceive(first),
  "bare-send": () => bareSend(first),
  "hub": () => hub(first, second),
  "client": () => client(Number(first), second),
  "hash": () => ({ hello: {}, perform: hash }),
};
const actor = await roles[role]?.();
if (actor === undefined) throw new Error(`no role ${role}`);
await say(actor.hello);
for await (const line of linesOf(Deno.stdin.readable)) {
  await say(await actor.perform(JSON.parse(line)));
}
Deno.exit(0);
