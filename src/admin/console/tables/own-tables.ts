import { backends, clusters, listAt, sessions } from '../api-shapes.js';
import { asValue, type ConsoleTable, listTable } from '../console-table.js';
import { metricSamples } from '../metric-samples.js';
import type { Value } from '../result.js';

const time = (unixMs: unknown): string | null => (typeof unixMs === 'number' ? new Date(unixMs).toISOString() : null);
const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);

/** `a.b[0].c` with its value, for every leaf. */
function leavesOf(value: unknown, path: string): [string, Value][] {
  if (Array.isArray(value))
    return value.length === 0 ? [[path, '[]']] : value.flatMap((member, index) => leavesOf(member, `${path}[${index}]`));
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, member]) => leavesOf(member, path === '' ? name : `${path}.${name}`));
  }
  return [[path, asValue(value)]];
}

const STATUS: ConsoleTable = {
  name: 'status',
  about: 'how this Pointsman is',
  columns: ['name', 'value'],
  async rows(desk) {
    const {
      clusters: _clusters,
      traffic: _traffic,
      lastFailover: _last,
      listeners: _listeners,
      ...rest
    } = await desk.get('/api/v1/status');
    return leavesOf(rest, '');
  },
};

const POOLS: ConsoleTable = {
  name: 'pools',
  about: 'connections to servers',
  columns: ['backend', 'state', 'used', 'connects', 'connect_failures', 'bytes_out', 'bytes_in'],
  async rows(desk) {
    const samples = await metricSamples(desk);
    const sum = (name: string, backend: string, more = ''): number =>
      samples
        .filter((sample) => sample.name === name && sample.labels.includes(`backend="${backend}"`) && sample.labels.includes(more))
        .reduce((total, { value }) => total + value, 0);
    return (await backends(desk)).map(({ name, state, connections }) => [
      name,
      state,
      connections,
      sum('pointsman_backend_connects_total', name),
      sum('pointsman_backend_connect_failures_total', name),
      sum('pointsman_backend_bytes_total', name, 'direction="out"'),
      sum('pointsman_backend_bytes_total', name, 'direction="in"'),
    ]);
  },
};

const METRICS: ConsoleTable = {
  name: 'metrics',
  about: 'everything that /metrics shows',
  columns: ['name', 'labels', 'value'],
  rows: async (desk) => (await metricSamples(desk)).map(({ name, labels, value }) => [name, labels, value]),
};

const CONFIG: ConsoleTable = {
  name: 'config',
  about: 'the configuration in force, defaults filled in, secrets masked',
  columns: ['key', 'value'],
  rows: async (desk) => leavesOf((await desk.get('/api/v1/config'))['config'], ''),
};

/** Tables by our own words. */
export const OWN_TABLES: readonly ConsoleTable[] = [
  STATUS,
  listTable('clusters', 'clusters and their primaries', clusters, {
    cluster: (one) => one.name,
    primary: (one) => one.primary,
    stuck: (one) => one.stuck,
    epoch: (one) => one.epoch,
    paused: (one) => (one.pause === null ? 'no' : `by ${one.pause.by} since ${one.pause.since}`),
    backends: (one) => one.backends.length,
    online: (one) => one.backends.filter(({ state }) => state === 'online').length,
  }),
  listTable('backends', 'servers, their states and why', backends, {
    cluster: (one) => one.cluster,
    backend: (one) => one.name,
    address: (one) => one.address,
    state: (one) => one.state,
    role: (one) => one.role,
    readable: (one) => one.readable,
    lag_s: (one) => seconds(one.lagMs),
    check_ms: (one) => one.latencyMs,
    connections: (one) => one.connections,
    weight: (one) => one.weight,
    priority: (one) => one.priority,
    version: (one) => one.version,
    reason: (one) => one.reason,
    last_error: (one) => one.lastError,
  }),
  listTable('sessions', 'sessions of clients', sessions, {
    id: (one) => one.id,
    user: (one) => one.user,
    client: (one) => one.client,
    schema: (one) => one.schema,
    cluster: (one) => one.cluster,
    route: (one) => one.route,
    phase: (one) => one.phase,
    backend: (one) => one.backend,
    backend_thread: (one) => one.backendThread,
    in_transaction: (one) => one.inTransaction,
    pin_reasons: (one) => one.pinReasons.join(', '),
  }),
  POOLS,
  listTable('digests', 'statements by their shape', (desk) => listAt(desk, '/api/v1/digests', 'digests'), {
    digest: (one) => one['hash'],
    schema: (one) => one['schema'],
    kind: (one) => one['kind'],
    count: (one) => one['count'],
    errors: (one) => one['errors'],
    rows_sent: (one) => one['rows'],
    total_ms: (one) => one['totalMs'],
    mean_ms: (one) => one['meanMs'],
    p95_ms: (one) => one['p95Ms'],
    max_ms: (one) => one['maxMs'],
    last_seen: (one) => time(one['lastMs']),
    text: (one) => one['text'],
  }),
  listTable('rules', 'rules and how often they matched', (desk) => listAt(desk, '/api/v1/rules', 'rules'), {
    rule: (one) => one['name'],
    hits: (one) => one['hits'],
    denied: (one) => one['denied'],
    limited: (one) => one['limited'],
    timed_out: (one) => one['timedOut'],
    dry_run: (one) => one['dryRun'],
    match: (one) => one['match'],
    action: (one) => one['action'],
  }),
  listTable('failovers', 'failovers and switchovers, newest first', (desk) => listAt(desk, '/api/v1/failovers', 'failovers'), {
    id: (one) => one['id'],
    cluster: (one) => one['cluster'],
    kind: (one) => one['kind'],
    started: (one) => time(one['startedMs']),
    took_s: (one) => (typeof one['endedMs'] === 'number' ? (one['endedMs'] - Number(one['startedMs'])) / 1000 : null),
    old_primary: (one) => one['oldPrimary'],
    new_primary: (one) => one['newPrimary'],
    lost: (one) => one['lostCount'],
    lost_gtids: (one) => one['lostGtids'],
    longest_hold_ms: (one) => one['longestHoldMs'],
    sessions: (one) => one['sessions'],
    outcomes: (one) => one['outcomes'],
  }),
  CONFIG,
  METRICS,
];
