// @core
/** What the charts of a benchmark share: their frame, axis, legend and marks. Every size is in pixels. */
import type { LogScale } from "../chart/scale.ts";
import { type Drawing, element, label, line } from "../chart/svg.ts";
import { pathTitle } from "./cases.ts";
import { formatSize } from "./format.ts";
import type { Row } from "./sample.ts";

/** The width of every chart. */
export const WIDTH = 880;
/** The plot lies between the names on the left and the figures on the right. */
export const LEFT = 236;
/** See LEFT. */
export const RIGHT = 720;
/** The height of a row. */
export const ROW = 30;
const GROUP_GAP = 10;
const HEAD = 78;
const AXIS = 34;

/** The axis of a chart between two heights. */
export type Axis = (top: number, bottom: number) => string;

/** The axis of a scale, its ticks worded by `format`. */
export function axis(scale: LogScale, format: (value: number) => string): Axis {
  const few = scale.ticks.length <= 8;
  return (top, bottom) =>
    scale.ticks.map(({ value, major }) => {
      const x = scale.at(value);
      return line(x, top, x, bottom, major ? "grid" : "minor") +
        (major || few
          ? label(x, bottom + 16, format(value), "tick", "middle")
          : "");
    }).join("");
}

/** What all charts share: title, legend, names of the rows on the left, a figure on the right. */
export function framed(
  title: string,
  subtitle: string,
  key: string,
  rows: readonly Row[],
  figureHead: string,
  axis: Axis,
  draw: (row: Row, y: number) => { plot: string; figure: string },
): Drawing {
  let y = HEAD;
  let before: string | undefined;
  const drawn = rows.map((row) => {
    const group = `${row.scenario} ${row.bytes}`;
    const isFirst = group !== before;
    if (isFirst && before !== undefined) y += GROUP_GAP;
    before = group;
    const { plot, figure } = draw(row, y);
    const base = y + ROW - 10;
    y += ROW;
    return [
      isFirst
        ? label(0, base, row.scenario, "strong") +
          label(78, base, formatSize(row.bytes), "soft")
        : "",
      label(LEFT - 14, base, pathTitle(row), "", "end"),
      plot,
      label(WIDTH, base, figure, "strong", "end"),
    ].join("");
  });
  const markup = [
    label(0, 18, title, "title"),
    label(0, 38, subtitle, "soft"),
    element("g", { transform: "translate(0 52)" }, key),
    label(WIDTH, 62, figureHead, "soft", "end"),
    axis(HEAD - 4, y + 4),
    ...drawn,
  ].join("\n");
  return { width: WIDTH, height: y + AXIS, markup };
}

/** Marks with what they stand for; the third of each is the width it takes. */
export function legend(
  items: readonly (readonly [string, string, number])[],
): string {
  let x = 0;
  return items.map(([mark, text, width]) => {
    const group = element(
      "g",
      { transform: `translate(${x} 0)` },
      mark,
      label(22, 10, text, "soft"),
    );
    x += width;
    return group;
  }).join("");
}

/** A block, styled by its class. */
export function bar(
  x: number,
  y: number,
  width: number,
  height: number,
  style: string,
): string {
  return element("rect", { x, y, width, height, class: style });
}

/** A dot. */
export function circle(
  cx: number,
  cy: number,
  r: number,
  style: string,
): string {
  return element("circle", { cx, cy, r, class: style });
}

/** The mark of bare TCP. */
export function diamond(x: number, y: number, r: number): string {
  const d = `M${x.toFixed(1)} ${
    (y - r).toFixed(1)
  }l${r} ${r}l${-r} ${r}l${-r} ${-r}z`;
  return element("path", { d, class: "bare" });
}
