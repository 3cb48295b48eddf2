/** Listening with TLS. */
import { SPOKEN_INSIDE } from "./certificate.ts";
import type { ByteStream } from "./connection.ts";
import { Sockets } from "./sockets.ts";

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
  readonly #sockets: Sockets;
  /** The listener and the connections accepted that are not closed. */
  #open = 1;

  /** Throws what the system says. */
  constructor(place: SecurePlace) {
    this.#listener = Deno.listenTls({
      ...place,
      alpnProtocols: [SPOKEN_INSIDE],
    });
    this.#sockets = new Sockets();
    this.#sockets.setNoDelay(this.addr.port);
  }

  get addr(): Deno.NetAddr {
    return this.#listener.addr;
  }

  /** The next connection; its handshake is still to come. */
  async accept(): Promise<AcceptedStream> {
    const conn = await this.#listener.accept();
    this.#open++;
    return new AcceptedStream(conn, (isShaken) => {
      const { localAddr, remoteAddr } = conn;
      if (!isShaken) this.#sockets.hangUp(localAddr.port, remoteAddr);
      this.#left();
    });
  }

  close(): void {
    this.#listener.close();
    this.#left();
  }

  #left(): void {
    if (--this.#open === 0) this.#sockets.close();
  }
}

/** A connection that was accepted; reading and writing wait for the handshake. */
class AcceptedStream implements ByteStream {
  readonly #conn: Deno.TlsConn;
  readonly #closed: (isShaken: boolean) => void;
  #isShaken = false;
  #isClosed = false;

  /** `closed` is called once, with whether the handshake was over, one way or the other. */
  constructor(conn: Deno.TlsConn, closed: (isShaken: boolean) => void) {
    this.#conn = conn;
    this.#closed = closed;
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
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.#conn.close();
    } finally {
      this.#closed(this.#isShaken);
    }
  }
}
