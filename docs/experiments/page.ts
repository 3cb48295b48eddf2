/** Draws what was measured and writes docs/experiments.md from it. */
import { join } from "@std/path";
import { pathTitle } from "../../lib/bench/cases.ts";
import { formatTick } from "../../lib/bench/charts.ts";
import { parseSamples } from "../../lib/bench/csv.ts";
import { formatSize, msOf, rateOf, shareOf } from "../../lib/bench/format.ts";
import { type Facts, reportSvg, svgFile } from "../../lib/bench/report.ts";
import { type Row, rowsOf } from "../../lib/bench/sample.ts";
import { type Curve, curveChart } from "../../lib/chart/lines.ts";
import type { Drawing } from "../../lib/chart/svg.ts";
import { formatRate } from "../../lib/text/units.ts";
import type { CaptureNotes, Notes } from "./bench.ts";
import { type Compared, medianOf, parseCompared } from "./capture.ts";
import { EXPERIMENTS } from "./list.ts";

/** What stands around the experiments, which go where it says EXPERIMENTS. */
const FRAME = new URL("frame.md", import.meta.url);
/** What was learnt, under a level-2 heading with the name of the experiment. */
const LEARNT = new URL("learnt.md", import.meta.url);

/** Draws every experiment there is data for into `out`/experiments, and writes `out`/experiments.md. */
export async function drawAll(out: string): Promise<void> {
  const data = join(out, "experiments");
  const learnt = sectionsOf(await Deno.readTextFile(LEARNT));
  const parts: string[] = [];
  for (const { name, title, about } of EXPERIMENTS) {
    const notes = await notesOf(join(data, `${name}.json`));
    if (notes === undefined) continue;
    const rows = rowsOf(
      parseSamples(await Deno.readTextFile(join(data, `${name}.csv`))),
    );
    const lines = [`## ${title}`, about];
    if (notes.missing !== undefined) {
      lines.push(`**Not measured on this machine:** ${notes.missing}.`);
    }
    if (rows.length > 0) {
      const facts = notes.facts ?? [];
      const drawn = draw(name, title, rows, facts);
      await Deno.writeTextFile(join(data, `${name}.svg`), drawn);
      const commands = [
        `deno task experiments ${name}`,
        ...[...notes.commands, ...notes.capture?.commands ?? []]
          .map((line) => `#   ${line}`),
      ];
      lines.push(
        ["```sh", ...commands, "```"].join("\n"),
        `![${title}](experiments/${name}.svg)`,
        tableOf(rows),
        facts.map(([fact, value]) => `${fact}: ${value}.`).join(" ") +
          ` Every measurement: [${name}.csv](experiments/${name}.csv).`,
      );
    }
    lines.push(...await captureLines(data, name, notes.capture));
    const said = learnt.get(name);
    if (said !== undefined) lines.push(said);
    parts.push(lines.join("\n\n"));
  }
  const frame = await Deno.readTextFile(FRAME);
  await Deno.writeTextFile(
    join(out, "experiments.md"),
    frame.replace("EXPERIMENTS", () => parts.join("\n\n")),
  );
}

function draw(
  name: string,
  title: string,
  rows: readonly Row[],
  facts: Facts,
): string {
  if (name === "sizes") return svgFile(bySize(rows), facts, title);
  if (name === "peers") return svgFile(byPeers(rows), facts, title);
  return reportSvg(rows, facts, title);
}

function bySize(rows: readonly Row[]): Drawing[] {
  const curves = curvesBy(rows, ({ bytes }) => bytes, pathTitle);
  return [
    curveChart({
      title: "How long a file takes",
      subtitle: "p50 from the command to the receipt; both axes logarithmic.",
      x: formatSize,
      y: formatTick,
      curves: curves(({ latency }) => latency?.p50, ({ bareMs }) => bareMs),
    }),
    curveChart({
      title: "How fast it goes",
      subtitle: "Bytes a second in the median transfer; further up is better.",
      x: formatSize,
      y: (value) => formatRate(value).replace(".0 ", " "),
      curves: curves(
        ({ bytesPerS }) => bytesPerS,
        ({ bareBytesPerS }) => bareBytesPerS,
      ),
    }),
  ];
}

function byPeers(rows: readonly Row[]): Drawing[] {
  const curves = curvesBy(
    rows,
    ({ recipients }) => recipients,
    ({ scenario, bytes }) => `${scenario}, ${formatSize(bytes)}`,
  );
  return [
    curveChart({
      title: "How long a broadcast takes",
      subtitle:
        "p50 until the last receipt, by the number of peers; both axes logarithmic.",
      x: (peers) => String(peers),
      y: formatTick,
      curves: curves(({ latency }) => latency?.p50, ({ bareMs }) => bareMs),
    }),
  ];
}

