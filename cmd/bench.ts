/** `ferry bench`: how long transfers take, scenario by scenario, beside bare TCP over the same path. */
import { resolve } from "@std/path";
import { parseSamples, rowCsv, ROWS_CSV_HEAD } from "../lib/bench/csv.ts";
import { type Row, rowsOf, type Sample } from "../lib/bench/sample.ts";
import type { BenchResult } from "../lib/events.ts";
import { Failure } from "../lib/failure.ts";
import { readFailure } from "../lib/transfer/read.ts";
import { serveBare } from "./bench/bare.ts";
import { meantBy } from "./bench/choice.ts";
import { Documents } from "./bench/documents.ts";
import { measureAll } from "./bench/session.ts";
import { ResultTable } from "./bench/table.ts";
import { defineCommand } from "./command.ts";
import { type Context, mayColor } from "./context.ts";
import type { Globals } from "./globals.ts";
import { HUB_OPTIONS } from "./hub_choice.ts";
import { SENDER_OPTIONS } from "./own_name.ts";
import { count, flag, size, text } from "./option.ts";
import { eventLine } from "./event_line.ts";
import type { Reporter } from "./report.ts";
import { RECEIPT_OPTIONS } from "./sending.ts";
import { VERSION } from "./version.ts";

/** See the command table. */
export const command = defineCommand({
  usage: [
    "bench [SCENARIO…]",
    "bench --from SAMPLES.csv [SCENARIO…] [--report FILE]",
    "bench --serve-bare [--host HOST] [--port PORT]",
  ],
  description:
    "Measures latency and throughput end to end: every transfer is received in full and hashed, and " +
    "files are synced to disk, before its receipt counts. Without --hub it starts a hub and peers of its own " +
    "on this machine, which takes some 20 seconds and leaves nothing behind; with --hub its peers " +
    "join that hub, under the names bench-1 and so on, and leave afterwards.\n\n" +
    "Beside each scenario the same bytes go by bare TCP over the same path, in turn: of bare says " +
    "how much Ferry makes of what the path gives. Through a hub elsewhere that needs ferry bench " +
    "--serve-bare on the hub's machine, and --bare here.\n\n" +
    "Nothing is sent to peers of others, but with --to; what they receive stays in their inboxes.",
  arguments: [{
    name: "SCENARIO",
    help: "message (1 KiB of text), json (16 KiB), csv (256 KiB), image " +
      "(2 MiB), file (64 MiB); or a path: hub, peer, broadcast; or both: " +
      "csv/peer. Default: all",
  }],
  options: {
    to: text("NAME", "Send to this peer instead of own ones, or to hub"),
    repeat: count("N", "Measure each so often (default: as often as fits)", {
      min: 1,
      max: 1_000_000,
    }),
    size: size("SIZE", "Send so much instead of each scenario's own size"),
    peers: count("N", "Own peers; a broadcast goes to all (default 3)", {
      max: 64,
    }),
    csv: flag("Print the results as CSV"),
    samples: text("FILE", "Write every single measurement as CSV"),
    log: text(
      "FILE",
      "Log every transfer as ferry send --json does, for ferry reconcile",
    ),
    report: text(
      "FILE",
      "Write a page (.html) or a picture (.svg) with charts",
    ),
    from: text("FILE", "Measure nothing: read what --samples wrote"),
    bare: text("HOST:PORT", "Bare TCP answers there (see --serve-bare)"),
    serveBare: flag("Answer bare TCP for others, until stopped"),
    host: text("HOST", "With --serve-bare: the address to listen on", {
      default: "0.0.0.0",
    }),
    port: count("PORT", "With --serve-bare: the port; 0 picks a free one", {
      default: "7789",
      max: 65535,
    }),
    ...RECEIPT_OPTIONS,
    ...SENDER_OPTIONS,
    ...HUB_OPTIONS,
  },
  examples: [
    { line: "ferry bench", does: "Everything, on this machine" },
    {
      line: "ferry bench file/peer --size 1GiB --repeat 3",
      does: "A gigabyte through a hub to a peer",
    },
    {
      line: "ferry bench --report bench.html",
      does: "Charts in a page that can be sent on",
    },
    {
      line: "ferry bench --hub 192.0.2.7 --bare 192.0.2.7:7789",
      does: "Over the network; there, ferry bench --serve-bare",
    },
    {
      line: "ferry bench message --to alice --hub 192.0.2.7",
      does: "Messages to alice, who sees them",
    },
  ],
  async run(context, { options, globals, arguments: words, reporter }) {
    if (options.csv && globals.json) {
      throw new Failure("usage", "Cannot print both --csv and --json");
    }
    if (options.serveBare) {
      return await serveBare(options, context, reporter);
    }
    const documents = new Documents(options, context);
    const print = printerOf(options.csv, context, globals, reporter);
    if (options.from !== undefined) {
      const all = await samplesIn(options.from, context);
      const samples = all.filter(meantBy(words));
      if (samples.length === 0 && all.length > 0) {
        const state = "it has no measurement of that";
        throw new Failure("input", `Cannot read ${options.from}: ${state}`);
      }
      const rows = rowsOf(samples);
      print.begin();
      rows.forEach(print.row);
      print.end(rows);
      await documents.write(rows, [
        ["Measured", options.from],
        ["Drawn by", `ferry ${VERSION}`],
      ]);
      return;
    }
    const samples: Sample[] = [];
    const log: string[] = [];
    const { facts, status } = await measureAll(
      { words, options, context, globals, reporter },
      {
        begin: print.begin,
        done: (fresh) => {
          samples.push(...fresh);
          rowsOf(fresh).forEach(print.row);
        },
        delivered: (event) => {
          if (options.log === undefined) return;
          log.push(eventLine(event, context.clock.date()));
        },
        end: () => print.end(rowsOf(samples)),
      },
    );
    await documents.write(rowsOf(samples), facts, log);
    return status;
  },
});

