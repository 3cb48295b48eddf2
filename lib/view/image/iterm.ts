// @core
/** iTerm2's inline images: a whole image file in base64 inside OSC 1337. */
import type { Size } from "./fit.ts";

/**
 * Shows a PNG file (made by Ferry, never the user's bytes) at the cursor. Without `cells` it is drawn
 * at its own size in pixels. Source: iTerm2 documentation, "Inline Images Protocol".
 */
export function iterm(
  png: Uint8Array,
  size: Size,
  cells?: { readonly columns: number; readonly rows: number },
): string {
  const width = cells === undefined ? `${size.width}px` : `${cells.columns}`;
  const height = cells === undefined ? `${size.height}px` : `${cells.rows}`;
  const keys =
    `inline=1;size=${png.length};width=${width};height=${height};preserveAspectRatio=1`;
  return `\x1b]1337;File=${keys}:${png.toBase64()}\x07`;
}
