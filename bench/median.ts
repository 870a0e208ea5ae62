/** The middle value; of an even number of values the mean of the two in the middle. NaN when there is none. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return Number.isInteger(middle)
    ? ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
    : (sorted[Math.floor(middle)] ?? Number.NaN);
}

/** Median and extremes of ratios taken round by round, so that what disturbed a whole round falls out. */
export interface Ratio {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** `of[i] / to[i]`; pairs in which one is missing or zero are left out. Undefined when none is left. */
export function ratio(of: readonly (number | undefined)[], to: readonly (number | undefined)[]): Ratio | undefined {
  const ratios: number[] = [];
  for (const [round, value] of of.entries()) {
    const base = to[round];
    if (value !== undefined && base !== undefined && base > 0 && value > 0) ratios.push(value / base);
  }
  if (ratios.length === 0) return undefined;
  return { median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios) };
}
