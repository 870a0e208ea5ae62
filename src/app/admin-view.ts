import type { AdminSource } from '../admin/admin-source.js';
import type { Readiness } from '../admin/readiness.js';
import { renderMetrics } from '../telemetry/metrics.js';
import type { ClusterSnapshot } from '../topology/snapshot.js';
import { configReport } from './config-report.js';
import { ExplainError, explainStatement } from './explain-statement.js';
import type { ListenAddress } from './messages.js';
import { failover, setBackend, switchover } from './operator-actions.js';
import { killByOperator } from './operator-kill.js';
import { ruleSet } from './rule-options.js';
import { ruleReports } from './rule-report.js';
import { statementReports } from './statement-reports.js';
import type { Supervisor } from './supervisor.js';
import { trafficCounts } from './traffic-counts.js';
import { VERSION } from './version.js';

/** What changes while the process lives and only `start` knows. */
export interface RunState {
  state: 'starting' | 'running' | 'draining';
  addresses: readonly ListenAddress[];
}

/** The process group, as the admin server wants to see it. */
export function adminView(supervisor: Supervisor, run: RunState): AdminSource {
  const { config } = supervisor;
  const parts = { config, rules: ruleSet(config), snapshots: new Map([...supervisor.monitors].map(([name, link]) => [name, { link }])) };
  const clusters = () => [...supervisor.monitors.values()].map(({ snapshot }) => snapshot);
  return {
    overview() {
      const { stats } = supervisor.totals();
      return {
        state: run.state,
        listeners: run.addresses.map((address) => ({ ...address, open: run.state === 'running' })),
        workers: supervisor.workers,
        clients: stats.clients.states,
        heldStatements: stats.clients.heldStatements,
        connections: Object.fromEntries(Object.entries(stats.backends).map(([name, { connectionsUsed }]) => [name, connectionsUsed])),
      };
    },
    clusters,
    failovers: () => [...supervisor.monitors.values()].flatMap(({ failovers }) => failovers).sort((a, b) => b.startedMs - a.startedMs),
    metrics: () =>
      renderMetrics({
        totals: supervisor.totals(),
        clusters: clusters(),
        certificateExpiries: supervisor.certificateExpiries,
        version: VERSION,
      }),
    sessions: () => supervisor.sessions(),
    switchover: (order) => switchover(supervisor.monitors, order),
    failover: (order) => failover(supervisor.monitors, order),
    setBackend: (order) => setBackend(supervisor.monitors, order),
    kill: (id, how) => killByOperator(supervisor, id, how),
    traffic: () => trafficCounts(supervisor.totals().stats),
    statements: async () => statementReports(await supervisor.statements()),
    config: () => configReport(config),
    rules: () => ruleReports(config, supervisor.totals().stats.rules),
    explain(request) {
      try {
        return explainStatement(parts, request);
      } catch (error) {
        if (error instanceof ExplainError) return error.message;
        throw error;
      }
    },
  };
}

/** Keeps readiness in step with what the clusters offer. */
export function feedReadiness(supervisor: Supervisor, readiness: Readiness, nowMs: () => number): void {
  const observe = (snapshot: ClusterSnapshot) => {
    const usable = (state: string) => state === 'online' || state === 'suspect';
    const primary = snapshot.backends.some(({ name, state }) => name === snapshot.primary && usable(state));
    const readableReplicas = snapshot.backends.filter(
      ({ role, readable, state }) => role === 'replica' && readable && usable(state),
    ).length;
    readiness.observe(snapshot.cluster, { primary, readableReplicas }, nowMs());
  };
  for (const monitor of supervisor.monitors.values()) {
    observe(monitor.snapshot);
    monitor.subscribe(observe);
  }
}
