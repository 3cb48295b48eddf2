// @core
/** Curves over a logarithmic axis each way: how a figure grows with another. Sizes in pixels. */
import { logScale } from "./scale.ts";
import { type Drawing, element, label, line } from "./svg.ts";

/** A curve; its points in ascending order of `x`, all above 0. */
export interface Curve {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** Drawn dashed and in another colour: what is only compared with. */
  readonly reference?: boolean;
}

/** What a chart of curves says. */
export interface CurveChart {
  readonly title: string;
  readonly subtitle: string;
  readonly x: (value: number) => string;
  readonly y: (value: number) => string;
  readonly curves: readonly Curve[];
}

const WIDTH = 880;
const LEFT = 78;
/** Names of the curves stand at their right ends. */
const RIGHT = 700;
const TOP = 64;
const BOTTOM = 364;
const HEIGHT = 400;
const NAME_HEIGHT = 16;
/** Colours there are (style.ts). */
const COLORS = 5;

/** Draws curves, each named at its end. The x values that were measured are the ticks. */
export function curveChart(chart: CurveChart): Drawing {
  const points = chart.curves.flatMap(({ points }) => points);
  const xs = [...new Set(points.map(({ x }) => x))].toSorted((a, b) => a - b);
  const first = xs[0] ?? 1;
  const span = Math.log((xs.at(-1) ?? 1) / first) || 1;
  const xAt = (x: number) =>
    LEFT + 8 + Math.log(x / first) / span * (RIGHT - LEFT - 16);
  const scale = logScale(points.map(({ y }) => y), BOTTOM, TOP);
  const yTicks = scale.ticks.map(({ value, major }) => {
    const y = scale.at(value);
    const labelled = major || scale.ticks.length <= 8;
    return line(LEFT, y, RIGHT, y, major ? "grid" : "minor") +
      (labelled ? label(LEFT - 8, y + 4, chart.y(value), "tick", "end") : "");
  });
  let room = -Infinity;
  const xTicks = xs.map((x) => {
    const at = xAt(x);
    const text = chart.x(x);
    const width = text.length * 7 + 10;
    const fits = at - width / 2 >= room;
    if (fits) room = at + width / 2;
    return line(at, BOTTOM, at, BOTTOM + 4, "grid") +
      (fits ? label(at, BOTTOM + 20, text, "tick", "middle") : "");
  });
  let color = 0;
  const ends: { name: string; y: number; style: string }[] = [];
  const curves = chart.curves.map(({ name, points, reference = false }) => {
    const style = reference ? "reference" : String(color++ % COLORS);
    const last = points.at(-1);
    if (last === undefined) return "";
    ends.push({ name, y: scale.at(last.y), style });
    const d = points.map(({ x, y }, at) =>
      `${at === 0 ? "M" : "L"}${xAt(x).toFixed(1)} ${scale.at(y).toFixed(1)}`
    ).join("");
    const dots = points.map(({ x, y }) =>
      element("circle", {
        cx: xAt(x),
        cy: scale.at(y),
        r: 3.5,
        class: `dot-${style}`,
      })
    );
    return element("path", { d, class: `line-${style}` }) + dots.join("");
  });
  return {
    width: WIDTH,
    height: HEIGHT,
    markup: [
      label(0, 18, chart.title, "title"),
      label(0, 38, chart.subtitle, "soft"),
      ...yTicks,
      ...xTicks,
      ...curves,
      ...spread(ends).map(({ name, y, style }) =>
        element("circle", {
          cx: RIGHT + 14,
          cy: y,
          r: 4,
          class: `dot-${style}`,
        }) + label(RIGHT + 24, y + 4, name, "")
      ),
    ].join("\n"),
  };
}

/** Moves names apart until none covers another, in their order from top to bottom. */
function spread<T extends { y: number }>(ends: readonly T[]): T[] {
  const sorted = ends.toSorted((a, b) => a.y - b.y);
  let lowest = -Infinity;
  const placed = sorted.map((end) => {
    lowest = Math.max(end.y, lowest + NAME_HEIGHT);
    return { ...end, y: lowest };
  });
  // What was pushed below the plot moves up again, with what is above it.
  let highest = BOTTOM;
  return placed.toReversed().map((end) => {
    const y = Math.min(end.y, highest);
    highest = y - NAME_HEIGHT;
    return { ...end, y };
  });
}
