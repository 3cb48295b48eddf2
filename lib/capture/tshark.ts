/** Runs tshark with Ferry's dissector over a capture file. */
import { Failure } from "../failure.ts";
import dissector from "./ferry.lua" with { type: "text" };
import { Shown } from "./shown.ts";

/** Stands between the records of one packet; no record contains it. */
const BETWEEN = "~";
/** What is read, and which packets it is read of. */
const FIELDS = [
  "frame.number",
  "ferry.record",
  "ferry.breach",
  "ferry.gap",
  "ferry.defect",
  "_ws.malformed",
  "_ws.expert.message",
];
const FILTER =
  "ferry.record || ferry.breach || ferry.gap || ferry.defect || _ws.malformed";

/** What a capture is read with. */
export interface Reading {
  /** What messages call the capture. */
  readonly called: string;
  /** The program to run: `tshark`, or a path to it. */
  readonly tshark: string;
  /** A file of TLS secrets as SSLKEYLOGFILE names one. */
  readonly keylog: string | undefined;
  readonly signal: AbortSignal;
}

/** A packet that is not as it should be. */
export interface Oddity {
  readonly frame: number;
  /** `gap`: something before it was not captured. */
  readonly kind: "breach" | "gap" | "malformed";
  readonly message: string;
}

/** What was read of a capture. */
export interface Read {
  readonly shown: Shown;
  readonly oddities: readonly Oddity[];
  /** Set when the file ends inside a packet, in tshark's words. */
  readonly cut: string | undefined;
}

/** The dissector's Lua source. */
export { dissector };

/**
 * Reads the capture at `path` to its end.
 *
 * @throws Failure `failure` when there is no tshark, `bad-data` for what is no capture, or the signal's reason.
 */
export async function readCapture(
  path: string,
  { called, tshark, keylog, signal }: Reading,
): Promise<Read> {
  // Settings and plugins of the user stay out: what is read depends on the capture alone.
  const home = await Deno.makeTempDir({ prefix: "ferry-tshark-" });
  try {
    const script = `${home}/ferry.lua`;
    await Deno.writeTextFile(script, dissector);
    const child = spawn(tshark, {
      args: [
        ...["-n", "-r", path, "-X", `lua_script:${script}`],
        ...["-o", "tcp.reassemble_out_of_order:TRUE"],
        ...(keylog === undefined ? [] : ["-o", `tls.keylog_file:${keylog}`]),
        ...["-Y", FILTER, "-T", "fields", "-E", `aggregator=${BETWEEN}`],
        ...FIELDS.flatMap((field) => ["-e", field]),
      ],
      env: { WIRESHARK_CONFIG_DIR: home },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      signal,
    });
    const said = new Response(child.stderr).text();
    const read = await collect(child.stdout);
    const { success } = await child.status;
    const words = (await said).split("\n").filter((line) =>
      /^tshark: /.test(line)
    ).join(" ").replace(/^tshark: /, "");
    signal.throwIfAborted();
    if (/Lua: Error/.test(words)) throw new Error(words);
    if (success) return { ...read, cut: undefined };
    if (/cut short/.test(words)) return { ...read, cut: words };
    const state = /isn't a capture file/.test(words)
      ? "it is no packet capture"
      : words.replaceAll(path, called);
    throw new Failure("bad-data", `Cannot read ${called}: ${state}`);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

function spawn(
  tshark: string,
  options: Deno.CommandOptions,
): Deno.ChildProcess {
  try {
    return new Deno.Command(tshark, options).spawn();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Failure("failure", `Cannot run ${tshark}: it is not installed`, {
      hint:
        "it comes with Wireshark: apt install tshark, brew install wireshark, or wireshark.org; --tshark PATH names it",
      cause,
    });
  }
}

async function collect(
  stdout: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<{ shown: Shown; oddities: Oddity[] }> {
  const shown = new Shown();
  const oddities: Oddity[] = [];
  let rest = "";
  const take = (line: string): void => {
    const [frame, records, breach, gap, defect, malformed, ...experts] = line
      .split("\t");
    for (const record of records?.split(BETWEEN) ?? []) {
      if (record !== "") shown.add(record);
    }
    const kind = breach
      ? "breach"
      : defect || malformed
      ? "malformed"
      : gap
      ? "gap"
      : undefined;
    if (kind === undefined) return;
    const message = experts.join(" ").replaceAll(BETWEEN, "; ");
    oddities.push({ frame: Number(frame), kind, message });
  };
  for await (const text of stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(take);
  }
  if (rest !== "") take(rest);
  return { shown, oddities };
}
