// @core
/**
 * A large JPEG at 1/8, 1/4 or 1/2 of its size, for pictures that are drawn small anyway: of each 8×8
 * block only the lowest 1, 4 or 16 frequencies are turned back into pixels (T.81, annex A.3.3, with
 * as many points as are wanted). Several times faster than decoding all and averaging. Progressive
 * files give 1/8 only, from their DC scans. What it does not know it leaves to the full decoder.
 */
import {
  BitReader,
  type HuffmanTable,
  huffmanTable,
  JpegDamage,
  scanAt,
} from "./jpeg_bits.ts";
import { isFrame, isScan, type Segment, segments } from "./header_jpeg.ts";
import { type BlockSide, CORNERS } from "./jpeg_corner.ts";
import { idct } from "./jpeg_idct.ts";
import { colours, type Plane } from "./jpeg_planes.ts";
import type { Picture } from "./picture.ts";

/**
 * The picture at `side`/8 of its size (rounded up), as stored, not turned; undefined for a file this
 * decoder does not know or finds damaged.
 */
export function smallJpeg(
  bytes: Uint8Array,
  side: BlockSide,
): Picture | undefined {
  try {
    return new SmallJpeg(bytes, side).decode();
  } catch (error) {
    if (error instanceof JpegDamage) return undefined;
    throw error;
  }
}

/** A component of the picture with what decoding it needs. */
interface Component extends Plane {
  readonly id: number;
  readonly table: number;
  readonly h: number;
  readonly v: number;
  /** Side of what is kept of its blocks: more than of the finest component's, where it is coarser. */
  readonly side: BlockSide;
  /** Blocks a line and lines of blocks, without those that only fill up an MCU. */
  readonly blocksAcross: number;
  readonly blocksDown: number;
  /** DC values of a progressive file, before they are scaled. */
  readonly dc: Int32Array;
  predicted: number;
}

class SmallJpeg {
  #quantisers: Uint16Array[] = [];
  #dcTables: HuffmanTable[] = [];
  #acTables: HuffmanTable[] = [];
  #restartInterval = 0;
  #components: Component[] = [];
  #progressive = false;
  #width = 0;
  #height = 0;
  /** MCUs a line and lines of MCUs. */
  #across = 0;
  #down = 0;
  readonly #coefficients = new Float32Array(16);

  constructor(readonly bytes: Uint8Array, readonly side: BlockSide) {}

