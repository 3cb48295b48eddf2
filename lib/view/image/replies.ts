// @core
/**
 * Asking a terminal what it can draw, and reading its answers out of what is typed meanwhile. All
 * questions go out in one write and end with DA1, which every terminal answers: once that answer is
 * in, no other is still to come.
 */
import type { Size } from "./fit.ts";
import type { Rgb } from "./picture.ts";

/** Number of the image in the kitty question; the answer repeats it. */
const KITTY_PROBE = 31;

/**
 * The questions: kitty graphics (a one-pixel query), cell size in pixels (XTWINOPS 16), background
 * colour (OSC 11), name (XTVERSION), then the fence, primary device attributes (DA1).
 */
export const QUERIES =
  `\x1b_Gi=${KITTY_PROBE},s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b]11;?\x1b\\\x1b[>0q\x1b[c`;

/** What the terminal has said so far. */
export interface Answers {
  readonly kitty: boolean;
  readonly sixel: boolean;
  /** Whether it named itself as one that draws iTerm2's inline images. */
  readonly iterm: boolean;
  readonly cell?: Size;
  readonly background?: Rgb;
  /** Whether the fence is in: nothing more will come. */
  readonly complete: boolean;
}

/** Cells larger than this (pixels a side) are not believed. */
const MAX_CELL = 500;

/** The longest answer waited for; what is longer is taken for typing. */
const MAX_REPLY = 4096;

const ESC = "\x1b";
const BEL = "\x07";
/** String terminator. */
const ST = `${ESC}\\`;

/** Separates answers from typing in the bytes a terminal sends. */
export class ReplyReader {
  #answers: Answers = {
    kitty: false,
    sixel: false,
    iterm: false,
    complete: false,
  };
  #held = "";

  /** What has been answered so far. */
  get answers(): Answers {
    return this.#answers;
  }

  /**
   * Takes the next bytes and gives back those that are no answer: what the user typed. An answer that
   * is not complete yet is held back until it is, and so is an Escape until the next byte shows what
   * it begins. After the fence everything is typing.
   */
  feed(bytes: Uint8Array): Uint8Array {
    let text = this.#held + latin1(bytes);
    this.#held = "";
    let typed = "";
    while (text !== "" && !this.#answers.complete) {
      const start = text.indexOf(ESC);
      if (start === -1) break;
      typed += text.slice(0, start);
      text = text.slice(start);
      const length = replyLength(text);
      if (length === "unfinished" && text.length <= MAX_REPLY) {
        this.#held = text;
        text = "";
      } else if (typeof length === "number") {
        this.#answers = withReply(this.#answers, text.slice(0, length));
        text = text.slice(length);
      } else {
        typed += text[0];
        text = text.slice(1);
      }
    }
    return Uint8Array.from(typed + text, (char) => char.charCodeAt(0));
  }
}

/** Starts of the string answers: APC G (kitty), DCS >| (name), OSC 11 (background). */
const STRINGS = [`${ESC}_G`, `${ESC}P>|`, `${ESC}]11;`];

/**
 * Length of the answer that `text`, which begins with Escape, starts with; `unfinished` when it may
 * become one; undefined when it is something else.
 */
function replyLength(text: string): number | "unfinished" | undefined {
  for (const start of STRINGS) {
    if (start.startsWith(text)) return "unfinished";
    if (!text.startsWith(start)) continue;
    const bell = start === `${ESC}]11;` ? text.indexOf(BEL) : -1;
    const end = text.indexOf(ESC, 1);
    if (bell !== -1 && (end === -1 || bell < end)) return bell + 1;
    if (end === -1 || end === text.length - 1) return "unfinished";
    return text.startsWith(ST, end) ? end + 2 : undefined;
  }
  if (text[1] !== "[") return undefined;
  const body = text.slice(2);
  const whole = /^(?:6;\d+;\d+t|\?[\d;]*c)/.exec(body);
  if (whole !== null) return 2 + whole[0].length;
  return /^(?:6(?:;\d*(?:;\d*)?)?|\?[\d;]*)?$/.test(body)
    ? "unfinished"
    : undefined;
}

/** The answers with what a complete one says. */
function withReply(answers: Answers, reply: string): Answers {
  const body = reply.slice(2);
  const content = body.endsWith(ST)
    ? body.slice(0, -2)
    : body.endsWith(BEL)
    ? body.slice(0, -1)
    : body;
  switch (reply[1]) {
    case "_": {
      const [control = "", message] = content.slice(1).split(";");
      const ours = control.split(",").includes(`i=${KITTY_PROBE}`);
      return ours && message === "OK" ? { ...answers, kitty: true } : answers;
    }
    case "P":
      return {
        ...answers,
        iterm: /^(iTerm2|WezTerm|mintty)/i.test(content.slice(2)),
      };
    case "]": {
      const background = colour(content.slice("11;".length));
      return background === undefined ? answers : { ...answers, background };
    }
  }
  if (body.startsWith("?")) {
    const attributes = body.slice(1, -1).split(";");
    const sixel = attributes.slice(1).includes("4");
    return { ...answers, sixel, complete: true };
  }
  const [, height = 0, width = 0] = body.slice(0, -1).split(";").map(Number);
  const sane = (side: number) => side >= 2 && side <= MAX_CELL;
  return sane(width) && sane(height)
    ? { ...answers, cell: { width, height } }
    : answers;
}

/** `rgb:rrrr/gggg/bbbb` with one to four hexadecimal digits each (XParseColor). */
function colour(text: string): Rgb | undefined {
  if (!text.startsWith("rgb:")) return undefined;
  const parts = text.slice(4).split("/").map((hex) =>
    /^[0-9a-f]{1,4}$/i.test(hex)
      ? Math.round(parseInt(hex, 16) * 255 / (16 ** hex.length - 1))
      : NaN
  );
  const [red = NaN, green = NaN, blue = NaN] = parts;
  return parts.length === 3 && !parts.some(Number.isNaN)
    ? [red, green, blue]
    : undefined;
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
