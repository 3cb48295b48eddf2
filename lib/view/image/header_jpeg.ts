// @core
/** JPEG: marker segments, then entropy-coded scans (ITU T.81, annex B). */
import { exifOrientation } from "./exif.ts";
import type { FoundHeader } from "./header.ts";
import type { Orientation } from "./picture.ts";

const SOS = 0xda;
const EOI = 0xd9;
const APP1 = 0xe1;

/** Reads the segments up to the frame header, then looks for the end-of-image marker. */
export function jpegHeader(bytes: Uint8Array): FoundHeader {
  let orientation: Orientation = 1;
  let frame:
    | { width: number; height: number; unsupported?: string }
    | undefined;
  let whole = false;
  for (const { marker, body } of segments(bytes)) {
    if (marker === APP1 && isExif(body)) orientation = exifOrientation(body);
    if (isFrame(marker) && body.length >= 6) {
      const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
      frame = {
        width: view.getUint16(3),
        height: view.getUint16(1),
        ...unsupported(marker, view.getUint8(0), view.getUint8(5)),
      };
    }
    if (marker === EOI) whole = true;
  }
  if (frame === undefined) return undefined;
  return { ...frame, orientation, frames: 1, loops: 1, whole };
}

/** A marker and what belongs to it, without the length. */
export interface Segment {
  readonly marker: number;
  readonly body: Uint8Array;
  /** Where the bytes after the body start: entropy-coded data after SOS. */
  readonly end: number;
}

/** The segments in order; ends at EOI, at a segment that is cut short, or with the bytes. */
export function* segments(bytes: Uint8Array): Generator<Segment> {
  let at = 2;
  while (true) {
    at = bytes.indexOf(0xff, at);
    if (at === -1 || at + 1 >= bytes.length) return;
    const marker = bytes[at + 1] ?? 0;
    // Stuffed zeros and restart markers belong to the scan, a second 0xff is padding.
    if (marker === 0 || (marker >= 0xd0 && marker <= 0xd7)) {
      at += 2;
      continue;
    }
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === EOI || marker === 0xd8 || marker === 0x01) {
      at += 2;
      yield { marker, body: bytes.subarray(at, at), end: at };
      if (marker === EOI) return;
      continue;
    }
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    const end = at + 2 + length;
    if (length < 2 || end > bytes.length) return;
    yield { marker, body: bytes.subarray(at + 4, end), end };
    at = end;
  }
}

/** Start-of-frame markers: 0xc0 to 0xcf without DHT, JPG and DAC. */
export function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 &&
    marker !== 0xc8 && marker !== 0xcc;
}

/** Whether a segment of this marker starts a scan. */
export function isScan(marker: number): boolean {
  return marker === SOS;
}

function isExif(body: Uint8Array): boolean {
  return String.fromCharCode(...body.subarray(0, 4)) === "Exif";
}

/** Kinds no decoder here takes: lossless, hierarchical and arithmetic coding, 12 bits, CMYK. */
function unsupported(
  marker: number,
  bits: number,
  components: number,
): { unsupported?: string } {
  if (marker > 0xc2) {
    return { unsupported: "this kind of JPEG coding is not supported" };
  }
  if (bits !== 8) {
    return { unsupported: `JPEG with ${bits} bits a sample is not supported` };
  }
  if (components === 4) return { unsupported: "CMYK JPEG is not supported" };
  return {};
}
