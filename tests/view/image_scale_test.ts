/** Sizes, resampling and backgrounds. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { over, parseBackground } from "../../lib/view/image/background.ts";
import {
  type FitOptions,
  plan,
  type Room,
  type Size,
} from "../../lib/view/image/fit.ts";
import type { Rgb } from "../../lib/view/image/picture.ts";
import { cropped, scaled } from "../../lib/view/image/scale.ts";
import {
  assertPixel,
  assertSamePicture,
  painted,
  pixel,
} from "./image_support.ts";

const BLOCK: Size = { width: 1, height: 2 };
const CHARACTER: Size = { width: 1, height: 1 };

function room(parts: Partial<Room> = {}): Room {
  return {
    columns: 80,
    rows: 24,
    cell: { width: 10, height: 20 },
    wraps: true,
    ...parts,
  };
}

/** Dots and cells of a planned picture. */
function planned(
  source: Size,
  options: Partial<FitOptions>,
  dots: Size = BLOCK,
  where: Room = room(),
): number[] {
  const { drawn, columns, rows } = plan(
    source,
    { fit: "both", ...options },
    where,
    dots,
  );
  return [drawn.width, drawn.height, columns, rows];
}

const PHOTO = { width: 4000, height: 3000 };

Deno.test("a large picture fits the screen and keeps its shape, for every shape of dot", () => {
  assertEquals(planned(PHOTO, {}), [64, 48, 64, 24]);
  // A character is twice as high as wide: half as many rows for the same shape.
  assertEquals(planned(PHOTO, {}, CHARACTER), [64, 24, 64, 24]);
  // Graphics: 24 rows of 20 pixels.
  const cell = { width: 10, height: 20 };
  assertEquals(planned(PHOTO, {}, cell), [640, 480, 64, 24]);
  // Wide cells make dots that are wider than high: fewer columns for the same height.
  const wide = room({ cell: { width: 16, height: 16 } });
  assertEquals(planned(PHOTO, {}, BLOCK, wide), [32, 48, 32, 24]);
});

Deno.test("a small picture is not enlarged, except to a width or height asked for", () => {
  const icon = { width: 16, height: 16 };
  for (const fit of ["both", "width", "height", "none"] as const) {
    assertEquals(planned(icon, { fit }), [16, 16, 16, 8], fit);
  }
  assertEquals(planned(icon, { width: 40 }), [40, 40, 40, 20]);
  assertEquals(planned(icon, { height: 16 }), [32, 32, 32, 16]);
  // Both: the box that is asked for, without distortion.
  assertEquals(planned(icon, { width: 10, height: 20 }), [10, 10, 10, 5]);
});

Deno.test("fit names the sides that count", () => {
  const tall = { width: 100, height: 1000 };
  assertEquals(planned(tall, { fit: "both" }), [5, 48, 5, 24]);
  assertEquals(planned(tall, { fit: "width" }), [80, 800, 80, 400]);
  assertEquals(planned(tall, { fit: "height" }), [5, 48, 5, 24]);
  // At its own size the right side is cut, since lines would wrap.
  assertEquals(planned(tall, { fit: "none" }), [80, 1000, 80, 500]);
  const pipe = room({ wraps: false });
  assertEquals(planned(tall, { fit: "none" }, BLOCK, pipe), [
    100,
    1000,
    100,
    500,
  ]);
});

Deno.test("no width asked for leads past the screen's edge, no picture vanishes", () => {
  assertEquals(planned(PHOTO, { width: 500 })[2], 80);
  assertEquals(planned({ width: 10000, height: 1 }, {}), [80, 1, 80, 1]);
  assertEquals(planned({ width: 1, height: 10000 }, {}), [1, 48, 1, 24]);
});

