import type { AdminContext } from '../../../src/admin/admin-route.js';
import type { AdminSource, ClusterSource, DigestReport, Explanation, TrafficCounts } from '../../../src/admin/admin-source.js';
import { AuditTrail } from '../../../src/admin/audit-trail.js';
import { readDashboard } from '../../../src/admin/dashboard-files.js';
import { EventHub } from '../../../src/admin/event-hub.js';
import { Readiness } from '../../../src/admin/readiness.js';
import { TrafficHistory } from '../../../src/admin/traffic-history.js';

export const CLUSTER: ClusterSource = {
  cluster: 'main',
  version: 7,
  primary: 'db1',
  epoch: 2,
  backends: [
    {
      name: 'db1',
      address: { host: '10.0.0.1', port: 3306 },
      weight: 100,
      priority: 100,
      state: 'online',
      role: 'primary',
      readable: false,
      lagMs: undefined,
      latencyMs: 0.4,
      identity: { flavor: 'mysql', greetingVersion: '8.0.34', startedAtMs: 1_700_000_000_000 },
      reason: 'writable, no source',
      lastError: undefined,
    },
    {
      name: 'db2',
      address: { host: '::1', port: 3307 },
      weight: 50,
      priority: 100,
      state: 'down',
      role: 'none',
      readable: false,
      lagMs: 1500,
      latencyMs: undefined,
      identity: undefined,
      reason: 'refused twice',
      lastError: 'ECONNREFUSED',
    },
  ],
};

export function explanation(sql: string): Explanation {
  return {
    sql,
    digest: { hash: '0123456789abcdef', text: 'SELECT ?' },
    facts: {
      kind: 'read',
      statements: 1,
      pureRead: true,
      notPureBecause: null,
      tables: ['orders'],
      begins: false,
      commits: false,
      effects: [],
    },
    hint: null,
    rules: [{ name: 'reports', dryRun: false, action: { route: 'replica' } }],
    denied: /secret/.test(sql) ? { rule: 'secrets', message: 'not for you' } : null,
    delayMs: 0,
    timeoutMs: 2000,
    rewritten: null,
    listener: 'split',
    cluster: 'main',
    route: 'replica',
    routeBy: 'rule reports',
    consistency: 'session',
    target: 'db1',
    backends: [
      { name: 'db1', chosen: true, reason: 'the primary, because no replica can take reads' },
      { name: 'db2', chosen: false, reason: 'takes no reads: lag 3.2 s > 2 s' },
    ],
  };
}

export const TRAFFIC: TrafficCounts = {
  statements: { primary: 100, replica: 50, none: 0 },
  errors: 2,
  boundsSeconds: [0.001, 0.01],
  durations: [100, 50, 0],
  clients: { active: 1, idle: 2, held: 0 },
  heldStatements: 0,
  retried: 1,
  unknownOutcomes: 0,
  repointed: 0,
  logins: { accepted: 3, auth_failed: 0, rejected: 0 },
  bytesIn: 1000,
  bytesOut: 2000,
  backends: { db1: { statements: 100, errors: 2, bytesIn: 10, bytesOut: 20 } },
};

export const DIGEST: DigestReport = {
  hash: '0123456789abcdef',
  text: 'SELECT ?',
  kind: 'read',
  schema: null,
  count: 3,
  errors: 0,
  rows: 3,
  totalMs: 1.5,
  meanMs: 0.5,
  p50Ms: 0.5,
  p95Ms: 0.7,
  p99Ms: 0.7,
  maxMs: 0.7,
  firstMs: 1_700_000_000_000,
  lastMs: 1_700_000_001_000,
};

export const SESSION = {
  id: 5,
  user: 'app',
  client: '10.0.0.9',
  cluster: 'main',
  route: 'split',
  phase: 'idle',
  inTransaction: false,
  pinReasons: [],
};

export function source(more: Partial<AdminSource> = {}): AdminSource {
  return {
    overview: () => ({
      state: 'running',
      listeners: [{ name: 'primary', address: '0.0.0.0:6446', cluster: 'main', route: 'primary', open: true }],
      workers: [{ id: 1, pid: 4711, state: 'running', clients: 3, restarts: 0 }],
      clients: { active: 1, idle: 2, held: 0 },
      heldStatements: 0,
      connections: { db1: 3 },
    }),
    clusters: () => [CLUSTER],
    failovers: () => [{ id: 'main-2', kind: 'promotion', lost: 12345678901234567890n }],
    rules: () => [{ name: 'r', match: {}, action: {}, continue: false, dryRun: true, hits: 3, denied: 0, limited: 0, timedOut: 0 }],
    explain: (request) => (request.listener === 'nowhere' ? 'there is no listener "nowhere"' : explanation(request.sql)),
    traffic: () => TRAFFIC,
    statements: async () => ({ digests: [DIGEST], slow: [] }),
    config: () => ({ admin: { token: '***' } }),
    metrics: async () => '# HELP x y\n',
    ...more,
  };
}

export function context(more: Partial<AdminSource> = {}): AdminContext & { errors: object[]; lines: object[] } {
  const errors: object[] = [];
  const lines: object[] = [];
  const readiness = new Readiness([{ name: 'main', routes: ['primary', 'replica'], holdTimeoutMs: 10_000 }], 0);
  const log = {
    info: (fields: object) => void lines.push(fields),
    warn: (fields: object) => void lines.push(fields),
    error: (fields: object) => void errors.push(fields),
  };
  const events = new EventHub();
  return {
    source: source(more),
    readiness,
    facts: { version: '0.1.0', startedAtMs: Date.now() - 5000 },
    nowMs: () => 0,
    log,
    events,
    audit: new AuditTrail(log, events),
    traffic: new TrafficHistory(),
    page: readDashboard(),
    errors,
    lines,
  };
}
