/**
 * Makes the images in this folder, which the tests compare with pixels they know. Run by hand, in this
 * folder, when one is added: `deno run -A make.ts` (needs ImageMagick 6 as `convert-im6`, cwebp,
 * img2webp, webpmux and gifsicle). Upright, every `quad` picture is 32×16: red, green above blue,
 * yellow.
 */
import { crc32 } from "../../../lib/text/crc32.ts";

async function run(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
const convert = (...args: string[]) => run("convert-im6", ...args);

/** A TIFF structure (big-endian) with nothing but an orientation. */
function tiff(orientation: number): number[] {
  const entry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
  return [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, ...entry, 0, 0, 0, 0];
}

const EXIF = [0x45, 0x78, 0x69, 0x66, 0, 0];

function u32(value: number): number[] {
  return [value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255];
}

function chunk(type: string, data: number[]): number[] {
  const body = [...new TextEncoder().encode(type), ...data];
  return [...u32(data.length), ...body, ...u32(crc32(Uint8Array.from(body)))];
}

async function bytes(path: string): Promise<number[]> {
  return [...await Deno.readFile(path)];
}

function write(path: string, content: number[]): Promise<void> {
  return Deno.writeFile(path, Uint8Array.from(content));
}

// The picture, and it with a half transparent blue and a wholly transparent yellow.
await convert("(", "-size", "16x8", "xc:#ff0000", "xc:#00ff00", "+append", ")",
  "(", "-size", "16x8", "xc:#0000ff", "xc:#ffff00", "+append", ")",
  "-append", "-depth", "8", "-strip", "PNG24:quad.png");
await convert("(", "-size", "16x8", "xc:#ff0000ff", "xc:#00ff00ff", "+append", ")",
  "(", "-size", "16x8", "xc:#0000ff80", "xc:#ffff0000", "+append", ")",
  "-append", "-depth", "8", "-strip", "PNG32:alpha.png");

// PNG: every way of storing pixels.
await convert("quad.png", "-strip", "PNG8:palette.png");
await convert("alpha.png", "-channel", "A", "-threshold", "60%", "+channel", "-strip", "PNG8:palette-alpha.png");
await convert("quad.png", "-depth", "16", "-strip", "PNG48:16-bit.png");
await convert("alpha.png", "-depth", "16", "-strip", "PNG64:16-bit-alpha.png");
await convert("quad.png", "-interlace", "PNG", "-strip", "PNG24:interlaced.png");
await convert("quad.png", "-colorspace", "Gray", "-depth", "8", "-strip", "-define", "png:color-type=0", "grey.png");
await convert("quad.png", "-colorspace", "Gray", "-threshold", "50%", "-define", "png:color-type=0", "-define", "png:bit-depth=1", "-strip", "1-bit.png");
await convert("-size", "24x16", "gradient:#ff8000-#0040ff", "-depth", "8", "-strip", "PNG24:gradient.png");

// JPEG: samplings, progressive, grey, CMYK, restart intervals.
const jpeg = ["-quality", "100", "-strip"];
await convert("quad.png", ...jpeg, "-sampling-factor", "1x1", "quad.jpg");
await convert("quad.png", ...jpeg, "-sampling-factor", "2x2", "420.jpg");
await convert("quad.png", ...jpeg, "-interlace", "JPEG", "progressive.jpg");
await convert("quad.png", ...jpeg, "-colorspace", "Gray", "grey.jpg");
await convert("quad.png", ...jpeg, "-colorspace", "CMYK", "cmyk.jpg");

// Something like a photograph, with sides that are no multiple of a block.
await convert("-seed", "7", "-size", "203x155", "plasma:#2060c0-#f0a030", "-blur", "0x1", "-depth", "8", "-strip", "photo.png");
const photo = ["photo.png", "-quality", "85", "-strip"];
await convert(...photo, "-sampling-factor", "2x2", "photo-420.jpg");
await convert(...photo, "-sampling-factor", "2x1", "photo-422.jpg");
await convert(...photo, "-sampling-factor", "1x1", "photo-444.jpg");
await convert(...photo, "-colorspace", "Gray", "photo-grey.jpg");
await convert(...photo, "-sampling-factor", "2x2", "-interlace", "JPEG", "photo-progressive.jpg");

// The eight orientations: stored so that turning gives the upright picture.
const unturn: Record<number, string[]> = {
  1: [], 2: ["-flop"], 3: ["-rotate", "180"], 4: ["-flip"], 5: ["-transpose"],
  6: ["-rotate", "-90"], 7: ["-transverse"], 8: ["-rotate", "90"],
};
for (const [orientation, how] of Object.entries(unturn)) {
  const block = [...EXIF, ...tiff(Number(orientation))];
  await convert("quad.png", ...how, "+repage", ...jpeg, "-sampling-factor", "1x1", "turned.jpg");
  const plain = await bytes("turned.jpg");
  const length = block.length + 2;
  await write(`orientation-${orientation}.jpg`, [
    ...plain.slice(0, 2), 0xff, 0xe1, length >> 8, length & 255, ...block, ...plain.slice(2),
  ]);
}
await convert("quad.png", ...unturn[6] ?? [], "+repage", "-strip", "PNG24:turned.png");
const turned = await bytes("turned.png");
await write("orientation-6.png", [...turned.slice(0, 33), ...chunk("eXIf", tiff(6)), ...turned.slice(33)]);
await run("cwebp", "-quiet", "-lossless", "turned.png", "-o", "turned.webp");
await write("turned.exif", tiff(6));
await run("webpmux", "-set", "exif", "turned.exif", "turned.webp", "-o", "orientation-6.webp");

// WebP.
await run("cwebp", "-quiet", "-lossless", "-exact", "quad.png", "-o", "lossless.webp");
await run("cwebp", "-quiet", "-q", "100", "quad.png", "-o", "lossy.webp");
await run("cwebp", "-quiet", "-lossless", "-exact", "alpha.png", "-o", "lossless-alpha.webp");
await run("cwebp", "-quiet", "-q", "100", "alpha.png", "-o", "lossy-alpha.webp");
await convert("quad.png", "-rotate", "180", "-strip", "PNG24:turned.png");
await run("img2webp", "-lossless", "-d", "100", "quad.png", "turned.png", "-o", "animated.webp");
// Its first frame is smaller than the canvas and has an ALPH chunk of its own.
await run("webpmux", "-frame", "lossy-alpha.webp", "+100+8+4", "-frame", "lossless.webp", "+100+8+4",
  "-o", "animated-alpha.webp");

// GIF: still, interlaced, transparent; red 8×8, then blue 4×4 at the top left (its own top left
// pixel transparent) disposed of in each way, then green 4×4 at the bottom right.
await convert("quad.png", "-strip", "quad.gif");
await convert("quad.png", "-interlace", "GIF", "-strip", "interlaced.gif");
await convert("alpha.png", "-channel", "A", "-threshold", "60%", "+channel", "-strip", "transparent.gif");
for (const [mode, name] of ["Undefined", "None", "Background", "Previous"].entries()) {
  await convert("-delay", "10", "-dispose", "None", "-size", "8x8", "xc:#ff0000",
    "-dispose", name, "(", "-size", "4x4", "xc:#0000ff", "-fill", "none", "-alpha", "set",
    "-draw", "color 0,0 point", "-repage", "8x8+0+0", ")",
    "-dispose", "None", "(", "-size", "4x4", "xc:#00ff00", "-repage", "8x8+4+4", ")",
    "-loop", "0", `disposal-${mode}.gif`);
}
// Delays of 0, 10, 20 and 250 ms, played three times.
await run("gifsicle", "--loopcount=2", "-o", "delays.gif", "-d0", "quad.gif", "-d1", "quad.gif",
  "-d2", "quad.gif", "-d25", "quad.gif");

// Broken ones.
for (const name of ["quad.png", "quad.jpg", "quad.gif", "lossless.webp"]) {
  const whole = await bytes(name);
  await write(name.replace(/^.*\./, "truncated."), whole.slice(0, whole.length * 3 >> 2));
}
const png = await bytes("quad.png");
const declaring = (width: number, height: number) => [
  ...png.slice(0, 8),
  ...chunk("IHDR", [...u32(width), ...u32(height), 8, 2, 0, 0, 0]),
  ...png.slice(33),
];
await write("huge.png", declaring(50000, 50000));
await write("lying.png", declaring(64, 64));
const patched = png.slice();
patched[19] = 64;
await write("patched.png", patched);
const hugeGif = await bytes("quad.gif");
hugeGif.splice(6, 4, 0x50, 0xc3, 0x50, 0xc3);
await write("huge.gif", hugeGif);
const hugeJpeg = await bytes("quad.jpg");
const frame = hugeJpeg.findIndex((byte, i) => byte === 0xff && hugeJpeg[i + 1] === 0xc0);
hugeJpeg.splice(frame + 5, 4, 0xc3, 0x50, 0xc3, 0x50);
await write("huge.jpg", hugeJpeg);
const damaged = await bytes("quad.png");
for (let i = 45; i < damaged.length - 20; i++) damaged[i] = 0x55;
await write("damaged.png", damaged);
const outside = await bytes("disposal-0.gif");
const second = outside.findIndex((byte, i) => byte === 0x2c && outside[i + 5] === 4);
outside[second + 1] = 6;
await write("outside.gif", outside);
await write("empty.png", []);
await write("text.png", [...new TextEncoder().encode("not a picture\n")]);

for (const name of ["turned.jpg", "turned.png", "turned.webp", "turned.exif", "photo.png"]) await Deno.remove(name);
