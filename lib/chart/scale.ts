// @core
/** Logarithmic axes: what is ten times as much is as far away everywhere. */

/** From values to places. */
export interface LogScale {
  /** Powers of ten at both ends. */
  readonly from: number;
  readonly to: number;
  /** The place of a value, within the ends; values below `from` stand at it. */
  at(value: number): number;
  /** Values worth a line; `major` are the powers of ten. */
  readonly ticks: readonly {
    readonly value: number;
    readonly major: boolean;
  }[];
}

/**
 * A scale that holds all values that are above 0, from a place to a place (pixels). The ends are 1,
 * 2 or 5 times a power of ten.
 */
export function logScale(
  values: readonly number[],
  first: number,
  last: number,
): LogScale {
  const known = values.filter((value) => value > 0 && value < Infinity);
  const from = roundStep(known.length === 0 ? 1 : Math.min(...known), "down");
  const top = roundStep(known.length === 0 ? 10 : Math.max(...known), "up");
  const to = top > from ? top : next(from);
  const span = Math.log(to / from);
  const ticks: { value: number; major: boolean }[] = [];
  for (let value = from; value <= to; value = next(value)) {
    ticks.push({ value, major: stepOf(value) === 1 });
  }
  return {
    from,
    to,
    ticks,
    at: (value) => {
      const share = value <= from ? 0 : Math.log(value / from) / span;
      return first + Math.min(share, 1) * (last - first);
    },
  };
}

/** 1, 2 or 5: the first digit of a step. */
function stepOf(value: number): number {
  return Number(value.toExponential()[0]);
}

/** The power of ten of the first digit; read, not computed, since logarithms round. */
function exponentOf(value: number): number {
  return Number(value.toExponential().split("e")[1]);
}

function power(exponent: number, digit: number): number {
  // Written out, so that 10 ** -2 * 2 is 0.02 and nothing near it.
  return Number(`${digit}e${exponent}`);
}

function next(value: number): number {
  const exponent = exponentOf(value);
  const digit = stepOf(value);
  return digit === 1
    ? power(exponent, 2)
    : digit === 2
    ? power(exponent, 5)
    : power(exponent + 1, 1);
}

function roundStep(value: number, way: "up" | "down"): number {
  let step = power(exponentOf(value), 1);
  while (next(step) <= value) step = next(step);
  return way === "up" && step < value ? next(step) : step;
}
