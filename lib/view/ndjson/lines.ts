// @core
/** Lines found in bytes that arrive in pieces. */

/** Takes the line `bytes[start..end)`, without its line feed; false stops. */
export type LineTaker = (
  bytes: Uint8Array,
  start: number,
  end: number,
) => boolean;

/**
 * Cuts pieces into lines. The line that a piece leaves unfinished is kept and finished by the next
 * ones; all others are handed out in place.
 */
export class LineCutter {
  #carry = new Uint8Array(0);
  #carried = 0;

  /** Hands out the lines that this piece finishes; false when the taker stopped. */
  feed(piece: Uint8Array, take: LineTaker): boolean {
    let start = 0;
    if (this.#carried > 0) {
      const first = piece.indexOf(0x0a);
      if (first < 0) {
        this.#keep(piece);
        return true;
      }
      this.#keep(piece.subarray(0, first));
      const line = this.#carry.slice(0, this.#carried);
      this.#carried = 0;
      if (!take(line, 0, line.length)) return false;
      start = first + 1;
    }
    for (;;) {
      const end = piece.indexOf(0x0a, start);
      if (end < 0) break;
      if (!take(piece, start, end)) return false;
      start = end + 1;
    }
    if (start < piece.length) this.#keep(piece.subarray(start));
    return true;
  }

  /** Hands out the last line, if the text does not end in a line feed. */
  end(take: LineTaker): boolean {
    if (this.#carried === 0) return true;
    const line = this.#carry.slice(0, this.#carried);
    this.#carried = 0;
    return take(line, 0, line.length);
  }

  #keep(bytes: Uint8Array): void {
    const size = this.#carried + bytes.length;
    if (size > this.#carry.length) {
      const larger = new Uint8Array(Math.max(size, this.#carry.length * 2));
      larger.set(this.#carry.subarray(0, this.#carried));
      this.#carry = larger;
    }
    this.#carry.set(bytes, this.#carried);
    this.#carried = size;
  }
}

/** Past a byte-order mark. */
export function afterMark(bytes: Uint8Array, start: number): number {
  const mark = bytes[start] === 0xef && bytes[start + 1] === 0xbb &&
    bytes[start + 2] === 0xbf;
  return mark ? start + 3 : start;
}

/** Whether a line holds nothing but space. */
export function isBlank(
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  for (let i = start; i < end; i++) {
    const code = bytes[i] as number;
    if (code !== 0x20 && code !== 0x09 && code !== 0x0d) return false;
  }
  return true;
}
