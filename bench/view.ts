/** How fast `ferry view` shows large files, as whole processes. */
import { fromFileUrl, join } from "@std/path";
import { isInstalled, wholeProcess } from "./processes.ts";
import type { Contenders, Scenario } from "./scenario.ts";

const MAIN = fromFileUrl(new URL("../main.ts", import.meta.url));
const DATA_ROWS = 20_000;

/** The scenarios; `gb` is what a gigabyte is scaled to. */
export function viewScenarios(gb: number): Record<string, Scenario> {
  return {
    "view-first": {
      title: "view: first screen of a CSV of 1 GB",
      bytes: 0,
      aim: "at least 0.2 of an empty Deno script, which does nothing",
      async run(stage) {
        const file = await makeRows(join(stage.dir, "big.csv"), gb, csvRow);
        const empty = join(stage.dir, "empty.ts");
        await Deno.writeTextFile(empty, "export {};\n");
        const view = [...FERRY, "view", file];
        const contenders: Contenders = {
          ferry: () => untilLines([...view, "--no-pager"], 24),
          "empty script": () => wholeProcess("deno", ["run", "-A", empty]),
        };
        if (await isInstalled("script")) {
          // On a terminal of its own, with the pager: its status line ends the first screen.
          contenders["ferry (terminal)"] = () =>
            untilText(
              ["script", "-qec", `stty rows 40 cols 120; ${view.join(" ")}`],
              "/search",
            );
        }
        return contenders;
      },
    },
    "view-csv": {
      title: "view: all of a CSV of 1 GB into a pipe",
      bytes: gb,
      aim: "memory under 150 MB whatever the size",
      async run(stage, note) {
        const file = await makeRows(join(stage.dir, "big.csv"), gb, csvRow);
        return {
          ferry: () => measured(["view", file], note),
          "ferry --where": () =>
            measured(["view", file, "--where", "station=st7"], note),
        };
      },
    },
    "view-date": {
      title: "view: one day of NDJSON of 1 GB",
      bytes: gb,
      aim: "at least 0.1 GB/s in constant memory",
      async run(stage, note) {
        const file = await makeRows(join(stage.dir, "big.ndjson"), gb, jsonRow);
        return {
          ferry: () => measured(["view", file, "--date", "2026-05-03"], note),
        };
      },
    },
    "view-jpeg": {
      title: "view: a JPEG of 12 megapixels as half blocks",
      bytes: 0,
      aim: "at least 0.33 of chafa",
      run: (stage, note) => image(join(stage.dir, "p.jpg"), "4000x3000", note),
    },
    "view-png": {
      title: "view: a PNG of 4 megapixels as half blocks",
      bytes: 0,
      aim: "at least 0.33 of chafa",
      run: (stage, note) => image(join(stage.dir, "p.png"), "2309x1732", note),
    },
  };
}

const FERRY_ARGS = ["run", "-A", MAIN];
const FERRY = [Deno.execPath(), ...FERRY_ARGS];

async function image(
  file: string,
  size: string,
  note: (line: string) => void,
): Promise<Contenders> {
  if (!await isInstalled("convert") || !await isInstalled("chafa")) {
    note("skipped: needs ImageMagick and chafa");
    return {};
  }
  await wholeProcess("convert", ["-size", size, "plasma:red-blue", file]);
  const sides = ["--width", "80", "--height", "23"];
  return {
    ferry: () =>
      wholeProcess(Deno.execPath(), [
        ...FERRY_ARGS,
        "view",
        file,
        "--protocol",
        "blocks",
        ...sides,
      ]),
    chafa: () => wholeProcess("chafa", ["-f", "symbols", "-s", "80x23", file]),
  };
}

function csvRow(n: number): string {
  return `${n},${day(n)}T12:00:00Z,st${n % 50},${
    (n % 400) / 10
  },"note, ${n}"\n`;
}

function jsonRow(n: number): string {
  return `{"id":${n},"created_at":"${day(n)}T12:00:00Z","station":"st${
    n % 50
  }","tags":["a","b"],"celsius":${(n % 400) / 10}}\n`;
}

function day(n: number): string {
  return `2026-05-${String(1 + n % 28).padStart(2, "0")}`;
}

async function makeRows(
  path: string,
  bytes: number,
  row: (n: number) => string,
): Promise<string> {
  using file = await Deno.create(path);
  const encoder = new TextEncoder();
  let size = await file.write(
    encoder.encode(
      path.endsWith(".csv") ? "id,time,station,celsius,note\n" : "",
    ),
  );
  for (let n = 0; size < bytes; n += DATA_ROWS) {
    const rows = Array.from({ length: DATA_ROWS }, (_, at) => row(n + at));
    const block = encoder.encode(rows.join(""));
    for (let done = 0; done < block.length;) {
      done += await file.write(block.subarray(done));
    }
    size += block.length;
  }
  return path;
}

/** Milliseconds of a whole `ferry` that prints to nobody; notes the most memory it had. */
async function measured(
  args: string[],
  note: (line: string) => void,
): Promise<number> {
  const from = performance.now();
  const process = new Deno.Command(Deno.execPath(), {
    args: [...FERRY_ARGS, ...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let peak = 0;
  const look = setInterval(() => {
    try {
      const status = Deno.readTextFileSync(`/proc/${process.pid}/status`);
      peak = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) || peak;
    } catch {
      // Gone, or no Linux.
    }
  }, 50);
  const { code } = await process.status;
  clearInterval(look);
  if (code !== 0) throw new Error(`ferry ${args.join(" ")}: exit ${code}`);
  const most = Math.ceil(peak / 10_000) * 10;
  note(`memory (${args.slice(2).join(" ") || "all"}): under ${most} MB`);
  return performance.now() - from;
}

/** Milliseconds from the start of a process until it has printed so many lines. */
function untilLines(command: string[], lines: number): Promise<number> {
  return until(command, (text) => text.split("\n").length > lines);
}

function untilText(command: string[], wanted: string): Promise<number> {
  return until(command, (text) => text.includes(wanted));
}

async function until(
  [program = "", ...args]: string[],
  enough: (text: string) => boolean,
): Promise<number> {
  const from = performance.now();
  const process = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    env: { TERM: "xterm-256color", PAGER: "" },
  }).spawn();
  let text = "";
  let ms = NaN;
  for await (
    const chunk of process.stdout.pipeThrough(new TextDecoderStream())
  ) {
    text += chunk;
    if (!enough(text)) continue;
    ms = performance.now() - from;
    break;
  }
  process.kill("SIGKILL");
  await process.stdin.close().catch(() => {});
  await process.status;
  return ms;
}
