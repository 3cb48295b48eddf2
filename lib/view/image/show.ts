/** Showing one image file: the whole of `ferry view` for images. */
import type { Background } from "./background.ts";
import { type Canvas, openCanvas } from "./canvas.ts";
import { decode } from "./decode.ts";
import { draw, type Drawing, imageId } from "./encode.ts";
import { type FitOptions, type Plan, plan } from "./fit.ts";
import {
  checkedHeader,
  declaredHeader,
  describe,
  type ImageHeader,
} from "./header.ts";
import { isAnimatedWebp } from "./header_webp.ts";
import { MAX_FRAMES } from "./limits.ts";
import { type Frame, swapsSides } from "./picture.ts";
import type { Protocol } from "./protocol.ts";
import type { ImageContext } from "./terminal.ts";
import { safe } from "../../text/safe.ts";

/** What the user asked for on the command line. */
export interface ImageOptions extends FitOptions {
  readonly protocol: Protocol | "auto";
  readonly background: Background;
  /** Times a GIF plays, 0 for ever; without it, as often as the file says. */
  readonly loops?: number;
  /** Only the first frame. */
  readonly still?: boolean;
}

/** `showImage` without options given. */
export const DEFAULT_IMAGE_OPTIONS: ImageOptions = {
  protocol: "auto",
  background: "auto",
  fit: "both",
};

/**
 * Shows the image file `bytes` under the name the user gave it: a picture on a terminal, or anywhere
 * when a protocol is named; one line about it elsewhere. Resolves when the picture is drawn, for an
 * animation when it has stopped; the cursor is then on a new line below. Rejects with `bad-data`
 * worded `Cannot show NAME: …`, or with the signal's reason, the terminal in order either way.
 */
export async function showImage(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  options: ImageOptions,
  context: ImageContext,
): Promise<void> {
  const { signal, write, note } = context;
  signal.throwIfAborted();
  if (context.terminal === undefined && options.protocol === "auto") {
    await vouchFor(name, bytes, context);
    await write(encode(describeImage(name, bytes) + "\n"));
    return;
  }
  const header = checkedHeader(name, bytes);
  const canvas = await openCanvas(
    options.protocol,
    options.background,
    context,
  );
  try {
    const animated = header.frames > 1 && canvas.live && !options.still;
    const { scaled, drawn } = planFor(header, options, canvas, animated);
    const frames = await decode(name, {
      format: header.format,
      bytes,
      declared: header,
      orientation: header.orientation,
      scaled,
      drawn,
      frames: animated ? MAX_FRAMES : 1,
    }, context);
    if (header.format === "WebP" && isAnimatedWebp(bytes)) {
      note(`${safe(name)} is animated; its first frame is shown`);
    }
    if (animated && frames.length < header.frames) {
      note(
        `${
          safe(name)
        } has ${header.frames} frames; the first ${frames.length} are shown`,
      );
    }
    if (animated && frames.length > 1) {
      const { animate } = await import("./animate.ts");
      const loops = options.loops === 0
        ? Infinity
        : options.loops ?? header.loops;
      await animate(frames, loops, options.background, canvas, context);
    } else await showStill(frames, options.background, canvas, context);
  } finally {
    await canvas.end();
  }
}

/**
 * The line for pipes and lists, without line end: `photo.png PNG 1200x800 342000 bytes`. Throws
 * `bad-data` for what is no image.
 */
export function describeImage(name: string, bytes: Uint8Array): string {
  return describe(name, declaredHeader(name, bytes), bytes.length);
}

/** Decodes the file and throws the pixels away: a line about a broken image would be a false one. */
async function vouchFor(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  context: ImageContext,
): Promise<void> {
  const header = checkedHeader(name, bytes);
  const dot = { width: 1, height: 1 };
  await decode(name, {
    format: header.format,
    bytes,
    declared: header,
    orientation: 1,
    scaled: dot,
    drawn: dot,
    frames: MAX_FRAMES,
  }, context);
}

/** Plans the upright picture; an animation never higher than the screen, where it is redrawn. */
function planFor(
  header: ImageHeader,
  options: ImageOptions,
  { room, dots }: Canvas,
  animated: boolean,
): Plan {
  const upright = swapsSides(header.orientation)
    ? { width: header.height, height: header.width }
    : { width: header.width, height: header.height };
  const planned = plan(upright, options, room, dots);
  return animated && planned.rows > room.rows
    ? plan(upright, { fit: "both" }, room, dots)
    : planned;
}

async function showStill(
  [frame]: Frame[],
  background: Background,
  canvas: Canvas,
  { write, signal }: ImageContext,
): Promise<void> {
  if (frame === undefined) return;
  const drawing = await draw(frame.picture, background, canvas, imageId());
  signal.throwIfAborted();
  await write(encode(placed(drawing, canvas)));
}

/**
 * A drawing with the cursor below it afterwards. On a terminal room is made for a graphic first, since
 * terminals differ in where they leave the cursor; one higher than the screen is left to scroll.
 */
function placed(drawing: Drawing, { live, room }: Canvas): string {
  if ("lines" in drawing) {
    return drawing.lines.map((line) => `${line}\n`).join("");
  }
  const { sequence, rows } = drawing;
  if (!live || rows > room.rows) return `${sequence}\n`;
  const down = "\n".repeat(rows);
  return `${down}\x1b[${rows}A\x1b7${sequence}\x1b8\x1b[${rows}B\r`;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
