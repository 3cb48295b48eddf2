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

/** Bins that are to share one colour, and where splitting them gains most. */
interface Box {
  readonly bins: readonly Bin[];
  /** The longest channel, as its place in a 15-bit colour. */
  readonly shift: number;
  /** What a split would gain; nothing for a single bin. */
  readonly weight: number;
}

function medianCut(picture: Picture, limit: number): Rgb[] {
  const boxes: Box[] = [boxOf(histogram(picture))];
  while (boxes.length < limit) {
    let widest = boxes[0];
    for (const box of boxes) {
      if (widest === undefined || box.weight > widest.weight) widest = box;
    }
    if (widest === undefined || widest.weight <= 0) break;
    const { bins, shift } = widest;
    const along = (bin: Bin) => (bin.bin >> shift) & 31;
    const sorted = bins.toSorted((a, b) => along(a) - along(b));
    const half = pixelsOf(sorted) / 2;
    let passed = 0;
    let cut = sorted.findIndex((bin) => (passed += bin.count) >= half) + 1;
    cut = Math.max(1, Math.min(cut, sorted.length - 1));
    boxes[boxes.indexOf(widest)] = boxOf(sorted.slice(0, cut));
    boxes.push(boxOf(sorted.slice(cut)));
  }
  return boxes.map((box) => mean(box.bins));
}

function pixelsOf(bins: readonly Bin[]): number {
  let pixels = 0;
  for (const { count } of bins) pixels += count;
  return pixels;
}

function histogram({ data }: Picture): Bin[] {
  const counts = new Uint32Array(32768);
  const sums = new Float64Array(32768 * 3);
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] === 0) continue;
    const bin = binOf(data[at]!, data[at + 1]!, data[at + 2]!);
    counts[bin] = counts[bin]! + 1;
    sums[bin * 3] = sums[bin * 3]! + data[at]!;
    sums[bin * 3 + 1] = sums[bin * 3 + 1]! + data[at + 1]!;
    sums[bin * 3 + 2] = sums[bin * 3 + 2]! + data[at + 2]!;
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

function boxOf(bins: readonly Bin[]): Box {
  let best = { shift: 0, weight: -1 };
  const pixels = Math.sqrt(pixelsOf(bins));
  for (const shift of [10, 5, 0]) {
    let low = 31;
    let high = 0;
    for (const { bin } of bins) {
      const value = (bin >> shift) & 31;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const weight = (high - low) * (high - low) * pixels;
    if (weight > best.weight) best = { shift, weight };
  }
  return { bins, ...best };
}

function mean(bins: readonly Bin[]): Rgb {
  const count = pixelsOf(bins);
  const channel = (c: 0 | 1 | 2) =>
    Math.round(bins.reduce((sum, bin) => sum + bin.sums[c], 0) / count);
  return [channel(0), channel(1), channel(2)];
}

/** Floyd-Steinberg (1976): each pixel hands its error to the right and to the line below. */
function dithered(picture: Picture, palette: readonly Rgb[]): Indexed {
  const { width, height, data } = picture;
  const indices = new Uint16Array(width * height);
  const nearest = nearestIn(palette);
  const flat = Float64Array.from(palette.flat());
  // Sixteenths of errors for this line and the next, with a pixel to spare on both sides.
  let here = new Float64Array((width + 2) * 3);
  let below = new Float64Array((width + 2) * 3);
  for (let y = 0; y < height; y++) {
    let at = y * width * 4;
    for (let x = 0; x < width; x++, at += 4) {
      if (data[at + 3] === 0) {
        indices[y * width + x] = HOLE;
        continue;
      }
      const slot = (x + 1) * 3;
      const red = clamp(data[at]! + here[slot]! / 16);
      const green = clamp(data[at + 1]! + here[slot + 1]! / 16);
      const blue = clamp(data[at + 2]! + here[slot + 2]! / 16);
      const index = nearest(red, green, blue);
      indices[y * width + x] = index;
      spread(here, below, slot, red - flat[index * 3]!);
      spread(here, below, slot + 1, green - flat[index * 3 + 1]!);
      spread(here, below, slot + 2, blue - flat[index * 3 + 2]!);
    }
    [here, below] = [below, here];
    below.fill(0);
  }
  return { width, height, indices, palette };
}

function spread(
  here: Float64Array,
  below: Float64Array,
  slot: number,
  error: number,
): void {
  here[slot + 3] = here[slot + 3]! + error * 7;
  below[slot - 3] = below[slot - 3]! + error * 3;
  below[slot] = below[slot]! + error * 5;
  below[slot + 3] = below[slot + 3]! + error;
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/** A finder of the nearest palette colour that remembers its answer for each 15-bit colour. */
function nearestIn(
  palette: readonly Rgb[],
): (red: number, green: number, blue: number) => number {
  const known = new Int16Array(32768).fill(-1);
  const flat = Float64Array.from(palette.flat());
  return (red, green, blue) => {
    const bin = binOf(red, green, blue);
    const found = known[bin]!;
    if (found !== -1) return found;
    const r = (red & ~7) + 4;
    const g = (green & ~7) + 4;
    const b = (blue & ~7) + 4;
    let best = 0;
    let least = Infinity;
    for (let i = 0; i < palette.length; i++) {
      const dr = r - flat[i * 3]!;
      const dg = g - flat[i * 3 + 1]!;
      const db = b - flat[i * 3 + 2]!;
      const distance = dr * dr + dg * dg + db * db;
      if (distance < least) {
        best = i;
        least = distance;
      }
    }
    known[bin] = best;
    return best;
  };
}
