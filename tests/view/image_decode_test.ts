/** Files into pixels: every kind of every format, the eight orientations, and what goes wrong. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import { systemClock } from "../../lib/time/clock.ts";
import { decode, type DecodeJob } from "../../lib/view/image/decode.ts";
import { DECODE_DEADLINE_MS } from "../../lib/view/image/limits.ts";
import type { Picture } from "../../lib/view/image/picture.ts";
import {
  assertPixel,
  assertSamePicture,
  file,
  framesOf,
  ManualClock,
  painted,
  type Rgba,
} from "./image_support.ts";

const RED: Rgba = [255, 0, 0, 255];
const GREEN: Rgba = [0, 255, 0, 255];
const BLUE: Rgba = [0, 0, 255, 255];
const YELLOW: Rgba = [255, 255, 0, 255];

function quad(corners: readonly [Rgba, Rgba, Rgba, Rgba]): Picture {
  return painted(
    32,
    16,
    (x, y) => corners[(y < 8 ? 0 : 2) + (x < 16 ? 0 : 1)]!,
  );
}

const QUAD = quad([RED, GREEN, BLUE, YELLOW]);
const QUAD_ALPHA = quad([RED, GREEN, [0, 0, 255, 128], [0, 0, 0, 0]]);

async function still(name: string): Promise<Picture> {
  const [frame, ...others] = await framesOf(name);
  assert(frame !== undefined && others.length === 0);
  return frame.picture;
}

/** The picture with the colours of transparent pixels taken away: they may be anything. */
function shown({ width, height, data }: Picture): Picture {
  const copy = data.slice();
  for (let at = 0; at < copy.length; at += 4) {
    if (copy[at + 3] === 0) copy.fill(0, at, at + 4);
  }
  return { width, height, data: copy };
}

const EXACT: readonly [name: string, expected: Picture][] = [
  ["quad.png", QUAD],
  ["palette.png", QUAD],
  ["16-bit.png", QUAD],
  ["interlaced.png", QUAD],
  ["alpha.png", QUAD_ALPHA],
  ["16-bit-alpha.png", QUAD_ALPHA],
  ["quad.gif", QUAD],
  ["interlaced.gif", QUAD],
  ["lossless.webp", QUAD],
  ["lossless-alpha.webp", QUAD_ALPHA],
  ["orientation-6.png", QUAD],
  ["orientation-6.webp", QUAD],
  ["animated.webp", QUAD],
];

for (const [name, expected] of EXACT) {
  Deno.test(`${name} decodes to exactly its pixels`, async () => {
    assertSamePicture(shown(await still(name)), expected);
  });
}

Deno.test("the first frame of an animated WebP lies where the file puts it", async () => {
  const picture = await still("animated-alpha.webp");
  assertEquals([picture.width, picture.height], [40, 20]);
  assertPixel(picture, 2, 2, [0, 0, 0, 0]);
  assertPixel(picture, 8 + 8, 4 + 4, RED, 6);
  assertPixel(picture, 8 + 8, 4 + 12, [0, 0, 255, 128], 6);
});

Deno.test("transparent palette colours of PNG and GIF stay transparent", async () => {
  for (const name of ["palette-alpha.png", "transparent.gif"]) {
    const picture = await still(name);
    const hole = picture.data[(12 * 32 + 24) * 4 + 3];
    assertEquals(hole, 0, name);
    assertPixel(picture, 8, 4, RED);
    assertPixel(picture, 24, 4, GREEN);
  }
});

Deno.test("grey and one-bit PNG decode to greys", async () => {
  const grey = await still("grey.png");
  // Rec. 709 brightness, as the generator's converter weighs colours.
  assertPixel(grey, 8, 4, [54, 54, 54, 255], 1);
  assertPixel(grey, 24, 4, [182, 182, 182, 255], 1);
  assertPixel(grey, 8, 12, [18, 18, 18, 255], 1);
  assertPixel(grey, 24, 12, [237, 237, 237, 255], 1);
  const bit = await still("1-bit.png");
  assertPixel(bit, 8, 4, [0, 0, 0, 255]);
  assertPixel(bit, 24, 4, [255, 255, 255, 255]);
});

for (
  const name of ["quad.jpg", "420.jpg", "progressive.jpg", "lossy.webp"]
) {
  Deno.test(`${name} decodes to its colours`, async () => {
    const picture = await still(name);
    assertEquals([picture.width, picture.height], [32, 16]);
    const centres = [[8, 4, RED], [24, 4, GREEN], [8, 12, BLUE], [
      24,
      12,
      YELLOW,
    ]] as const;
    for (const [x, y, colour] of centres) {
      assertPixel(picture, x, y, colour, 6);
    }
  });
}

Deno.test("grey JPEG decodes to greys, lossy WebP keeps its alpha", async () => {
  const grey = await still("grey.jpg");
  assertPixel(grey, 8, 4, [54, 54, 54, 255], 3);
  assertPixel(grey, 24, 12, [237, 237, 237, 255], 3);
  const webp = await still("lossy-alpha.webp");
  assertPixel(webp, 8, 4, RED, 6);
  assertPixel(webp, 8, 12, [0, 0, 255, 128], 6);
  assertEquals(webp.data[(12 * 32 + 24) * 4 + 3], 0);
});

