// @core
/** WebP: a RIFF container (WebP container specification; RFC 6386 and the lossless specification). */
import { exifOrientation } from "./exif.ts";
import type { FoundHeader } from "./header.ts";
import type { Orientation } from "./picture.ts";

/** A WebP with its chunks walked; of an animated one only the facts of its canvas. */
export function webpHeader(bytes: Uint8Array): FoundHeader {
  if (bytes.length < 30) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = 8 + view.getUint32(4, true) <= bytes.length;
  let size: { width: number; height: number } | undefined;
  let orientation: Orientation = 1;
  let at = 12;
  while (at + 8 <= bytes.length) {
    const kind = String.fromCharCode(...bytes.subarray(at, at + 4));
    const length = view.getUint32(at + 4, true);
    const data = bytes.subarray(at + 8, at + 8 + length);
    size ??= sizeIn(kind, data);
    if (kind === "EXIF") orientation = exifOrientation(data);
    at += 8 + length + (length & 1);
  }
  if (size === undefined) return undefined;
  return { ...size, orientation, frames: 1, loops: 1, whole };
}

/** Whether the container holds an animation: flag bit 1 of VP8X. */
export function isAnimatedWebp(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(12, 16)) === "VP8X" &&
    ((bytes[20] ?? 0) & 2) !== 0;
}

/** The size a chunk declares, for the three chunks that can come first. */
function sizeIn(
  kind: string,
  data: Uint8Array,
): { width: number; height: number } | undefined {
  const byte = (at: number) => data[at] ?? 0;
  if (kind === "VP8X" && data.length >= 10) {
    return {
      width: 1 + byte(4) + (byte(5) << 8) + (byte(6) << 16),
      height: 1 + byte(7) + (byte(8) << 8) + (byte(9) << 16),
    };
  }
  if (kind === "VP8L" && data.length >= 5) {
    return {
      width: 1 + byte(1) + ((byte(2) & 0x3f) << 8),
      height: 1 + (byte(2) >> 6) + (byte(3) << 2) + ((byte(4) & 0x0f) << 10),
    };
  }
  if (kind === "VP8 " && data.length >= 10) {
    return {
      width: byte(6) + ((byte(7) & 0x3f) << 8),
      height: byte(8) + ((byte(9) & 0x3f) << 8),
    };
  }
  return undefined;
}
