// @core
/** PNG: chunks of length, type, data and checksum (W3C PNG specification, section 5). */
import { crc32 } from "../../text/crc32.ts";
import { exifOrientation } from "./exif.ts";
import type { FoundHeader } from "./header.ts";
import type { Orientation } from "./picture.ts";

/** Reads the chunk list; an animated PNG is its still picture. */
export function pngHeader(bytes: Uint8Array): FoundHeader {
  if (bytes.length < 33 || type(bytes, 8) !== "IHDR") return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let orientation: Orientation = 1;
  let whole = false;
  let at = 8;
  while (at + 12 <= bytes.length) {
    const length = view.getUint32(at);
    const end = at + 12 + length;
    const kind = type(bytes, at);
    if (end > bytes.length) break;
    if (kind === "eXIf") {
      orientation = exifOrientation(bytes.subarray(at + 8, end - 4));
    }
    if (kind === "IEND") {
      whole = true;
      break;
    }
    at = end;
  }
  const intact = view.getUint32(29) === crc32(bytes.subarray(12, 29));
  return {
    ...intact ? {} : { unsupported: "the PNG header is damaged" },
    width: view.getUint32(16),
    height: view.getUint32(20),
    orientation,
    frames: 1,
    loops: 1,
    whole,
  };
}

/** The type of the chunk that starts at `at`. */
function type(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at + 4, at + 8));
}
