// @core
/** Pictures as half blocks: `▀` shows two dots a cell, its own colour above and the background below. */
import { ansi256 } from "./palette.ts";
import type { Picture } from "./picture.ts";

/** `truecolor`: SGR 38;2 and 48;2; `256`: the xterm palette, SGR 38;5 and 48;5. */
export type BlockColours = "truecolor" | "256";

/**
 * One string a row of cells, without line ends; each sets its own colours and resets them at its
 * end. Dots with alpha 0 are left to the terminal, all others count as opaque. Runs of the same
 * colour share one sequence. Source: ECMA-48, SGR; ISO 8613-6 for colours.
 */
export function blocks(picture: Picture, colours: BlockColours): string[] {
  const name = colours === "truecolor" ? trueColour : paletteColour;
  const lines: string[] = [];
  for (let y = 0; y < picture.height; y += 2) {
    lines.push(line(picture, y, name));
  }
  return lines;
}

/** How a dot's colour is said after `38;` or `48;`; undefined for a hole. */
type ColourName = (
  picture: Picture,
  x: number,
  y: number,
) => string | undefined;

function line(picture: Picture, y: number, name: ColourName): string {
  let text = "";
  let gap = "";
  let front: string | undefined;
  let back: string | undefined;
  for (let x = 0; x < picture.width; x++) {
    const upper = name(picture, x, y);
    const lower = name(picture, x, y + 1);
    const sgr: string[] = [];
    const [glyph, wantFront, wantBack] = cell(upper, lower);
    if (wantBack !== back) {
      sgr.push(wantBack === undefined ? "49" : `48;${wantBack}`);
      back = wantBack;
    }
    if (wantFront !== undefined && wantFront !== front) {
      sgr.push(`38;${wantFront}`);
      front = wantFront;
    }
    const drawn = (sgr.length > 0 ? `\x1b[${sgr.join(";")}m` : "") + glyph;
    // Holes at the end of a line need no spaces.
    if (upper === undefined && lower === undefined) gap += drawn;
    else {
      text += gap + drawn;
      gap = "";
    }
  }
  return text === "" ? "" : `${text}\x1b[0m`;
}

/** The glyph of a cell, its own colour (undefined: any) and the background (undefined: default). */
function cell(
  upper: string | undefined,
  lower: string | undefined,
): [glyph: string, front: string | undefined, back: string | undefined] {
  if (upper === lower) return [" ", undefined, upper];
  if (upper === undefined) return ["▄", lower, undefined];
  return ["▀", upper, lower];
}

/** Where the data of a pixel begins; undefined for one that is not there or not seen. */
function seenAt(picture: Picture, x: number, y: number): number | undefined {
  const at = (y * picture.width + x) * 4;
  return y >= picture.height || picture.data[at + 3] === 0 ? undefined : at;
}

function trueColour(
  picture: Picture,
  x: number,
  y: number,
): string | undefined {
  const { data } = picture;
  const at = seenAt(picture, x, y);
  if (at === undefined) return undefined;
  return `2;${data[at]};${data[at + 1]};${data[at + 2]}`;
}

function paletteColour(
  picture: Picture,
  x: number,
  y: number,
): string | undefined {
  const { data } = picture;
  const at = seenAt(picture, x, y);
  if (at === undefined) return undefined;
  return `5;${ansi256(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0)}`;
}
