// @core
/** GIF: a screen descriptor, then blocks (GIF89a specification, sections 18 to 27). */
import type { FoundHeader } from "./header.ts";

const IMAGE = 0x2c;
const EXTENSION = 0x21;
const TRAILER = 0x3b;
const APPLICATION = 0xff;

/** Walks the blocks without decoding one: size, frames, loops, and whether the end is there. */
export function gifHeader(bytes: Uint8Array): FoundHeader {
  if (bytes.length < 13) return undefined;
  const u16 = (at: number) => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  let at = 13 + paletteBytes(bytes[10] ?? 0);
  let frames = 0;
  // Without the looping extension an animation plays once.
  let loops = 1;
  let whole = false;
  while (at < bytes.length) {
    const block = bytes[at];
    if (block === TRAILER) {
      whole = true;
      break;
    }
    if (block === IMAGE) {
      const data = at + 10 + paletteBytes(bytes[at + 9] ?? 0) + 1;
      const end = afterSubBlocks(bytes, data);
      if (end === undefined) break;
      frames++;
      at = end;
    } else if (block === EXTENSION) {
      const end = afterSubBlocks(bytes, at + 2);
      if (end === undefined) break;
      if (bytes[at + 1] === APPLICATION && isNetscape(bytes, at + 3)) {
        // Sub-block `03 01 count`: repetitions after the first showing, 0 for ever.
        const count = u16(at + 16);
        loops = count === 0 ? Infinity : count + 1;
      }
      at = end;
    } else {
      break;
    }
  }
  return {
    width: u16(6),
    height: u16(8),
    orientation: 1,
    frames: Math.max(frames, 1),
    loops,
    whole: whole && frames > 0,
  };
}

/** Bytes of the colour table that packed flags announce. */
function paletteBytes(flags: number): number {
  return flags & 0x80 ? 3 << ((flags & 7) + 1) : 0;
}

/** Where the sub-blocks that start at `at` end; undefined when the file ends first. */
function afterSubBlocks(bytes: Uint8Array, at: number): number | undefined {
  while (at < bytes.length) {
    const size = bytes[at] ?? 0;
    at += 1 + size;
    if (size === 0) return at;
  }
  return undefined;
}

function isNetscape(bytes: Uint8Array, at: number): boolean {
  const name = String.fromCharCode(...bytes.subarray(at, at + 11));
  return (name === "NETSCAPE2.0" || name === "ANIMEXTS1.0") &&
    bytes[at + 11] === 3 && bytes[at + 12] === 1;
}
