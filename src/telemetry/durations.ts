/** Upper bounds in seconds of statement durations as metrics show them: 100 µs to 60 s, about three per decade; one bucket above the last. */
export const SHOWN_BOUNDS_SECONDS: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** Neighbours differ by no more than this factor, so that a percentile is right to a tenth. */
const MOST_RATIO = 1.2;

/** The bounds that are counted by: those that are shown, and as many between them as percentiles want. */
export const STATEMENT_BOUNDS_SECONDS: readonly number[] = SHOWN_BOUNDS_SECONDS.flatMap((bound, index) => {
  const before = SHOWN_BOUNDS_SECONDS[index - 1];
  if (before === undefined) return [bound];
  const parts = Math.ceil(Math.log(bound / before) / Math.log(MOST_RATIO));
  return Array.from({ length: parts }, (_, part) => (part === parts - 1 ? bound : before * (bound / before) ** ((part + 1) / parts)));
});

/**
 * The same observations in fewer buckets.
 * @param shown bounds that are all among `bounds`
 */
export function coarser({ counts, sumSeconds }: Durations, bounds: readonly number[], shown: readonly number[]): Durations {
  const coarse = emptyDurations(shown);
  let at = 0;
  for (const [index, count] of counts.entries()) {
    coarse.counts[at] = (coarse.counts[at] ?? 0) + count;
    if (bounds[index] === shown[at]) at += 1;
  }
  coarse.sumSeconds = sumSeconds;
  return coarse;
}

/** Upper bounds in seconds of health checks, of whose timeouts most are below a second. */
export const CHECK_BOUNDS_SECONDS: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Upper bounds in seconds of the phases of a failover. */
export const FAILOVER_BOUNDS_SECONDS: readonly number[] = [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300];

/** A histogram as plain numbers: `counts[i]` observations at or under `bounds[i]` (not cumulative), the last entry those above all. */
export interface Durations {
  counts: number[];
  sumSeconds: number;
}

/** An empty histogram for `bounds`. */
export function emptyDurations(bounds: readonly number[]): Durations {
  return { counts: new Array<number>(bounds.length + 1).fill(0), sumSeconds: 0 };
}

/** Counts one observation. No allocation: it is called per statement. */
export function observe(durations: Durations, bounds: readonly number[], seconds: number): void {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (seconds <= (bounds[middle] as number)) high = middle;
    else low = middle + 1;
  }
  durations.counts[low] = (durations.counts[low] ?? 0) + 1;
  durations.sumSeconds += seconds;
}

/** Adds `from` to `into`, in place; both must have been made for the same bounds. */
export function addDurations(into: Durations, from: Durations): void {
  for (let index = 0; index < from.counts.length; index++) {
    into.counts[index] = (into.counts[index] ?? 0) + (from.counts[index] ?? 0);
  }
  into.sumSeconds += from.sumSeconds;
}
