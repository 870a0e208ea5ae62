import type { BackendCounts } from './backend-stats.js';
import {
  addDurations,
  CHECK_BOUNDS_SECONDS,
  coarser,
  type Durations,
  emptyDurations,
  FAILOVER_BOUNDS_SECONDS,
  SHOWN_BOUNDS_SECONDS,
  STATEMENT_BOUNDS_SECONDS,
} from './durations.js';
import type { GroupTotals } from './group-stats.js';
import type { MetricName } from './metric-catalog.js';
import { GC_KINDS } from './process-sample.js';
import { FAILOVER_PHASES, ROLES, STATEMENT_KINDS, type StatementKind, type StatRole } from './stat-names.js';

/** The part of a cluster's snapshot that metrics show; topology's `ClusterSnapshot` fits it. */
export interface ClusterView {
  readonly cluster: string;
  readonly primary: string | undefined;
  readonly epoch: number;
  readonly pause?: object;
  readonly backends: readonly {
    readonly name: string;
    readonly state: string;
    readonly role: StatRole;
    readonly lagMs: number | undefined;
  }[];
}

/** Configurations that were read while the process ran. */
export interface ReloadCounts {
  readonly applied: number;
  readonly refused: number;
  /** Unix time; that of the start where there was none since. */
  readonly lastSuccessAtMs: number;
  readonly lastSucceeded: boolean;
}

/** Everything `/metrics` is made of. */
export interface MetricsInput {
  readonly totals: GroupTotals;
  readonly clusters: readonly ClusterView[];
  /** Of each listener with TLS; `atMs` is Unix time. */
  readonly certificateExpiries: readonly { readonly listener: string; readonly atMs: number }[];
  readonly version: string;
  readonly reloads: ReloadCounts;
}

/** One line of a metric; a histogram's observations are turned into lines when it is written. */
export interface Point {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number | { readonly durations: Durations; readonly bounds: readonly number[] };
}

const STATES = ['online', 'suspect', 'down', 'draining', 'maintenance'];

/** `transaction` is `trx` where dashboards read it, as other tools have it. */
const KIND_LABELS: Readonly<Record<StatementKind, string>> = {
  read: 'read',
  write: 'write',
  ddl: 'ddl',
  transaction: 'trx',
  set: 'set',
  other: 'other',
};

/** The points of each metric. */
export function metricValues(input: MetricsInput): Readonly<Record<MetricName, readonly Point[]>> {
  return {
    ...clientValues(input),
    ...backendValues(input),
    ...viewValues(input),
    ...failoverValues(input),
    ...ruleValues(input),
    ...processValues(input),
  };
}

function clientValues({ totals: { stats }, certificateExpiries }: MetricsInput) {
  const backends = Object.values(stats.backends);
  return {
    pointsman_client_connections: byKey('state', stats.clients.states),
    pointsman_client_connections_total: byKey('result', stats.clients.results),
    pointsman_client_tls_handshakes_total: byKey('result', stats.clients.tlsHandshakes),
    pointsman_tls_certificate_expiry_timestamp_seconds: certificateExpiries.map(({ listener, atMs }) => ({
      labels: { listener },
      value: atMs / 1000,
    })),
    pointsman_held_queries: [single(stats.clients.heldStatements)],
    pointsman_query_duration_seconds: ROLES.flatMap((role) => STATEMENT_KINDS.flatMap((kind) => durationPoint(role, kind, backends))),
    pointsman_bytes_total: [
      { labels: { side: 'client', direction: 'in' }, value: stats.clients.bytesIn },
      { labels: { side: 'client', direction: 'out' }, value: stats.clients.bytesOut },
      { labels: { side: 'backend', direction: 'in' }, value: backends.reduce((sum, { bytesIn }) => sum + bytesIn, 0) },
      { labels: { side: 'backend', direction: 'out' }, value: backends.reduce((sum, { bytesOut }) => sum + bytesOut, 0) },
    ],
  };
}

