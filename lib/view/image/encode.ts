/** One picture into the text that draws it, whatever the protocol. Encoders are loaded when used. */
import type { Canvas } from "./canvas.ts";
import { type Background, over } from "./background.ts";
import type { Picture } from "./picture.ts";
import { isOpaque } from "./scale.ts";

/** A drawn picture: lines of characters, or one sequence that paints over `rows` rows of cells. */
export type Drawing =
  | { readonly lines: readonly string[] }
  | { readonly sequence: string; readonly rows: number };

/** Side of a checkerboard square in dots: about half a cell's width, or a cell. */
const SQUARE = { graphics: 8, text: 2 };

/**
 * Draws `picture`, which has its final size in dots, over `background`. `id` numbers it for kitty.
 * With `auto`, kitty and iTerm2 get the transparency itself, blocks and sixel leave wholly
 * transparent dots out, and what is half transparent is mixed with the terminal's background.
 */
export async function draw(
  picture: Picture,
  background: Background,
  canvas: Canvas,
  id: number,
  moving = false,
): Promise<Drawing> {
  const { protocol, dots } = canvas;
  const opaque = isOpaque(picture);
  const ground = {
    background,
    terminal: canvas.background,
    square: protocol === "blocks" || protocol === "ascii"
      ? SQUARE.text
      : SQUARE.graphics,
    // In a moving sixel picture a hole would show the frame before.
    holes: protocol === "blocks" || protocol === "sixel" && !moving,
  };
  const rows = Math.ceil(picture.height / dots.height);
  const columns = Math.ceil(picture.width / dots.width);
  const cells = canvas.guessedCell ? { columns, rows } : undefined;
  const keepsAlpha = background === "auto" &&
    (protocol === "kitty" || protocol === "iterm");
  const solid = opaque || keepsAlpha ? picture : over(picture, ground);
  switch (protocol) {
    case "blocks": {
      const { blocks } = await import("./blocks.ts");
      return { lines: blocks(solid, canvas.colours) };
    }
    case "ascii": {
      const { ascii } = await import("./ascii.ts");
      return { lines: ascii(solid) };
    }
    case "sixel": {
      const [{ quantised }, { sixel }] = await Promise.all([
        import("./quantise.ts"),
        import("./sixel.ts"),
      ]);
      return { sequence: sixel(quantised(solid)), rows };
    }
    case "kitty": {
      const [{ kitty }, { packed }] = await Promise.all([
        import("./kitty.ts"),
        import("./png_file.ts"),
      ]);
      const { bytes, channels } = packed(solid, opaque || !keepsAlpha);
      const sequence = kitty({
        width: picture.width,
        height: picture.height,
        zlib: await zlib(bytes),
        channels,
        id,
        ...cells === undefined ? {} : { cells },
      });
      return { sequence, rows };
    }
    case "iterm": {
      const [{ iterm }, { filtered, packed, pngFile }] = await Promise.all([
        import("./iterm.ts"),
        import("./png_file.ts"),
      ]);
      const { width, height } = picture;
      const pixels = packed(solid, opaque || !keepsAlpha);
      const png = pngFile(
        width,
        height,
        pixels.channels,
        await zlib(filtered(pixels, width, height)),
      );
      return { sequence: iterm(png, picture, cells), rows };
    }
  }
}

/** The bytes compressed as RFC 1950 says. */
async function zlib(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream()
    .pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A number for kitty's image store that other programs on the same terminal are unlikely to use. */
export function imageId(): number {
  return 1 + Math.floor(Math.random() * 0xfffffffd);
}
