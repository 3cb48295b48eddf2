// @core
/** Pictures as plain characters, for terminals without colour. */
import type { Picture } from "./picture.ts";

/** From dark to bright, on a dark terminal. */
const RAMP = " .:-=+*#%@";

/** One string a row of dots, trailing spaces dropped; brightness by Rec. 601 weights. */
export function ascii(picture: Picture): string[] {
  const lines: string[] = [];
  for (let y = 0; y < picture.height; y++) {
    let text = "";
    for (let x = 0; x < picture.width; x++) {
      const at = (y * picture.width + x) * 4;
      const [r = 0, g = 0, b = 0, a = 0] = picture.data.subarray(at, at + 4);
      const light = (0.299 * r + 0.587 * g + 0.114 * b) * a / (255 * 255);
      text += RAMP[Math.min(9, Math.floor(light * RAMP.length))] ?? " ";
    }
    lines.push(text.trimEnd());
  }
  return lines;
}
