/** The reduced JPEG decoder against the full one. */
import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../lib/time/clock.ts";
import { decode } from "../../lib/view/image/decode.ts";
import { checkedHeader } from "../../lib/view/image/header.ts";
import { blockSideFor } from "../../lib/view/image/jpeg_corner.ts";
import { smallJpeg } from "../../lib/view/image/jpeg_small.ts";
import type { Picture } from "../../lib/view/image/picture.ts";
import { assertSamePicture, file, framesOf } from "./image_support.ts";

/** Mean and largest difference of two pictures of the same size, per channel. */
function difference(a: Picture, b: Picture): { mean: number; worst: number } {
  assertEquals([a.width, a.height], [b.width, b.height]);
  let sum = 0;
  let worst = 0;
  for (let i = 0; i < a.data.length; i++) {
    const own = Math.abs(a.data[i]! - b.data[i]!);
    sum += own;
    worst = Math.max(worst, own);
  }
  return { mean: sum / a.data.length, worst };
}

/** The picture by the full decoder, scaled by area to what `side`/8 gives of 200×152 (whole blocks). */
async function reference(name: string, side: number): Promise<Picture> {
  const [frame] = await framesOf(name);
  assert(frame !== undefined);
  const { picture } = frame;
  const block = 8 / side;
  const [width, height] = [200 / block, 152 / block];
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 4; c++) {
        let sum = 0;
        for (let dy = 0; dy < block; dy++) {
          for (let dx = 0; dx < block; dx++) {
            const from = (y * block + dy) * picture.width + x * block + dx;
            sum += picture.data[from * 4 + c]!;
          }
        }
        data[(y * width + x) * 4 + c] = Math.round(sum / (block * block));
      }
    }
  }
  return { width, height, data };
}

function topLeft(picture: Picture, width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    const from = y * picture.width * 4;
    data.set(picture.data.subarray(from, from + width * 4), y * width * 4);
  }
  return { width, height, data };
}

for (
  const name of [
    "photo-420.jpg",
    "photo-422.jpg",
    "photo-444.jpg",
    "photo-grey.jpg",
  ]
) {
  Deno.test(`${name} at 1/8, 1/4 and 1/2 looks like the full picture averaged`, async () => {
    for (const side of [1, 2, 4] as const) {
      const small = smallJpeg(file(name), side);
      assert(small !== undefined);
      assertEquals(small.width, Math.ceil(203 * side / 8));
      assertEquals(small.height, Math.ceil(155 * side / 8));
      const expected = await reference(name, side);
      const found = difference(
        topLeft(small, expected.width, expected.height),
        expected,
      );
      // Colour may be sampled once for two pixels, brightness is exact.
      assert(found.mean < 3, `${side}/8 differs by ${found.mean} on average`);
      assert(
        found.worst <= 32,
        `${side}/8 differs by ${found.worst} somewhere`,
      );
    }
  });
}

Deno.test("a progressive JPEG gives 1/8 from its DC scans and leaves the rest to others", async () => {
  const small = smallJpeg(file("photo-progressive.jpg"), 1);
  assert(small !== undefined);
  const expected = await reference("photo-progressive.jpg", 1);
  const found = difference(
    topLeft(small, expected.width, expected.height),
    expected,
  );
  // Colour comes from blocks of 16 pixels here: coarser than brightness, which is exact.
  assert(found.mean < 5, `it differs by ${found.mean} on average`);
  assertEquals(smallJpeg(file("photo-progressive.jpg"), 2), undefined);
});

/**
 * A grey JPEG of flat blocks, `across` a line, written out by hand: each block's value less the one
 * before it (129 to 255, or its negative), with a restart, which begins anew from 0, after each line.
 */
