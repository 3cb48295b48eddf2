/** Where the time of recent transfers went, as a table and a chart of plain characters. */
import { safe } from "../../lib/text/safe.ts";
import { formatMs } from "../../lib/text/units.ts";
import { pad, truncate, width } from "../../lib/text/width.ts";
import type { Sent } from "./record.ts";

const MOST_ROWS = 12;
const WIDEST_NAME = 28;
const PARTS = ["queue", "offer", "transfer", "verify", "ack"] as const;
const HEADS = ["total", ...PARTS];
const BLOCKS = ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];

/** The newest transfers, one a line, with as much of the breakdown as fits, and their chart. */
export function latencyLines(sent: readonly Sent[], columns: number): string[] {
  const shown = sent.slice(0, MOST_ROWS);
  if (shown.length === 0) return ["Nothing was sent from here yet."];
  const names = shown.map(({ name, to }) => `${safe(name)} → ${safe(to)}`);
  const room = Math.max(columns - 1, 10);
  const widest = Math.min(
    Math.max(...names.map(width)),
    WIDEST_NAME,
    Math.floor(room / 2),
  );
  const rows = shown.map(({ latency }) =>
    HEADS.map((head) => figure(latency[head as keyof typeof latency]))
  );
  let taken = widest;
  const columnsShown = HEADS.map((head, at) =>
    Math.max(width(head), ...rows.map((row) => width(row[at] ?? "")))
  )
    .map((w) => {
      taken += w + 2;
      return taken <= room ? w : 0;
    });
  const line = (name: string, cells: readonly string[]) =>
    truncate(
      pad(truncate(name, widest), widest) +
        cells.map((cell, at) =>
          columnsShown[at] === 0
            ? ""
            : `  ${pad(cell, columnsShown[at] ?? 0, "right")}`
        ).join(""),
      room,
    );
  return [
    line("", HEADS),
    ...shown.map((_, at) => line(names[at] ?? "", rows[at] ?? [])),
    "",
    ...chart(shown, names, widest, room),
  ];
}

/** A bar for each transfer, on one scale. */
function chart(
  shown: readonly Sent[],
  names: readonly string[],
  widest: number,
  room: number,
): string[] {
  const totals = shown.map(({ latency }) => latency.total);
  const longest = Math.max(...totals, 0.01);
  const figures = totals.map((total) => formatMs(total));
  const space = room - widest - Math.max(...figures.map(width)) - 4;
  if (space < 3) return [];
  return shown.map((_, at) => {
    const bar = barOf((totals[at] ?? 0) / longest * space);
    return `${pad(truncate(names[at] ?? "", widest), widest)}  ${bar}  ${
      figures[at]
    }`;
  });
}

function barOf(length: number): string {
  const eighths = Math.max(Math.round(length * 8), 1);
  return "█".repeat(Math.floor(eighths / 8)) + (BLOCKS[eighths % 8 - 1] ?? "");
}

function figure(ms: number): string {
  return ms === 0 ? "0" : formatMs(ms);
}
