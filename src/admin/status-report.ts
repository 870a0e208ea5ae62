import { formatAdminAddress } from './admin-address.js';
import type { AdminSource, BackendSource, ClusterSource, Overview } from './admin-source.js';
import type { BackendTraffic, TrafficHistory, TrafficPoint, TrafficTotals } from './traffic-history.js';

/** Facts about the process that do not change. */
export interface ProcessFacts {
  readonly version: string;
  readonly startedAtMs: number;
}

/** A server as the API shows it. Numbers that are not known are null, so that the key is always there. */
export interface BackendReport {
  readonly name: string;
  readonly address: string;
  readonly state: string;
  readonly role: string;
  readonly readable: boolean;
  readonly reason: string;
  readonly version: string | null;
  readonly lagMs: number | null;
  readonly latencyMs: number | null;
  readonly weight: number;
  readonly priority: number;
  readonly connections: number;
  readonly lastError: string | null;
}

export interface ClusterReport {
  readonly name: string;
  readonly primary: string | null;
  /** There is no primary: why nobody is promoted, and what to do. */
  readonly stuck: string | null;
  readonly epoch: number;
  readonly topology: string | null;
  readonly topologyReason: string | null;
  readonly snapshotVersion: number;
  readonly pause: { readonly by: string; readonly since: string } | null;
  readonly backends: readonly BackendReport[];
}

/** The answer to `/api/v1/status`. */
export interface StatusReport extends Overview {
  readonly version: string;
  readonly node: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  readonly clusters: readonly ClusterReport[];
  /** The newest failover's report, or null. */
  readonly lastFailover: object | null;
  readonly traffic: {
    readonly now: TrafficPoint | null;
    readonly backends: Readonly<Record<string, BackendTraffic>>;
    readonly totals: TrafficTotals | null;
  };
}

/** What the status is made of. */
export interface StatusParts {
  readonly source: AdminSource;
  readonly facts: ProcessFacts;
  readonly traffic: TrafficHistory;
}

/** Everything worth seeing at a glance. */
export async function statusReport({ source, facts, traffic }: StatusParts): Promise<StatusReport> {
  const overview = await source.overview();
  return {
    version: facts.version,
    node: process.version,
    pid: process.pid,
    startedAt: new Date(facts.startedAtMs).toISOString(),
    uptimeSeconds: Math.max(0, Math.round((Date.now() - facts.startedAtMs) / 1000)),
    ...overview,
    clusters: source.clusters().map((cluster) => clusterReport(cluster, overview)),
    lastFailover: source.failovers()[0] ?? null,
    traffic: { now: traffic.now, backends: traffic.backends, totals: traffic.totals },
  };
}

/** All clusters, for `/api/v1/clusters`. */
export async function clusterReports(source: AdminSource): Promise<readonly ClusterReport[]> {
  const overview = await source.overview();
  return source.clusters().map((cluster) => clusterReport(cluster, overview));
}

function clusterReport(cluster: ClusterSource, overview: Overview): ClusterReport {
  return {
    name: cluster.cluster,
    primary: cluster.primary ?? null,
    stuck: cluster.stuck ?? null,
    epoch: cluster.epoch,
    topology: cluster.topology?.kind ?? null,
    topologyReason: cluster.topology?.because ?? null,
    snapshotVersion: cluster.version,
    pause: cluster.pause === undefined ? null : { by: cluster.pause.by, since: new Date(cluster.pause.sinceMs).toISOString() },
    backends: cluster.backends.map((backend) => backendReport(backend, overview.connections[backend.name] ?? 0)),
  };
}

function backendReport(backend: BackendSource, connections: number): BackendReport {
  return {
    name: backend.name,
    address: formatAdminAddress(backend.address),
    state: backend.state,
    role: backend.role,
    readable: backend.readable,
    reason: backend.reason,
    version: backend.identity?.greetingVersion ?? null,
    lagMs: backend.lagMs ?? null,
    latencyMs: backend.latencyMs ?? null,
    weight: backend.weight,
    priority: backend.priority,
    connections,
    lastError: backend.lastError ?? null,
  };
}
