/** Plain TCP connections; secure.ts puts TLS on them. */
import { Failure, systemState } from "../failure.ts";
import { formatSeconds } from "../time/deadline.ts";
import type { Clock } from "../time/clock.ts";
import { type Address, formatAddress } from "./address.ts";

/** How to dial; durations in milliseconds. */
export interface DialOptions {
  readonly clock: Clock;
  readonly connectMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Opens a TCP connection; bytes go out as they are written. Throws Failure: `unreachable` when the host does not resolve or answer,
 * `deadline.connect` when it does neither within `connectMs`, or the signal's reason.
 */
export async function dial(
  address: Address,
  options: DialOptions,
): Promise<Deno.TcpConn> {
  const where = formatAddress(address);
  const deadline = new AbortController();
  const late = new Failure(
    "deadline.connect",
    `Cannot reach ${where}: no connection within ${
      formatSeconds(options.connectMs)
    }`,
  );
  const stop = options.clock.after(
    options.connectMs,
    () => deadline.abort(late),
  );
  const signal = options.signal === undefined
    ? deadline.signal
    : AbortSignal.any([deadline.signal, options.signal]);
  try {
    const conn = await Deno.connect({
      hostname: address.host,
      port: address.port,
      signal,
    });
    conn.setNoDelay();
    return conn;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw unreachable(where, error);
  } finally {
    stop();
  }
}

function unreachable(where: string, error: unknown): Failure {
  const said = systemState(error);
  const state = error instanceof Deno.errors.ConnectionRefused
    ? "connection refused"
    : /lookup|resolve|Name or service/i.test(said)
    ? "the host name does not resolve"
    : said;
  return new Failure("unreachable", `Cannot reach ${where}: ${state}`, {
    cause: error,
    hint: state.includes("resolve")
      ? "check the name, or give the hub's address"
      : "start a hub there with ferry serve, or name another with --hub",
  });
}
