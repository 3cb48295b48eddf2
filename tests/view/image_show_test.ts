/** Showing a file from beginning to end: pipes, stills, animations, and the terminal afterwards. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import {
  DEFAULT_IMAGE_OPTIONS,
  describeImage,
  type ImageOptions,
  showImage,
} from "../../lib/view/image/show.ts";
import type { ImageContext } from "../../lib/view/image/terminal.ts";
import { readBlocks, readIterm, readKitty, readSixel } from "./image_output.ts";
import {
  assertSamePicture,
  file,
  ManualClock,
  ManualKeys,
  painted,
  type Recorded,
  recording,
  type Rgba,
} from "./image_support.ts";

const TMUX = { TERM: "tmux-256color", TMUX: "/x" };
const SCREEN = { columns: 80, rows: 25, colour: true };
const CORNERS: readonly Rgba[] = [
  [255, 0, 0, 255],
  [0, 255, 0, 255],
  [0, 0, 255, 255],
  [255, 255, 0, 255],
];
const QUAD = painted(
  32,
  16,
  (x, y) => CORNERS[(y < 8 ? 0 : 2) + (x < 16 ? 0 : 1)]!,
);

async function shown(
  name: string,
  options: Partial<ImageOptions>,
  parts: Partial<ImageContext> & { variables?: Record<string, string> },
): Promise<Recorded> {
  const context = recording(parts);
  const all = { ...DEFAULT_IMAGE_OPTIONS, ...options };
  await showImage(name, file(name), all, context);
  return context;
}

Deno.test("in a pipe an image is one line", async () => {
  const { output } = await shown("quad.png", {}, { variables: TMUX });
  const size = file("quad.png").length;
  assertEquals(output(), `quad.png PNG 32x16 ${size} bytes\n`);
  assertEquals(
    describeImage("quad.png", file("quad.png")),
    `quad.png PNG 32x16 ${size} bytes`,
  );
});

Deno.test("in a pipe a broken image is a failure too, also where only decoding shows it", async () => {
  for (
    const name of ["truncated.png", "huge.gif", "damaged.png", "lying.png"]
  ) {
    const context = recording();
    const error = await assertRejects(
      () => showImage(name, file(name), DEFAULT_IMAGE_OPTIONS, context),
      Failure,
    );
    assertEquals(error.code, "bad-data");
    assert(error.message.startsWith(`Cannot show ${name}: `));
    assertEquals(context.output(), "");
  }
});

Deno.test("in a pipe a protocol that is named is drawn, without moving the cursor", async () => {
  const blocks = await shown("quad.png", { protocol: "blocks" }, {});
  const lines = blocks.output().split("\n");
  assertEquals(lines.pop(), "");
  assertSamePicture(readBlocks(lines, 32), QUAD);
  const kitty = await shown("quad.png", { protocol: "kitty" }, {});
  const read = await readKitty(kitty.output());
  assertSamePicture(read.picture, QUAD);
  assertEquals(read.rest, "\n");
  const sixel = await shown("quad.png", { protocol: "sixel" }, {});
  assertSamePicture(readSixel(sixel.output()), QUAD, 2);
  const iterm = await shown("quad.png", { protocol: "iterm" }, {});
  assertSamePicture((await readIterm(iterm.output())).picture, QUAD);
});

Deno.test("on a terminal a graphic gets room and leaves the cursor below", async () => {
  const { output } = await shown("quad.png", { protocol: "kitty" }, {
    terminal: { ...SCREEN, cell: { width: 8, height: 8 } },
    variables: { TERM: "xterm" },
  });
  // 16 pixels high: two rows of cells.
  const { picture, rest } = await readKitty(output());
  assertSamePicture(picture, QUAD);
  assertEquals(rest, "\n\n\x1b[2A\x1b7\x1b8\x1b[2B\r");
});

Deno.test("inside tmux an image is half blocks and nothing is asked", async () => {
  const keys = new ManualKeys();
  const { output } = await shown("quad.png", {}, {
    terminal: SCREEN,
    keys,
    variables: TMUX,
  });
  assertSamePicture(readBlocks(output().split("\n").slice(0, -1), 32), QUAD);
});

Deno.test("an animated WebP shows its first frame and says so", async () => {
  const { notes } = await shown("animated.webp", {}, {
    terminal: SCREEN,
    variables: TMUX,
  });
  assertEquals(notes, ["animated.webp is animated; its first frame is shown"]);
});

/** Plays a GIF inside tmux on a clock moved by hand. */
function playing(
  name: string,
  options: Partial<ImageOptions>,
  parts: Partial<ImageContext> = {},
): {
  clock: ManualClock;
  keys: ManualKeys;
  context: Recorded;
  done: Promise<void>;
} {
  const clock = new ManualClock();
  const keys = new ManualKeys();
  const context = recording({
    clock,
    keys,
    terminal: SCREEN,
    variables: TMUX,
    ...parts,
  });
  const all = { ...DEFAULT_IMAGE_OPTIONS, ...options };
  const done = showImage(name, file(name), all, context);
  return { clock, keys, context, done };
}

const FRAME = "\x1b[?2026h";
const HIDE = "\x1b[?25l";
const AFTER = "\x1b[0m\x1b[?25h";

