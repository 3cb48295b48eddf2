// @core
/** Pixels in memory, and the eight ways EXIF can turn them. */

/** RGBA pixels, 8 bits a channel, alpha not premultiplied, row by row from the top left. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** One step of an animation: the whole picture as shown, and for how many milliseconds. */
export interface Frame {
  readonly picture: Picture;
  readonly delay: number;
}

/** A colour, 0 to 255 a channel. */
export type Rgb = readonly [red: number, green: number, blue: number];

/**
 * EXIF orientation (tag 0x0112): what has to be done to the stored pixels to show them upright.
 * 1 as stored; 2 mirrored; 3 turned 180°; 4 flipped; 5 transposed; 6 turned 90° clockwise; 7
 * transversed; 8 turned 90° anticlockwise. Source: Exif 2.32, section 4.6.4.
 */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** A new transparent picture. */
export function blank(width: number, height: number): Picture {
  return { width, height, data: new Uint8Array(width * height * 4) };
}

/** Whether showing a picture of this orientation swaps its width and height. */
export function swapsSides(orientation: Orientation): boolean {
  return orientation >= 5;
}

/** The picture upright; the same object for orientation 1. */
export function upright(picture: Picture, orientation: Orientation): Picture {
  if (orientation === 1) return picture;
  const { width, height } = picture;
  const swap = swapsSides(orientation);
  const result = blank(swap ? height : width, swap ? width : height);
  const from = new Uint32Array(picture.data.buffer, picture.data.byteOffset);
  const to = new Uint32Array(result.data.buffer);
  for (let y = 0; y < result.height; y++) {
    for (let x = 0; x < result.width; x++) {
      const [column, row] = stored(x, y, orientation, width, height);
      to[y * result.width + x] = from[row * width + column] ?? 0;
    }
  }
  return result;
}

/** Where in the stored picture (of that width and height) the upright pixel (x, y) comes from. */
function stored(
  x: number,
  y: number,
  orientation: Orientation,
  width: number,
  height: number,
): [column: number, row: number] {
  const right = width - 1;
  const bottom = height - 1;
  switch (orientation) {
    case 1:
      return [x, y];
    case 2:
      return [right - x, y];
    case 3:
      return [right - x, bottom - y];
    case 4:
      return [x, bottom - y];
    case 5:
      return [y, x];
    case 6:
      return [y, bottom - x];
    case 7:
      return [right - y, bottom - x];
    case 8:
      return [right - y, x];
  }
}