/** The durations of one role and kind over all backends; nothing while there are none. */
function durationPoint(role: StatRole, kind: StatementKind, backends: readonly BackendCounts[]): readonly Point[] {
  const sum = emptyDurations(STATEMENT_BOUNDS_SECONDS);
  for (const { durations } of backends) addDurations(sum, durations[role][kind]);
  if (sum.counts.every((count) => count === 0)) return [];
  return [
    {
      labels: { role, kind: KIND_LABELS[kind] },
      value: { durations: coarser(sum, STATEMENT_BOUNDS_SECONDS, SHOWN_BOUNDS_SECONDS), bounds: SHOWN_BOUNDS_SECONDS },
    },
  ];
}

function backendValues({ totals: { stats }, clusters }: MetricsInput) {
  const entries = Object.entries(stats.backends);
  const each = (points: (backend: string, counts: BackendCounts) => readonly Point[]) =>
    entries.flatMap(([name, counts]) => points(name, counts));
  const roles = new Map(clusters.flatMap(({ backends }) => backends.map(({ name, role }) => [name, role])));
  return {
    pointsman_queries_total: each((backend, counts) =>
      STATEMENT_KINDS.flatMap((kind) => [
        { labels: { backend, kind: KIND_LABELS[kind], result: 'ok' }, value: counts.ok[kind] },
        { labels: { backend, kind: KIND_LABELS[kind], result: 'error' }, value: counts.error[kind] },
      ]),
    ),
    pointsman_backend_connections: each((backend, counts) => {
      const role = roles.get(backend) ?? 'none';
      return [
        { labels: { backend, role, state: 'used' }, value: counts.connectionsUsed },
        { labels: { backend, role, state: 'connecting' }, value: counts.connectionsConnecting },
      ];
    }),
    pointsman_backend_stalled_writes: each((backend, counts) => [{ labels: { backend }, value: counts.stalledWrites }]),
    pointsman_backend_connects_total: each((backend, counts) => [{ labels: { backend }, value: counts.connectionsMade }]),
    pointsman_backend_connect_failures_total: each((backend, counts) => byKey('kind', counts.connectFailures, { backend })),
    pointsman_backend_errors_total: each((backend, counts) => byKey('code', counts.errorCodes, { backend })),
    pointsman_backend_bytes_total: each((backend, counts) => [
      { labels: { backend, direction: 'in' }, value: counts.bytesIn },
      { labels: { backend, direction: 'out' }, value: counts.bytesOut },
    ]),
    pointsman_health_check_duration_seconds: each((backend, counts) => [
      { labels: { backend }, value: { durations: counts.checks, bounds: CHECK_BOUNDS_SECONDS } },
    ]),
    pointsman_health_check_failures_total: each((backend, counts) => [{ labels: { backend }, value: counts.checkFailures }]),
  };
}

function viewValues({ clusters }: MetricsInput) {
  const backends = clusters.flatMap((cluster) => cluster.backends);
  return {
    pointsman_backend_up: backends.map(({ name, state }) => ({ labels: { backend: name }, value: state === 'down' ? 0 : 1 })),
    pointsman_backend_state: backends.flatMap(({ name, state }) =>
      STATES.map((one) => ({ labels: { backend: name, state: one }, value: one === state ? 1 : 0 })),
    ),
    pointsman_backend_role: backends.flatMap(({ name, role }) =>
      ROLES.map((one) => ({ labels: { backend: name, role: one }, value: one === role ? 1 : 0 })),
    ),
    pointsman_backend_replication_lag_seconds: backends.flatMap(({ name, lagMs }) =>
      lagMs === undefined ? [] : [{ labels: { backend: name }, value: lagMs / 1000 }],
    ),
    pointsman_cluster_has_primary: clusters.map(({ cluster, primary }) => ({ labels: { cluster }, value: primary === undefined ? 0 : 1 })),
    pointsman_cluster_paused: clusters.map(({ cluster, pause }) => ({ labels: { cluster }, value: pause === undefined ? 0 : 1 })),
    pointsman_cluster_epoch: clusters.map(({ cluster, epoch }) => ({ labels: { cluster }, value: epoch })),
  };
}