/** How many frames have been drawn. */
function frames(context: Recorded): number {
  return context.output().split(FRAME).length - 1;
}

Deno.test("a GIF plays in place, each frame for its time, as often as the file says", async () => {
  const { clock, context, done, keys } = playing("delays.gif", {});
  const delays = [100, 100, 20, 250];
  for (let shown = 0; shown < 12; shown++) {
    await clock.timer(delays[shown % 4]!);
    assertEquals(frames(context), shown + 1);
    clock.pass(delays[shown % 4]!);
  }
  await done;
  assertEquals(frames(context), 12);
  const output = context.output();
  assert(output.startsWith(HIDE));
  assert(output.endsWith(AFTER));
  // Eight rows down with each frame, eight up before each but the first.
  assertEquals(output.split("\x1b[8A").length - 1, 11);
  assertEquals(output.split("\r\n").length - 1, 12 * 8);
  assertEquals(keys.listeners.size, 0);
  assertEquals(clock.pending, []);
});

Deno.test("each frame is drawn as it is on the canvas, disposal and all", async () => {
  const { clock, context, done } = playing("disposal-3.gif", { loops: 1 });
  for (let shown = 0; shown < 3; shown++) {
    await clock.timer(100);
    clock.pass(100);
  }
  await done;
  const last = context.output().split(FRAME).at(-1) ?? "";
  const lines = last.split("\r\n").slice(0, -1)
    .map((line) => line.slice(line.indexOf("\x1b[2K") + 4));
  const red: Rgba = [255, 0, 0, 255];
  const green: Rgba = [0, 255, 0, 255];
  assertSamePicture(
    readBlocks(lines, 8),
    painted(8, 8, (x, y) => x >= 4 && y >= 4 ? green : red),
  );
});

Deno.test("any key stops an endless GIF; cursor and terminal are in order", async () => {
  const { clock, keys, context, done } = playing("disposal-0.gif", {});
  await clock.timer(100);
  keys.send("x");
  await done;
  assertEquals(frames(context), 1);
  assert(context.output().endsWith(AFTER));
  assertEquals(keys.listeners.size, 0);
  assertEquals(clock.pending, []);
});

Deno.test("the signal stops a GIF with its reason; cursor and terminal are in order", async () => {
  const control = new AbortController();
  const { clock, keys, context, done } = playing("disposal-0.gif", {}, {
    signal: control.signal,
  });
  await clock.timer(100);
  const reason = new Failure("sigint", "Cancelled");
  control.abort(reason);
  assertEquals(await assertRejects(() => done, Failure), reason);
  assert(context.output().endsWith(AFTER));
  assertEquals(keys.listeners.size, 0);
  assertEquals(clock.pending, []);
});

Deno.test("--loops overrides the file, --still shows the first frame only", async () => {
  const twice = playing("disposal-0.gif", { loops: 2 });
  for (let shown = 0; shown < 6; shown++) {
    await twice.clock.timer(100);
    twice.clock.pass(100);
  }
  await twice.done;
  assertEquals(frames(twice.context), 6);
  const still = playing("disposal-0.gif", { still: true });
  await still.done;
  assertEquals(frames(still.context), 0);
  const lines = still.context.output().split("\n").slice(0, -1);
  assertSamePicture(
    readBlocks(lines, 8),
    painted(8, 8, () => [255, 0, 0, 255]),
  );
});

Deno.test("an animation is never drawn higher than the screen it moves on", async () => {
  const { clock, context, done } = playing(
    "delays.gif",
    { width: 80, loops: 1 },
    { terminal: { columns: 80, rows: 6, colour: true } },
  );
  for (const delay of [100, 100, 20, 250]) {
    await clock.timer(delay);
    clock.pass(delay);
  }
  await done;
  assertEquals(context.output().split("\x1b[5A").length - 1, 3);
});

Deno.test("kitty animates with two images in turn and deletes the one before", async () => {
  const { clock, context, done } = playing(
    "disposal-1.gif",
    { protocol: "kitty", loops: 1 },
  );
  for (let shown = 0; shown < 3; shown++) {
    await clock.timer(100);
    clock.pass(100);
  }
  await done;
  const ids = [...context.output().matchAll(/a=T[^;]*?,i=(\d+)/g)].map((m) =>
    m[1]
  );
  const deleted = [...context.output().matchAll(/a=d,d=I,i=(\d+)/g)].map((m) =>
    m[1]
  );
  assertEquals(ids.length, 3);
  assert(ids[0] !== ids[1] && ids[0] === ids[2]);
  assertEquals(deleted, [ids[0], ids[1]]);
});

Deno.test("a terminal is given back when the file turns out broken", async () => {
  const keys = new ManualKeys();
  const context = recording({
    keys,
    terminal: SCREEN,
    variables: { TERM: "xterm-256color" },
  });
  const showing = showImage(
    "damaged.png",
    file("damaged.png"),
    DEFAULT_IMAGE_OPTIONS,
    context,
  );
  keys.send("\x1b[?62c");
  const error = await assertRejects(() => showing, Failure);
  assertEquals(error.code, "bad-data");
  assertEquals(keys.listeners.size, 0);
});
