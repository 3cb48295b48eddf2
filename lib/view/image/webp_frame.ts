// @core
/** The first frame of an animated WebP, as a still WebP of its own (the decoder takes no others). */

/** A frame and where its top left lies on the canvas. */
export interface WebpFrame {
  readonly file: Uint8Array<ArrayBuffer>;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Bytes of an ANMF chunk before the frame's own chunks (WebP container specification). */
const FRAME_HEADER = 16;

/** Takes the frame out of the file; undefined when there is none. Pixels are not looked at. */
export function firstWebpFrame(bytes: Uint8Array): WebpFrame | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 12;
  while (at + 8 + FRAME_HEADER <= bytes.length) {
    const length = view.getUint32(at + 4, true);
    if (String.fromCharCode(...bytes.subarray(at, at + 4)) === "ANMF") {
      const u24 = (offset: number) =>
        view.getUint32(at + 8 + offset, true) & 0xffffff;
      const chunks = bytes.subarray(at + 8 + FRAME_HEADER, at + 8 + length);
      const [width, height] = [u24(6) + 1, u24(9) + 1];
      return {
        file: still(chunks, width, height),
        // Stored halved: frames lie on even pixels.
        x: u24(0) * 2,
        y: u24(3) * 2,
        width,
        height,
      };
    }
    at += 8 + length + (length & 1);
  }
  return undefined;
}

/** A RIFF container around a frame's chunks; one with an ALPH chunk needs the extended header. */
function still(
  chunks: Uint8Array,
  width: number,
  height: number,
): Uint8Array<ArrayBuffer> {
  const extended = String.fromCharCode(...chunks.subarray(0, 4)) === "ALPH";
  const start = extended ? 30 : 12;
  const file = new Uint8Array(start + chunks.length);
  const view = new DataView(file.buffer);
  const put = (at: number, text: string) => {
    for (let i = 0; i < text.length; i++) file[at + i] = text.charCodeAt(i);
  };
  put(0, "RIFF");
  view.setUint32(4, file.length - 8, true);
  put(8, "WEBP");
  if (extended) {
    put(12, "VP8X");
    view.setUint32(16, 10, true);
    // Flag bit 4: it has alpha; then 24 bits each of width and height, less one.
    view.setUint32(20, 0x10, true);
    view.setUint32(24, (width - 1) | (((height - 1) & 0xff) << 24), true);
    view.setUint16(28, (height - 1) >> 8, true);
  }
  file.set(chunks, start);
  return file;
}
