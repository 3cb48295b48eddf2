/** Runs tshark with the dissector of this repository. */
import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";

/** The dissector as Wireshark gets it. */
export const DISSECTOR = fromFileUrl(
  new URL("../../lib/capture/ferry.lua", import.meta.url),
);
const LOOPBACK = Deno.build.os === "linux" ? "lo" : "lo0";

/** Fields are parted by tabs, what occurs more than once in a packet by this. */
export const BETWEEN = "~";

/** Why tests that need tshark are skipped, or undefined. Says so once on stderr. */
export async function missingTshark(test: string): Promise<string | undefined> {
  return await skipped(test, async () => {
    try {
      await new Deno.Command("tshark", { args: ["--version"] }).output();
    } catch {
      return "tshark is not installed";
    }
  });
}

/** Why tests that capture are skipped, or undefined: it takes root or CAP_NET_RAW. */
export async function missingCapture(
  test: string,
): Promise<string | undefined> {
  const why = await missingTshark(test);
  return why ?? await skipped(test, async () => {
    const { success } = await new Deno.Command("tshark", {
      args: ["-i", LOOPBACK, "-a", "duration:0", "-w", "/dev/null", "-q"],
    }).output();
    return success ? undefined : "capturing is not permitted here";
  });
}

async function skipped(
  test: string,
  look: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const why = await look();
  if (why !== undefined) {
    await Deno.stderr.write(
      new TextEncoder().encode(`${test} is skipped: ${why}\n`),
    );
  }
  return why;
}

/** The rows of `fields` for the packets that fit `filter`; fails on any word about Lua. */
export async function fieldsOf(
  capture: string,
  filter: string,
  fields: readonly string[],
  options: readonly string[] = [],
): Promise<string[][]> {
  const { stdout, stderr, code } = await new Deno.Command("tshark", {
    args: [
      ...["-n", "-r", capture, "-X", `lua_script:${DISSECTOR}`],
      ...["-o", "tcp.reassemble_out_of_order:TRUE", ...options],
      ...["-Y", filter, "-T", "fields", "-E", `aggregator=${BETWEEN}`],
      ...fields.flatMap((field) => ["-e", field]),
    ],
  }).output();
  const said = new TextDecoder().decode(stderr).split("\n")
    .filter((line) => line !== "" && !line.startsWith("Running as user"));
  assertEquals([said, code], [[], 0]);
  const text = new TextDecoder().decode(stdout);
  return text === ""
    ? []
    : text.trimEnd().split("\n").map((line) => line.split("\t"));
}

/** A capture of the loopback under way. */
export class Capture {
  readonly #child: Deno.ChildProcess;
  readonly #marks = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #lines: string[] = [];
  readonly #reading: Promise<void>;

  private constructor(file: string, ports: readonly number[]) {
    const filter = [this.#marks.addr.port, ...ports].map((port) =>
      `tcp port ${port}`
    ).join(" or ");
    this.#child = new Deno.Command("tshark", {
      // The buffer, in MiB, holds whatever two busy cores leave unread.
      args: [
        ...["-n", "-i", LOOPBACK, "-B", "64", "-f", filter],
        ...["-w", file, "-P", "-l"],
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#reading = this.#read();
  }

  /** Captures what goes over these ports to `file`; fulfilled once packets come in. */
  static async start(
    file: string,
    ports: readonly number[],
  ): Promise<Capture> {
    const capture = new Capture(file, ports);
    await capture.#mark();
    return capture;
  }

  /** Ends it, once everything said before is in the file. */
  async stop(): Promise<void> {
    await this.#mark();
    this.#child.kill("SIGINT");
    await this.#child.status;
    await this.#reading;
    this.#marks.close();
  }

  /** Ends it, whatever is in the file. */
  async abandon(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#reading;
    this.#marks.close();
  }

  /** Connects to a port of ours until the capture shows it: what came before is in it, too. */
  async #mark(): Promise<void> {
    const { port } = this.#marks.addr;
    const begin = this.#lines.length;
    const seen = () =>
      this.#lines.slice(begin).some((line) => line.includes(` ${port} `));
    const until = performance.now() + 15_000;
    while (!seen()) {
      if (performance.now() > until) throw new Error("tshark shows no packet");
      const [one, other] = await Promise.all([
        this.#marks.accept(),
        Deno.connect({ hostname: "127.0.0.1", port }),
      ]);
      one.close();
      other.close();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async #read(): Promise<void> {
    let rest = "";
    const text = this.#child.stdout.pipeThrough(new TextDecoderStream());
    for await (const piece of text) {
      const lines = (rest + piece).split("\n");
      rest = lines.pop() ?? "";
      this.#lines.push(...lines);
    }
  }
}
