/**
 * The value under which `share` of the observations of a histogram lie, interpolated within its bucket; undefined: there are none.
 * What is above the last bound counts as that bound.
 * @param counts per bucket, not cumulative, one more than `bounds`
 * @param share 0.95 for the 95th percentile
 */
export function percentile(bounds: readonly number[], counts: readonly number[], share: number): number | undefined {
  let total = 0;
  for (const count of counts) total += count;
  if (total === 0) return undefined;
  const wanted = total * share;
  let seen = 0;
  for (let index = 0; index < counts.length; index += 1) {
    const count = counts[index] as number;
    if (count === 0 || seen + count < wanted) {
      seen += count;
      continue;
    }
    const lower = index === 0 ? 0 : (bounds[index - 1] as number);
    const upper = bounds[index] ?? lower;
    return lower + (upper - lower) * ((wanted - seen) / count);
  }
  return bounds[bounds.length - 1];
}
