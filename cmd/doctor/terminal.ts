/** What the terminal can do. */
import { parseBackground } from "../../lib/view/image/background.ts";
import { openCanvas } from "../../lib/view/image/canvas.ts";
import { environmentHint } from "../../lib/view/image/protocol.ts";
import { type Context, mayColor, mayPrompt } from "../context.ts";
import type { Finding } from "../doctor.ts";
import type { Globals } from "../globals.ts";
import { imageContext } from "../view/image.ts";

const PICTURES = {
  kitty: "with the kitty protocol",
  iterm: "with the iTerm2 protocol",
  sixel: "with sixels",
  blocks: "as half blocks",
  ascii: "as ASCII",
} as const;

/** Width, colours and how pictures are drawn; the terminal is asked where it can answer. */
export async function checkTerminal(
  context: Context,
  globals: Globals,
): Promise<Finding> {
  const { stdout } = context;
  if (!stdout.isTerminal) {
    return {
      state: "ok",
      message: "stdout is not one: plain output, no menu, no questions",
    };
  }
  const colour = mayColor(context, stdout, globals.color);
  const background = parseBackground("auto");
  if (background === undefined) throw new TypeError("auto is a background");
  const canvas = await openCanvas(
    "auto",
    background,
    imageContext(context, colour, () => {}),
  );
  await canvas.end();
  const { colours } = environmentHint((name) => context.env(name));
  const shown = !colour || colours === "none"
    ? "no colours"
    : colours === "256"
    ? "256 colours"
    : "24-bit colours";
  const menu = mayPrompt(context, globals) ? "menus" : "no menus";
  return {
    state: "ok",
    message: `${stdout.columns()}x${stdout.rows()}, ${shown}, pictures ${
      PICTURES[canvas.protocol]
    }, ${menu}`,
  };
}
