// @core
/** Numbers as people write them in tables. */

const PLAIN = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
/** Groups of three digits: `1,234,567.8`. */
const GROUPED = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;
/** The same with the comma as the decimal sign: `1.234.567,8`, `1,5`. */
const COMMA = /^[+-]?(?:\d+|\d{1,3}(?:[.\u00a0\u202f ]\d{3})+),\d+$/;

/**
 * The number a cell shows, NaN when it shows none. A percent sign is passed over.
 *
 * @param comma Whether a comma is the decimal sign, as in files separated by semicolons.
 */
export function numberIn(cell: string, comma: boolean): number {
  let text = cell.trim();
  if (text.length === 0 || text.length > 60) return NaN;
  const first = text.charCodeAt(0);
  // Digit, sign or point; spares the patterns for ordinary text.
  if ((first < 0x30 || first > 0x39) && !"+-.".includes(text[0] as string)) {
    return NaN;
  }
  if (text.endsWith("%")) text = text.slice(0, -1).trimEnd();
  if (PLAIN.test(text)) return Number(text);
  if (comma && COMMA.test(text)) {
    return Number(text.replace(/[.\u00a0\u202f ]/g, "").replace(",", "."));
  }
  return !comma && GROUPED.test(text) ? Number(text.replaceAll(",", "")) : NaN;
}

const MISSING = /^\s*(?:-|n\/?a|nan|null|none)?\s*$/i;

/** Whether a cell says that there is no value. */
export function isMissing(cell: string): boolean {
  if (cell === "") return true;
  // Spares the pattern for what begins and ends like ordinary text.
  if (cell.length > 4 && cell.charCodeAt(0) > 0x20) {
    return cell.charCodeAt(cell.length - 1) <= 0x20 && MISSING.test(cell);
  }
  return MISSING.test(cell);
}
