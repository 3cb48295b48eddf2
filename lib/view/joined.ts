// @core
/** Bytes that came in pieces. */

/** Pieces as one array. */
export function joined(
  pieces: readonly Uint8Array[],
  size: number,
): Uint8Array {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
