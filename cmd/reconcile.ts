/** `ferry reconcile`: the program's latencies beside those a packet capture shows. */
import { type Logged, reconcile } from "../lib/capture/reconcile.ts";
import { type Oddity, readCapture } from "../lib/capture/tshark.ts";
import type { Reconciled } from "../lib/events.ts";
import { asFailure, EXIT, Failure } from "../lib/failure.ts";
import { readLog } from "../lib/capture/log.ts";
import { defineCommand } from "./command.ts";
import type { Context } from "./context.ts";
import { text, texts } from "./option.ts";
import { reconciledTable } from "./reconciled_table.ts";
import type { Reporter } from "./report.ts";

/** Packets that are not as they should be are named up to this many. */
const ODDITIES_SHOWN = 5;

/** See the command table. */
export const command = defineCommand({
  usage: ["reconcile CAPTURE [--log FILE]…"],
  description:
    "Sets the latency of each transfer, as ferry send --json logged it, beside the one a packet capture shows from OFFER to RECEIPT on each hop, says what lies between the two, and checks that sizes, SHA-256 and captured bytes agree. What was unchanged, or stored at the hub, counts too: the first may have no body, of the second the log has no latency. Reads the capture with tshark and the dissector that ferry dissector prints. " +
    "Without --log it lists what the capture shows.\n\n" +
    "Exit status: 0 when every logged transfer is there and agrees, 7 when some are missing in the capture, 8 when some differ, 9 when the capture cannot be read, shows no Ferry, or breaks the protocol, 3 when a file is missing.",
  arguments: [{ name: "CAPTURE", help: "A pcap or pcapng file" }],
  options: {
    log: texts("FILE", "What ferry send --json printed; may be repeated", {
      commandLineOnly: true,
    }),
    keylog: text("FILE", "TLS secrets, from SSLKEYLOGFILE at either end", {
      commandLineOnly: true,
    }),
    tshark: text("PATH", "The tshark to use", { default: "tshark" }),
  },
  examples: [
    {
      line: "ferry send --to alice report.csv --json > log.ndjson",
      does: "The log, while a capture runs",
    },
    {
      line: "ferry reconcile session.pcapng --log log.ndjson",
      does: "The log beside the capture",
    },
  ],
  async run(context, { options, arguments: [capture, extra], reporter }) {
    if (capture === undefined || extra !== undefined) {
      const state = capture === undefined
        ? "the capture is missing"
        : "more than one capture is given";
      throw new Failure("usage", `Cannot reconcile: ${state}`, {
        hint: "for example: ferry reconcile session.pcapng --log log.ndjson",
      });
    }
    const path = await existing(capture, context);
    const keylog = options.keylog === undefined
      ? undefined
      : await existing(options.keylog, context);
    const logged: Logged[] = [];
    for (const log of options.log ?? []) {
      logged.push(...await readLog(await existing(log, context), log));
    }
    const { shown, oddities, cut } = await readCapture(path, {
      called: capture,
      tshark: options.tshark,
      keylog,
      signal: context.signal,
    });
    if (cut !== undefined) {
      reporter.warn("bad-data", `${capture} ends inside a packet`);
    }
    if (shown.hops.length === 0) {
      throw new Failure(
        "bad-data",
        `Cannot reconcile ${capture}: it shows no transfer of Ferry's`,
        {
          hint: keylog === undefined
            ? "what went over TLS needs its secrets: --keylog FILE; see docs/wireshark.md"
            : "the capture must begin before the connection does, and the secrets must be those of its connections",
        },
      );
    }
    warnOf(oddities, reporter);
    const rows = reconcile(logged, shown);
    if (reporter.json) rows.forEach((row) => reporter.event(row));
    else await reporter.data(await reconciledTable(rows));
    const exit = statusOf(rows, oddities);
    if (reporter.json) reporter.summary({ ...outcome(rows), exit });
    return exit;
  },
});

/** The absolute path of a file that can be read; throws `input`. */
async function existing(path: string, context: Context): Promise<string> {
  const { resolve } = await import("@std/path");
  const absolute = resolve(context.cwd(), path);
  try {
    (await Deno.open(absolute)).close();
  } catch (cause) {
    const state = cause instanceof Deno.errors.NotFound
      ? "there is no such file"
      : asFailure(cause).message;
    throw new Failure("input", `Cannot read ${path}: ${state}`, { cause });
  }
  return absolute;
}

function warnOf(oddities: readonly Oddity[], reporter: Reporter): void {
  for (const { frame, message } of oddities.slice(0, ODDITIES_SHOWN)) {
    reporter.warn("bad-data", `packet ${frame}: ${message}`);
  }
  const more = oddities.length - ODDITIES_SHOWN;
  if (more > 0) {
    reporter.warn("bad-data", `${more} more packets are not as they should be`);
  }
  if (oddities.some(({ kind }) => kind === "gap")) {
    reporter.warn(
      "bad-data",
      "The capture has gaps",
      "give the capture a larger buffer: tshark -B 128",
    );
  }
}

function statusOf(
  rows: readonly Reconciled[],
  oddities: readonly Oddity[],
): number {
  if (oddities.some(({ kind }) => kind !== "gap")) return EXIT.data;
  const has = (wanted: Reconciled["verdict"]) =>
    rows.some(({ verdict }) => verdict === wanted);
  if (has("differs")) return EXIT.integrity;
  return has("missing") ? EXIT.partial : EXIT.ok;
}

function outcome(
  rows: readonly Reconciled[],
): { ok: number; failed: number; bytes: number } {
  const failed =
    rows.filter(({ verdict }) => verdict === "missing" || verdict === "differs")
      .length;
  return {
    ok: rows.length - failed,
    failed,
    bytes: rows.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
  };
}
