/** One line of the Prometheus text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The samples of a Prometheus text; comments and lines that are none are left out. */
export function parseMetrics(text: string): Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (match === null) continue;
    const labels = [...(match[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = '', value = '']): [string, string] => [
      name,
      value,
    ]);
    samples.push({ name: match[1] ?? '', labels: Object.fromEntries(labels), value: Number(match[3]) });
  }
  return samples;
}

/** The sum of all samples of a name whose labels are these. */
export function sumOf(samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}): number {
  let sum = 0;
  for (const sample of samples) {
    if (sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value)) sum += sample.value;
  }
  return sum;
}

/**
 * A quantile of what a histogram counted between two readings, in its own unit, by linear interpolation within a bucket as Prometheus does it.
 * @param quantile 0 to 1
 * @returns undefined when nothing was counted
 */
export function quantileBetween(before: readonly Sample[], after: readonly Sample[], name: string, quantile: number): number | undefined {
  const byBound = new Map<number, number>();
  for (const [samples, sign] of [
    [before, -1],
    [after, 1],
  ] as const) {
    for (const { name: sampled, labels, value } of samples) {
      if (sampled !== `${name}_bucket`) continue;
      const bound = labels['le'] === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels['le']);
      byBound.set(bound, (byBound.get(bound) ?? 0) + sign * value);
    }
  }
  const buckets = [...byBound].sort(([one], [other]) => one - other);
  const total = buckets.at(-1)?.[1] ?? 0;
  if (total <= 0) return undefined;
  const rank = quantile * total;
  let [lowBound, lowCount] = [0, 0];
  for (const [bound, count] of buckets) {
    if (count >= rank)
      return bound === Number.POSITIVE_INFINITY ? lowBound : lowBound + ((bound - lowBound) * (rank - lowCount)) / (count - lowCount || 1);
    [lowBound, lowCount] = [bound, count];
  }
  return lowBound;
}
