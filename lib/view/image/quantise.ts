// @core
/** Reducing a picture to 256 colours: median cut, then error diffusion. */
import type { Picture, Rgb } from "./picture.ts";

/** A picture of palette numbers. */
export interface Indexed {
  readonly width: number;
  readonly height: number;
  /** The palette number of each pixel; `HOLE` where the picture has alpha 0. */
  readonly indices: Uint16Array;
  readonly palette: readonly Rgb[];
}

/** Stands in `indices` for a pixel that is not drawn. */
export const HOLE = 0xffff;

/**
 * The picture with at most `limit` colours. One with no more than that keeps each exactly; others get
 * a palette by median cut (Heckbert 1982) over 15-bit colours, and Floyd-Steinberg dithering. The
 * same picture always gives the same result.
 */
export function quantised(picture: Picture, limit = 256): Indexed {
  return exact(picture, limit) ?? dithered(picture, medianCut(picture, limit));
}

/** The picture when it has at most `limit` colours. */
function exact(picture: Picture, limit: number): Indexed | undefined {
  const { width, height, data } = picture;
  const indices = new Uint16Array(width * height);
  const numbers = new Map<number, number>();
  const palette: Rgb[] = [];
  for (let i = 0, at = 0; i < indices.length; i++, at += 4) {
    if (data[at + 3] === 0) {
      indices[i] = HOLE;
      continue;
    }
    const key = (data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!;
    let number = numbers.get(key);
    if (number === undefined) {
      if (palette.length === limit) return undefined;
      number = palette.length;
      numbers.set(key, number);
      palette.push([data[at]!, data[at + 1]!, data[at + 2]!]);
    }
    indices[i] = number;
  }
  return { width, height, indices, palette };
}

/** Colours of 5 bits a channel that occur, with how often and the exact sums. */
interface Bin {
  readonly bin: number;
  readonly count: number;
  readonly sums: Rgb;
}

function medianCut(picture: Picture, limit: number): Rgb[] {
  let boxes: Bin[][] = [histogram(picture)];
  while (boxes.length < limit) {
    // The box to split: where many pixels differ much.
    const widest = boxes
      .map((bins, at) => ({ at, bins, ...longestSide(bins) }))
      .filter((box) => box.bins.length > 1)
      .reduce<
        { at: number; bins: Bin[]; shift: number; weight: number } | null
      >(
        (best, box) => best === null || box.weight > best.weight ? box : best,
        null,
      );
    if (widest === null) break;
    const { at, bins, shift } = widest;
    const along = (bin: Bin) => (bin.bin >> shift) & 31;
    const sorted = bins.toSorted((a, b) => along(a) - along(b));
    const half = sorted.reduce((sum, bin) => sum + bin.count, 0) / 2;
    let passed = 0;
    let cut = sorted.findIndex((bin) => (passed += bin.count) >= half) + 1;
    cut = Math.max(1, Math.min(cut, sorted.length - 1));
    boxes = boxes.with(at, sorted.slice(0, cut));
    boxes.push(sorted.slice(cut));
  }
  return boxes.map(mean);
}

function histogram({ data }: Picture): Bin[] {
  const counts = new Uint32Array(32768);
  const sums = new Float64Array(32768 * 3);
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] === 0) continue;
    const bin = binOf(data[at]!, data[at + 1]!, data[at + 2]!);
    counts[bin] = counts[bin]! + 1;
    for (let c = 0; c < 3; c++) {
      sums[bin * 3 + c] = sums[bin * 3 + c]! + data[at + c]!;
    }
  }
  const bins: Bin[] = [];
  for (let bin = 0; bin < counts.length; bin++) {
    const count = counts[bin]!;
    if (count === 0) continue;
    const at = bin * 3;
    bins.push({ bin, count, sums: [sums[at]!, sums[at + 1]!, sums[at + 2]!] });
  }
  return bins;
}

function binOf(red: number, green: number, blue: number): number {
  return ((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3);
}

/** The channel in which the box is longest, and how much splitting it there would gain. */
function longestSide(bins: Bin[]): { shift: number; weight: number } {
  let best = { shift: 0, weight: -1 };
  const pixels = bins.reduce((sum, bin) => sum + bin.count, 0);
  for (const shift of [10, 5, 0]) {
    let low = 31;
    let high = 0;
    for (const { bin } of bins) {
      const value = (bin >> shift) & 31;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    const weight = (high - low) * (high - low) * Math.sqrt(pixels);
    if (weight > best.weight) best = { shift, weight };
  }
  return best;
}

function mean(bins: Bin[]): Rgb {
  const count = bins.reduce((sum, bin) => sum + bin.count, 0);
  const channel = (c: 0 | 1 | 2) =>
    Math.round(bins.reduce((sum, bin) => sum + bin.sums[c], 0) / count);
  return [channel(0), channel(1), channel(2)];
}

/** Floyd-Steinberg (1976): each pixel hands its error to the right and to the line below. */
function dithered(picture: Picture, palette: readonly Rgb[]): Indexed {
  const { width, height, data } = picture;
  const indices = new Uint16Array(width * height);
  const nearest = nearestIn(palette);
  // Errors of this line and the next, with a pixel to spare on both sides.
  let here = new Float32Array((width + 2) * 3);
  let below = new Float32Array((width + 2) * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      if (data[at + 3] === 0) {
        indices[y * width + x] = HOLE;
        continue;
      }
      const slot = (x + 1) * 3;
      const red = clamp(data[at]! + here[slot]!);
      const green = clamp(data[at + 1]! + here[slot + 1]!);
      const blue = clamp(data[at + 2]! + here[slot + 2]!);
      const index = nearest(red, green, blue);
      indices[y * width + x] = index;
      const chosen = palette[index]!;
      for (let c = 0; c < 3; c++) {
        const wanted = c === 0 ? red : c === 1 ? green : blue;
        const error = (wanted - chosen[c]!) / 16;
        here[slot + 3 + c] = here[slot + 3 + c]! + error * 7;
        below[slot - 3 + c] = below[slot - 3 + c]! + error * 3;
        below[slot + c] = below[slot + c]! + error * 5;
        below[slot + 3 + c] = below[slot + 3 + c]! + error;
      }
    }
    [here, below] = [below, here];
    below.fill(0);
  }
  return { width, height, indices, palette };
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/** A finder of the nearest palette colour that remembers its answer for each 15-bit colour. */
function nearestIn(
  palette: readonly Rgb[],
): (red: number, green: number, blue: number) => number {
  const known = new Int16Array(32768).fill(-1);
  return (red, green, blue) => {
    const bin = binOf(red, green, blue);
    const found = known[bin]!;
    if (found !== -1) return found;
    const [r, g, b] = [(red & ~7) + 4, (green & ~7) + 4, (blue & ~7) + 4];
    let best = 0;
    let least = Infinity;
    for (let i = 0; i < palette.length; i++) {
      const [pr, pg, pb] = palette[i]!;
      const distance = (r - pr) ** 2 + (g - pg) ** 2 + (b - pb) ** 2;
      if (distance < least) [best, least] = [i, distance];
    }
    known[bin] = best;
    return best;
  };
}
