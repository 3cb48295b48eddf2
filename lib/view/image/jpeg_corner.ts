// @core
/** How much of each 8×8 block of a JPEG is kept when the picture is read at a fraction of its size. */

/** Side of what is left of an 8×8 block. */
export type BlockSide = 1 | 2 | 4;

/** The smallest reduction that still has `width`×`height` pixels; undefined: decode it all. */
export function blockSideFor(
  declared: { width: number; height: number },
  width: number,
  height: number,
): BlockSide | undefined {
  const sides = [1, 2, 4] as const;
  return sides.find((side) =>
    declared.width * side / 8 >= width && declared.height * side / 8 >= height
  );
}

/** Zigzag order: for each coefficient its column and row as `row * 8 + column` (T.81, figure A.6). */
const ZIGZAG = Uint8Array.of(
  ...[0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5],
  ...[12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28],
  ...[35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51],
  ...[58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63],
);

/** For each side, where coefficient k lies in the side×side corner; 255 outside of it. */
export const CORNERS: Record<BlockSide, Uint8Array> = {
  1: cornerOf(1),
  2: cornerOf(2),
  4: cornerOf(4),
};

function cornerOf(side: BlockSide): Uint8Array {
  return ZIGZAG.map((at) =>
    (at & 7) < side && at >> 3 < side ? (at >> 3) * side + (at & 7) : 255
  );
}
