// @core
/** Every limit on what an image file may ask for, each with its reason. */

/** Bytes of an image file: it is read whole, and no picture within `MAX_PIXELS` is larger. */
export const MAX_FILE_BYTES = 1_000_000_000;

/** Declared width × height, checked before decoding: 400 MB as RGBA, what a wasm decoder can hold. */
export const MAX_PIXELS = 100_000_000;

/** Pixels from which a JPEG drawn small is not decoded in full: below, the full decoder is fast enough. */
export const LARGE_JPEG_PIXELS = 2_000_000;

/** Frames of an animation that are read; longer ones are cut there, and the cut is noted. */
export const MAX_FRAMES = 2_000;

/** Pixels of all drawn frames together (4 bytes each): an animation is held in memory as drawn. */
export const MAX_ANIMATION_PIXELS = 64_000_000;

/** Milliseconds from handing the file to the decoder until the small picture is back. */
export const DECODE_DEADLINE_MS = 20_000;

/** Milliseconds spent on the frames of an animation before the first is shown; the rest is cut. */
export const ANIMATION_BUDGET_MS = 3_000;

/** Pixels on either side of what is drawn: above any screen, below what protocols choke on. */
export const MAX_DRAWN_SIDE = 10_000;

/** Columns or rows that may be asked for. */
export const MAX_CELLS = 2_000;

/** Milliseconds a local terminal has to answer the queries. */
export const QUERY_DEADLINE_MS = 250;

/** Milliseconds a terminal at the far end of an SSH connection has to answer. */
export const QUERY_DEADLINE_SSH_MS = 1_000;

/** Milliseconds after which an answer that never came is no longer waited for (and swallowed). */
export const LATE_REPLY_MS = 2_000;
