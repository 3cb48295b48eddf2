// @core
/** How large a picture is drawn: cells of the terminal on one side, dots of the encoder on the other. */
import { MAX_CELLS, MAX_DRAWN_SIDE } from "./limits.ts";

/** Which sides of the screen a picture must fit: `none` draws one dot a pixel, cut at the right. */
export type Fit = "both" | "width" | "height" | "none";

/** Width and height, in the unit said beside it. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What the user asked for: cells, and the rule for what was left open. */
export interface FitOptions {
  /** Columns to fill; enlarges when need be. */
  readonly width?: number;
  /** Rows to fill; enlarges when need be. */
  readonly height?: number;
  readonly fit: Fit;
}

/** The room there is. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
  /** Pixels of one character cell; when the terminal does not tell, `UNKNOWN_CELL`. */
  readonly cell: Size;
  /** Whether lines longer than `columns` would wrap: then nothing is drawn wider. */
  readonly wraps: boolean;
}

/** A cell twice as high as wide, as in most fonts. */
export const UNKNOWN_CELL: Size = { width: 10, height: 20 };

/** The size to draw at. */
export interface Plan {
  /** Dots the whole picture is scaled to. */
  readonly scaled: Size;
  /** Dots that are drawn of it, from the top left: less than `scaled` only where it is cut. */
  readonly drawn: Size;
  readonly columns: number;
  readonly rows: number;
}

/**
 * Plans a picture of `source` pixels (upright) for an encoder with `dots` dots a cell: 1×2 for half
 * blocks, 1×1 for ASCII, the cell's own pixels for graphics. The picture keeps its shape whatever
 * the shape of a dot. It is enlarged only when a width or height is asked for.
 */
export function plan(
  source: Size,
  options: FitOptions,
  room: Room,
  dots: Size,
): Plan {
  // Shape of a dot: what a height in dots is multiplied with so that circles stay round.
  const shape = (room.cell.width / dots.width) /
    (room.cell.height / dots.height);
  const acrossTo = (columns: number) => columns * dots.width / source.width;
  const downTo = (rows: number) => rows * dots.height / (source.height * shape);
  const most = room.wraps ? Math.min(room.columns, MAX_CELLS) : MAX_CELLS;

  const limits: number[] = [];
  if (options.width !== undefined || options.height !== undefined) {
    if (options.width !== undefined) {
      limits.push(acrossTo(Math.min(options.width, most)));
    } else limits.push(acrossTo(most));
    if (options.height !== undefined) {
      limits.push(downTo(Math.min(options.height, MAX_CELLS)));
    }
  } else {
    limits.push(1, 1 / shape);
    const { fit } = options;
    if (fit === "both" || fit === "width") limits.push(acrossTo(room.columns));
    if (fit === "both" || fit === "height") limits.push(downTo(room.rows));
  }
  const scale = Math.min(
    ...limits,
    MAX_DRAWN_SIDE / source.width,
    MAX_DRAWN_SIDE / (source.height * shape),
  );
  const scaled = {
    width: Math.max(1, Math.round(source.width * scale)),
    height: Math.max(1, Math.round(source.height * scale * shape)),
  };
  const drawn = {
    width: Math.min(scaled.width, Math.floor(most * dots.width)),
    height: scaled.height,
  };
  return {
    scaled,
    drawn,
    columns: Math.ceil(drawn.width / dots.width),
    rows: Math.ceil(drawn.height / dots.height),
  };
}
