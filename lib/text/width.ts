// @core
/**
 * Text measured in terminal columns, grapheme by grapheme. Nothing here is made safe: callers pass
 * text through `safe()` first.
 */
import stringWidth from "string-width";

const PLAIN = /^[\x20-\x7e]*$/;
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The columns the text takes on a terminal; escape sequences take none. */
export function width(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text);
}

/** `text` cut to at most `columns`, ending in `…` where something was cut; never half a grapheme. */
export function truncate(text: string, columns: number): string {
  if (PLAIN.test(text)) {
    if (text.length <= columns) return text;
    return columns < 1 ? "" : text.slice(0, columns - 1) + "…";
  }
  // No text is narrower than a fraction of its length: what lies far beyond is not looked at.
  const head = text.length > columns * 40 + 400
    ? text.slice(0, columns * 40 + 400)
    : text;
  if (head.length === text.length && stringWidth(text) <= columns) return text;
  if (columns < 1) return "";
  let kept = "";
  let taken = 0;
  for (const { segment } of graphemes.segment(head)) {
    const w = stringWidth(segment);
    if (taken + w > columns - 1) break;
    kept += segment;
    taken += w;
  }
  return kept + "…";
}

/** `text` filled up with spaces to `columns`, at its end or (`"right"`) before it; longer text stays. */
export function pad(
  text: string,
  columns: number,
  align: "left" | "right" = "left",
): string {
  const gap = columns - width(text);
  if (gap <= 0) return text;
  return align === "left" ? text + " ".repeat(gap) : " ".repeat(gap) + text;
}
