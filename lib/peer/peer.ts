/** A peer: a client that stays. When its hub goes away it comes back by itself, under its name. */
import { asFailure, Failure } from "../failure.ts";
import type { ByteStream } from "../net/connection.ts";
import { Client, type ClientOptions } from "./client.ts";
import { backoffMs, LASTING, wait } from "./return.ts";

/** How a peer is set up. */
export interface PeerOptions
  extends Omit<ClientOptions, "role" | "token" | "signal"> {
  /** Opens a connection to the hub; throws Failure. */
  readonly dial: () => Promise<ByteStream>;
  /** Chance, from 0 up to 1: spreads the return of many peers. */
  readonly random: () => number;
  /** Aborted when the peer should leave. */
  readonly signal: AbortSignal;
  /** Greeted, the first time and after every return. */
  readonly connected: (client: Client) => void;
  /** The connection was lost; the next attempt is in `retryMs`. */
  readonly disconnected: (failure: Failure, retryMs: number) => void;
}

/**
 * Stays connected until the signal is aborted, then says BYE and resolves. Throws Failure when the
 * first connection fails, when a later one is refused for a reason that time will not mend, or when
 * the hub sends the peer away.
 */
export async function stayConnected(options: PeerOptions): Promise<void> {
  const { signal, clock } = options;
  let previous: Client | undefined;
  let attempt = 0;
  while (!signal.aborted) {
    const client = await connect(options, previous).catch(asFailure);
    if (client instanceof Client) {
      previous = client;
      attempt = 0;
    }
    const failure = client instanceof Client
      ? await stay(client, options)
      : client;
    if (signal.aborted) break;
    const lasting = previous === undefined || LASTING.has(failure.code);
    if (failure === client && lasting) throw failure;
    // So a hub sends a peer away.
    if (failure.code === "declined") {
      const message = `Cannot stay connected: ${failure.message}`;
      throw new Failure(failure.code, message, { cause: failure });
    }
    const retryMs = backoffMs(attempt++, options.random());
    options.disconnected(failure, retryMs);
    await wait(clock, retryMs, signal);
  }
}

/** Reports the connection and waits for its end; what ended it. */
async function stay(
  client: Client,
  { connected, signal }: PeerOptions,
): Promise<Failure> {
  try {
    connected(client);
  } catch (error) {
    await client.close();
    throw error;
  }
  const ended = await untilAborted(client, signal);
  return ended ?? new Failure("disconnected", "the hub closed the connection");
}

async function connect(
  options: PeerOptions,
  previous: Client | undefined,
): Promise<Client> {
  const stream = await options.dial();
  return await Client.greet(stream, {
    ...options,
    role: "peer",
    // A returning peer wants its own name back, not another variant of it.
    ...(previous === undefined
      ? {}
      : { name: previous.name, adapt: false, token: previous.welcome.token }),
  });
}

async function untilAborted(
  client: Client,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const leave = () => void client.close();
  signal.addEventListener("abort", leave);
  if (signal.aborted) leave();
  try {
    return await client.finished;
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
