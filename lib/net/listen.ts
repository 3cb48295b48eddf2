/** Listening with TLS. */
import { SPOKEN_INSIDE } from "./certificate.ts";
import type { ByteStream } from "./connection.ts";
import { hangUp, setNoDelayAt } from "./sockets.ts";

/** Where a hub listens and what it shows who connects; certificate and key in PEM. */
export interface SecurePlace {
  readonly hostname: string;
  readonly port: number;
  readonly cert: string;
  readonly key: string;
}

/** Accepts TLS connections, as `Deno.listenTls` does. */
export class SecureListener {
  readonly #listener: Deno.TlsListener;

  /** Throws what the system says. */
  constructor(place: SecurePlace) {
    this.#listener = Deno.listenTls({
      ...place,
      alpnProtocols: [SPOKEN_INSIDE],
    });
    setNoDelayAt(this.addr.port);
  }

  get addr(): Deno.NetAddr {
    return this.#listener.addr;
  }

  /** The next connection; its handshake is still to come. */
  async accept(): Promise<AcceptedStream> {
    return new AcceptedStream(await this.#listener.accept());
  }

  close(): void {
    this.#listener.close();
  }
}

/** A connection that was accepted; reading and writing wait for the handshake. */
class AcceptedStream implements ByteStream {
  readonly #conn: Deno.TlsConn;
  #isShaken = false;

  constructor(conn: Deno.TlsConn) {
    this.#conn = conn;
    const shaken = () => this.#isShaken = true;
    // A failed one is told by reading; the runtime has then closed the connection.
    conn.handshake().then(shaken, shaken);
  }

  get remoteAddr(): Deno.NetAddr {
    return this.#conn.remoteAddr;
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.#conn.read(into);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#conn.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#conn.closeWrite();
  }

  close(): void {
    const { localAddr, remoteAddr } = this.#conn;
    this.#conn.close();
    if (!this.#isShaken) hangUp(localAddr.port, remoteAddr);
  }
}