type Figure = (row: Row) => number | null | undefined;

/** Makes curves of a figure of Ferry's and one of bare TCP, a pair for each name that rows have. */
function curvesBy(
  rows: readonly Row[],
  x: (row: Row) => number,
  name: (row: Row) => string,
): (ferry: Figure, bare: Figure) => Curve[] {
  const points = (group: readonly Row[], figure: Figure): Curve["points"] =>
    group.flatMap((row) => {
      const y = figure(row);
      return y === null || y === undefined ? [] : [{ x: x(row), y }];
    });
  return (ferry, bare) =>
    [...Map.groupBy(rows, name)].flatMap(([title, group]) => [
      { name: title, points: points(group, ferry) },
      { name: `bare, ${title}`, points: points(group, bare), reference: true },
    ]);
}

/** What the capture of an experiment said. */
async function captureLines(
  data: string,
  name: string,
  notes: CaptureNotes | null | undefined,
): Promise<string[]> {
  if (notes === undefined) return [];
  const head = "### What the capture said";
  if (notes === null) {
    return [head, "**Not captured on this machine:** tshark is not installed."];
  }
  const file = `${name}.capture.csv`;
  const rows = parseCompared(await Deno.readTextFile(join(data, file)));
  const consistent = rows.filter(({ verdict }) => verdict === "consistent");
  const others = Map.groupBy(
    rows.filter(({ verdict }) => verdict !== "consistent"),
    ({ verdict }) => verdict,
  );
  const exceptions = [...others].map(([verdict, group]) =>
    `, ${group.length} ${verdict}`
  ).join("");
  const lost = notes.missed === 0
    ? "No packet was missed."
    : `${notes.missed} packets were missed.`;
  return [
    head,
    `${consistent.length} of ${rows.length} deliveries agree with the packets${exceptions}. ${lost} Every one: [${file}](experiments/${file}).`,
    comparisonOf(rows),
  ];
}

function comparisonOf(rows: readonly Compared[]): string {
  const groups = Map.groupBy(
    rows,
    ({ name, bytes, peers }) => `${name} ${bytes} ${peers}`,
  );
  return markdownTable(
    ["sent", "to"],
    "size n program queue own_work capture hop_2 verify",
    [...groups.values()].flatMap((group) => {
      const middle = medianOf(group);
      if (middle === undefined) return [];
      const { name, bytes, peers, totalMs, queueMs, captureMs } = middle;
      const own = captureMs === null ? null : totalMs - queueMs - captureMs;
      return [[
        name,
        peers === 0 ? "the hub" : peers === 1 ? "a peer" : `${peers} peers`,
        formatSize(bytes),
        String(group.length),
        msOf(totalMs),
        msOf(queueMs),
        msOf(own === null ? null : Math.max(own, 0)),
        msOf(captureMs),
        msOf(middle.hop2Ms),
        msOf(middle.verifyMs),
      ]];
    }),
  );
}

/** A table of words, then figures, whose heads are one word each (`_` is a space). */
function markdownTable(
  words: readonly string[],
  figures: string,
  rows: readonly (readonly string[])[],
): string {
  const heads = figures.replaceAll("_", "\xa0").split(" ");
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line([...words, ...heads]),
    line([...words.map(() => "---"), ...heads.map(() => "---:")]),
    ...rows.map(line),
  ].join("\n");
}

function tableOf(rows: readonly Row[]): string {
  return markdownTable(
    ["scenario", "path"],
    "size n p50 p95 p99 max round_trip throughput bare_TCP of_bare",
    rows.map((row) => [
      row.scenario,
      pathTitle(row),
      formatSize(row.bytes),
      String(row.repeats),
      msOf(row.latency?.p50),
      msOf(row.latency?.p95),
      msOf(row.latency?.p99),
      msOf(row.latency?.max),
      msOf(row.roundTripMs),
      rateOf(row.bytesPerS),
      rateOf(row.bareBytesPerS),
      shareOf(row),
    ]),
  );
}

function sectionsOf(text: string): Map<string, string> {
  return new Map(
    text.split(/^## /m).slice(1).map((section) => {
      const [name = "", ...rest] = section.split("\n");
      return [name.trim(), rest.join("\n").trim()];
    }),
  );
}

async function notesOf(path: string): Promise<Notes | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
