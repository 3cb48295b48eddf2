/**
 * What the runtime does not offer for TLS connections it has accepted, by the system's own calls:
 *
 * - TCP_NODELAY. Without it a small write waits until the one before is acknowledged: 40 ms in
 *   every handshake over a real network, and for every receipt close behind another.
 * - Hanging up on who never finishes the handshake. The runtime's `close` then waits for it for
 *   ever, and silent strangers would use up the hub's descriptors.
 *
 * Where the system is another one, or calling it is not permitted, nothing happens.
 */

const TCP_LEVEL = 6;
const TCP_NODELAY = 1;
const SHUT_BOTH = 2;
/** Descriptors looked at: four for each connection a hub may have. */
const MAX_DESCRIPTOR = 4096;
/** Room for the largest socket address. */
const ADDRESS_BYTES = 128;

const CALLS = {
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  setsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "u32"],
    result: "i32",
  },
} as const;

type System = Deno.DynamicLibrary<typeof CALLS>["symbols"];

const LIBRARY: Partial<Record<typeof Deno.build.os, string>> = {
  linux: "libc.so.6",
  darwin: "libSystem.dylib",
};

/** Where one end of a connection is. */
export interface End {
  readonly hostname: string;
  readonly port: number;
}

/** The calls, until it is closed. */
export class Sockets {
  readonly #library: Deno.DynamicLibrary<typeof CALLS> | undefined = open();

  /**
   * Sets TCP_NODELAY on a socket bound to `port` that listens; connections accepted there inherit
   * it. Says whether it did.
   */
  setNoDelay(port: number): boolean {
    const on = Uint32Array.of(1);
    return this.#first((fd, system) =>
      portAt(fd, system.getsockname) === port &&
      system.setsockopt(fd, TCP_LEVEL, TCP_NODELAY, on, 4) === 0
    );
  }

  /** Ends the connection of `port` here with `peer`, in both directions. Says whether it did. */
  hangUp(port: number, peer: End): boolean {
    const wanted = canonical(peer.hostname);
    return this.#first((fd, system) =>
      portAt(fd, system.getsockname) === port &&
      portAt(fd, system.getpeername) === peer.port &&
      hosts().includes(wanted) && system.shutdown(fd, SHUT_BOTH) === 0
    );
  }

  close(): void {
    this.#library?.close();
  }

  /** Tries the descriptors one after the other until it has worked with one; says whether it has. */
  #first(act: (fd: number, system: System) => boolean): boolean {
    const system = this.#library?.symbols;
    if (system === undefined) return false;
    for (let fd = 0; fd < MAX_DESCRIPTOR; fd++) {
      if (act(fd, system)) return true;
    }
    return false;
  }
}

function open(): Deno.DynamicLibrary<typeof CALLS> | undefined {
  const library = LIBRARY[Deno.build.os];
  if (library === undefined) return undefined;
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") {
    return undefined;
  }
  try {
    return Deno.dlopen(library, CALLS);
  } catch {
    return undefined;
  }
}

const address = new Uint8Array(ADDRESS_BYTES);
const view = new DataView(address.buffer);
const length = new Uint32Array(1);

/** The port in the address a call gives; it stands behind two bytes of length and family in every kind. */
function portAt(
  fd: number,
  call: System["getsockname"],
): number | undefined {
  length[0] = ADDRESS_BYTES;
  return call(fd, address, length) === 0 ? view.getUint16(2) : undefined;
}

/** The host in the address last asked for, read as IPv4 and as IPv6. */
function hosts(): string[] {
  const groups = Array.from(
    { length: 8 },
    (_, at) => view.getUint16(8 + 2 * at).toString(16),
  );
  return [address.slice(4, 8).join("."), canonical(groups.join(":"))];
}

function canonical(host: string): string {
  const bare = host.replace(/%.*/, "");
  return bare.includes(":") ? new URL(`http://[${bare}]`).hostname : bare;
}
