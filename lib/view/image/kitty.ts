// @core
/** The kitty graphics protocol: pixels in base64 inside APC sequences. */
import type { Size } from "./fit.ts";

/** Base64 characters in one sequence: the most the protocol allows. */
const CHUNK = 4096;

/** A picture as kitty takes it. */
export interface KittyPicture extends Size {
  /** RGB or RGBA pixels (`channels`), compressed by zlib. */
  readonly zlib: Uint8Array;
  readonly channels: 3 | 4;
  /** Number of the image on that terminal, 1 to 2³²−1. */
  readonly id: number;
  /** Columns and rows to stretch it over; without them one pixel is one pixel. */
  readonly cells?: { readonly columns: number; readonly rows: number };
}

/**
 * Sends and places the picture at the cursor, which stays where it is (`C=1`); the terminal is told
 * not to answer (`q=2`). Source: kitty graphics protocol, "Transferring pixel data", "Compression",
 * "Display images on screen".
 */
export function kitty(picture: KittyPicture): string {
  const text = picture.zlib.toBase64();
  const { cells } = picture;
  const keys = [
    "a=T",
    `f=${picture.channels * 8}`,
    "t=d",
    "o=z",
    `s=${picture.width}`,
    `v=${picture.height}`,
    `i=${picture.id}`,
    "p=1",
    "q=2",
    "C=1",
    ...cells === undefined ? [] : [`c=${cells.columns}`, `r=${cells.rows}`],
  ];
  const chunks: string[] = [];
  for (let at = 0; at === 0 || at < text.length; at += CHUNK) {
    const more = at + CHUNK < text.length ? 1 : 0;
    // Later chunks carry only `m` and `q`; the terminal holds the rest.
    const control = at === 0 ? `${keys.join(",")},m=${more}` : `m=${more},q=2`;
    chunks.push(`\x1b_G${control};${text.slice(at, at + CHUNK)}\x1b\\`);
  }
  return chunks.join("");
}

/** Deletes an image and its placements, and frees its data (`d=I`). */
export function kittyDelete(id: number): string {
  return `\x1b_Ga=d,d=I,i=${id},q=2\x1b\\`;
}
