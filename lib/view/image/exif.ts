// @core
/** The one fact Ferry takes from EXIF: which way is up. */
import type { Orientation } from "./picture.ts";

/** Tag number of the orientation in the first directory (Exif 2.32, section 4.6.4). */
const ORIENTATION = 0x0112;

/**
 * The orientation in a TIFF structure (the contents of an EXIF block after any `Exif\0\0`); 1 when it
 * is absent, out of range or cut short. Never throws: a broken hint is no reason to show nothing.
 */
export function exifOrientation(block: Uint8Array): Orientation {
  const tiff = startsWithExif(block) ? block.subarray(6) : block;
  if (tiff.length < 8) return 1;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return 1;
  const little = order === 0x4949;
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return 1;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + i * 12;
    if (entry + 12 > tiff.length) return 1;
    if (view.getUint16(entry, little) !== ORIENTATION) continue;
    const value = view.getUint16(entry + 8, little);
    return value >= 1 && value <= 8 ? value as Orientation : 1;
  }
  return 1;
}

/** JPEG always, WebP sometimes, puts `Exif\0\0` in front of the TIFF structure. */
function startsWithExif(block: Uint8Array): boolean {
  const mark = [0x45, 0x78, 0x69, 0x66, 0, 0];
  return mark.every((byte, i) => block[i] === byte);
}
