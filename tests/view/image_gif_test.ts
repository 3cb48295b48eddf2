/** GIF animations: what is on the canvas after each frame, and for how long. */
import { assert, assertEquals } from "@std/assert";
import {
  gifFrames,
  type GifSource,
  takeFrames,
} from "../../lib/view/image/gif.ts";
import { MAX_FRAMES } from "../../lib/view/image/limits.ts";
import { blank, type Frame } from "../../lib/view/image/picture.ts";
import { assertPixel, framesOf, type Rgba } from "./image_support.ts";

const RED: Rgba = [255, 0, 0, 255];
const GREEN: Rgba = [0, 255, 0, 255];
const BLUE: Rgba = [0, 0, 255, 255];
const HOLE: Rgba = [0, 0, 0, 0];

/** Disposal of the second frame → what its place shows under the third. */
const AFTER: readonly [mode: number, shows: string, colour: Rgba][] = [
  [0, "stays", BLUE],
  [1, "stays", BLUE],
  [2, "is cleared to transparent", HOLE],
  [3, "gives way to what was before", RED],
];

for (const [mode, shows, colour] of AFTER) {
  Deno.test(`disposal ${mode}: a partial frame ${shows}`, async () => {
    const frames = await framesOf(`disposal-${mode}.gif`);
    const [first, second, third] = frames.map((frame) => frame.picture);
    assert(first !== undefined && second !== undefined && third !== undefined);
    assertPixel(first, 1, 1, RED);
    assertPixel(first, 7, 7, RED);
    // The partial frame covers its place only, and its transparent pixel shows what was there.
    assertPixel(second, 1, 1, BLUE);
    assertPixel(second, 0, 0, RED);
    assertPixel(second, 4, 0, RED);
    assertPixel(second, 5, 5, RED);
    assertPixel(third, 1, 1, colour);
    assertPixel(third, 0, 0, mode === 2 ? HOLE : RED);
    assertPixel(third, 5, 1, RED);
    assertPixel(third, 5, 5, GREEN);
    assertEquals(frames.map((frame) => frame.delay), [100, 100, 100]);
  });
}

Deno.test("delays under 20 ms become 100 ms, as viewers have it", async () => {
  const frames = await framesOf("delays.gif");
  assertEquals(frames.map((frame) => frame.delay), [100, 100, 20, 250]);
});

Deno.test("an animation is cut at the limit of frames", () => {
  const endless: GifSource = {
    width: 1,
    height: 1,
    numFrames: () => MAX_FRAMES + 1,
    frameInfo: () => ({
      x: 0,
      y: 0,
      width: 1,
      height: 1,
      delay: 2,
      disposal: 0,
    }),
    decodeAndBlitFrameRGBA: () => {},
  };
  assertEquals([...gifFrames(endless)].length, MAX_FRAMES);
});

Deno.test("frames are taken until a limit of number, pixels or time, and never none", () => {
  const frames = new Array<Frame>(9).fill({ picture: blank(2, 3), delay: 100 });
  const none = { frames: Infinity, pixels: Infinity, ms: Infinity };
  let time = 0;
  const taken = (limits: Partial<typeof none>) =>
    takeFrames(frames, (p) => p, { ...none, ...limits }, () => time++).length;
  assertEquals(taken({}), 9);
  assertEquals(taken({ frames: 4 }), 4);
  assertEquals(taken({ pixels: 17 }), 2);
  assertEquals(taken({ pixels: 18 }), 3);
  assertEquals(taken({ pixels: 1 }), 1);
  assertEquals(taken({ ms: 3 }), 3);
  assertEquals(taken({ ms: 0 }), 1);
});
