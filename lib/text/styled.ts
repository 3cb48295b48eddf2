// @core
/** Cutting lines that carry colour sequences of our own making. */
import { graphemesOf, width } from "./width.ts";

/**
 * The part of a line from column `from`, at most `columns` wide. Colours that were on stay on, and
 * end with the part; a wide character that the cut would halve is left out.
 */
export function sliceStyled(
  line: string,
  from: number,
  columns: number,
): string {
  const parts = line.split("\x1b[");
  if (parts.length === 1 && from === 0 && line.length <= columns) {
    if (width(line) <= columns) return line;
  }
  let out = "";
  let column = 0;
  let styled = false;
  for (const [i, part] of parts.entries()) {
    let text = part;
    if (i > 0) {
      const code = /^[0-9;]*m/.exec(part)?.[0] ?? "";
      text = part.slice(code.length);
      if (code !== "" && column < from + columns) {
        out += `\x1b[${code}`;
        styled = code !== "0m" && code !== "m";
      }
    }
    if (column >= from + columns) continue;
    for (const segment of graphemesOf(text)) {
      const w = width(segment);
      if (column >= from && column + w <= from + columns) out += segment;
      column += w;
      if (column >= from + columns) break;
    }
  }
  return styled ? `${out}\x1b[0m` : out;
}
