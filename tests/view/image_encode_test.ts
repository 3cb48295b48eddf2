/** Pictures into what terminals draw: goldens for text, and pixels decoded back for graphics. */
import { assert, assertEquals } from "@std/assert";
import { ascii } from "../../lib/view/image/ascii.ts";
import { blocks } from "../../lib/view/image/blocks.ts";
import type { Canvas } from "../../lib/view/image/canvas.ts";
import { draw } from "../../lib/view/image/encode.ts";
import { kittyDelete } from "../../lib/view/image/kitty.ts";
import { ansi256 } from "../../lib/view/image/palette.ts";
import { type Picture } from "../../lib/view/image/picture.ts";
import { HOLE, quantised } from "../../lib/view/image/quantise.ts";
import { sixel } from "../../lib/view/image/sixel.ts";
import {
  assertSamePicture,
  file,
  framesOf,
  painted,
  type Rgba,
} from "./image_support.ts";
import { readBlocks, readIterm, readKitty, readSixel } from "./image_output.ts";

const PHOTO = painted(
  50,
  37,
  (x, y) => [x * 5, y * 6, (x * y) % 256, 255],
);
/** Whole, half and no alpha, side by side. */
const ALPHAS = painted(
  9,
  8,
  (x) => [200, 100, 50, x < 3 ? 255 : x < 6 ? 128 : 0],
);

function canvas(parts: Partial<Canvas> = {}): Canvas {
  return {
    protocol: "blocks",
    colours: "truecolor",
    room: {
      columns: 80,
      rows: 24,
      cell: { width: 10, height: 20 },
      wraps: true,
    },
    dots: { width: 10, height: 20 },
    guessedCell: false,
    background: [0, 0, 0],
    live: true,
    end: () => Promise.resolve(),
    ...parts,
  };
}

async function sequence(
  picture: Picture,
  parts: Partial<Canvas>,
  background: Parameters<typeof draw>[1] = "auto",
  moving = false,
): Promise<string> {
  const drawing = await draw(picture, background, canvas(parts), 77, moving);
  assert("sequence" in drawing);
  return drawing.sequence;
}

Deno.test("half blocks show every dot in its own colour", () => {
  assertSamePicture(
    readBlocks(blocks(PHOTO, "truecolor"), 50),
    // An odd height leaves the lower half of the last line to the terminal.
    painted(
      50,
      38,
      (x, y) => y < 37 ? [x * 5, y * 6, (x * y) % 256, 255] : [0, 0, 0, 0],
    ),
  );
});

Deno.test("half blocks leave holes to the terminal, above, below and at the end", () => {
  const colour: Rgba = [1, 2, 3, 255];
  const hole: Rgba = [0, 0, 0, 0];
  const picture = painted(
    4,
    2,
    (x, y) => x === 0 || x === y + 1 ? colour : hole,
  );
  assertSamePicture(readBlocks(blocks(picture, "truecolor"), 4), picture);
  assertEquals(blocks(picture, "truecolor"), [
    "\x1b[48;2;1;2;3m \x1b[49;38;2;1;2;3m▀▄\x1b[0m",
  ]);
  assertEquals(blocks(painted(3, 2, () => hole), "truecolor"), [""]);
});

Deno.test("runs of one colour share a sequence", () => {
  assertEquals(blocks(painted(30, 2, () => [9, 8, 7, 255]), "truecolor"), [
    `\x1b[48;2;9;8;7m${" ".repeat(30)}\x1b[0m`,
  ]);
  const stripes = painted(30, 2, (_, y) => y ? [0, 0, 0, 255] : [9, 8, 7, 255]);
  assertEquals(blocks(stripes, "truecolor"), [
    `\x1b[48;2;0;0;0;38;2;9;8;7m${"▀".repeat(30)}\x1b[0m`,
  ]);
});

for (const mode of ["truecolor", "256", "ascii"] as const) {
  Deno.test(`the quadrants and a gradient look as recorded: ${mode}`, async () => {
    for (const name of ["quad", "gradient"]) {
      const [frame] = await framesOf(`${name}.png`);
      assert(frame !== undefined);
      const lines = mode === "ascii"
        ? ascii(frame.picture)
        : blocks(frame.picture, mode);
      const golden = new TextDecoder().decode(file(`${name}.${mode}.txt`));
      assertEquals(lines.map((line) => `${line}\n`).join(""), golden);
    }
  });
}

Deno.test("ASCII grows from dark to bright and drops trailing spaces", () => {
  const ramp = painted(
    11,
    1,
    (x) => x < 10 ? [x * 28, x * 28, x * 28, 255] : [0, 0, 0, 0],
  );
  assertEquals(ascii(ramp), [" .:-=+*#%@"]);
});

Deno.test("256 colours: the nearest of cube and greys, never the first 16", () => {
  assertEquals(ansi256(0, 0, 0), 16);
  assertEquals(ansi256(255, 255, 255), 231);
  assertEquals(ansi256(255, 0, 0), 196);
  assertEquals(ansi256(128, 128, 128), 244);
  assertEquals(ansi256(95, 135, 175), 67);
  const levels = [0, 95, 135, 175, 215, 255];
  const palette = [
    ...levels.flatMap((r) =>
      levels.flatMap((g) => levels.map((b) => [r, g, b]))
    ),
    ...Array.from(
      { length: 24 },
      (_, i) => [8 + i * 10, 8 + i * 10, 8 + i * 10],
    ),
  ];
  for (let i = 0; i < 4096; i++) {
    const colour = [i & 15, i >> 4 & 15, i >> 8].map((c) => c * 17);
    const [r = 0, g = 0, b = 0] = colour;
    const distance = (c: number[]) =>
      c.reduce((sum, value, k) => sum + (value - colour[k]!) ** 2, 0);
    const nearest = Math.min(...palette.map(distance));
    const chosen = palette[ansi256(r, g, b) - 16];
    assert(chosen !== undefined);
    assertEquals(distance(chosen), nearest, `${colour} became ${chosen}`);
  }
});

