import { type Metric, type MetricObjectWithValues, type MetricValue, type MetricValueWithName, Registry } from 'prom-client';
import { METRICS, type MetricName } from './metric-catalog.js';
import { type MetricsInput, metricValues, type Point } from './metric-values.js';

/** What `/metrics` is served as. */
export const METRICS_CONTENT_TYPE: string = Registry.PROMETHEUS_CONTENT_TYPE;

/**
 * The answer to `/metrics`, in the Prometheus text format. A registry of its own per call: nothing is kept between scrapes, the numbers
 * come ready-made from the process group.
 */
export async function renderMetrics(input: MetricsInput): Promise<string> {
  const registry = new Registry();
  for (const [name, points] of Object.entries(metricValues(input))) {
    registry.registerMetric(readyMetric(name as MetricName, points));
  }
  return await registry.metrics();
}

/**
 * A metric whose numbers are counted already. prom-client's own Counter could be filled by `inc`, but its Histogram only observation
 * by observation; the registry asks of a metric no more than `name` and `get`.
 */
function readyMetric(name: MetricName, points: readonly Point[]): Metric {
  const { type, help } = METRICS[name];
  const values = points.flatMap((point) => lines(name, point));
  const metric = {
    name,
    get: async () => ({ name, help, type, aggregator: 'sum', values }) as unknown as MetricObjectWithValues<MetricValue<string>>,
  };
  return metric as unknown as Metric;
}

function lines(name: string, { labels, value }: Point): MetricValueWithName<string>[] {
  if (typeof value === 'number') return [{ metricName: name, labels, value }];
  const { counts, sumSeconds } = value.durations;
  let total = 0;
  const buckets = counts.map((count, index) => {
    total += count;
    const le = value.bounds[index];
    return { metricName: `${name}_bucket`, labels: { ...labels, le: le === undefined ? '+Inf' : String(le) }, value: total };
  });
  return [...buckets, { metricName: `${name}_sum`, labels, value: sumSeconds }, { metricName: `${name}_count`, labels, value: total }];
}
