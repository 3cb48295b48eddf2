/**
 * TCP_NODELAY for a listener with TLS. The runtime has no way to set it on the connections such a
 * listener accepts, and without it a small write waits until the one before is acknowledged: 40 ms
 * in every handshake over a real network, and for every receipt close behind another. Accepted
 * connections inherit it from the listening socket, so it is set there, by the system's own call.
 */

const TCP_LEVEL = 6;
const TCP_NODELAY = 1;
/** A hub sets it right after it has begun to listen, when the process has opened little else. */
const MAX_DESCRIPTOR = 1024;
/** Room for the largest socket address. */
const ADDRESS_BYTES = 128;

const CALLS = {
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  setsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "u32"],
    result: "i32",
  },
} as const;

const LIBRARY: Partial<Record<typeof Deno.build.os, string>> = {
  linux: "libc.so.6",
  darwin: "libSystem.dylib",
};

/**
 * Sets it on the sockets bound to `port`; says whether it did. It does not where the system is
 * another one or calling it is not permitted: what is sent is then the same, only later.
 */
export function setNoDelayAt(port: number): boolean {
  const library = LIBRARY[Deno.build.os];
  if (library === undefined) return false;
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") {
    return false;
  }
  try {
    const system = Deno.dlopen(library, CALLS);
    try {
      return setOn(port, system.symbols);
    } finally {
      system.close();
    }
  } catch {
    return false;
  }
}

type Calls = Deno.DynamicLibrary<typeof CALLS>["symbols"];

function setOn(port: number, { getsockname, setsockopt }: Calls): boolean {
  const address = new Uint8Array(ADDRESS_BYTES);
  const portOf = new DataView(address.buffer);
  const on = Uint32Array.of(1);
  let done = false;
  for (let fd = 0; fd < MAX_DESCRIPTOR; fd++) {
    const length = Uint32Array.of(ADDRESS_BYTES);
    if (getsockname(fd, address, length) !== 0) continue;
    // In every kind of internet address the port stands behind two bytes of length and family.
    if (portOf.getUint16(2) !== port) continue;
    done = setsockopt(fd, TCP_LEVEL, TCP_NODELAY, on, 4) === 0 || done;
  }
  return done;
}