  decode(): Picture | undefined {
    for (const segment of segments(this.bytes)) {
      const { marker, body } = segment;
      if (marker === 0xdb) this.#readQuantisers(body);
      else if (marker === 0xc4) this.#readTables(body);
      else if (marker === 0xdd) this.#restartInterval = u16(body, 0);
      else if (marker === 0xee && isAdobeRgb(body)) return undefined;
      else if (isFrame(marker)) {
        if (!this.#readFrame(marker, body)) return undefined;
      } else if (isScan(marker)) this.#readScan(segment);
    }
    if (this.#components.length === 0) return undefined;
    if (this.#progressive) {
      for (const component of this.#components) this.#scaleDc(component);
    }
    const scale = this.side / 8;
    return colours(
      this.#components,
      Math.ceil(this.#width * scale),
      Math.ceil(this.#height * scale),
    );
  }

  #readQuantisers(body: Uint8Array): void {
    for (let at = 0; at < body.length;) {
      const head = body[at++] ?? 0;
      const wide = head >> 4 !== 0;
      const table = new Uint16Array(64);
      for (let k = 0; k < 64; k++) {
        table[k] = wide ? u16(body, at + 2 * k) : body[at + k] ?? 0;
      }
      at += wide ? 128 : 64;
      this.#quantisers[head & 15] = table;
    }
  }

  #readTables(body: Uint8Array): void {
    for (let at = 0; at + 17 <= body.length;) {
      const head = body[at] ?? 0;
      const counts = body.subarray(at + 1, at + 17);
      const total = counts.reduce((sum, count) => sum + count, 0);
      const tables = head >> 4 === 0 ? this.#dcTables : this.#acTables;
      tables[head & 15] = huffmanTable(
        counts,
        body.subarray(at + 17, at + 17 + total),
      );
      at += 17 + total;
    }
  }

  /** False for a kind of frame that is left to the full decoder. */
  #readFrame(marker: number, body: Uint8Array): boolean {
    this.#progressive = marker === 0xc2;
    if (marker > 0xc2 || body[0] !== 8 || this.#components.length > 0) {
      return false;
    }
    if (this.#progressive && this.side !== 1) return false;
    this.#height = u16(body, 1);
    this.#width = u16(body, 3);
    const count = body[5] ?? 0;
    if (count !== 1 && count !== 3 || body.length < 6 + count * 3) return false;
    const parts = Array.from({ length: count }, (_, i) => ({
      id: body[6 + i * 3] ?? 0,
      // A single component is never interleaved: its sampling factors mean nothing.
      h: count === 1 ? 1 : (body[7 + i * 3] ?? 0) >> 4,
      v: count === 1 ? 1 : (body[7 + i * 3] ?? 0) & 15,
      table: body[8 + i * 3] ?? 0,
    }));
    const ids = String.fromCharCode(...parts.map((part) => part.id));
    const h = Math.max(...parts.map((part) => part.h));
    const v = Math.max(...parts.map((part) => part.v));
    if (
      ids === "RGB" || parts.some((p) => !p.h || !p.v || h % p.h || v % p.v)
    ) {
      return false;
    }
    this.#across = Math.ceil(this.#width / (8 * h));
    this.#down = Math.ceil(this.#height / (8 * v));
    this.#components = parts.map((part) => {
      const [coarserX, coarserY] = [h / part.h, v / part.v];
      const side = this.#sideOf(Math.max(coarserX, coarserY));
      const stride = this.#across * part.h;
      const blocks = stride * this.#down * part.v;
      return {
        ...part,
        side,
        stride: stride * side,
        samples: new Uint8ClampedArray(blocks * side * side),
        perX: side / (this.side * coarserX),
        perY: side / (this.side * coarserY),
        blocksAcross: Math.ceil(this.#width * part.h / h / 8),
        blocksDown: Math.ceil(this.#height * part.v / v / 8),
        dc: new Int32Array(this.#progressive ? blocks : 0),
        predicted: 0,
      };
    });
    return true;
  }

  /** What to keep of the blocks of a component so many times coarser than the finest. */
  #sideOf(coarser: number): BlockSide {
    const wanted = this.#progressive ? 1 : this.side * coarser;
    return wanted < 2 ? 1 : wanted < 4 ? 2 : 4;
  }

  #readScan({ body, end }: Segment): void {
    const count = body[0] ?? 0;
    const inScan = Array.from({ length: count }, (_, i) => {
      const id = body[1 + i * 2];
      const tables = body[2 + i * 2] ?? 0;
      const component = this.#components.find((c) => c.id === id);
      if (component === undefined) throw new JpegDamage("unknown component");
      return {
        component,
        dc: this.#dcTables[tables >> 4],
        ac: this.#acTables[tables & 15],
      };
    });
    const first = body[1 + count * 2] ?? 0;
    const bits = body[3 + count * 2] ?? 0;
    // Scans of a progressive file that hold no DC values add nothing at 1/8.
    if (this.#progressive && first > 0) return;

    const { data, restarts } = scanAt(this.bytes, end);
    const reader = new BitReader(data);
    const [only] = inScan;
    const alone = inScan.length === 1 && only !== undefined;
    const across = alone ? only.component.blocksAcross : this.#across;
    const down = alone ? only.component.blocksDown : this.#down;
    for (const { component } of inScan) component.predicted = 0;
    for (let unit = 0; unit < across * down; unit++) {
      if (
        this.#restartInterval > 0 && unit > 0 &&
        unit % this.#restartInterval === 0
      ) {
        const at = restarts[unit / this.#restartInterval - 1];
        if (at === undefined) throw new JpegDamage("a restart is missing");
        reader.jump(at);
        for (const { component } of inScan) component.predicted = 0;
      }
      const column = unit % across;
      const row = (unit - column) / across;
      for (const { component, dc, ac } of inScan) {
        const h = alone ? 1 : component.h;
        const v = alone ? 1 : component.v;
        for (let y = 0; y < v; y++) {
          for (let x = 0; x < h; x++) {
            const blockX = column * h + x;
            const blockY = row * v + y;
            if (this.#progressive) {
              this.#readDc(reader, component, blockX, blockY, dc, bits);
            } else this.#readBlock(reader, component, blockX, blockY, dc, ac);
          }
        }
      }
    }
  }

  #readBlock(
    reader: BitReader,
    component: Component,
    x: number,
    y: number,
    dc: HuffmanTable | undefined,
    ac: HuffmanTable | undefined,
  ): void {
    const quantiser = this.#quantisers[component.table];
    if (dc === undefined || ac === undefined || quantiser === undefined) {
      throw new JpegDamage("a table is missing");
    }
    const coefficients = this.#coefficients;
    const { samples, stride, side } = component;
    const corner = CORNERS[side];
    coefficients.fill(0);
    component.predicted += difference(reader, dc);
    coefficients[0] = component.predicted * quantiser[0]!;
    let flat = true;
    for (let k = 1; k < 64; k++) {
      const symbol = reader.symbol(ac);
      const size = symbol & 15;
      if (size === 0) {
        if (symbol !== 0xf0) break;
        k += 15;
        continue;
      }
      k += symbol >> 4;
      if (k > 63) throw new JpegDamage("a block is too long");
      const at = corner[k]!;
      if (at === 255) reader.skip(size);
      else {
        coefficients[at] = reader.number(size) * quantiser[k]!;
        flat = false;
      }
    }
    idct(
      coefficients,
      side,
      flat,
      samples,
      y * side * stride + x * side,
      stride,
    );
  }

  /** One DC value of a progressive scan: its upper bits, or one more bit (T.81, G.1.2.1). */
  #readDc(
    reader: BitReader,
    component: Component,
    x: number,
    y: number,
    dc: HuffmanTable | undefined,
    bits: number,
  ): void {
    const at = y * component.stride + x;
    const low = bits & 15;
    if (bits >> 4 !== 0) {
      component.dc[at] = component.dc[at]! | (reader.bit() << low);
      return;
    }
    if (dc === undefined) throw new JpegDamage("a table is missing");
    component.predicted += difference(reader, dc);
    component.dc[at] = component.predicted << low;
  }

  #scaleDc({ dc, samples, table }: Component): void {
    const step = this.#quantisers[table]?.[0] ?? 1;
    for (let i = 0; i < dc.length; i++) samples[i] = dc[i]! * step / 8 + 128;
  }
}

function difference(reader: BitReader, dc: HuffmanTable): number {
  const size = reader.symbol(dc);
  if (size > 15) throw new JpegDamage("a DC value is too large");
  return size === 0 ? 0 : reader.number(size);
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** An Adobe segment that says the components are RGB (transform 0). */
function isAdobeRgb(body: Uint8Array): boolean {
  return String.fromCharCode(...body.subarray(0, 5)) === "Adobe" &&
    body[11] === 0;
}