Deno.test("shrinking averages areas exactly, also where pixels straddle", () => {
  const stripes = painted(
    4,
    2,
    (x) => x % 2 ? [255, 0, 0, 255] : [0, 0, 0, 255],
  );
  assertSamePicture(
    scaled(stripes, 2, 1),
    painted(2, 1, () => [128, 0, 0, 255]),
  );
  // Three pixels onto two: each new one covers one and a half.
  const three = painted(3, 1, (x) => [x * 90, 0, 0, 255]);
  const two = scaled(three, 2, 1);
  assertPixel(two, 0, 0, [30, 0, 0, 255]);
  assertPixel(two, 1, 0, [150, 0, 0, 255]);
  const down = scaled(painted(1, 3, (_, y) => [y * 90, 0, 0, 255]), 1, 2);
  assertPixel(down, 0, 0, [30, 0, 0, 255]);
  assertPixel(down, 0, 1, [150, 0, 0, 255]);
});

Deno.test("enlarging keeps hard edges, the same size keeps the picture itself", () => {
  const picture = painted(2, 1, (x) => x ? [9, 8, 7, 255] : [1, 2, 3, 255]);
  const large = scaled(picture, 6, 2);
  assertPixel(large, 2, 1, [1, 2, 3, 255]);
  assertPixel(large, 3, 0, [9, 8, 7, 255]);
  assert(scaled(picture, 2, 1) === picture);
});

Deno.test("invisible pixels lend no colour to their neighbours", () => {
  const edge = painted(2, 1, (x) => x ? [0, 255, 0, 0] : [200, 0, 0, 255]);
  assertPixel(scaled(edge, 1, 1), 0, 0, [200, 0, 0, 128]);
});

Deno.test("a flat picture stays flat at every size, opaque or not", () => {
  const side = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(
      side,
      side,
      side,
      side,
      fc.constantFrom(255, 100),
      (w, h, to, high, alpha) => {
        const result = scaled(
          painted(w, h, () => [10, 200, 77, alpha]),
          to,
          high,
        );
        assertSamePicture(
          result,
          painted(to, high, () => [10, 200, 77, alpha]),
        );
      },
    ),
  );
});

Deno.test("cutting keeps the top left", () => {
  const picture = painted(3, 3, (x, y) => [x, y, 0, 255]);
  assertSamePicture(
    cropped(picture, 2, 1),
    painted(2, 1, (x, y) => [x, y, 0, 255]),
  );
  assert(cropped(picture, 9, 3) === picture);
});

Deno.test("backgrounds are read, and nothing else is", () => {
  assertEquals(parseBackground("auto"), "auto");
  assertEquals(parseBackground("checker"), "checker");
  assertEquals(parseBackground("#FF8000"), [255, 128, 0]);
  assertEquals(parseBackground("#f80"), [255, 136, 0]);
  for (const text of ["", "#ff80", "red", "#gggggg", "ff8000", "#ff80001"]) {
    assertEquals(parseBackground(text), undefined, text);
  }
});

Deno.test("alpha goes over the background: colour, checker, terminal, or a hole", () => {
  const half = painted(4, 1, () => [255, 255, 255, 128]);
  const none = painted(4, 1, () => [9, 9, 9, 0]);
  const ground = { terminal: [0, 0, 100] as Rgb, square: 2, holes: true };
  const blue = over(half, { ...ground, background: [0, 0, 255] });
  assertPixel(blue, 0, 0, [128, 128, 255, 255]);
  assertPixel(over(half, { ...ground, background: "auto" }), 0, 0, [
    128,
    128,
    178,
    255,
  ]);
  assertPixel(over(none, { ...ground, background: "auto" }), 0, 0, [
    0,
    0,
    0,
    0,
  ]);
  const filled = over(none, { ...ground, background: "auto", holes: false });
  assertPixel(filled, 0, 0, [0, 0, 100, 255]);
  const checker = over(none, { ...ground, background: "checker" });
  assertEquals(pixel(checker, 0, 0), pixel(checker, 1, 0));
  assert(pixel(checker, 1, 0)[0] !== pixel(checker, 2, 0)[0]);
  assertEquals(pixel(checker, 3, 0)[3], 255);
});
