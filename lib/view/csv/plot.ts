/** Columns of numbers as a chart made of characters. */
import { Failure } from "../../failure.ts";
import { safe } from "../../text/safe.ts";
import type { Screen } from "../out.ts";
import { Series } from "./series.ts";

const COLORS = ["34", "33", "32", "35", "36", "31"];
/** Rows of the chart, at most. */
const TALLEST = 20;
/** Columns of the screen that the axis takes. */
const AXIS = 14;
/** Columns of a chart that goes to a file. */
const UNBOUND = 80;

/** One line of the chart. */
export interface Plotted {
  readonly name: string;
  readonly series: Series;
}

/** A series for a column, with as many points as the screen has room for. */
export function plotted(name: string, screen: Screen): Plotted {
  const columns = screen.terminal ? screen.columns : UNBOUND;
  return { name, series: new Series(columns - AXIS) };
}

/**
 * The chart of the columns.
 *
 * @throws Failure `bad-data` when a column has no numbers.
 */
export async function plot(
  lines: readonly Plotted[],
  file: string,
  screen: Screen,
): Promise<string> {
  const { plot } = (await import("asciichart")).default;
  for (const { name, series } of lines) {
    if (series.count > 0) continue;
    throw new Failure(
      "bad-data",
      `Cannot plot ${safe(file)}: column "${safe(name)}" has no numbers`,
    );
  }
  const color = (i: number) => COLORS[i % COLORS.length] as string;
  const chart = plot(lines.map(({ series }) => series.points()), {
    height: Math.max(
      2,
      Math.min(TALLEST, screen.terminal ? screen.rows - 5 : TALLEST),
    ),
    format: (value: number) => label(value).padStart(AXIS - 3),
    ...(screen.color
      ? { colors: lines.map((_, i) => `\x1b[${color(i)}m`) }
      : {}),
  });
  const legend = lines.map(({ name, series }, i) => {
    const text = `─ ${safe(name)} (${series.count} values)`;
    return screen.color ? `\x1b[${color(i)}m${text}\x1b[0m` : text;
  });
  return `${chart}\n${legend.join("  ")}\n`;
}

function label(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e9 || size < 1e-3)) return value.toExponential(2);
  return value.toFixed(size >= 1000 ? 0 : 2);
}
