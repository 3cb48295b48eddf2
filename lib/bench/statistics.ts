// @core
/** What a set of measurements says. */

/**
 * The smallest value that at least `share` (0 to 1) of the values do not exceed: the nearest rank,
 * so always one that was measured. `sorted` ascends; NaN when it is empty.
 */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(Math.ceil(share * sorted.length) - 1, 0)] ?? NaN;
}

/** The values in ascending order, as `percentile` wants them. */
export function ascending(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}

/** The middle value (the lower of two); NaN of none. */
export function median(values: readonly number[]): number {
  return percentile(ascending(values), 0.5);
}

/** How many values lie in each bin; bin `i` reaches from `edges[i]` up to, but not with, `edges[i + 1]`, the last with its end. */
export function histogram(
  values: readonly number[],
  edges: readonly number[],
): number[] {
  const bins = edges.length - 1;
  const counts = new Array<number>(Math.max(bins, 0)).fill(0);
  for (const value of values) {
    const above = edges.findIndex((edge) => value < edge);
    const at = above < 0 && value === edges.at(-1) ? bins - 1 : above - 1;
    const count = counts[at];
    if (count !== undefined) counts[at] = count + 1;
  }
  return counts;
}
