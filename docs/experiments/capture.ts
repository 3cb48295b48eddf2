/** Captures packets while transfers run, and what `ferry reconcile` makes of them, as data. */
import * as v from "valibot";
import { linesOf } from "../../bench/lines.ts";
import { isInstalled } from "../../bench/processes.ts";
import { ascending } from "../../lib/bench/statistics.ts";

/** Where packets are captured. */
export interface Tap {
  /** A command line as it runs where the device is. */
  readonly place: (command: readonly string[]) => string[];
  readonly device: string;
  /** Those of the hub's port, or of the proxy's before it. */
  readonly port: number;
}

/** MiB; a transfer at full speed overruns the usual 2. */
const BUFFER_MIB = "256";
/** Packets reach the file in blocks, the last of them within this. */
const FLUSH_MS = 1_000;

/** A capture under way. */
export class Capture {
  readonly #child: Deno.ChildProcess;
  readonly #said: AsyncGenerator<string>;

  private constructor(command: readonly string[]) {
    const [program = "", ...args] = command;
    this.#child = new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#said = linesOf(this.#child.stderr);
  }

  /** Begins one, or gives undefined where dumpcap or tshark is missing. */
  static async start(
    { place, device, port }: Tap,
    file: string,
  ): Promise<Capture | undefined> {
    for (const program of ["dumpcap", "tshark"]) {
      if (!await isInstalled(program)) return undefined;
    }
    const capture = new Capture(place([
      ...["dumpcap", "-q", "-i", device, "-B", BUFFER_MIB],
      ...["-f", `tcp port ${port}`, "-w", file],
    ]));
    // It says so once packets come in.
    await capture.#until(/^File: /);
    return capture;
  }

  /** Ends it; how many packets it missed. */
  async stop(): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
    this.#child.kill("SIGINT");
    const line = await this.#until(/received\/dropped on interface/);
    await this.#child.status;
    return Number(/: \d+\/(\d+)/.exec(line)?.[1]);
  }

  async #until(wanted: RegExp): Promise<string> {
    let last = "";
    // Not `for await`, which would end the stream.
    for (;;) {
      const { value, done } = await this.#said.next();
      if (done) throw new Error(`dumpcap ended: ${last}`);
      if (wanted.test(value)) return value;
      last = value;
    }
  }
}

const ms = v.number();
const reconciled = v.object({
  event: v.literal("reconciled"),
  id: v.string(),
  name: v.string(),
  to: v.string(),
  bytes: v.number(),
  program_ms: v.object({ total: ms, queue: ms, verify: ms }),
  capture_ms: v.nullable(ms),
  hops: v.array(v.object({ hop: v.number(), latency_ms: ms })),
  verdict: v.string(),
});

/** One delivery, as the program and as the capture have it. Milliseconds. */
export interface Compared {
  readonly name: string;
  readonly bytes: number;
  /** 0 for the hub itself. */
  readonly peers: number;
  readonly totalMs: number;
  readonly queueMs: number;
  /** Null where the capture does not show it. */
  readonly captureMs: number | null;
  /** Between hub and recipient. */
  readonly hop2Ms: number | null;
  readonly verifyMs: number;
  readonly verdict: string;
}

/** The deliveries that were logged, of what `ferry reconcile --json` printed. */
export function comparedOf(printed: string): Compared[] {
  const rows = printed.split("\n").filter((line) => line !== "").flatMap(
    (line) => {
      const parsed = v.safeParse(reconciled, JSON.parse(line));
      return parsed.success ? [parsed.output] : [];
    },
  );
  const peers = Map.groupBy(rows, ({ id }) => id);
  return rows.map(({ id, name, to, bytes, program_ms, hops, ...row }) => ({
    name,
    bytes,
    peers: to === "hub" ? 0 : peers.get(id)?.length ?? 1,
    totalMs: program_ms.total,
    queueMs: program_ms.queue,
    captureMs: row.capture_ms,
    hop2Ms: hops.find(({ hop }) => hop === 2)?.latency_ms ?? null,
    verifyMs: program_ms.verify,
    verdict: row.verdict,
  }));
}

const HEADS =
  "name,bytes,peers,total_ms,queue_ms,capture_ms,hop2_ms,verify_ms,verdict";

/** As CSV; `parseCompared` reads it back. */
export function comparedCsv(rows: readonly Compared[]): string {
  const lines = rows.map((row) =>
    [
      row.name,
      row.bytes,
      row.peers,
      row.totalMs,
      row.queueMs,
      row.captureMs ?? "",
      row.hop2Ms ?? "",
      row.verifyMs,
      row.verdict,
    ].join()
  );
  return [HEADS, ...lines].map((line) => `${line}\n`).join("");
}

/** Reads what `comparedCsv` wrote. */
export function parseCompared(text: string): Compared[] {
  return text.trimEnd().split("\n").slice(1).map((line) => {
    const [name = "", bytes, peers, total, queue, capture, hop2, verify, end] =
      line.split(",");
    const optional = (cell: string | undefined) => cell ? Number(cell) : null;
    return {
      name,
      bytes: Number(bytes),
      peers: Number(peers),
      totalMs: Number(total),
      queueMs: Number(queue),
      captureMs: optional(capture),
      hop2Ms: optional(hop2),
      verifyMs: Number(verify),
      verdict: end ?? "",
    };
  });
}

/** Of several deliveries the one whose total is the median, so that its parts add up. */
export function medianOf(rows: readonly Compared[]): Compared | undefined {
  const totals = ascending(rows.map(({ totalMs }) => totalMs));
  const middle = totals[Math.ceil(totals.length / 2) - 1];
  return rows.find(({ totalMs }) => totalMs === middle);
}
