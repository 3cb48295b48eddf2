/** The system's calls behind TLS connections do what they say, and to no other socket. */
import { assertEquals } from "@std/assert";
import { SecureListener } from "../../lib/net/listen.ts";
import { Sockets } from "../../lib/net/sockets.ts";
import { hubIdentity } from "../../lib/state/hub_identity.ts";
import { TempDir } from "../support/files.ts";
import { within } from "../support/within.ts";

const here = { hostname: "127.0.0.1", port: 0 };
const ignore = Deno.build.os === "windows";

Deno.test({
  name: "sockets: TCP_NODELAY is set where a port is bound, and nowhere else",
  ignore,
  fn: () => {
    const listener = Deno.listen(here);
    const { port } = listener.addr;
    const sockets = new Sockets();
    assertEquals(sockets.setNoDelay(port), true);
    listener.close();
    assertEquals(sockets.setNoDelay(port), false);
    sockets.close();
  },
});

for (const hostname of ["127.0.0.1", "::1"]) {
  Deno.test({
    name:
      `sockets: hanging up ends one connection on ${hostname}, and no other`,
    ignore,
    fn: async () => {
      using listener = Deno.listen({ hostname, port: 0 });
      const { port } = listener.addr;
      using one = await Deno.connect({ hostname, port });
      using oneHere = await listener.accept();
      using other = await Deno.connect({ hostname, port });
      using otherHere = await listener.accept();
      const elsewhere = { ...one.localAddr, hostname: "192.0.2.1" };
      const sockets = new Sockets();
      assertEquals(sockets.hangUp(port, elsewhere), false);
      assertEquals(sockets.hangUp(port, one.localAddr), true);
      sockets.close();
      assertEquals(await within(one.read(new Uint8Array(1)), "the end"), null);
      await otherHere.write(Uint8Array.of(7));
      assertEquals(await other.read(new Uint8Array(1)), 1);
      assertEquals(oneHere.remoteAddr.port, one.localAddr.port);
    },
  });
}

Deno.test({
  name:
    "sockets: a connection that never began its handshake ends when it is closed",
  ignore,
  fn: async () => {
    using dir = new TempDir();
    const { certificate: cert, key } = await hubIdentity(dir.path);
    const listener = new SecureListener({ ...here, cert, key });
    using silent = await Deno.connect({ ...here, port: listener.addr.port });
    const accepted = await listener.accept();
    accepted.close();
    const read = silent.read(new Uint8Array(1));
    assertEquals(await within(read, "the end"), null);
    listener.close();
  },
});
