// @core
/** The entropy-coded part of a JPEG: Huffman tables and the bits they are read from (T.81, annexes C, F). */

/** The data cannot be what a JPEG encoder wrote. */
export class JpegDamage extends Error {}

/**
 * For every 16 bits that can come next: length of the code they start with × 256 + its symbol; 0
 * where no code starts so.
 */
export type HuffmanTable = Uint16Array;

/** Builds a table from the 16 counts and the symbols of a DHT segment. */
export function huffmanTable(
  counts: Uint8Array,
  symbols: Uint8Array,
): HuffmanTable {
  const table = new Uint16Array(65536);
  let code = 0;
  let used = 0;
  for (let length = 1; length <= 16; length++) {
    for (let i = 0; i < (counts[length - 1] ?? 0); i++) {
      const start = code << (16 - length);
      const end = (code + 1) << (16 - length);
      if (end > 65536) throw new JpegDamage("too many codes");
      table.fill((length << 8) | (symbols[used] ?? 0), start, end);
      code++;
      used++;
    }
    code <<= 1;
  }
  return table;
}

/** One scan's bytes without stuffing, and where each restart interval begins in them. */
export interface Scan {
  readonly data: Uint8Array;
  readonly restarts: readonly number[];
}

/** Zeros after the data, so that reading ahead never leaves the array. */
const PADDING = 64;

/** Takes the scan that starts at `start` out of the file: stuffed zeros and restart markers removed. */
export function scanAt(bytes: Uint8Array, start: number): Scan {
  const data = new Uint8Array(bytes.length - start + PADDING);
  const restarts: number[] = [];
  let from = start;
  let to = 0;
  while (true) {
    const mark = bytes.indexOf(0xff, from);
    const next = mark === -1 ? undefined : bytes[mark + 1];
    const end = mark === -1 ? bytes.length : mark;
    data.set(bytes.subarray(from, end), to);
    to += end - from;
    if (next === undefined) break;
    from = mark + 2;
    if (next === 0) data[to++] = 0xff;
    else if (next >= 0xd0 && next <= 0xd7) restarts.push(to);
    else if (next === 0xff) from = mark + 1;
    else break;
  }
  return { data: data.subarray(0, to + PADDING), restarts };
}

/** Reads codes and numbers from a scan, most significant bit first. */
export class BitReader {
  #at = 0;
  /** The next bits, the first of them in the sign bit. */
  #hold = 0;
  #count = 0;

  constructor(readonly data: Uint8Array) {}

  /** Goes on at a byte of the data. */
  jump(at: number): void {
    this.#at = at;
    this.#hold = 0;
    this.#count = 0;
  }

  /** The next symbol; throws `JpegDamage` where no code fits or the data is over. */
  symbol(table: HuffmanTable): number {
    if (this.#count < 16) this.#fill();
    const entry = table[this.#hold >>> 16]!;
    const length = entry >> 8;
    if (length === 0) throw new JpegDamage("no such code");
    this.#hold <<= length;
    this.#count -= length;
    return entry & 255;
  }

  /** `size` bits (1 to 15) as T.81 writes signed numbers: a leading 0 means negative. */
  number(size: number): number {
    if (this.#count < size) this.#fill();
    const value = this.#hold >>> (32 - size);
    this.#hold <<= size;
    this.#count -= size;
    return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
  }

  /** Passes over `size` bits (0 to 15). */
  skip(size: number): void {
    if (this.#count < size) this.#fill();
    this.#hold <<= size;
    this.#count -= size;
  }

  /** One bit. */
  bit(): number {
    if (this.#count < 1) this.#fill();
    const value = this.#hold >>> 31;
    this.#hold <<= 1;
    this.#count -= 1;
    return value;
  }

  #fill(): void {
    const { data } = this;
    let at = this.#at;
    if (at + 4 > data.length) throw new JpegDamage("the data is over");
    while (this.#count <= 24) {
      this.#hold |= data[at++]! << (24 - this.#count);
      this.#count += 8;
    }
    this.#at = at;
  }
}