/** How results are printed. */
interface Printer {
  begin(): void;
  row(row: Row): void;
  end(rows: readonly Row[]): void;
}

function printerOf(
  csv: boolean,
  context: Context,
  globals: Globals,
  reporter: Reporter,
): Printer {
  const { stdout } = context;
  const say = (line: string) => void reporter.data(`${line}\n`);
  if (csv) {
    return {
      begin: () => void reporter.data(ROWS_CSV_HEAD),
      row: (row) => void reporter.data(rowCsv(row)),
      end: () => {},
    };
  }
  if (reporter.json) {
    return {
      begin: () => {},
      row: (row) => reporter.event(resultOf(row)),
      end: () => {},
    };
  }
  const table = new ResultTable(
    stdout.isTerminal ? stdout.columns() : Infinity,
    mayColor(context, stdout, globals.color),
  );
  return {
    begin: () => say(table.head()),
    row: (row) => say(table.result(row)),
    end: (rows) => ["", ...table.breakdown(rows)].forEach(say),
  };
}

function resultOf(row: Row): BenchResult {
  const { scenario, path, bytes, recipients, repeats, failed, latency } = row;
  const { bareMs, bareBytesPerS, share } = row;
  return {
    event: "bench.result",
    scenario,
    path,
    bytes,
    recipients,
    repeats,
    failed,
    latency_ms: latency,
    breakdown_ms: row.breakdown,
    bytes_per_s: row.bytesPerS === null ? null : Math.round(row.bytesPerS),
    bare: bareMs === null || bareBytesPerS === null || share === null ? null : {
      p50: toMicros(bareMs),
      bytes_per_s: Math.round(bareBytesPerS),
      share: Math.round(share * 1000) / 1000,
    },
    round_trip_ms: row.roundTripMs === null ? null : toMicros(row.roundTripMs),
  };
}

function toMicros(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

async function samplesIn(path: string, context: Context): Promise<Sample[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(resolve(context.cwd(), path));
  } catch (cause) {
    const { message } = readFailure(cause);
    throw new Failure("input", `Cannot read ${path}: ${message}`, { cause });
  }
  return parseSamples(text);
}
