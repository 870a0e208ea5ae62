/** Counts per key over a fixed set of keys, all present from the start so that a metric shows 0 instead of nothing. */
export type Counts<K extends string> = Record<K, number>;

/** A zero for every key. */
export function zeroCounts<K extends string>(keys: readonly K[]): Counts<K> {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = 0;
  return counts as Counts<K>;
}

/** Adds `from` to `into`, in place; keys that `into` does not know are added. */
export function addCounts(into: Record<string, number>, from: Readonly<Record<string, number>>): void {
  for (const key in from) into[key] = (into[key] ?? 0) + (from[key] ?? 0);
}
