// @core
/**
 * What an image file says about itself, read from its bytes before anything is decoded. The readers
 * of the single formats are in `header_*.ts`.
 */
import { Failure } from "../../failure.ts";
import { safe } from "../../text/safe.ts";
import { gifHeader } from "./header_gif.ts";
import { jpegHeader } from "./header_jpeg.ts";
import { pngHeader } from "./header_png.ts";
import { webpHeader } from "./header_webp.ts";
import { MAX_FILE_BYTES, MAX_PIXELS } from "./limits.ts";
import { type Orientation, swapsSides } from "./picture.ts";

/** The formats Ferry shows, as they are named to people. */
export type ImageFormat = "PNG" | "JPEG" | "GIF" | "WebP";

/** The declared facts of an image file. */
export interface ImageHeader {
  readonly format: ImageFormat;
  /** Stored width in pixels, before any turning. */
  readonly width: number;
  readonly height: number;
  readonly orientation: Orientation;
  /** Frames found; 1 for a still picture. An animated WebP counts as 1: its first frame is shown. */
  readonly frames: number;
  /** Times an animation plays; Infinity for one that never stops. */
  readonly loops: number;
  /** False when the file ends before its own structure says it may. */
  readonly whole: boolean;
  /** Why it cannot be decoded although it is all there, as the end of a sentence. */
  readonly unsupported?: string;
}

/** What the first bytes say the file is (12 are enough), whatever its name; undefined: no image. */
export function imageFormat(bytes: Uint8Array): ImageFormat | undefined {
  const starts = (...magic: number[]) => magic.every((b, i) => bytes[i] === b);
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return "PNG";
  if (starts(0xff, 0xd8, 0xff)) return "JPEG";
  if (starts(0x47, 0x49, 0x46, 0x38)) return "GIF";
  const webp = bytes.subarray(8, 12);
  if (starts(0x52, 0x49, 0x46, 0x46) && ascii(webp) === "WEBP") return "WebP";
  return undefined;
}

/** Throws `bad-data` for a file of more than `MAX_FILE_BYTES`: ask before reading it whole. */
export function checkFileSize(name: string, bytes: number): void {
  if (bytes <= MAX_FILE_BYTES) return;
  const limit = `${MAX_FILE_BYTES / 1e6} MB`;
  throw cannotShow(name, `it has ${bytes} bytes, over the limit of ${limit}`);
}

/**
 * The header of the whole file `bytes`, checked: the declared size is within `MAX_PIXELS`, the file
 * is not cut short, the kind can be decoded. Throws `bad-data` worded `Cannot show NAME: …`.
 */
export function checkedHeader(name: string, bytes: Uint8Array): ImageHeader {
  const header = declaredHeader(name, bytes);
  const { width, height, format } = header;
  if (width * height > MAX_PIXELS) {
    throw cannotShow(
      name,
      `it declares ${width}x${height} pixels, over the limit of ${
        MAX_PIXELS / 1e6
      } megapixels`,
    );
  }
  if (header.unsupported !== undefined) {
    throw cannotShow(name, header.unsupported);
  }
  if (!header.whole) {
    throw cannotShow(name, `the file ends before the ${format} picture does`);
  }
  return header;
}

/**
 * The header as declared, however large and even when the file is cut short, for the one-line
 * description. Throws `bad-data` when it is no image or has no readable header.
 */
export function declaredHeader(name: string, bytes: Uint8Array): ImageHeader {
  if (bytes.length === 0) throw cannotShow(name, "the file is empty");
  const format = imageFormat(bytes);
  if (format === undefined) {
    throw cannotShow(name, "it is not a PNG, JPEG, GIF or WebP image");
  }
  const header = READERS[format](bytes);
  if (header === undefined) {
    throw cannotShow(name, `the file ends inside the ${format} header`);
  }
  if (header.width === 0 || header.height === 0) {
    throw cannotShow(
      name,
      `it declares ${header.width}x${header.height} pixels`,
    );
  }
  return { format, ...header };
}

/**
 * One line for pipes, without newline: `photo.png PNG 1200x800 342000 bytes`, the size as shown
 * upright; `spin.gif GIF 40x40 1234 bytes 12 frames` for an animation.
 */
export function describe(
  name: string,
  header: ImageHeader,
  bytes: number,
): string {
  const { width, height } = upright(header);
  const frames = header.frames > 1 ? ` ${header.frames} frames` : "";
  return `${
    safe(name)
  } ${header.format} ${width}x${height} ${bytes} bytes${frames}`;
}

/** An image as it is shown: its sides as they stand upright. Throws as `declaredHeader` does. */
export function uprightFacts(
  name: string,
  bytes: Uint8Array,
): Pick<ImageHeader, "format" | "width" | "height" | "frames"> {
  const header = declaredHeader(name, bytes);
  return {
    format: header.format,
    ...upright(header),
    frames: header.frames,
  };
}

function upright(header: ImageHeader): { width: number; height: number } {
  const { width, height } = header;
  return swapsSides(header.orientation)
    ? { width: height, height: width }
    : { width, height };
}

/** The failure for a file whose contents cannot be shown; `state` ends the sentence. */
export function cannotShow(
  name: string,
  state: string,
  cause?: unknown,
): Failure {
  return new Failure("bad-data", `Cannot show ${safe(name)}: ${state}`, {
    cause,
  });
}

/** What a reader finds: the header without the format, or undefined when the bytes end too soon. */
export type FoundHeader = Omit<ImageHeader, "format"> | undefined;

const READERS: Record<ImageFormat, (bytes: Uint8Array) => FoundHeader> = {
  PNG: pngHeader,
  JPEG: jpegHeader,
  GIF: gifHeader,
  WebP: webpHeader,
};

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
