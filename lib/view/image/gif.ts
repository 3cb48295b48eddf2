// @core
/** GIF animations: partial frames drawn onto one canvas and disposed of between. */
import { MAX_FRAMES } from "./limits.ts";
import { blank, type Frame, type Picture } from "./picture.ts";

/** The decoder this file needs: `omggif`'s reader, passed in. */
export interface GifSource {
  readonly width: number;
  readonly height: number;
  numFrames(): number;
  frameInfo(index: number): {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly delay: number;
    readonly disposal: number;
  };
  decodeAndBlitFrameRGBA(index: number, canvas: Uint8Array): void;
}

/** Delays below this are what encoders write without meaning them; viewers show 100 ms instead. */
const SHORTEST_DELAY_MS = 20;
const CUSTOMARY_DELAY_MS = 100;

/**
 * Each frame as it is seen: the canvas after the frame is drawn. The picture is valid until the next
 * one is asked for (it is the canvas itself). Disposal (GIF89a, section 23): 0 and 1 leave the frame,
 * 2 clears its rectangle to transparent (as browsers do, not to the background colour), 3 puts back
 * what was there before. Throws a plain Error for a frame that leaves the canvas.
 */
export function* gifFrames(gif: GifSource): Generator<Frame> {
  const canvas = blank(gif.width, gif.height);
  const count = Math.min(gif.numFrames(), MAX_FRAMES);
  for (let i = 0; i < count; i++) {
    const frame = gif.frameInfo(i);
    if (
      frame.x + frame.width > gif.width || frame.y + frame.height > gif.height
    ) {
      throw new Error(`frame ${i + 1} lies outside the picture`);
    }
    const before = frame.disposal === 3 ? canvas.data.slice() : undefined;
    gif.decodeAndBlitFrameRGBA(i, canvas.data);
    yield { picture: canvas, delay: shownFor(frame.delay * 10) };
    if (before !== undefined) canvas.data.set(before);
    if (frame.disposal === 2) clear(canvas, frame);
  }
}

/** Where `takeFrames` stops: after so many frames, drawn pixels in all, or milliseconds. */
export interface FrameLimits {
  readonly frames: number;
  readonly pixels: number;
  readonly ms: number;
}

/**
 * The frames as `draw` makes them (new pictures, not the canvas), until a limit is met; always the
 * first, if there is one. `now` gives milliseconds.
 */
export function takeFrames(
  frames: Iterable<Frame>,
  draw: (canvas: Picture) => Picture,
  limits: FrameLimits,
  now: () => number,
): Frame[] {
  const taken: Frame[] = [];
  const end = now() + limits.ms;
  let pixels = 0;
  for (const { picture, delay } of frames) {
    const drawn = draw(picture);
    taken.push({ picture: drawn, delay });
    pixels += drawn.width * drawn.height;
    const full = taken.length >= limits.frames ||
      pixels + drawn.width * drawn.height > limits.pixels;
    if (full || now() >= end) break;
  }
  return taken;
}

function shownFor(delay: number): number {
  return delay < SHORTEST_DELAY_MS ? CUSTOMARY_DELAY_MS : delay;
}

function clear(
  canvas: Picture,
  area: { x: number; y: number; width: number; height: number },
): void {
  for (let y = area.y; y < area.y + area.height; y++) {
    const at = (y * canvas.width + area.x) * 4;
    canvas.data.fill(0, at, at + area.width * 4);
  }
}
