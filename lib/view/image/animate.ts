/** Playing an animation in place on a terminal. */
import type { Clock } from "../../time/clock.ts";
import type { Background } from "./background.ts";
import type { Canvas } from "./canvas.ts";
import { draw, type Drawing, imageId } from "./encode.ts";
import { kittyDelete } from "./kitty.ts";
import type { Frame } from "./picture.ts";
import type { ImageContext } from "./terminal.ts";

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
/** Synchronised output (mode 2026): the terminal shows a frame only when it is all there. */
const BEGIN_FRAME = "\x1b[?2026h";
const END_FRAME = "\x1b[?2026l";

/**
 * Draws the frames over each other until they have played `loops` times, a key is pressed, or the
 * signal fires (then it rejects with its reason). Frames that come late are shown at once, none is
 * left out. In the end the last frame drawn stays, the cursor is visible and on the line below.
 */
export async function animate(
  frames: readonly Frame[],
  loops: number,
  background: Background,
  canvas: Canvas,
  context: Pick<ImageContext, "write" | "clock" | "signal">,
): Promise<void> {
  const { write, clock, signal } = context;
  const stop = new AbortController();
  const release = canvas.keys?.listen(() => stop.abort());
  const stopped = AbortSignal.any([signal, stop.signal]);
  const ids = [imageId(), imageId()] as const;
  const known: Drawing[] = [];
  let rows = 0;
  const text = (string: string) => write(new TextEncoder().encode(string));
  try {
    await text(HIDE_CURSOR);
    let due = clock.now();
    for (let shown = 0; shown < frames.length * loops; shown++) {
      const at = shown % frames.length;
      const frame = frames[at];
      if (frame === undefined) break;
      // Kitty gets two images in turn: the old one goes once the new one is there.
      const id = ids[shown % 2 === 0 ? 0 : 1];
      const drawing = canvas.protocol === "kitty"
        ? await draw(frame.picture, background, canvas, id, true)
        : known[at] ??= await draw(frame.picture, background, canvas, id, true);
      if (stopped.aborted && shown > 0) break;
      const old = canvas.protocol === "kitty" && shown > 0
        ? kittyDelete(ids[shown % 2 === 0 ? 1 : 0])
        : "";
      await text(
        BEGIN_FRAME + inPlace(drawing, rows) + old + END_FRAME,
      );
      rows = height(drawing);
      due = Math.max(due + frame.delay, clock.now());
      await waitUntil(due, clock, stopped);
      if (stopped.aborted) break;
    }
  } finally {
    release?.();
    await text(`\x1b[0m${SHOW_CURSOR}`);
  }
  signal.throwIfAborted();
}

/** The drawing over the one before it, which took `before` rows; the cursor ends on the line below. */
function inPlace(drawing: Drawing, before: number): string {
  const rows = height(drawing);
  const back = before > 0 ? `\r\x1b[${before}A` : "";
  if ("lines" in drawing) {
    // Holes of a line have to be emptied of the frame before: erase to its end, then write.
    const lines = drawing.lines.map((line) => `\x1b[2K${line}\r\n`);
    return back + lines.join("");
  }
  const room = before > 0
    ? ""
    : `${"\r\n".repeat(rows)}${rows > 0 ? `\x1b[${rows}A` : ""}`;
  return `${back}${room}\x1b7${drawing.sequence}\x1b8\r\x1b[${rows}B`;
}

function height(drawing: Drawing): number {
  return "lines" in drawing ? drawing.lines.length : drawing.rows;
}

/** Resolves at `due` on the clock, or when the signal fires. */
async function waitUntil(
  due: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  const passed = Promise.withResolvers<void>();
  const cancel = clock.after(Math.max(0, due - clock.now()), passed.resolve);
  const wake = () => passed.resolve();
  signal.addEventListener("abort", wake);
  await passed.promise;
  cancel();
  signal.removeEventListener("abort", wake);
}