function flatBlocks(
  across: number,
  values: readonly number[],
): Uint8Array<ArrayBuffer> {
  const segment = (marker: number, ...body: number[]) => [
    0xff,
    marker,
    (body.length + 2) >> 8,
    (body.length + 2) & 255,
    ...body,
  ];
  const u16 = (value: number) => [value >> 8, value & 255];
  // One code of one bit.
  const counts = Array.from({ length: 16 }, (_, i) => i === 0 ? 1 : 0);
  const scan: number[] = [];
  let bits = "";
  const flush = () => {
    bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, "1");
    for (let at = 0; at < bits.length; at += 8) {
      const byte = parseInt(bits.slice(at, at + 8), 2);
      scan.push(byte, ...byte === 0xff ? [0] : []);
    }
    bits = "";
  };
  values.forEach((value, i) => {
    // DC code 0 says 8 bits follow, AC code 0 ends the block.
    const number = value < 0 ? value + 255 : value;
    bits += `0${number.toString(2).padStart(8, "0")}0`;
    if ((i + 1) % across === 0) {
      flush();
      if (i < values.length - 1) scan.push(0xff, 0xd0 + (i / across | 0) % 8);
    }
  });
  const height = 8 * values.length / across;
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xdb, 0, ...new Array<number>(64).fill(1)),
    ...segment(0xc0, 8, ...u16(height), ...u16(8 * across), 1, 1, 0x11, 0),
    ...segment(0xc4, 0x00, ...counts, 8),
    ...segment(0xc4, 0x10, ...counts, 0),
    ...segment(0xdd, ...u16(across)),
    ...segment(0xda, 1, 1, 0, 0, 63, 0),
    ...scan,
    ...[0xff, 0xd9],
  ]);
}

Deno.test("restart intervals begin anew, as the full decoder has them", async () => {
  const values = [200, -180, 255, 129, -255, -129, 240, 150, -200, 131];
  const bytes = flatBlocks(1, values);
  const size = { width: 8, height: 80 };
  const [full] = await decode("restarts.jpg", {
    format: "JPEG",
    bytes,
    declared: size,
    orientation: 1,
    scaled: { width: 1, height: 10 },
    drawn: size,
    frames: 1,
  }, { clock: systemClock, signal: new AbortController().signal });
  const small = smallJpeg(bytes, 1);
  assert(full !== undefined && small !== undefined);
  assertEquals(small.data[0], Math.round(200 / 8 + 128));
  assertSamePicture(small, full.picture, 1);
});

Deno.test("a large JPEG that is drawn small comes upright from the reduced decoder", async () => {
  const [across, down] = [250, 130];
  // The left half dark, the right half bright: turned clockwise, dark is above.
  const line = Array.from(
    { length: across },
    (_, x) => x === 0 ? -255 : x === 125 ? 255 : x % 2 ? 129 : -129,
  );
  const bytes = flatBlocks(across, new Array<number[]>(down).fill(line).flat());
  const header = checkedHeader("large.jpg", bytes);
  assertEquals([header.width, header.height], [2000, 1040]);
  const scaled = { width: 26, height: 50 };
  const [frame] = await decode("large.jpg", {
    format: "JPEG",
    bytes,
    declared: header,
    orientation: 6,
    scaled,
    drawn: scaled,
    frames: 1,
  }, { clock: systemClock, signal: new AbortController().signal });
  assert(frame !== undefined);
  const { picture } = frame;
  assertEquals([picture.width, picture.height], [26, 50]);
  const light = (y: number) => picture.data[(y * 26 + 13) * 4]!;
  assert(light(5) + 10 < light(45), `${light(5)} above, ${light(45)} below`);
});

Deno.test("damaged and unknown JPEGs are left to the full decoder, nothing is thrown", () => {
  assertEquals(smallJpeg(file("cmyk.jpg"), 1), undefined);
  assertEquals(smallJpeg(file("quad.png"), 1), undefined);
  const bytes = file("photo-420.jpg");
  for (let at = 2; at < bytes.length; at += 7) {
    const copy = bytes.slice();
    copy[at] = copy[at]! ^ 0xff;
    const picture = smallJpeg(copy, 1);
    if (picture !== undefined) {
      assertEquals(picture.data.length, picture.width * picture.height * 4);
    }
  }
  assertEquals(smallJpeg(bytes.subarray(0, 700), 1), undefined);
});

Deno.test("the reduction is the largest that still has every dot asked for", () => {
  const photo = { width: 4000, height: 3000 };
  assertEquals(blockSideFor(photo, 80, 60), 1);
  assertEquals(blockSideFor(photo, 500, 375), 1);
  assertEquals(blockSideFor(photo, 501, 375), 2);
  assertEquals(blockSideFor(photo, 1000, 751), 4);
  assertEquals(blockSideFor(photo, 2001, 1500), undefined);
});
