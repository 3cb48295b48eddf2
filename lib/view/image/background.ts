// @core
/** What shows through a picture's transparent parts. */
import { blank, type Picture, type Rgb } from "./picture.ts";

/** `auto`: the terminal's own background; `checker`: grey squares; or one colour. */
export type Background = "auto" | "checker" | Rgb;

/** The two greys of the checkerboard. */
const CHECKER: readonly [Rgb, Rgb] = [[0x66, 0x66, 0x66], [0x99, 0x99, 0x99]];

/** Reads `auto`, `checker`, `#rgb` or `#rrggbb`; undefined when it is none of them. */
export function parseBackground(text: string): Background | undefined {
  if (text === "auto" || text === "checker") return text;
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(text);
  const [, r, g, b] = short ??
    /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text) ?? [];
  if (r === undefined || g === undefined || b === undefined) return undefined;
  const channel = (hex: string) =>
    parseInt(hex.length === 1 ? hex + hex : hex, 16);
  return [channel(r), channel(g), channel(b)];
}

/** What `over` paints under the picture, and what it leaves out. */
export interface Ground {
  readonly background: Background;
  /** Stands for the terminal's background where `background` is `auto`; black when not known. */
  readonly terminal: Rgb;
  /** Side of a checkerboard square in dots. */
  readonly square: number;
  /** With `auto`, pixels that are wholly transparent stay so: the encoder leaves them out. */
  readonly holes: boolean;
}

/** The picture over its background: every pixel opaque but the holes that `ground` lets stand. */
export function over(picture: Picture, ground: Ground): Picture {
  const { width, height, data } = picture;
  const result = blank(width, height);
  const holes = ground.holes && ground.background === "auto";
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      const alpha = data[at + 3] ?? 0;
      if (alpha === 0 && holes) continue;
      const under = colourAt(ground, x, y);
      for (let c = 0; c < 3; c++) {
        const own = data[at + c] ?? 0;
        const behind = under[c] ?? 0;
        result.data[at + c] = Math.round(
          (own * alpha + behind * (255 - alpha)) / 255,
        );
      }
      result.data[at + 3] = 255;
    }
  }
  return result;
}

function colourAt(ground: Ground, x: number, y: number): Rgb {
  if (ground.background === "auto") return ground.terminal;
  if (ground.background !== "checker") return ground.background;
  const odd = (Math.floor(x / ground.square) + Math.floor(y / ground.square)) &
    1;
  return CHECKER[odd === 1 ? 1 : 0];
}
