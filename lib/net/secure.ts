/**
 * TLS to a hub whose certificate is known, or whose fingerprint is: nothing of ours is sent before
 * it is certain that the hub is the right one.
 */
import { asFailure, Failure } from "../failure.ts";
import {
  CERTIFIED_NAME,
  fingerprintOf,
  pem,
  shownFingerprint,
  SPOKEN_INSIDE,
} from "./certificate.ts";
import { formatSeconds } from "../time/deadline.ts";
import { type Address, formatAddress } from "./address.ts";
import { dial, type DialOptions } from "./dial.ts";

/** What a hub is recognised by. */
export interface Pin {
  /** SHA-256 of the certificate in DER, 64 hexadecimal digits. */
  readonly fingerprint: string;
  /** The certificate, PEM; undefined until it was seen. */
  readonly certificate: string | undefined;
  /** Where the pin comes from: decides what a certificate that does not fit means. */
  readonly from: "ticket" | "known" | "own";
}

/** A secure connection, and the certificate at its other end. */
export interface SecureConnection {
  readonly stream: Deno.TlsConn;
  /** PEM. */
  readonly certificate: string;
}

/**
 * Opens a TLS connection to the hub with this pin. Throws Failure: as `dial` does, `auth` when the
 * certificate is another or the hub speaks no TLS, `unreachable` when it hangs up.
 */
export async function dialSecure(
  address: Address,
  pin: Pin,
  options: DialOptions,
): Promise<SecureConnection> {
  const conn = await dial(address, options);
  let open: { close(): void } = conn;
  const overdue = new Failure(
    "deadline.connect",
    `Cannot reach ${formatAddress(address)}: no secure connection within ${
      formatSeconds(options.connectMs)
    }`,
  );
  let ended: Failure | undefined;
  /** Ends what has a connection of its own, too. */
  const over = new AbortController();
  const end = (failure: Failure) => {
    ended ??= failure;
    close(open);
    over.abort(failure);
  };
  const stop = options.clock.after(options.connectMs, () => end(overdue));
  const aborted = () => end(asFailure(options.signal?.reason));
  options.signal?.addEventListener("abort", aborted);
  try {
    if (options.signal?.aborted) aborted();
    const certificate = pin.certificate ??
      await seen(address, pin, over.signal);
    const stream = await Deno.startTls(conn, {
      hostname: CERTIFIED_NAME,
      caCerts: [certificate],
      alpnProtocols: [SPOKEN_INSIDE],
    });
    open = stream;
    await stream.handshake();
    if (ended !== undefined) throw ended;
    return { stream, certificate };
  } catch (error) {
    close(open);
    throw ended ?? await explained(error, address, pin, over.signal);
  } finally {
    stop();
    options.signal?.removeEventListener("abort", aborted);
  }
}

/** The hub's certificate as it shows it, if its fingerprint is the one in the pin. */
async function seen(
  address: Address,
  pin: Pin,
  signal: AbortSignal,
): Promise<string> {
  const der = await certificateAt(address, signal);
  const found = await fingerprintOf(der);
  if (found !== pin.fingerprint) throw mismatch(address, pin, found);
  return pem("CERTIFICATE", der);
}

/** Asks a hub for its certificate and hangs up. Only Node's TLS gives it before it is trusted. */
async function certificateAt(
  { host, port }: Address,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const { connect } = await import("node:tls");
  const { promise, resolve, reject } = Promise.withResolvers<
    Uint8Array<ArrayBuffer>
  >();
  const socket = connect({
    host,
    port,
    servername: CERTIFIED_NAME,
    // It is compared with the fingerprint below, and nothing is sent over this connection.
    rejectUnauthorized: false,
  });
  const aborted = () => socket.destroy(asFailure(signal.reason));
  signal.addEventListener("abort", aborted);
  if (signal.aborted) aborted();
  socket.once("secureConnect", () => {
    resolve(new Uint8Array(socket.getPeerCertificate().raw));
  });
  socket.once("error", reject);
  socket.once("close", () => reject(new Deno.errors.UnexpectedEof()));
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", aborted);
    socket.destroy();
  }
}

/** What a failed handshake means. */
async function explained(
  error: unknown,
  address: Address,
  pin: Pin,
  signal: AbortSignal,
): Promise<Failure> {
  if (error instanceof Failure) return error;
  const where = formatAddress(address);
  const { message } = asFailure(error);
  if (/peer certificate/i.test(message)) {
    const found = await certificateAt(address, signal)
      .then(fingerprintOf).catch(() => undefined);
    return mismatch(address, pin, found, error);
  }
  if (/corrupt message|InvalidContentType|wrong version/i.test(message)) {
    return new Failure("auth", `Cannot join ${where}: it does not speak TLS`, {
      hint: "if it is a hub started with --insecure, say --insecure here too",
      cause: error,
    });
  }
  return new Failure(
    "unreachable",
    `Cannot reach ${where}: it hung up before the connection was secure`,
    { cause: error },
  );
}

function mismatch(
  address: Address,
  pin: Pin,
  found: string | undefined,
  cause?: unknown,
): Failure {
  const where = formatAddress(address);
  if (pin.from === "own") return noTicket(address, cause);
  const known = shownFingerprint(pin.fingerprint);
  const now = found === undefined ? "another" : shownFingerprint(found);
  return new Failure(
    "auth",
    pin.from === "ticket"
      ? `Cannot join ${where}: IT IS NOT THE HUB OF THE TICKET. ` +
        `The ticket names the certificate ${known}, the hub shows ${now}`
      : `Cannot join ${where}: ITS CERTIFICATE HAS CHANGED. ` +
        `Known from before is ${known}, now it shows ${now}`,
    {
      hint: "either the hub was set up anew, or someone poses as it; nothing " +
        "was sent. Ask whoever runs it; to join it as it is now, use a " +
        "ticket that ferry ticket prints there now",
      cause,
    },
  );
}

/** Nothing tells whether the hub at `address` is the right one. */
export function noTicket(address: Address, cause?: unknown): Failure {
  const where = formatAddress(address);
  return new Failure("auth", `Cannot join ${where}: no ticket for this hub`, {
    hint: "ferry ticket prints one on the hub's machine; start ferry " +
      "connect - and paste it, or set FERRY_TICKET, or use --ticket-file FILE. " +
      "If the hub runs with --insecure, say --insecure here too",
    ...(cause === undefined ? {} : { cause }),
  });
}

function close(conn: { close(): void }): void {
  try {
    conn.close();
  } catch {
    // Handed over to TLS, or closed from the other side.
  }
}
