// @core
/** Measurements as pictures a person can read. Every size is in pixels. */
import { formatMs, formatRate } from "../text/units.ts";
import { type Drawing, label, line } from "../chart/svg.ts";
import { type LogScale, logScale } from "../chart/scale.ts";
import {
  axis,
  bar,
  circle,
  diamond,
  framed,
  LEFT,
  legend,
  RIGHT,
  ROW,
} from "./chart_frame.ts";
import { PARTS, type Row, totalsOf } from "./sample.ts";
import { histogram } from "./statistics.ts";

const BINS = 60;

/** How long transfers took: all of them, their percentiles, and bare TCP, on one logarithmic axis. */
export function latencyChart(rows: readonly Row[]): Drawing {
  const shown = rows.filter(({ latency }) => latency !== null);
  const scale = logScale(
    shown.flatMap((row) => [...totalsOf(row), row.bareMs ?? NaN]),
    LEFT,
    RIGHT,
  );
  const edges = Array.from(
    { length: BINS + 1 },
    (_, at) => scale.from * (scale.to / scale.from) ** (at / BINS),
  );
  return framed(
    "How long a transfer takes",
    "From the command to the last receipt; further left is better. The axis is logarithmic.",
    latencyLegend(shown.some(({ bareMs }) => bareMs !== null)),
    shown,
    "p50",
    axis(scale, formatTick),
    (row, y) => {
      const { latency } = row;
      if (latency === null) return { plot: "", figure: "" };
      return {
        plot: strip(row, y, scale, edges) + marks(row, y, scale),
        figure: formatMs(latency.p50),
      };
    },
  );
}

function latencyLegend(bare: boolean): string {
  const items: [string, string, number][] = [
    [bar(0, 0, 16, 10, "bin"), "share of transfers", 150],
    [circle(8, 5, 5, "p50"), "p50", 62],
    [line(8, -2, 8, 12, "p95"), "p95", 62],
    [line(8, -2, 8, 12, "p99"), "p99", 62],
  ];
  if (bare) items.push([diamond(8, 5, 6), "bare TCP, p50", 120]);
  return legend(items);
}

function strip(
  row: Row,
  y: number,
  scale: LogScale,
  edges: readonly number[],
): string {
  const counts = histogram(totalsOf(row), edges);
  const most = Math.max(...counts, 1);
  const base = y + ROW - 5;
  return counts.map((count, at) => {
    if (count === 0) return "";
    const x = scale.at(edges[at] ?? 0);
    const height = Math.max(count / most * (ROW - 10), 1.5);
    const width = scale.at(edges[at + 1] ?? 0) - x;
    return bar(x, base - height, width, height, "bin");
  }).join("") + line(LEFT, base, RIGHT, base, "rule");
}

function marks({ latency, bareMs }: Row, y: number, scale: LogScale): string {
  if (latency === null) return "";
  const tick = (ms: number, style: string) =>
    line(scale.at(ms), y + 5, scale.at(ms), y + ROW - 5, style);
  const bare = bareMs === null
    ? ""
    : diamond(scale.at(bareMs), y + ROW - 11, 6);
  return bare + tick(latency.p99, "p99") + tick(latency.p95, "p95") +
    circle(scale.at(latency.p50), y + ROW - 11, 5, "p50");
}

/** Where the time of the median transfer went, as parts of the whole. */
export function breakdownChart(rows: readonly Row[]): Drawing {
  const shown = rows.filter(({ breakdown }) => breakdown !== null);
  const place = (share: number) => LEFT + share * (RIGHT - LEFT);
  const shares = [0, 0.25, 0.5, 0.75, 1];
  return framed(
    "Where the time goes",
    "The parts of the median transfer, in the order they happen.",
    legend(
      PARTS.map((part) => [bar(0, 0, 14, 10, part), part, 96]),
    ),
    shown,
    "total",
    (top, bottom) =>
      shares.map((share) =>
        line(place(share), top, place(share), bottom, "grid") +
        label(place(share), bottom + 16, `${share * 100} %`, "tick", "middle")
      ).join(""),
    ({ breakdown }, y) => {
      if (breakdown === null) return { plot: "", figure: "" };
      let before = 0;
      const plot = PARTS.map((part) => {
        const share = breakdown[part] / (breakdown.total || 1);
        const x = place(before);
        before += share;
        const width = place(before) - x;
        if (width < 0.3) return "";
        // A hair of paper between neighbours, so that they are told apart without colour.
        const block = bar(x, y + 5, Math.max(width - 1, 0.5), ROW - 11, part);
        return width < 34 ? block : block +
          label(
            x + width / 2,
            y + ROW - 11,
            `${Math.round(share * 100)} %`,
            "on",
            "middle",
          );
      }).join("");
      return { plot, figure: formatMs(breakdown.total) };
    },
  );
}

/** How many bytes a second arrive, beside what bare TCP moves over the same path. */
export function throughputChart(rows: readonly Row[]): Drawing {
  const shown = rows.filter(({ bytesPerS }) => bytesPerS !== null);
  const scale = logScale(
    shown.flatMap((row) => [row.bytesPerS ?? NaN, row.bareBytesPerS ?? NaN]),
    LEFT,
    RIGHT,
  );
  const anyBare = shown.some(({ bareBytesPerS }) => bareBytesPerS !== null);
  return framed(
    "How fast it goes",
    "Bytes a second at all recipients together, in the median transfer; further right is better. Logarithmic.",
    legend([
      [circle(8, 5, 5, "p50"), "Ferry", 78],
      ...(anyBare
        ? [[diamond(8, 5, 6), "bare TCP over the same path", 180]] as [
          string,
          string,
          number,
        ][]
        : []),
    ]),
    shown,
    anyBare ? "rate, of bare" : "rate",
    axis(scale, (value) => formatRate(value).replace(".0 ", " ")),
    ({ bytesPerS, bareBytesPerS, share }, y) => {
      if (bytesPerS === null) return { plot: "", figure: "" };
      const middle = y + ROW / 2;
      const own = scale.at(bytesPerS);
      const rule = line(LEFT, y + ROW - 2, RIGHT, y + ROW - 2, "rule");
      const beside = bareBytesPerS === null
        ? ""
        : line(own, middle, scale.at(bareBytesPerS), middle, "gap") +
          diamond(scale.at(bareBytesPerS), middle, 6);
      const part = share === null ? "" : `, ${Math.round(share * 100)} %`;
      return {
        plot: rule + beside + circle(own, middle, 5, "p50"),
        figure: formatRate(bytesPerS) + part,
      };
    },
  );
}

/** A duration (ms) on an axis: no digits that say nothing. */
export function formatTick(ms: number): string {
  if (ms < 1) return `${Number((ms * 1000).toPrecision(3))} µs`;
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}
