/** What the tests of image viewing share: files, a clock and keys moved by hand, decoders of output. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { Clock } from "../../lib/time/clock.ts";
import { systemClock } from "../../lib/time/clock.ts";
import { decode } from "../../lib/view/image/decode.ts";
import { checkedHeader } from "../../lib/view/image/header.ts";
import {
  blank,
  type Frame,
  type Picture,
  swapsSides,
} from "../../lib/view/image/picture.ts";
import type { KeySource } from "../../lib/term/keys.ts";
import type { ImageContext } from "../../lib/view/image/terminal.ts";

/** A file of testdata/view/image. */
export function file(name: string): Uint8Array<ArrayBuffer> {
  return Deno.readFileSync(
    fromFileUrl(new URL(`../../testdata/view/image/${name}`, import.meta.url)),
  );
}

/** A colour of a pixel with alpha. */
export type Rgba = readonly [number, number, number, number];

/** The pixel at (x, y). */
export function pixel(picture: Picture, x: number, y: number): Rgba {
  const at = (y * picture.width + x) * 4;
  const [r = -1, g = -1, b = -1, a = -1] = picture.data.subarray(at, at + 4);
  return [r, g, b, a];
}

/** Fails unless every channel of the pixel is within `tolerance` of what is expected. */
export function assertPixel(
  picture: Picture,
  x: number,
  y: number,
  expected: Rgba,
  tolerance = 0,
): void {
  const actual = pixel(picture, x, y);
  assert(
    actual.every((value, c) => Math.abs(value - expected[c]!) <= tolerance),
    `pixel ${x},${y} is ${actual}, expected ${expected} within ${tolerance}`,
  );
}

/** Fails unless two pictures have the same size and no channel differs by more than `tolerance`. */
export function assertSamePicture(
  actual: Picture,
  expected: Picture,
  tolerance = 0,
): void {
  assertEquals([actual.width, actual.height], [
    expected.width,
    expected.height,
  ]);
  let worst = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const difference = Math.abs(actual.data[i]! - expected.data[i]!);
    worst = Math.max(worst, difference);
  }
  assert(worst <= tolerance, `pictures differ by ${worst}, over ${tolerance}`);
}

/** A picture from a function of its coordinates. */
export function painted(
  width: number,
  height: number,
  colour: (x: number, y: number) => Rgba,
): Picture {
  const picture = blank(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      picture.data.set(colour(x, y), (y * width + x) * 4);
    }
  }
  return picture;
}

/** The frames of a test file, upright, at their own size. */
export function framesOf(name: string): Promise<Frame[]> {
  const bytes = file(name);
  const header = checkedHeader(name, bytes);
  const size = swapsSides(header.orientation)
    ? { width: header.height, height: header.width }
    : { width: header.width, height: header.height };
  return decode(name, {
    format: header.format,
    bytes,
    declared: header,
    orientation: header.orientation,
    scaled: size,
    drawn: size,
    frames: 100,
  }, { clock: systemClock, signal: new AbortController().signal });
}

/** A clock whose time passes only when told to. */
export class ManualClock implements Clock {
  #now = 0;
  #timers = new Set<{ at: number; callback: () => void }>();
  #waiting: (() => void)[] = [];

  now(): number {
    return this.#now;
  }

  date(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.add(timer);
    for (const wake of this.#waiting.splice(0)) wake();
    return () => this.#timers.delete(timer);
  }

  /** Milliseconds until each pending timer fires. */
  get pending(): number[] {
    return [...this.#timers].map((timer) => timer.at - this.#now);
  }

  /** Resolves once a timer of that many milliseconds is set. */
  async timer(ms: number): Promise<void> {
    while (!this.pending.includes(ms)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Passes time and calls what is due. */
  pass(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers]) {
      if (timer.at > this.#now) continue;
      this.#timers.delete(timer);
      timer.callback();
    }
  }
}

/** A keyboard pressed by the test; it knows whether anybody holds the terminal in raw mode. */
export class ManualKeys implements KeySource {
  listeners: Set<(bytes: Uint8Array) => void> = new Set();

  listen(listener: (bytes: Uint8Array) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  send(text: string): void {
    const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
    for (const listener of [...this.listeners]) listener(bytes);
  }
}

/** A context that records what is written; a terminal of 80×25 with known colours unless told. */
export interface Recorded extends ImageContext {
  readonly output: () => string;
  readonly notes: string[];
  /** Resolves once the output so far holds the text. */
  readonly written: (text: string) => Promise<void>;
}

/** Builds a context; `parts` override what it is made of. */
export function recording(
  parts: Partial<ImageContext> & { variables?: Record<string, string> } = {},
): Recorded {
  let output = "";
  let waiting: (() => void)[] = [];
  const notes: string[] = [];
  const { variables = {}, ...rest } = parts;
  return {
    write: (bytes) => {
      output += new TextDecoder().decode(bytes);
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
      return Promise.resolve();
    },
    note: (line) => notes.push(line),
    env: (name) => variables[name],
    clock: systemClock,
    signal: new AbortController().signal,
    ...rest,
    output: () => output,
    notes,
    written: async (text) => {
      while (!output.includes(text)) {
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}
