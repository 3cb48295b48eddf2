/** Types of the parts of `omggif` 1.0.10 that Ferry uses; the package ships none. */
declare module "omggif" {
  /** One frame as the file declares it; rectangle in pixels, delay in hundredths of a second. */
  export interface GifFrame {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly delay: number;
    readonly disposal: number;
    readonly transparent_index: number | null;
    readonly interlaced: boolean;
    readonly palette_offset: number | null;
    readonly palette_size: number | null;
    readonly data_offset: number;
    readonly data_length: number;
  }
  /** Walks the whole file at once; throws plain Errors on what it cannot read. */
  class GifReader {
    constructor(bytes: Uint8Array);
    readonly width: number;
    readonly height: number;
    numFrames(): number;
    frameInfo(index: number): GifFrame;
    /** Writes the frame's opaque pixels into a canvas of the whole picture, RGBA. */
    decodeAndBlitFrameRGBA(
      index: number,
      canvas: Uint8Array | Uint8ClampedArray,
    ): void;
  }
  /** A CommonJS package: its exports are found under `default` whether it is bundled or not. */
  const exports: { readonly GifReader: typeof GifReader };
  export default exports;
}
