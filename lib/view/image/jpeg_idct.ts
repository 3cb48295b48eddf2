// @core
/** The inverse cosine transform with 1, 2 or 4 points a side (T.81, A.3.3, on the low frequencies). */

const HALF_ROOT = Math.SQRT1_2;
/** cos(π/8)/2 and sin(π/8)/2: the odd basis functions of four points. */
const ODD_1 = Math.cos(Math.PI / 8) / 2;
const ODD_2 = Math.sin(Math.PI / 8) / 2;
/** The constant and the second basis function of four points: 1/√8. */
const EVEN = HALF_ROOT / 2;

const columns = new Float32Array(16);

/**
 * Turns `side`² dequantised coefficients (row by row) into samples at `at` of a plane with that
 * stride; `flat` says that all but the first are zero.
 */
export function idct(
  c: Float32Array,
  side: number,
  flat: boolean,
  samples: Uint8ClampedArray,
  at: number,
  stride: number,
): void {
  if (side === 1) {
    samples[at] = c[0]! / 8 + 128;
  } else if (flat) {
    const value = c[0]! / 8 + 128;
    for (let y = 0; y < side; y++, at += stride) {
      for (let x = 0; x < side; x++) samples[at + x] = value;
    }
  } else if (side === 2) {
    const dc = c[0]! / 8 + 128;
    const right = c[1]! / 8;
    const down = c[2]! / 8;
    const both = c[3]! / 8;
    samples[at] = dc + right + down + both;
    samples[at + 1] = dc - right + down - both;
    samples[at + stride] = dc + right - down - both;
    samples[at + stride + 1] = dc - right - down + both;
  } else {
    for (let x = 0; x < 4; x++) {
      const even = c[x]! * EVEN;
      const second = c[8 + x]! * EVEN;
      const first = c[4 + x]!;
      const third = c[12 + x]!;
      const outer = first * ODD_1 + third * ODD_2;
      const inner = first * ODD_2 - third * ODD_1;
      columns[x] = even + second + outer;
      columns[4 + x] = even - second + inner;
      columns[8 + x] = even - second - inner;
      columns[12 + x] = even + second - outer;
    }
    for (let y = 0; y < 16; y += 4, at += stride) {
      const even = columns[y]! * EVEN + 128;
      const second = columns[y + 2]! * EVEN;
      const first = columns[y + 1]!;
      const third = columns[y + 3]!;
      const outer = first * ODD_1 + third * ODD_2;
      const inner = first * ODD_2 - third * ODD_1;
      samples[at] = even + second + outer;
      samples[at + 1] = even - second + inner;
      samples[at + 2] = even - second - inner;
      samples[at + 3] = even + second - outer;
    }
  }
}
