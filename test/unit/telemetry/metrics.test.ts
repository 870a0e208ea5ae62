import t from 'tap';
import { GroupStats } from '../../../src/telemetry/group-stats.js';
import { METRICS, type MetricDeclaration } from '../../../src/telemetry/metric-catalog.js';
import { type MetricsInput, metricValues } from '../../../src/telemetry/metric-values.js';
import { METRICS_CONTENT_TYPE, renderMetrics } from '../../../src/telemetry/metrics.js';
import { zeroGc } from '../../../src/telemetry/process-sample.js';
import { Stats } from '../../../src/telemetry/stats.js';

const SAMPLE = {
  cpuSeconds: 1.5,
  residentBytes: 100,
  heapUsedBytes: 50,
  eventLoopDelaySeconds: { median: 0, p99: 0.01, max: 0.5 },
  gc: { ...zeroGc(), major: { pauses: 3, seconds: 0.25 } },
  startTimeSeconds: 1_700_000_000,
};

function input(stats: Stats): MetricsInput {
  return {
    totals: new GroupStats().total({ stats: stats.snapshot(), sample: SAMPLE }),
    version: '0.1.0',
    reloads: { applied: 2, refused: 1, lastSuccessAtMs: 1_700_000_000_000, lastSucceeded: false },
    certificateExpiries: [{ listener: 'split', atMs: 1_800_000_000_000 }],
    clusters: [
      {
        cluster: 'main',
        primary: 'db1',
        epoch: 3,
        backends: [
          { name: 'db1', state: 'online', role: 'primary', lagMs: undefined },
          { name: 'db"2"\\', state: 'down', role: 'none', lagMs: 1500 },
        ],
      },
    ],
  };
}

function busy(): Stats {
  const stats = new Stats();
  const db1 = stats.backend('db1');
  db1.role = 'primary';
  db1.statement('transaction', true, 0.0002);
  db1.statement('transaction', false, 100);
  db1.connecting();
  db1.connected();
  db1.attached();
  db1.connecting();
  db1.connectFailed('timeout');
  db1.serverError(1064);
  db1.checked(true, 0.003);
  db1.checked(false, 0.5);
  db1.received(7);
  stats.clients.sent(9);
  stats.clients.tlsHandshake('resumed');
  stats.failover('promotion', { detect: 0.7 });
  return stats;
}

/** Lines of the answer by what stands before their value. */
async function scrape(stats: Stats): Promise<ReadonlyMap<string, string>> {
  const text = await renderMetrics(input(stats));
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]));
}

t.test('values', async (t) => {
  const lines = await scrape(busy());
  const expected: Readonly<Record<string, string>> = {
    'pointsman_build_info{version="0.1.0",node="NODE"}': '1',
    'pointsman_queries_total{backend="db1",kind="trx",result="ok"}': '1',
    'pointsman_queries_total{backend="db1",kind="trx",result="error"}': '1',
    'pointsman_queries_total{backend="db1",kind="read",result="ok"}': '0',
    'pointsman_query_duration_seconds_bucket{role="primary",kind="trx",le="0.0001"}': '0',
    'pointsman_query_duration_seconds_bucket{role="primary",kind="trx",le="0.00025"}': '1',
    'pointsman_query_duration_seconds_bucket{role="primary",kind="trx",le="60"}': '1',
    'pointsman_query_duration_seconds_bucket{role="primary",kind="trx",le="+Inf"}': '2',
    'pointsman_query_duration_seconds_count{role="primary",kind="trx"}': '2',
    'pointsman_query_duration_seconds_sum{role="primary",kind="trx"}': '100.0002',
    'pointsman_backend_connections{backend="db1",role="primary",state="used"}': '1',
    'pointsman_backend_connections{backend="db1",role="primary",state="connecting"}': '0',
    'pointsman_backend_connects_total{backend="db1"}': '1',
    'pointsman_backend_connect_failures_total{backend="db1",kind="timeout"}': '1',
    'pointsman_backend_errors_total{backend="db1",code="1064"}': '1',
    'pointsman_bytes_total{side="backend",direction="in"}': '7',
    'pointsman_bytes_total{side="client",direction="out"}': '9',
    'pointsman_health_check_duration_seconds_count{backend="db1"}': '2',
    'pointsman_health_check_failures_total{backend="db1"}': '1',
    'pointsman_backend_up{backend="db1"}': '1',
    'pointsman_backend_up{backend="db\\"2\\"\\\\"}': '0',
    'pointsman_backend_role{backend="db1",role="primary"}': '1',
    'pointsman_backend_role{backend="db1",role="replica"}': '0',
    'pointsman_backend_state{backend="db\\"2\\"\\\\",state="down"}': '1',
    'pointsman_backend_replication_lag_seconds{backend="db\\"2\\"\\\\"}': '1.5',
    'pointsman_client_tls_handshakes_total{result="resumed"}': '1',
    'pointsman_tls_certificate_expiry_timestamp_seconds{listener="split"}': '1800000000',
    'pointsman_cluster_has_primary{cluster="main"}': '1',
    'pointsman_cluster_epoch{cluster="main"}': '3',
    'pointsman_failovers_total{reason="promotion"}': '1',
    'pointsman_failover_duration_seconds_count{phase="detect"}': '1',
    'pointsman_session_outcomes_total{outcome="result-cut"}': '0',
    'pointsman_unknown_outcome_total{kind="commit"}': '0',
    pointsman_held_queries: '0',
    'pointsman_event_loop_delay_seconds{quantile="0.99"}': '0.01',
    pointsman_process_cpu_seconds_total: '1.5',
  };
  for (const [name, value] of Object.entries(expected)) t.equal(lines.get(name.replace('NODE', process.version)), value, name);
  t.notOk(lines.has('pointsman_backend_replication_lag_seconds{backend="db1"}'), 'what is not known is not there');
});

t.test('every declared metric is exposed with its type, and nothing else', async (t) => {
  const text = await renderMetrics(input(busy()));
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]);
  t.same(Object.fromEntries(types), Object.fromEntries(Object.entries(METRICS).map(([name, { type }]) => [name, type])));
  for (const [name] of types) t.match(name, /^pointsman_[a-z_]+$/);
});

t.test('labels are those declared, in every point', async (t) => {
  for (const [name, points] of Object.entries(metricValues(input(busy())))) {
    const { labels, type }: MetricDeclaration = METRICS[name as keyof typeof METRICS];
    for (const point of points) t.same(Object.keys(point.labels), labels, name);
    if (type === 'counter') t.match(name, /_total$/, name);
    t.equal(typeof (points[0]?.value ?? 0) === 'number', type !== 'histogram' || points.length === 0, `${name} has values of its type`);
  }
});

t.test('nothing counted yet', async (t) => {
  const lines = await scrape(new Stats());
  t.equal(lines.get('pointsman_client_connections{state="active"}'), '0');
  t.match(METRICS_CONTENT_TYPE, /^text\/plain; version=0\.0\.4/);
});
