// @core
/**
 * Text measured in terminal columns, grapheme by grapheme. Nothing here is made safe: callers pass
 * text through `safe()` first.
 *
 * Scripts whose characters each stand alone are measured here. All else (emoji sequences, combining
 * marks, Indic scripts) needs `string-width`, and with it the grapheme segmenter: 25 ms to load, as
 * much as an empty program takes. It is therefore loaded only when such text is met: whoever
 * prepares text for a screen calls `prepareWidth()` (width_loader.ts) first.
 */

const PLAIN = /^[\x20-\x7e]*$/;
/** One column each: Latin, Greek, Cyrillic, punctuation, currency, arrows, operators, boxes. */
const NARROW =
  "\\x20-\\x7e\\xa0-\\xac\\xae-\\u02ff\\u0370-\\u0482\\u048a-\\u0588" +
  "\\u2010-\\u2027\\u2030-\\u205e\\u20a0-\\u20c0\\u2190-\\u2199\\u2200-\\u22ff" +
  "\\u2500-\\u259f";
/** Two columns each: kana, Han, Hangul syllables, fullwidth forms. */
const WIDE =
  "\\u3001-\\u3003\\u3041-\\u3096\\u30a1-\\u30ff\\u4e00-\\u9fff\\uac00-\\ud7a3\\uff01-\\uff5e";
const ALONE = new RegExp(`^[${NARROW}${WIDE}]*$`);
const NOT_ALONE = new RegExp(`[^${NARROW}${WIDE}\\x00-\\x1f]`);
const WIDE_ONES = new RegExp(`[${WIDE}]`, "g");

/** Gives the columns of text of any script. */
export type Measure = (text: string) => number;

let measure: Measure | undefined;
let segmenter: Intl.Segmenter | undefined;

/** Whether this text can only be measured rightly once a measure is installed. */
export function needsMeasure(text: string): boolean {
  return measure === undefined && NOT_ALONE.test(text);
}

/** Installs the measure for text of any script; once, for the whole program. */
export function installMeasure(given: Measure): void {
  measure = given;
}

/**
 * The columns the text takes on a terminal; escape sequences take none. Without a measure
 * installed, text that needs one is counted by its characters.
 */
export function width(text: string): number {
  if (PLAIN.test(text)) return text.length;
  if (ALONE.test(text)) {
    return text.length + (text.match(WIDE_ONES)?.length ?? 0);
  }
  return measure?.(text) ?? [...text].length;
}

/** The graphemes of a text: what a reader takes for one character. */
export function* graphemesOf(text: string): Generator<string> {
  if (ALONE.test(text)) {
    yield* text;
    return;
  }
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  for (const { segment } of segmenter.segment(text)) yield segment;
}

/** `text` cut to at most `columns`, ending in `…` where something was cut; never half a grapheme. */
export function truncate(text: string, columns: number): string {
  if (PLAIN.test(text)) {
    if (text.length <= columns) return text;
    return columns < 1 ? "" : text.slice(0, columns - 1) + "…";
  }
  // No text is narrower than a fraction of its length: what lies far beyond is not looked at.
  const head = text.slice(0, columns * 40 + 400);
  if (head.length === text.length && width(text) <= columns) return text;
  if (columns < 1) return "";
  let kept = "";
  let taken = 0;
  for (const grapheme of graphemesOf(head)) {
    const w = width(grapheme);
    if (taken + w > columns - 1) break;
    kept += grapheme;
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
