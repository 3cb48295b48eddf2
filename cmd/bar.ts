/** What progress looks like: pure renderings of how far a transfer is. */
import stringWidth from "string-width";
import { safe } from "../lib/text/safe.ts";
import { formatBytes, formatMs, formatRate } from "../lib/text/units.ts";

/** How far one transfer, or several taken together, is. */
export interface BarView {
  readonly name: string;
  /** The other side, or `""` for none. */
  readonly to: string;
  readonly done: number;
  /** `null` when the size is not known. */
  readonly total: number | null;
  /** Bytes a second. */
  readonly rate: number;
  /** Milliseconds left; `null` when that cannot be told. */
  readonly eta: number | null;
}

/** One line at most `columns - 1` wide (a full line would wrap); the least telling parts go first. */
export function renderBar(view: BarView, columns: number): string {
  const room = Math.max(columns - 1, 1);
  const { share, figures } = measures(view);
  const rate = formatRate(view.rate);
  const eta = view.eta === null ? "" : `${formatMs(view.eta)} left`;
  const label = view.to === ""
    ? safe(view.name)
    : `${safe(view.name)} → ${safe(view.to)}`;
  const tails = [
    [share, figures, rate, eta],
    [share, figures, rate],
    [share, rate],
    [share === "" ? formatBytes(view.done) : share],
  ].map((parts) => parts.filter((part) => part !== "").join("  "));
  for (const tail of tails) {
    const left = room - stringWidth(tail) - 2;
    const wanted = Math.min(stringWidth(label), 12);
    if (left < wanted && tail !== tails.at(-1)) continue;
    const bar = view.total === null
      ? 0
      : Math.min(left - stringWidth(label) - 4, 30);
    if (bar >= 8) {
      return `${label}  ${drawn(view, bar)}  ${tail}`;
    }
    const name = cut(label, left);
    return name === "" ? cut(tail, room) : `${name}  ${tail}`;
  }
  return "";
}

/** The same as one line for logs, without a bar and never cut. */
export function plainLine(view: BarView): string {
  const { share, figures } = measures(view);
  const label = view.to === ""
    ? safe(view.name)
    : `${safe(view.name)} → ${safe(view.to)}`;
  return [label, share, figures, formatRate(view.rate)]
    .filter((part) => part !== "").join("  ");
}

function measures(view: BarView): { share: string; figures: string } {
  if (view.total === null) {
    return { share: "", figures: formatBytes(view.done) };
  }
  // Rounded down: 100 % is shown only when all bytes are through.
  const percent = Math.floor(100 * fraction(view));
  return {
    share: `${percent} %`.padStart(5),
    figures: `${formatBytes(view.done)} of ${formatBytes(view.total)}`,
  };
}

function fraction({ done, total }: BarView): number {
  if (total === null || total <= 0) return 1;
  return Math.min(Math.max(done / total, 0), 1);
}

function drawn(view: BarView, width: number): string {
  const full = Math.floor(fraction(view) * (width - 2));
  return `[${"#".repeat(full)}${"-".repeat(width - 2 - full)}]`;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The beginning of `text` that fits, with `…` when something is missing. */
function cut(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  let kept = "";
  let width = 1;
  for (const { segment } of graphemes.segment(text)) {
    width += stringWidth(segment);
    if (width > columns) break;
    kept += segment;
  }
  return columns < 1 ? "" : `${kept}…`;
}
