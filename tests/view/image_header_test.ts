/** What image files declare, and the sentence each broken one gets before anything is decoded. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Failure } from "../../lib/failure.ts";
import {
  checkedHeader,
  checkFileSize,
  declaredHeader,
  describe,
  imageFormat,
} from "../../lib/view/image/header.ts";
import { file } from "./image_support.ts";

const STILL: readonly [name: string, format: string][] = [
  ["quad.png", "PNG"],
  ["palette.png", "PNG"],
  ["16-bit.png", "PNG"],
  ["interlaced.png", "PNG"],
  ["quad.jpg", "JPEG"],
  ["progressive.jpg", "JPEG"],
  ["grey.jpg", "JPEG"],
  ["quad.gif", "GIF"],
  ["interlaced.gif", "GIF"],
  ["lossless.webp", "WebP"],
  ["lossy.webp", "WebP"],
  ["lossy-alpha.webp", "WebP"],
  ["lossless-alpha.webp", "WebP"],
];

Deno.test("the header of every format and kind is read: format, size, one frame", () => {
  for (const [name, format] of STILL) {
    const header = checkedHeader(name, file(name));
    assertEquals(
      [header.format, header.width, header.height, header.frames],
      [format, 32, 16, 1],
      name,
    );
    assertEquals(header.orientation, 1, name);
  }
});

Deno.test("the EXIF orientation is read from JPEG, PNG and WebP", () => {
  for (let orientation = 1; orientation <= 8; orientation++) {
    const name = `orientation-${orientation}.jpg`;
    assertEquals(checkedHeader(name, file(name)).orientation, orientation);
  }
  for (const name of ["orientation-6.png", "orientation-6.webp"]) {
    assertEquals(checkedHeader(name, file(name)).orientation, 6, name);
  }
});

Deno.test("a GIF's frames and loops are counted without decoding", () => {
  const spin = checkedHeader("disposal-2.gif", file("disposal-2.gif"));
  assertEquals([spin.frames, spin.loops], [3, Infinity]);
  const delays = checkedHeader("delays.gif", file("delays.gif"));
  // Two repetitions after the first showing.
  assertEquals([delays.frames, delays.loops], [4, 3]);
});

Deno.test("the line for pipes names type, upright size and bytes", () => {
  const line = (name: string) =>
    describe(name, declaredHeader(name, file(name)), file(name).length);
  assertEquals(
    line("quad.png"),
    `quad.png PNG 32x16 ${file("quad.png").length} bytes`,
  );
  assertEquals(
    line("orientation-6.jpg"),
    `orientation-6.jpg JPEG 32x16 ${file("orientation-6.jpg").length} bytes`,
  );
  assertEquals(
    line("disposal-2.gif"),
    `disposal-2.gif GIF 8x8 ${file("disposal-2.gif").length} bytes 3 frames`,
  );
  const header = declaredHeader("x", file("quad.png"));
  assertEquals(
    describe("\x1b[2J.png", header, 1),
    "\\e[2J.png PNG 32x16 1 bytes",
  );
});

Deno.test("a picture is told by its first bytes, whatever its name", () => {
  assertEquals(checkedHeader("x.gif", file("quad.png")).format, "PNG");
  assertEquals(imageFormat(file("text.png")), undefined);
  assertEquals(imageFormat(new Uint8Array(0)), undefined);
});

const BROKEN: readonly [name: string, state: string][] = [
  ["empty.png", "the file is empty"],
  ["text.png", "it is not a PNG, JPEG, GIF or WebP image"],
  ["truncated.png", "the file ends before the PNG picture does"],
  ["truncated.jpg", "the file ends before the JPEG picture does"],
  ["truncated.gif", "the file ends before the GIF picture does"],
  ["truncated.webp", "the file ends before the WebP picture does"],
  [
    "huge.png",
    "it declares 50000x50000 pixels, over the limit of 100 megapixels",
  ],
  [
    "huge.jpg",
    "it declares 50000x50000 pixels, over the limit of 100 megapixels",
  ],
  [
    "huge.gif",
    "it declares 50000x50000 pixels, over the limit of 100 megapixels",
  ],
  ["patched.png", "the PNG header is damaged"],
  ["cmyk.jpg", "CMYK JPEG is not supported"],
];

for (const [name, state] of BROKEN) {
  Deno.test(`safety: image parsers fed bombs: ${name} is refused before decoding, with a sentence`, () => {
    const error = assertThrows(
      () => checkedHeader(name, file(name)),
      Failure,
    );
    assertEquals(error.message, `Cannot show ${name}: ${state}`);
    assertEquals(error.code, "bad-data");
    assertEquals(error.exit, 9);
  });
}

Deno.test("safety: image parsers fed bombs: a file too large to be read whole is refused by its size alone", () => {
  checkFileSize("x.png", 1_000_000_000);
  const error = assertThrows(
    () => checkFileSize("x.png", 1_000_000_001),
    Failure,
  );
  assertEquals(
    error.message,
    "Cannot show x.png: it has 1000000001 bytes, over the limit of 1000 MB",
  );
});

Deno.test("safety: image parsers fed bombs: every proper prefix of an image is refused, none gets through or throws otherwise", () => {
  for (
    const name of ["quad.png", "quad.jpg", "quad.gif", "lossy.webp", "420.jpg"]
  ) {
    const whole = file(name);
    for (let length = 0; length < whole.length; length++) {
      const error = assertThrows(
        () => checkedHeader(name, whole.subarray(0, length)),
        Failure,
      );
      assertEquals(error.code, "bad-data");
    }
    // What follows a whole picture is nobody's business.
    const longer = new Uint8Array(whole.length + 5);
    longer.set(whole);
    assertEquals(checkedHeader(name, longer), checkedHeader(name, whole));
  }
});

Deno.test("safety: image parsers fed bombs: arbitrary bytes and damaged images give nothing but bad-data", () => {
  const images = [
    "orientation-6.png",
    "orientation-6.jpg",
    "orientation-6.webp",
    "delays.gif",
    "progressive.jpg",
  ].map(file);
  const damaged = fc.tuple(
    fc.constantFrom(...images),
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 8,
    }),
  ).map(([image, changes]) => {
    const copy = image.slice();
    for (const [at, value] of changes) copy[at % copy.length] = value;
    return copy;
  });
  let refused = 0;
  fc.assert(
    fc.property(
      fc.oneof(damaged, fc.uint8Array({ maxLength: 64 })),
      (bytes) => {
        try {
          const header = checkedHeader("x", bytes);
          assert(header.width * header.height <= 100_000_000);
        } catch (error) {
          assert(error instanceof Failure && error.code === "bad-data");
          refused++;
        }
      },
    ),
    { numRuns: 500 },
  );
  assert(refused > 0);
});
