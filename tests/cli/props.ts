/** Other ends that behave badly, for scripts to meet. */
import { parseAddress } from "../../lib/net/address.ts";
import { encodeMessage } from "../../lib/protocol/message.ts";
import { VERSION } from "../../lib/protocol/session.ts";

/** Something in the background that is no command. */
export interface Prop {
  /** Where it listens, if it does. */
  readonly address?: string;
  stop(): Promise<void>;
}

/** A peer that joins `hub` as `name`, then reads whatever comes and answers nothing. */
export async function silentPeer(hub: string, name: string): Promise<Prop> {
  const { host: hostname, port } = parseAddress(hub);
  const conn = await Deno.connect({ hostname, port });
  await conn.write(encodeMessage({
    type: "hello",
    version: VERSION,
    capabilities: [],
    role: "peer",
    name,
    adapt: false,
    software: "silent",
  }));
  const room = new Uint8Array(64 * 1024);
  await conn.read(room);
  const drained = readAll(conn, room);
  return {
    async stop() {
      close(conn);
      await drained;
    },
  };
}

/** Listens, takes every connection, reads it and says nothing. */
export function muteListener(): Prop {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const conns: Deno.Conn[] = [];
  const work: Promise<void>[] = [];
  const accept = async () => {
    for await (const conn of listener) {
      conns.push(conn);
      work.push(readAll(conn, new Uint8Array(1024)));
    }
  };
  const accepting = accept();
  return {
    address: `127.0.0.1:${listener.addr.port}`,
    async stop() {
      listener.close();
      await accepting;
      conns.forEach(close);
      await Promise.all(work);
    },
  };
}

async function readAll(conn: Deno.Conn, room: Uint8Array): Promise<void> {
  try {
    while (await conn.read(room) !== null);
  } catch {
    // Closed, by either side.
  }
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}
