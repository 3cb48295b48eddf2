// @core
/** What reading a date gives, and the words for it that the rest of the date code shares. */

/**
 * A point in time as a value wrote it. `wall` is the wall-clock reading in milliseconds since
 * 1970-01-01T00:00 on that clock (finer fractions are cut off); `offset` is the clock's distance
 * from UTC in milliseconds, NaN when the value names no zone.
 */
export interface Moment {
  wall: number;
  offset: number;
}

/** The order of the parts of a date written in numbers only. */
export type Order = "ymd" | "mdy" | "dmy";

/** The orders a value allows, as a set of bits: a column's order is what all its values allow. */
export const ORDER_BIT: Readonly<Record<Order, number>> = {
  ymd: 1,
  mdy: 2,
  dmy: 4,
};

/** The units a count since 1970 may have. */
export type EpochUnit = "s" | "ms" | "us" | "ns";
