// @core
/** The report of `ferry bench`: one page or one picture that needs nothing else to be read. */
import { CHART_STYLE } from "../chart/style.ts";
import {
  type Drawing,
  element,
  escape,
  label,
  stack,
  svg,
} from "../chart/svg.ts";
import { pathTitle, SCENARIOS } from "./cases.ts";
import { WIDTH } from "./chart_frame.ts";
import { breakdownChart, latencyChart, throughputChart } from "./charts.ts";
import { formatSize, msOf, rateOf, shareOf } from "./format.ts";
import { PARTS, type Row } from "./sample.ts";

/** Facts about the run, by name, in the order they are shown. */
export type Facts = readonly (readonly [name: string, value: string])[];

const TITLE = "Ferry benchmark";

/** Wider than the charts by this much on every side, in pixels. */
const MARGIN = 28;

/** All charts as one SVG file. */
export function reportSvg(
  rows: readonly Row[],
  facts: Facts,
  title = TITLE,
): string {
  return svgFile(chartsOf(rows), facts, title);
}

/** Drawings below one another as an SVG file of their own, under a title and facts. */
export function svgFile(
  drawings: readonly Drawing[],
  facts: Facts,
  title: string,
): string {
  const head = {
    width: WIDTH,
    height: 44 + 18 * Math.ceil(facts.length / 3),
    markup: label(0, 24, title, "title") +
      facts.map(([name, value], at) =>
        label(
          at % 3 * WIDTH / 3,
          50 + Math.floor(at / 3) * 18,
          `${name}: ${value}`,
          "soft",
        )
      ).join(""),
  };
  const { width, height, markup } = stack([head, ...drawings], 30);
  return svg({
    width: width + MARGIN * 2,
    height: height + MARGIN * 2,
    markup: [
      element("style", {}, CHART_STYLE),
      element(
        "g",
        { transform: `translate(${MARGIN} ${MARGIN})` },
        markup,
      ),
    ].join("\n"),
  }, title) + "\n";
}

function chartsOf(rows: readonly Row[]): Drawing[] {
  return [latencyChart(rows), breakdownChart(rows), throughputChart(rows)];
}

const PAGE_STYLE = `
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI","DejaVu Sans",sans-serif}
main{max-width:${WIDTH}px;margin:0 auto;padding:32px 24px 64px}
h1{font-size:26px;margin:0 0 4px}
h2{font-size:17px;margin:40px 0 8px}
p{color:var(--soft);margin:0 0 12px;max-width:46em}
dl{display:grid;grid-template-columns:max-content 1fr max-content 1fr;gap:2px 16px;margin:16px 0 32px;font-size:14px}
dt{color:var(--soft)}dd{margin:0}
figure{margin:0 0 40px;overflow-x:auto}
figure svg{max-width:100%;height:auto;display:block}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums;white-space:nowrap}
th,td{padding:4px 8px;text-align:right;border-bottom:1px solid var(--grid)}
th{font-weight:600;color:var(--soft)}
th:nth-child(-n+2),td:nth-child(-n+2){text-align:left}
td.soft{color:var(--soft)}
@media (max-width:640px){dl{grid-template-columns:max-content 1fr}}
@media print{main{padding:0;max-width:none}figure,table{break-inside:avoid}h2{break-after:avoid}}
`.trim();

/** A page with the charts, the figures and how they were measured. Loads nothing from anywhere. */
export function reportHtml(rows: readonly Row[], facts: Facts): string {
  const titles = [
    "How long a transfer takes",
    "Where the time goes",
    "How fast it goes",
  ];
  const figures = chartsOf(rows).map((chart, at) =>
    element("figure", {}, svg(chart, titles[at] ?? TITLE))
  );
  const description = facts.map(([name, value]) =>
    `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`
  ).join("");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${TITLE}</title>
<style>
${CHART_STYLE}
${PAGE_STYLE}
</style>
</head>
<body>
<main>
<h1>${TITLE}</h1>
<p>Every transfer was received in full and its SHA-256 compared before its receipt was sent; files were synced to disk, messages are not kept.</p>
<dl>${description}</dl>
${figures.join("\n")}
<h2>Latencies</h2>
${
    tableOf(
      [
        "scenario",
        "path",
        "size",
        "n",
        "p50",
        "p95",
        "p99",
        "max",
        "bare p50",
        "round trip",
      ],
      rows.map((row) => [
        SCENARIOS[row.scenario].title,
        pathTitle(row),
        formatSize(row.bytes),
        countOf(row),
        msOf(row.latency?.p50),
        msOf(row.latency?.p95),
        msOf(row.latency?.p99),
        msOf(row.latency?.max),
        msOf(row.bareMs),
        msOf(row.roundTripMs),
      ]),
    )
  }
<h2>Parts of the median transfer, and throughput</h2>
${
    tableOf(
      ["scenario", "path", ...PARTS, "throughput", "bare", "of bare"],
      rows.map((row) => [
        SCENARIOS[row.scenario].title,
        pathTitle(row),
        ...PARTS.map((part) => msOf(row.breakdown?.[part])),
        rateOf(row.bytesPerS),
        rateOf(row.bareBytesPerS),
        shareOf(row),
      ]),
    )
  }
<h2>What the words mean</h2>
<p>Latency counts on the sender’s clock from the command to the last recipient’s receipt. Percentiles are nearest ranks: each is a transfer that was measured. n counts transfers; with few of them, p99 is the longest.</p>
<p>The parts are those of the median transfer and add up to it: <b>queue</b> until the offer is out, <b>offer</b> until bytes may flow (nothing for bodies up to 64 KiB, which ride behind their offer), <b>transfer</b> until the last byte has arrived, <b>verify</b> until the hash is compared and the file in place, <b>ack</b> for the receipt’s way back.</p>
<p>Bare TCP sends the same bytes from memory over the same path (through a hub of nothing but sockets, to as many receivers), which drop them and answer with one byte: no disk, no hash. It was measured in turn with Ferry. “Of bare” is its median time divided by Ferry’s. The round trip is one byte there and one back; where nothing answers bare TCP it is the protocol’s PING to the hub.</p>
</main>
</body>
</html>
`;
}

function countOf({ repeats, failed }: Row): string {
  return failed === 0 ? String(repeats) : `${repeats} (${failed} failed)`;
}

function tableOf(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const cells = (name: "th" | "td", row: readonly string[]) =>
    row.map((cell) => `<${name}>${escape(cell)}</${name}>`).join("");
  return `<div class="wide"><table><thead><tr>${
    cells("th", heads)
  }</tr></thead><tbody>\n${
    rows.map((row) => `<tr>${cells("td", row)}</tr>`).join("\n")
  }\n</tbody></table></div>`;
}
