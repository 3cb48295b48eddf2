/** Measures one case: Ferry and bare TCP in turn, so that what slows the machine slows both. */
import type { Latency, TransferCompleted } from "../events.ts";
import { Failure } from "../failure.ts";
import type { Client } from "../peer/client.ts";
import type { Item } from "../peer/item.ts";
import { sendAll } from "../peer/outbox.ts";
import type { Clock } from "../time/clock.ts";
import type { Deadlines } from "../time/deadline.ts";
import type { BareUser } from "./bare.ts";
import type { Case } from "./cases.ts";
import type { Sample } from "./sample.ts";

/** Rounds that are not counted: code gets compiled, windows open, and the round trip becomes known. */
const WARM_UPS = 8;
/** A large body warms up by itself. */
const ONE_WARM_UP_BYTES = 1024 * 1024;
/** Where nobody says how often: so many milliseconds a case, but so many measurements at least. */
const BUDGET_MS = 1_200;
const FEWEST = 3;

/** What is measured, and how. */
export interface Measurement {
  readonly of: Case;
  readonly item: Item;
  /** The recipients' names. */
  readonly to: readonly string[];
  readonly client: Client;
  /** Bare TCP over the same path, where there is any. */
  readonly bare: BareUser | undefined;
  /** Counted rounds exactly (`times`), or at most (`atMost`) within the time a case has. */
  readonly rounds: { readonly times: number } | { readonly atMost: number };
  readonly deadlines: Deadlines;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of each delivery that counts. */
  readonly log: (event: TransferCompleted) => void;
  /** Called after each round, when nothing is measured. */
  readonly between: () => void;
}

/** A sample, and the sentence that says why it failed. */
export interface Measured {
  readonly sample: Sample;
  readonly message?: string;
}

/** Measures a case. Throws the signal's reason, and Failure when the connection to the hub is lost. */
export async function* measure(
  measurement: Measurement,
): AsyncGenerator<Measured, void> {
  const { of, rounds, clock } = measurement;
  const warmUps = of.bytes > ONE_WARM_UP_BYTES ? 1 : WARM_UPS;
  for (let n = 0; n < warmUps; n++) {
    ping(measurement);
    const measured = await round({ ...measurement, log: () => {} }, n);
    // What fails at once fails every time.
    if (measured.sample.failed !== null) return yield measured;
  }
  const from = clock.now();
  const most = "times" in rounds ? rounds.times : rounds.atMost;
  for (let n = 0; n < most; n++) {
    const spent = clock.now() - from;
    // Next to a large body a ping costs nothing.
    if (of.bytes > ONE_WARM_UP_BYTES) ping(measurement);
    if ("atMost" in rounds && n >= FEWEST && spent > BUDGET_MS) return;
    const measured = await round(measurement, n);
    yield measured;
    const { failed } = measured.sample;
    if (failed === "disconnected" || failed === "shutdown") {
      throw new Failure(failed, `Cannot go on: ${measured.message}`);
    }
  }
}

/** Lets the connection measure its round trip, which is told apart as `ack`. */
function ping({ client, clock }: Measurement): void {
  client.connection.send({ type: "ping", t1: clock.now() });
}

async function round(
  measurement: Measurement,
  n: number,
): Promise<Measured> {
  const { of, client, bare, clock, signal, between, to } = measurement;
  const receivers = of.path === "hub" ? 0 : to.length;
  const plain = async () =>
    bare === undefined ? undefined : {
      roundTripMs: await bare.exchange(1, receivers, () => clock.now()),
      bareMs: await bare.exchange(of.bytes, receivers, () => clock.now()),
    };
  try {
    // Whoever comes first may find the machine in another state: they take turns.
    const before = n % 2 === 1 ? await plain() : undefined;
    const sent = await transfer(measurement);
    const beside = before ?? await plain();
    const pinged = of.path === "hub" ? client.roundTripMs : null;
    const { latency, failed, message } = sent;
    return {
      sample: {
        ...of,
        latency,
        failed,
        bareMs: beside?.bareMs ?? null,
        roundTripMs: beside?.roundTripMs ?? pinged,
      },
      ...(message === undefined ? {} : { message }),
    };
  } finally {
    signal.throwIfAborted();
    between();
  }
}

/** One transfer to all recipients: the latency of the one that was last. */
async function transfer(
  { item, to, client, deadlines, clock, signal, log }: Measurement,
): Promise<{
  latency: Latency | null;
  failed: string | null;
  message?: string;
}> {
  let latency: Latency | null = null;
  let failure: { code: string; message: string } | undefined;
  await sendAll([item], {
    carrier: client.outbound,
    from: client.name,
    to,
    deadlines,
    clock,
    commandAt: clock.now(),
    roundTripMs: () => client.roundTripMs,
    signal,
    emit: (event) => {
      if (event.event === "transfer.failed") failure ??= event;
      if (event.event !== "transfer.completed") return;
      log(event);
      const { latency_ms: one } = event;
      if (one !== undefined && one.total >= (latency?.total ?? 0)) {
        latency = one;
      }
    },
  });
  if (failure === undefined) return { latency, failed: null };
  return { latency: null, failed: failure.code, message: failure.message };
}