function failoverValues({ totals: { stats } }: MetricsInput) {
  return {
    pointsman_failovers_total: byKey('reason', stats.failovers),
    pointsman_failover_duration_seconds: FAILOVER_PHASES.map((phase) => ({
      labels: { phase },
      value: { durations: stats.failoverPhases[phase], bounds: FAILOVER_BOUNDS_SECONDS },
    })),
    pointsman_session_migrations_total: byKey('result', stats.repoints),
    pointsman_session_outcomes_total: byKey('outcome', stats.outcomes),
    pointsman_replica_reads_total: byKey('freshness', stats.freshReads),
    pointsman_retried_queries_total: byKey('class', stats.reruns),
    pointsman_unknown_outcome_total: byKey('kind', stats.unknownOutcomes),
    pointsman_lost_statements_total: byKey('class', stats.lostStatements),
    pointsman_transaction_replays_total: byKey('result', stats.replays),
    pointsman_commit_guards_total: byKey('result', stats.commitGuards),
  };
}

function ruleValues({ totals: { stats } }: MetricsInput) {
  const entries = Object.entries(stats.rules);
  return {
    pointsman_rule_hits_total: entries.map(([rule, { hits }]) => ({ labels: { rule }, value: hits })),
    pointsman_rule_refusals_total: entries.flatMap(([rule, { denied, limited, timedOut }]) =>
      byKey('reason', { denied, limited, timeout: timedOut }, { rule }),
    ),
  };
}

function processValues({ totals: { processes, sample, each }, version, reloads }: MetricsInput) {
  const delay = sample.eventLoopDelaySeconds;
  return {
    pointsman_build_info: [{ labels: { version, node: process.version }, value: 1 }],
    pointsman_config_reloads_total: [
      { labels: { result: 'applied' }, value: reloads.applied },
      { labels: { result: 'refused' }, value: reloads.refused },
    ],
    pointsman_config_last_reload_successful: [single(reloads.lastSucceeded ? 1 : 0)],
    pointsman_config_last_reload_success_timestamp_seconds: [single(reloads.lastSuccessAtMs / 1000)],
    pointsman_processes: [single(processes)],
    pointsman_process_cpu_seconds_total: [single(sample.cpuSeconds)],
    pointsman_process_resident_memory_bytes: [single(sample.residentBytes)],
    pointsman_process_heap_used_bytes: [single(sample.heapUsedBytes)],
    pointsman_process_start_time_seconds: [single(sample.startTimeSeconds)],
    pointsman_event_loop_delay_seconds: [
      { labels: { quantile: '0.5' }, value: delay.median },
      { labels: { quantile: '0.99' }, value: delay.p99 },
      { labels: { quantile: '1' }, value: delay.max },
    ],
    pointsman_gc_pauses_total: GC_KINDS.map((kind) => ({ labels: { kind }, value: sample.gc[kind].pauses })),
    pointsman_gc_pause_seconds_total: GC_KINDS.map((kind) => ({ labels: { kind }, value: sample.gc[kind].seconds })),
    ...workerValues(each),
  };
}

/** Of each process that lives: one label value per worker, and the supervisor. */
function workerValues(each: GroupTotals['each']) {
  const points = (of: (process: GroupTotals['each'][number]) => number) =>
    each.map((process) => ({ labels: { worker: process.name }, value: of(process) }));
  return {
    pointsman_worker_client_connections: points(({ clients }) => clients),
    pointsman_worker_cpu_seconds_total: points(({ sample }) => sample.cpuSeconds),
    pointsman_worker_resident_memory_bytes: points(({ sample }) => sample.residentBytes),
    pointsman_worker_event_loop_delay_seconds: points(({ sample }) => sample.eventLoopDelaySeconds.p99),
  };
}

function single(value: number): Point {
  return { labels: {}, value };
}

function byKey(label: string, counts: Readonly<Record<string, number>>, labels: Readonly<Record<string, string>> = {}): readonly Point[] {
  return Object.entries(counts).map(([key, value]) => ({ labels: { ...labels, [label]: key }, value }));
}
