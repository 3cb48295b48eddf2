// @core
/** From the planes of a JPEG (brightness and two colour differences) to pixels. */
import { blank, type Picture } from "./picture.ts";

/** One component's samples, line by line. */
export interface Plane {
  readonly samples: Uint8ClampedArray;
  readonly stride: number;
  /** Samples for each pixel of the picture, across and down; below 1 where pixels share one. */
  readonly perX: number;
  readonly perY: number;
}

/** The picture of one plane (grey) or three (YCbCr as JFIF 1.02 defines it), cut to that size. */
export function colours(
  planes: readonly Plane[],
  width: number,
  height: number,
): Picture {
  const result = blank(width, height);
  const clamped = new Uint8ClampedArray(result.data.buffer);
  const [luma, blueness, redness] = planes;
  if (luma === undefined) return result;
  for (let y = 0; y < height; y++) {
    const line = Math.floor(y * luma.perY) * luma.stride;
    let to = y * width * 4;
    if (blueness === undefined || redness === undefined) {
      for (let x = 0; x < width; x++, to += 4) {
        const value = luma.samples[line + x]!;
        clamped[to] = clamped[to + 1] = clamped[to + 2] = value;
        clamped[to + 3] = 255;
      }
      continue;
    }
    const blueLine = Math.floor(y * blueness.perY) * blueness.stride;
    const redLine = Math.floor(y * redness.perY) * redness.stride;
    for (let x = 0; x < width; x++, to += 4) {
      const light = luma.samples[line + Math.floor(x * luma.perX)]!;
      const cb = blueness.samples[blueLine + Math.floor(x * blueness.perX)]! -
        128;
      const cr = redness.samples[redLine + Math.floor(x * redness.perX)]! -
        128;
      clamped[to] = light + 1.402 * cr;
      clamped[to + 1] = light - 0.344136 * cb - 0.714136 * cr;
      clamped[to + 2] = light + 1.772 * cb;
      clamped[to + 3] = 255;
    }
  }
  return result;
}
