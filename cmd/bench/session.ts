/** One run of `ferry bench`: sets the scene, measures case after case, clears up. */
import { type Case, caseName, SCENARIOS } from "../../lib/bench/cases.ts";
import { measure } from "../../lib/bench/measure.ts";
import type { Facts } from "../../lib/bench/report.ts";
import type { Sample } from "../../lib/bench/sample.ts";
import type { TransferCompleted } from "../../lib/events.ts";
import { Failure, type FailureCode, failureCode } from "../../lib/failure.ts";
import { Quantiles } from "../../lib/time/quantiles.ts";
import { writeFailure } from "../../lib/transfer/disk.ts";
import { assertName } from "../own_name.ts";
import { statusOf } from "../sending.ts";
import { casesOf } from "./choice.ts";
import { itemOf } from "./contents.ts";
import type { Request } from "./request.ts";
import { Scene } from "./scene.ts";

/** Peers of its own unless told otherwise. */
const OWN_PEERS = 3;

/** Who hears of it while it goes on. */
export interface Observer {
  /** The scene is set. */
  begin(): void;
  /** A case is done, or broken off; its samples. */
  done(samples: readonly Sample[]): void;
  /** A delivery that counts. */
  delivered(event: TransferCompleted): void;
  /** All cases are done; the summary follows. */
  end(): void;
}

/** How it went. */
export interface Outcome {
  readonly facts: Facts;
  readonly status: number;
}

/** Measures everything asked for. Throws Failure, and the signal's reason; nothing is left behind then either. */
export async function measureAll(
  request: Request,
  observer: Observer,
): Promise<Outcome> {
  const { options, words, context } = request;
  const { to } = options;
  if (to !== undefined) assertName(to, "send to");
  const own = options.hub === undefined && to === undefined;
  const peers = options.peers ?? (to === undefined ? OWN_PEERS : 0);
  const toHub = to?.toLowerCase() === "hub";
  const cases = casesOf({
    words,
    size: options.size,
    recipients: {
      ...(to === undefined || toHub ? { hub: 1 } : {}),
      ...((to === undefined ? peers > 0 : !toHub) ? { peer: 1 } : {}),
      ...(peers > 0 ? { broadcast: peers } : {}),
    },
  });
  const dir = await Deno.makeTempDir({ prefix: "ferry-bench-" }).catch(
    (cause) => {
      const { code, message } = writeFailure(cause);
      throw new Failure(code, `Cannot make a directory: ${message}`, { cause });
    },
  );
  try {
    await using scene = await Scene.open(request, dir, own, peers);
    context.signal.throwIfAborted();
    const facts = scene.announce();
    observer.begin();
    return { facts, status: await play(cases, scene, request, observer) };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Measures all cases; the exit status. */
async function play(
  cases: readonly Case[],
  scene: Scene,
  request: Request,
  observer: Observer,
): Promise<number> {
  const latencies = new Quantiles();
  const codes = new Set<FailureCode>();
  let failures = 0;
  let bytes = 0;
  for (const of of cases) {
    const samples: Sample[] = [];
    try {
      for await (const sample of measureCase(of, scene, request, observer)) {
        samples.push(sample);
      }
    } finally {
      if (samples.length > 0) observer.done(samples);
    }
    for (const { latency, failed } of samples) {
      if (failed !== null) {
        failures++;
        codes.add(failureCode(failed));
      }
      if (latency === null) continue;
      latencies.add(latency.total);
      bytes += of.bytes * of.recipients;
    }
  }
  observer.end();
  const delivered = latencies.count;
  const status = statusOf({ delivered, failed: failures, codes });
  request.reporter.summary({
    ok: delivered,
    failed: failures,
    bytes,
    latency_ms: latencies.summary(),
    exit: status,
  });
  return status;
}

async function* measureCase(
  of: Case,
  scene: Scene,
  { options, context, globals, reporter }: Request,
  observer: Observer,
): AsyncGenerator<Sample> {
  const measured = measure({
    of,
    item: await itemOf(of, scene.dir, context, reporter),
    to: scene.recipients(of.path),
    client: scene.client,
    bare: scene.bareBeside(of.path),
    rounds: options.repeat === undefined
      ? { atMost: SCENARIOS[of.scenario].repeats }
      : { times: options.repeat },
    deadlines: {
      acceptMs: globals.acceptTimeout,
      idleMs: globals.idleTimeout,
      receiptMs: options.receiptTimeout,
    },
    clock: context.clock,
    signal: context.signal,
    log: (event) => observer.delivered(event),
    between: () => scene.sweep(),
  });
  const warned = new Set<string>();
  for await (const { sample, message } of measured) {
    if (sample.failed !== null && !warned.has(sample.failed)) {
      warned.add(sample.failed);
      reporter.warn(
        sample.failed,
        `Cannot send ${caseName(of)}: ${message}`,
      );
    }
    yield sample;
  }
}
