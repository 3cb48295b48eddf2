// @core
/** Sixel: six lines of dots at a time, one colour after the other (DEC STD 070; VT330 manual, ch. 14). */
import { HOLE, type Indexed } from "./quantise.ts";

/**
 * The picture as one sequence, drawn at the cursor with square dots. Holes show what was there before
 * (P2=1). Colours are given in percent, so each channel may be off by 1.3 of 255.
 */
export function sixel({ width, height, indices, palette }: Indexed): string {
  const parts = [`\x1bP0;1;0q"1;1;${width};${height}`];
  palette.forEach((colour, number) => {
    const [red, green, blue] = colour.map((c) => Math.round(c * 100 / 255));
    parts.push(`#${number};2;${red};${green};${blue}`);
  });
  const rows = new Map<number, Uint8Array>();
  for (let top = 0; top < height; top += 6) {
    rows.clear();
    for (let y = top; y < Math.min(top + 6, height); y++) {
      for (let x = 0; x < width; x++) {
        const number = indices[y * width + x] ?? HOLE;
        if (number === HOLE) continue;
        let bits = rows.get(number);
        if (bits === undefined) rows.set(number, bits = new Uint8Array(width));
        bits[x] = bits[x]! | (1 << (y - top));
      }
    }
    if (top > 0) parts.push("-");
    let first = true;
    for (const [number, bits] of rows) {
      parts.push(`${first ? "" : "$"}#${number}${runs(bits)}`);
      first = false;
    }
  }
  parts.push("\x1b\\");
  return parts.join("");
}

/** One colour of six lines: a character for each column, `!count` before repeated ones. */
function runs(bits: Uint8Array): string {
  let end = bits.length;
  while (end > 0 && bits[end - 1] === 0) end--;
  let text = "";
  for (let x = 0; x < end;) {
    const value = bits[x]!;
    let count = 1;
    while (x + count < end && bits[x + count] === value) count++;
    const char = String.fromCharCode(63 + value);
    text += count > 3 ? `!${count}${char}` : char.repeat(count);
    x += count;
  }
  return text;
}
