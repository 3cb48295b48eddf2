/**
 * The Worker that decodes: one job in, one answer out. It runs apart from the program so that a file
 * that makes a decoder hang or burst can be stopped from outside, and it scales before it answers so
 * that only the small picture crosses over.
 */
import type { DecodeAnswer, DecodeJob } from "./decode.ts";
import { gifFrames, takeFrames } from "./gif.ts";
import { isAnimatedWebp } from "./header_webp.ts";
import { blockSideFor } from "./jpeg_corner.ts";
import {
  ANIMATION_BUDGET_MS,
  LARGE_JPEG_PIXELS,
  MAX_ANIMATION_PIXELS,
} from "./limits.ts";
import {
  blank,
  type Frame,
  type Picture,
  swapsSides,
  upright,
} from "./picture.ts";
import { cropped, scaled } from "./scale.ts";

/** What this file uses of a Worker's global scope. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<DecodeJob>) => void) | null;
  postMessage(answer: DecodeAnswer, transfer: Transferable[]): void;
}

/** A reason worded for people, as the end of a `Cannot show …: ` sentence. */
class Undecodable extends Error {}

const scope = self as unknown as WorkerScope;
scope.onmessage = async ({ data: job }) => {
  const answer = await answerTo(job);
  scope.postMessage(
    answer,
    "frames" in answer ? answer.frames.map((f) => f.picture.data.buffer) : [],
  );
};

async function answerTo(job: DecodeJob): Promise<DecodeAnswer> {
  try {
    const frames = job.format === "GIF"
      ? await decodeGif(job)
      : [{ picture: drawn(await decodeStill(job), job), delay: 0 }];
    return { frames };
  } catch (error) {
    return {
      reason: error instanceof Undecodable
        ? error.message
        : `the ${job.format} data is damaged`,
      detail: String(error),
    };
  }
}

/** The decoders complain on the console; what matters of it arrives as an exception. */
const complaints: string[] = [];
const complain = (text: unknown) => void complaints.push(String(text));
Object.assign(console, { log: complain, warn: complain, error: complain });

async function decodeStill(job: DecodeJob): Promise<Picture> {
  const reduced = await decodeReduced(job);
  if (reduced !== undefined) return reduced;
  if (job.format === "WebP" && isAnimatedWebp(job.bytes)) {
    return await decodeFirstFrame(job);
  }
  return await decodeWhole(job);
}

/** The first frame of an animated WebP on its canvas. */
async function decodeFirstFrame(job: DecodeJob): Promise<Picture> {
  const { firstWebpFrame } = await import("./webp_frame.ts");
  const frame = firstWebpFrame(job.bytes);
  if (frame === undefined) throw new Undecodable("it holds no picture");
  const { width, height } = job.declared;
  if (frame.x + frame.width > width || frame.y + frame.height > height) {
    throw new Undecodable("its first frame lies outside the picture");
  }
  const picture = await decodeWhole({
    ...job,
    bytes: frame.file,
    declared: frame,
  });
  const canvas = blank(width, height);
  for (let y = 0; y < frame.height; y++) {
    const from = y * frame.width * 4;
    canvas.data.set(
      picture.data.subarray(from, from + frame.width * 4),
      ((frame.y + y) * width + frame.x) * 4,
    );
  }
  return canvas;
}

async function decodeWhole(job: DecodeJob): Promise<Picture> {
  const image = await decodePixels(job);
  const { width, height } = image;
  if (width !== job.declared.width || height !== job.declared.height) {
    throw new Undecodable(
      `it declares ${job.declared.width}x${job.declared.height} pixels but holds ${width}x${height}`,
    );
  }
  const { buffer, byteOffset, byteLength } = image.data;
  return {
    width,
    height,
    data: new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength),
  };
}

/** A large JPEG that is drawn much smaller, read at a fraction of its size. */
async function decodeReduced(job: DecodeJob): Promise<Picture | undefined> {
  const { width, height } = job.declared;
  if (job.format !== "JPEG" || width * height < LARGE_JPEG_PIXELS) {
    return undefined;
  }
  const { smallJpeg } = await import("./jpeg_small.ts");
  const target = swapsSides(job.orientation)
    ? { width: job.scaled.height, height: job.scaled.width }
    : job.scaled;
  const side = blockSideFor(job.declared, target.width, target.height);
  return side === undefined ? undefined : smallJpeg(job.bytes, side);
}

/**
 * Decodes with the one wasm module the format needs. Its bytes are read from the package with
 * `Deno.readFile`, which also finds them inside a compiled executable; left to themselves the
 * packages would fetch.
 */
async function decodePixels({ format, bytes }: DecodeJob): Promise<ImageData> {
  switch (format) {
    case "PNG": {
      const [codec, wasm] = await Promise.all([
        import("@jsquash/png/decode.js"),
        read(
          import.meta.resolve("@jsquash/png/codec/pkg/squoosh_png_bg.wasm"),
        ),
      ]);
      await codec.init(wasm);
      return await codec.decode(bytes.buffer);
    }
    case "JPEG": {
      const [codec, wasmBinary] = await Promise.all([
        import("@jsquash/jpeg/decode.js"),
        read(
          import.meta.resolve("@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm"),
        ),
      ]);
      const options = { noInitialRun: true, wasmBinary };
      await codec.init(options);
      return await codec.default(bytes.buffer);
    }
    default: {
      const [codec, wasmBinary] = await Promise.all([
        import("@jsquash/webp/decode.js"),
        read(import.meta.resolve("@jsquash/webp/codec/dec/webp_dec.wasm")),
      ]);
      const options = { noInitialRun: true, wasmBinary };
      await codec.init(options);
      return await codec.default(bytes.buffer);
    }
  }
}

function read(url: string): Promise<Uint8Array<ArrayBuffer>> {
  return Deno.readFile(new URL(url));
}

async function decodeGif(job: DecodeJob): Promise<Frame[]> {
  const { GifReader } = (await import("omggif")).default;
  const frames = takeFrames(
    gifFrames(new GifReader(job.bytes)),
    (canvas) => {
      // omggif tells of a frame with too few pixels only on the console; too many do no harm.
      const short = complaints.find((text) => text.includes("shorter"));
      if (short !== undefined) throw new Error(short);
      const picture = drawn(canvas, job);
      return picture === canvas
        ? { ...picture, data: picture.data.slice() }
        : picture;
    },
    {
      frames: job.frames,
      pixels: MAX_ANIMATION_PIXELS,
      ms: ANIMATION_BUDGET_MS,
    },
    () => performance.now(),
  );
  if (frames.length === 0) throw new Undecodable("it holds no picture");
  return frames;
}

/** The picture as it will be drawn: scaled first, since turning a small picture is cheap. */
function drawn(picture: Picture, job: DecodeJob): Picture {
  const { width, height } = job.scaled;
  const small = swapsSides(job.orientation)
    ? scaled(picture, height, width)
    : scaled(picture, width, height);
  return cropped(
    upright(small, job.orientation),
    job.drawn.width,
    job.drawn.height,
  );
}