Deno.test("kitty carries the exact pixels, in chunks, silent, under its number", async () => {
  const noise = painted(120, 90, (x, y) => [
    (x * 73 + y * 151) % 256,
    (x * x + y * 31) % 256,
    (x * 7 + y * y) % 256,
    255,
  ]);
  const text = await sequence(noise, { protocol: "kitty" });
  const { keys, picture, rest } = await readKitty(text);
  assertSamePicture(picture, noise);
  assertEquals(rest, "");
  assertEquals(
    [keys.a, keys.f, keys.i, keys.q, keys.C, keys.c],
    ["T", "24", "77", "2", "1", undefined],
  );
  assert(text.split("\x1b_G").length > 2, "the picture needs several chunks");
});

Deno.test("kitty and iTerm2 keep alpha, unless a background is asked for", async () => {
  const kitty = await readKitty(await sequence(ALPHAS, { protocol: "kitty" }));
  assertEquals(kitty.keys.f, "32");
  assertSamePicture(kitty.picture, ALPHAS);
  const iterm = await readIterm(await sequence(ALPHAS, { protocol: "iterm" }));
  assertSamePicture(iterm.picture, ALPHAS);
  const over = painted(
    9,
    8,
    (x) =>
      x < 3
        ? [200, 100, 50, 255]
        : x < 6
        ? [100, 177, 25, 255]
        : [0, 255, 0, 255],
  );
  const filled = await sequence(ALPHAS, { protocol: "kitty" }, [0, 255, 0]);
  assertSamePicture((await readKitty(filled)).picture, over);
  const png = await sequence(ALPHAS, { protocol: "iterm" }, [0, 255, 0]);
  assertSamePicture((await readIterm(png)).picture, over);
});

Deno.test("iTerm2 gets a PNG of exactly the pixels, at its size", async () => {
  const text = await sequence(PHOTO, { protocol: "iterm" });
  const { keys, picture, rest } = await readIterm(text);
  assertSamePicture(picture, PHOTO);
  assertEquals([keys.inline, keys.width, keys.height], ["1", "50px", "37px"]);
  assertEquals(rest, "");
});

Deno.test("where the size of a cell is a guess, sizes are told in cells", async () => {
  const guess = { guessedCell: true };
  const kitty = await readKitty(
    await sequence(PHOTO, { ...guess, protocol: "kitty" }),
  );
  assertEquals([kitty.keys.c, kitty.keys.r], ["5", "2"]);
  const iterm = await readIterm(
    await sequence(PHOTO, { ...guess, protocol: "iterm" }),
  );
  assertEquals([iterm.keys.width, iterm.keys.height], ["5", "2"]);
});

Deno.test("sixel shows up to 256 colours exactly, to the percent", async () => {
  const few = painted(
    33,
    20,
    (x, y) => [(x >> 2) * 28, (y >> 2) * 51, 77, 255],
  );
  const picture = readSixel(await sequence(few, { protocol: "sixel" }));
  assertSamePicture(picture, few, 2);
});

Deno.test("sixel reduces more colours so that the picture stays close", async () => {
  const picture = readSixel(await sequence(PHOTO, { protocol: "sixel" }));
  let sum = 0;
  for (let i = 0; i < picture.data.length; i++) {
    sum += Math.abs(picture.data[i]! - PHOTO.data[i]!);
  }
  assertEquals([picture.width, picture.height], [50, 37]);
  assert(sum / picture.data.length < 8, `${sum / picture.data.length}`);
  const { palette } = quantised(PHOTO);
  assertEquals(palette.length, 256);
});

Deno.test("sixel leaves holes out, but not in a moving picture", async () => {
  const still = readSixel(await sequence(ALPHAS, { protocol: "sixel" }));
  const background: Rgba[] = [[200, 100, 50, 255], [100, 50, 25, 255]];
  const expected = (hole: Rgba) =>
    painted(
      9,
      8,
      (x) => x < 3 ? background[0]! : x < 6 ? background[1]! : hole,
    );
  assertSamePicture(still, expected([0, 0, 0, 0]), 2);
  const moving = await sequence(ALPHAS, { protocol: "sixel" }, "auto", true);
  assertSamePicture(readSixel(moving), expected([0, 0, 0, 255]), 2);
});

Deno.test("reducing colours is repeatable and keeps holes", () => {
  const once = quantised(PHOTO);
  const again = quantised(PHOTO);
  assertEquals(sixel(once), sixel(again));
  const { indices } = quantised(ALPHAS);
  assertEquals([indices[0], indices[8]], [0, HOLE]);
});

Deno.test("an image is deleted with its data, silently", () => {
  assertEquals(kittyDelete(5), "\x1b_Ga=d,d=I,i=5,q=2\x1b\\");
});