for (let orientation = 1; orientation <= 8; orientation++) {
  Deno.test(`EXIF orientation ${orientation} is turned upright`, async () => {
    const picture = await still(`orientation-${orientation}.jpg`);
    assertSamePicture(picture, QUAD, 4);
  });
}

const BROKEN: readonly [name: string, state: string][] = [
  ["damaged.png", "the PNG data is damaged"],
  ["lying.png", "the PNG data is damaged"],
  ["outside.gif", "the GIF data is damaged"],
];

for (const [name, state] of BROKEN) {
  Deno.test(`${name} is refused while decoding, with a sentence`, async () => {
    const error = await assertRejects(() => framesOf(name), Failure);
    assertEquals(error.message, `Cannot show ${name}: ${state}`);
    assertEquals(error.code, "bad-data");
  });
}

Deno.test("safety: image parsers fed bombs: damaged data of each format ends in bad-data or a picture, never otherwise", async () => {
  for (
    const name of ["quad.jpg", "quad.gif", "lossy.webp", "lossless.webp"]
  ) {
    const bytes = file(name);
    for (let at = 30; at < bytes.length - 2; at += 17) {
      const copy = bytes.slice();
      copy[at] = copy[at]! ^ 0x5a;
      try {
        await decode(name, job({ format: formatOf(name), bytes: copy }), {
          clock: systemClock,
          signal: new AbortController().signal,
        });
      } catch (error) {
        assert(
          error instanceof Failure && error.code === "bad-data",
          `${error}`,
        );
      }
    }
  }
});

function formatOf(name: string): DecodeJob["format"] {
  return name.endsWith("jpg") ? "JPEG" : name.endsWith("gif") ? "GIF" : "WebP";
}

function job(parts: Partial<DecodeJob>): DecodeJob {
  const size = { width: 32, height: 16 };
  return {
    format: "PNG",
    bytes: file("quad.png"),
    declared: size,
    orientation: 1,
    scaled: size,
    drawn: size,
    frames: 1,
    ...parts,
  };
}

/** Workers that behave as their source says, and whether all of them have been ended. */
function workersOf(
  source: string,
): { worker: () => Worker; allEnded: () => boolean } {
  let running = 0;
  let started = 0;
  const worker = () => {
    const made = new Worker(
      `data:text/javascript,${encodeURIComponent(source)}`,
      { type: "module" },
    );
    const terminate = made.terminate.bind(made);
    made.terminate = () => {
      running--;
      terminate();
    };
    running++;
    started++;
    return made;
  };
  return { worker, allEnded: () => started > 0 && running === 0 };
}

const HANGS = "self.onmessage = () => { for (;;); };";

Deno.test("safety: image parsers fed bombs: a decoder that hangs is ended at the deadline, with a sentence", async () => {
  const clock = new ManualClock();
  const { worker, allEnded } = workersOf(HANGS);
  const running = decode("bomb.png", job({}), {
    clock,
    signal: new AbortController().signal,
    worker,
  });
  assertEquals(clock.pending, [DECODE_DEADLINE_MS]);
  assertEquals(allEnded(), false);
  clock.pass(DECODE_DEADLINE_MS);
  const error = await assertRejects(() => running, Failure);
  assertEquals(
    error.message,
    "Cannot show bomb.png: decoding takes longer than 20 s",
  );
  assertEquals(error.code, "bad-data");
  assertEquals(allEnded(), true);
});

Deno.test("safety: image parsers fed bombs: a decoder that bursts does not take the program with it", async () => {
  const clock = new ManualClock();
  const { worker, allEnded } = workersOf(
    "self.onmessage = () => { throw new RangeError('memory'); };",
  );
  const error = await assertRejects(
    () =>
      decode("bomb.png", job({}), {
        clock,
        signal: new AbortController().signal,
        worker,
      }),
    Failure,
  );
  assertEquals(error.message, "Cannot show bomb.png: its decoder failed");
  assertEquals(clock.pending, []);
  assertEquals(allEnded(), true);
});

Deno.test("the signal ends decoding with its own reason", async () => {
  const control = new AbortController();
  const clock = new ManualClock();
  const { worker, allEnded } = workersOf(HANGS);
  const running = decode("slow.png", job({}), {
    clock,
    signal: control.signal,
    worker,
  });
  const reason = new Failure("sigint", "Cancelled");
  control.abort(reason);
  assertEquals(await assertRejects(() => running, Failure), reason);
  assertEquals(clock.pending, []);
  assertEquals(allEnded(), true);
});

Deno.test("a picture comes back at the size it is drawn at, turned and cut", async () => {
  const [frame] = await decode("orientation-6.png", {
    ...job({}),
    bytes: file("orientation-6.png"),
    declared: { width: 16, height: 32 },
    orientation: 6,
    scaled: { width: 8, height: 4 },
    drawn: { width: 6, height: 4 },
  }, { clock: systemClock, signal: new AbortController().signal });
  assert(frame !== undefined);
  assertSamePicture(
    frame.picture,
    painted(
      6,
      4,
      (x, y) => y < 2 ? x < 4 ? RED : GREEN : x < 4 ? BLUE : YELLOW,
    ),
  );
});
