/** What progress looks like: pure renderings of how far a transfer is. */
import stringWidth from "string-width";
import { safe } from "../lib/text/safe.ts";
import { formatBytes, formatMs, formatRate } from "../lib/text/units.ts";

/** How far one transfer, or several taken together, is. */
export interface BarView {
  readonly name: string;
  /** Its other end behind an arrow, `→ alice` or `← bob`; `""` for several. */
  readonly to: string;
  readonly done: number;
  /** `null` when the size is not known. */
  readonly total: number | null;
  /** Bytes a second. */
  readonly rate: number;
  /** Milliseconds left; `null` when that cannot be told. */
  readonly eta: number | null;
}

/** Shorter bars say nothing, longer ones nothing more. */
const SHORTEST_BAR = 8;
const LONGEST_BAR = 30;

/**
 * One line at most `columns - 3` wide: a full line would wrap, and so would the `^C` a terminal
 * echoes behind it. The least telling parts go first.
 */
export function renderBar(view: BarView, columns: number): string {
  const room = Math.max(columns - 3, 1);
  const { share, figures } = measures(view);
  const rate = formatRate(view.rate);
  const label = labelOf(view);
  const percent = share === "" ? formatBytes(view.done) : share.padStart(5);
  const known = share === "" ? figures : `${percent}  ${figures}`;
  const full = join([known, rate, left(view)]);
  const brief = join([percent, rate]);
  if (view.total !== null) {
    for (const tail of [full, join([percent, rate, left(view)]), brief]) {
      const space = room - stringWidth(join([label, tail])) - 2;
      if (space >= SHORTEST_BAR) {
        return join([label, drawn(view, Math.min(space, LONGEST_BAR)), tail]);
      }
    }
  }
  for (const tail of [full, brief]) {
    const line = join([label, tail]);
    if (stringWidth(line) <= room) return line;
  }
  const name = cut(label, room - stringWidth(percent) - 2);
  return name === "" ? cut(percent, room) : join([name, percent]);
}

/** The same as one line for logs, without a bar and never cut. */
export function plainLine(view: BarView): string {
  const { share, figures } = measures(view);
  return join([labelOf(view), share, figures, formatRate(view.rate)]);
}

function labelOf({ name, to }: BarView): string {
  return to === "" ? safe(name) : `${safe(name)} ${safe(to)}`;
}

/** The parts there are, set apart. */
function join(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("  ");
}

function measures(view: BarView): { share: string; figures: string } {
  if (view.total === null) {
    return { share: "", figures: formatBytes(view.done) };
  }
  // Rounded down: 100 % is shown only when all bytes are through.
  return {
    share: `${Math.floor(100 * fraction(view))} %`,
    figures: `${formatBytes(view.done)} of ${formatBytes(view.total)}`,
  };
}

/** The time left in whole seconds, so that the line does not flicker. */
function left({ eta }: BarView): string {
  if (eta === null) return "";
  const seconds = Math.ceil(eta / 1000);
  return `${seconds < 60 ? `${seconds} s` : formatMs(seconds * 1000)} left`;
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
