/** A peer: a client that stays. When its hub goes away it comes back by itself, under its name. */
import { Failure, type FailureCode } from "../failure.ts";
import type { ByteStream } from "../net/connection.ts";
import type { Clock } from "../time/clock.ts";
import { Client, type ClientOptions } from "./client.ts";

/** First wait before connecting anew, in milliseconds; doubled each time, up to the last. */
const FIRST_BACKOFF_MS = 250;
const LAST_BACKOFF_MS = 15_000;

/** Refusals that time will not mend; `declined` is how a hub sends a peer away. */
const FINAL: readonly FailureCode[] = [
  "name-taken",
  "bad-name",
  "version",
  "auth",
  "protocol",
  "declined",
];

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
    let failure: Failure;
    try {
      const client = await connect(options, previous);
      previous = client;
      attempt = 0;
      options.connected(client);
      const ended = await untilAborted(client, signal);
      if (signal.aborted) break;
      if (ended?.code === "declined") {
        const message = `Cannot stay connected: ${ended.message}`;
        throw new Failure(ended.code, message, { cause: ended });
      }
      failure = ended ??
        new Failure("disconnected", "the hub closed the connection");
    } catch (error) {
      if (signal.aborted) break;
      const final = !(error instanceof Failure) || previous === undefined ||
        FINAL.includes(error.code);
      if (final) throw error;
      failure = error;
    }
    const ceiling = Math.min(
      LAST_BACKOFF_MS,
      FIRST_BACKOFF_MS * 2 ** attempt++,
    );
    const retryMs = Math.round(ceiling * (0.5 + options.random() / 2));
    options.disconnected(failure, retryMs);
    await wait(clock, retryMs, signal);
  }
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

function wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stop();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const stop = clock.after(ms, done);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
