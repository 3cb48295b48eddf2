// @core
/** Writing PNG, for terminals that take image files: 8 bits a channel, RGB or RGBA. */
import { crc32 } from "../../text/crc32.ts";
import type { Picture } from "./picture.ts";

/** The scan lines of a picture in the order and form that PNG compresses. */
export interface ScanLines {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly channels: 3 | 4;
}

/** Pixels without alpha when there is none to tell, three bytes each, else four. */
export function packed(picture: Picture, opaque: boolean): ScanLines {
  const { data } = picture;
  if (!opaque) return { bytes: data, channels: 4 };
  const bytes = new Uint8Array(picture.width * picture.height * 3);
  for (let from = 0, to = 0; to < bytes.length; from += 4, to += 3) {
    bytes[to] = data[from]!;
    bytes[to + 1] = data[from + 1]!;
    bytes[to + 2] = data[from + 2]!;
  }
  return { bytes, channels: 3 };
}

/** `packed` pixels with filter 1 (Sub) on each line, which photographs compress well under. */
export function filtered(
  lines: ScanLines,
  width: number,
  height: number,
): Uint8Array<ArrayBuffer> {
  const { bytes, channels } = lines;
  const stride = width * channels;
  const result = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    const from = y * stride;
    const to = y * (stride + 1);
    result[to] = 1;
    for (let i = 0; i < stride; i++) {
      const left = i < channels ? 0 : bytes[from + i - channels]!;
      result[to + 1 + i] = bytes[from + i]! - left;
    }
  }
  return result;
}

/** A PNG file around `filtered` lines that zlib has compressed (W3C PNG, sections 5 and 11). */
export function pngFile(
  width: number,
  height: number,
  channels: 3 | 4,
  zlib: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8;
  header[9] = channels === 3 ? 2 : 6;
  const parts = [
    new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", zlib),
    chunk("IEND", new Uint8Array(0)),
  ];
  const file = new Uint8Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/** One chunk of a PNG file, with its length and checksum. */
export function chunk(type: string, data: Uint8Array): Uint8Array {
  const result = new Uint8Array(data.length + 12);
  const view = new DataView(result.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) result[4 + i] = type.charCodeAt(i);
  result.set(data, 8);
  view.setUint32(data.length + 8, crc32(result.subarray(4, data.length + 8)));
  return result;
}
