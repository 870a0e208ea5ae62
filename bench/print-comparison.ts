import { TARGETS, type TargetName, type Workload } from './bench-options.js';
import type { Measurement } from './compare.js';
import { median, type Ratio, ratio } from './median.js';
import { table } from './table.js';

type Metric = 'queriesPerSecond' | 'p95Millis' | 'cpuMicrosPerQuery' | 'userMicrosPerQuery' | 'rssBytes';

/** One line of the result: a workload at a number of threads. */
export interface Comparison {
  readonly workload: Workload;
  readonly threads: number;
  /** Medians over the rounds. */
  readonly medians: Readonly<Partial<Record<TargetName, Readonly<Partial<Record<Metric, number>>>>>>;
  /** Medians of ratios taken round by round; keys such as `pointsman/haproxy`. */
  readonly ratios: Readonly<Record<string, Readonly<Partial<Record<Metric, Ratio>>>>>;
}

const METRICS: readonly Metric[] = ['queriesPerSecond', 'p95Millis', 'cpuMicrosPerQuery', 'userMicrosPerQuery', 'rssBytes'];
const PAIRS: readonly (readonly [TargetName, TargetName])[] = [
  ['pointsman', 'haproxy'],
  ['pointsman', 'direct'],
  ['haproxy', 'direct'],
];

/** Sums measurements up, one entry for each workload and number of threads, in the order they were made. */
export function summarise(measurements: readonly Measurement[]): Comparison[] {
  const groups = new Map<string, Measurement[]>();
  for (const one of measurements) {
    const key = `${one.workload} ${one.threads}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].map((group) => {
    const rounds = [...new Set(group.map(({ round }) => round))];
    const series = (target: TargetName, metric: Metric): (number | undefined)[] =>
      rounds.map((round) => group.find((one) => one.round === round && one.target === target)?.[metric]);
    const medians: Partial<Record<TargetName, Partial<Record<Metric, number>>>> = {};
    for (const target of TARGETS) {
      for (const metric of METRICS) {
        const values = series(target, metric).filter((value) => value !== undefined);
        if (values.length > 0) medians[target] = { ...medians[target], [metric]: median(values) };
      }
    }
    const ratios: Record<string, Partial<Record<Metric, Ratio>>> = {};
    for (const [of, to] of PAIRS) {
      for (const metric of METRICS) {
        const found = ratio(series(of, metric), series(to, metric));
        if (found !== undefined) ratios[`${of}/${to}`] = { ...ratios[`${of}/${to}`], [metric]: found };
      }
    }
    const [first] = group;
    return { workload: first?.workload ?? 'oltp_point_select', threads: first?.threads ?? 0, medians, ratios };
  });
}

const SHORT: Record<TargetName, string> = { direct: 'direct', haproxy: 'HAProxy', pointsman: 'Pointsman' };
const number = (value: number | undefined, digits: number): string => (value === undefined ? '-' : value.toFixed(digits));
const spread = (one: Ratio | undefined): string =>
  one === undefined ? '-' : `${one.median.toFixed(2)} (${one.lowest.toFixed(2)}-${one.highest.toFixed(2)})`;

function rows(list: readonly Comparison[], cells: (one: Comparison) => readonly string[]): string[][] {
  return list.map((one) => [`${one.workload.replace('oltp_', '')} x${one.threads}`, ...cells(one)]);
}

/** The two tables that end a comparison. */
export function printComparison(measurements: readonly Measurement[]): string {
  const list = summarise(measurements);
  const present = TARGETS.filter((target) => measurements.some((one) => one.target === target));
  const proxies = present.filter((target) => target !== 'direct');
  const loads = measurements.map(({ loadAverage }) => loadAverage);
  const parts: string[] = [];
  for (const [of, to] of PAIRS) {
    if (!present.includes(of) || !present.includes(to)) continue;
    const metrics: readonly Metric[] = to === 'direct' ? ['queriesPerSecond', 'p95Millis'] : METRICS;
    const names = {
      queriesPerSecond: 'throughput',
      p95Millis: 'p95',
      cpuMicrosPerQuery: 'CPU/query',
      userMicrosPerQuery: 'user CPU/query',
      rssBytes: 'RSS',
    };
    const head = [`${SHORT[of]} / ${SHORT[to]}`, ...metrics.map((metric) => names[metric])];
    parts.push(table([head, ...rows(list, (one) => metrics.map((metric) => spread(one.ratios[`${of}/${to}`]?.[metric])))]));
  }
  const head = [
    'medians',
    ...present.map((target) => `${SHORT[target]} q/s`),
    ...present.map((target) => `${SHORT[target]} p95 ms`),
    ...proxies.map((target) => `${SHORT[target]} us/query (user)`),
    ...proxies.map((target) => `${SHORT[target]} RSS MB`),
  ];
  const cells = (one: Comparison): string[] => [
    ...present.map((target) => number(one.medians[target]?.queriesPerSecond, 0)),
    ...present.map((target) => number(one.medians[target]?.p95Millis, 2)),
    ...proxies.map(
      (target) => `${number(one.medians[target]?.cpuMicrosPerQuery, 1)} (${number(one.medians[target]?.userMicrosPerQuery, 1)})`,
    ),
    ...proxies.map((target) => number((one.medians[target]?.rssBytes ?? Number.NaN) / 2 ** 20, 0)),
  ];
  parts.push(table([head, ...rows(list, cells)]));
  parts.push(`load average: median ${median(loads).toFixed(1)}, highest ${Math.max(...loads).toFixed(1)}`);
  return parts.join('\n\n');
}
