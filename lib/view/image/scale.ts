// @core
/**
 * Resampling by area: each new pixel is the average of the area of the old picture under it. Alpha
 * weighs the colours, so that invisible pixels lend none. Averages are taken of the stored values
 * without undoing gamma: bright detail on dark comes out a little darker than in linear light.
 */
import { blank, type Picture } from "./picture.ts";

/** The picture at exactly that size; the same object when it has it already. */
export function scaled(
  picture: Picture,
  width: number,
  height: number,
): Picture {
  if (picture.width === width && picture.height === height) return picture;
  const result = blank(width, height);
  const spans = spansOf(picture.width, width);
  const lines = spansOf(picture.height, height);
  const addRow = isOpaque(picture) ? addOpaqueRow : addRowWithAlpha;
  const row = new Float64Array(width * 4);
  const sums = new Float64Array(width * 4);
  let inRow = -1;
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    const first = lines.first[y] ?? 0;
    const last = lines.last[y] ?? 0;
    let weights = 0;
    for (let line = first; line <= last; line++) {
      // Neighbouring lines of the result share the line of the picture at their border.
      if (line !== inRow) {
        addRow(picture, line, spans, row);
        inRow = line;
      }
      const weight = line === first
        ? lines.head[y] ?? 0
        : line === last
        ? lines.tail[y] ?? 0
        : 1;
      weights += weight;
      addScaled(sums, row, weight);
    }
    store(sums, spans.total * weights, result.data, y * width * 4);
  }
  return result;
}

function addScaled(sums: Float64Array, row: Float64Array, by: number): void {
  for (let i = 0; i < sums.length; i++) sums[i] = sums[i]! + row[i]! * by;
}

/** The top left of the picture, that large; the same object when that is all of it. */
export function cropped(
  picture: Picture,
  width: number,
  height: number,
): Picture {
  if (width >= picture.width && height >= picture.height) return picture;
  const result = blank(
    Math.min(width, picture.width),
    Math.min(height, picture.height),
  );
  for (let y = 0; y < result.height; y++) {
    const from = y * picture.width * 4;
    result.data.set(
      picture.data.subarray(from, from + result.width * 4),
      y * result.width * 4,
    );
  }
  return result;
}

/** Whether no pixel lets anything through. */
export function isOpaque(picture: Picture): boolean {
  const pixels = new Uint32Array(
    picture.data.buffer,
    picture.data.byteOffset,
    picture.width * picture.height,
  );
  for (let i = 0; i < pixels.length; i++) {
    if ((pixels[i] ?? 0) >>> 24 !== 255) return false;
  }
  return true;
}

/** For each new pixel the old ones it covers: all of them fully but the first and the last. */
interface Spans {
  readonly first: Int32Array;
  readonly last: Int32Array;
  readonly head: Float64Array;
  readonly tail: Float64Array;
  /** Old pixels under one new one. */
  readonly total: number;
}

function spansOf(from: number, to: number): Spans {
  const spans = {
    first: new Int32Array(to),
    last: new Int32Array(to),
    head: new Float64Array(to),
    tail: new Float64Array(to),
    total: from / to,
  };
  for (let i = 0; i < to; i++) {
    const start = i * from / to;
    const end = (i + 1) * from / to;
    const first = Math.min(Math.floor(start), from - 1);
    const last = Math.max(first, Math.min(Math.ceil(end) - 1, from - 1));
    spans.first[i] = first;
    spans.last[i] = last;
    spans.head[i] = first === last ? end - start : first + 1 - start;
    spans.tail[i] = end - last;
  }
  return spans;
}

/** Sums one line of the picture into `row`, four channels a new pixel. */
function addOpaqueRow(
  picture: Picture,
  line: number,
  spans: Spans,
  row: Float64Array,
): void {
  const { data } = picture;
  const start = line * picture.width * 4;
  for (let x = 0; x < spans.first.length; x++) {
    const first = start + spans.first[x]! * 4;
    const last = start + spans.last[x]! * 4;
    const head = spans.head[x]!;
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let at = first + 4; at < last; at += 4) {
      red += data[at]!;
      green += data[at + 1]!;
      blue += data[at + 2]!;
    }
    let total = head + Math.max(0, (last - first) / 4 - 1);
    let tail = 0;
    if (last > first) {
      tail = spans.tail[x]!;
      total += tail;
    }
    const to = x * 4;
    row[to] = red + data[first]! * head + data[last]! * tail;
    row[to + 1] = green + data[first + 1]! * head + data[last + 1]! * tail;
    row[to + 2] = blue + data[first + 2]! * head + data[last + 2]! * tail;
    row[to + 3] = total * 255;
  }
}

/** The same with colours multiplied by alpha (0 to 1). */
function addRowWithAlpha(
  picture: Picture,
  line: number,
  spans: Spans,
  row: Float64Array,
): void {
  const { data } = picture;
  const start = line * picture.width * 4;
  for (let x = 0; x < spans.first.length; x++) {
    const first = start + spans.first[x]! * 4;
    const last = start + spans.last[x]! * 4;
    let red = 0;
    let green = 0;
    let blue = 0;
    let alphas = 0;
    for (let at = first; at <= last; at += 4) {
      const weight = at === first
        ? spans.head[x] ?? 0
        : at === last
        ? spans.tail[x] ?? 0
        : 1;
      const alpha = data[at + 3]! * weight;
      red += data[at]! * alpha;
      green += data[at + 1]! * alpha;
      blue += data[at + 2]! * alpha;
      alphas += alpha;
    }
    const to = x * 4;
    row[to] = red / 255;
    row[to + 1] = green / 255;
    row[to + 2] = blue / 255;
    row[to + 3] = alphas;
  }
}

/** Turns sums over an area of `total` old pixels into bytes, taking alpha out of the colours. */
function store(
  sums: Float64Array,
  total: number,
  data: Uint8Array,
  at: number,
): void {
  for (let i = 0; i < sums.length; i += 4) {
    const alpha = sums[i + 3]!;
    if (alpha <= 0) continue;
    const factor = 255 / alpha;
    data[at + i] = Math.min(255, Math.round(sums[i]! * factor));
    data[at + i + 1] = Math.min(255, Math.round(sums[i + 1]! * factor));
    data[at + i + 2] = Math.min(255, Math.round(sums[i + 2]! * factor));
    data[at + i + 3] = Math.min(255, Math.round(alpha / total));
  }
}
