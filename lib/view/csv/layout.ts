// @core
/** How wide each column of a table is on a screen, and which columns there is no room for. */

/** Columns of the screen between two columns of the table. */
export const GAP = 2;
/** A column of text is not made narrower than this; hiding a column comes first. */
const NARROWEST = 6;

/** A column as it wants to be. */
export interface Wish {
  /** The width of its widest cell. */
  readonly width: number;
  /** Numbers are never cut: such a column is shown at its full width or not at all. */
  readonly rigid: boolean;
}

/** The layout of a table. */
export interface Layout {
  /** The width of each column shown, from the first. */
  readonly widths: readonly number[];
  /** How many columns at the end are not shown. */
  readonly hidden: number;
}

/** Fits columns into `room`: the widest shrinks first, then columns at the end are hidden. */
export function layout(wishes: readonly Wish[], room: number): Layout {
  for (let shown = wishes.length; shown > 1; shown--) {
    const widths = fit(wishes.slice(0, shown), room - GAP * (shown - 1));
    if (widths !== undefined) return { widths, hidden: wishes.length - shown };
  }
  const [only] = wishes;
  return {
    widths: only === undefined
      ? []
      : [only.rigid ? only.width : Math.max(1, Math.min(only.width, room))],
    hidden: Math.max(0, wishes.length - 1),
  };
}

function fit(wishes: readonly Wish[], room: number): number[] | undefined {
  const floors = wishes.map(({ width, rigid }) =>
    rigid ? width : Math.min(width, NARROWEST)
  );
  if (sum(floors) > room) return undefined;
  const widths = wishes.map(({ width }, i) =>
    Math.max(floors[i] as number, Math.min(width, room))
  );
  for (let excess = sum(widths) - room; excess > 0; excess--) {
    let widest = -1;
    for (let i = 0; i < widths.length; i++) {
      const width = widths[i] as number;
      if (width > (floors[i] as number) && width > (widths[widest] ?? 0)) {
        widest = i;
      }
    }
    (widths[widest] as number)--;
  }
  return widths;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
