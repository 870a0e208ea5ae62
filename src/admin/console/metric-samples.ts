import type { ConsoleDesk } from './console-desk.js';

export interface MetricSample {
  readonly name: string;
  readonly labels: string;
  readonly value: number;
}

/** What `/metrics` shows, line by line. */
export async function metricSamples(desk: ConsoleDesk): Promise<MetricSample[]> {
  const samples: MetricSample[] = [];
  for (const line of (await desk.metrics()).split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match !== null) samples.push({ name: match[1] ?? '', labels: match[2] ?? '', value: Number(match[3]) });
  }
  return samples;
}

/** The sum of the samples of a metric whose labels hold `label="value"`. */
export function sumWhere(samples: readonly MetricSample[], name: string, labels: Readonly<Record<string, string>> = {}): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return samples
    .filter((sample) => sample.name === name && wanted.every((text) => sample.labels.includes(text)))
    .reduce((sum, { value }) => sum + value, 0);
}
