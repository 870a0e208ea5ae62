import { AdminProblem } from '../admin/admin-problem.js';
import type { AdminSource } from '../admin/admin-source.js';
import type { Readiness } from '../admin/readiness.js';
import { renderMetrics } from '../telemetry/metrics.js';
import type { ClusterSnapshot } from '../topology/snapshot.js';
import { configReport } from './config-report.js';
import { driftReport } from './drift.js';
import { ExplainError, explainStatement } from './explain-statement.js';
import type { ListenAddress } from './messages.js';
import { failover, setBackend, setPaused, switchover } from './operator-actions.js';
import { killByOperator } from './operator-kill.js';
import { type Reloader, ReloadRefused } from './reloader.js';
import { ruleSet } from './rule-options.js';
import { ruleReports } from './rule-report.js';
import { statementReports } from './statement-reports.js';
import type { Supervisor } from './supervisor.js';
import { trafficCounts } from './traffic-counts.js';
import { type Upgrade, UpgradeRefused } from './upgrade.js';
import { VERSION } from './version.js';

/** What changes while the process lives and only `start` knows. */
export interface RunState {
  state: 'starting' | 'running' | 'draining';
  addresses: readonly ListenAddress[];
  /** Another process has the listening sockets now. */
  passedOn: boolean;
}

/** What the admin server's view is made of. */
export interface ViewParts {
  readonly supervisor: Supervisor;
  readonly run: RunState;
  readonly reloader: Reloader;
  readonly upgrade: Upgrade;
  readonly file: string | undefined;
}

/** The process group, as the admin server wants to see it. */
export function adminView({ supervisor, run, reloader, upgrade, file }: ViewParts): AdminSource {
  const snapshots = new Map([...supervisor.monitors].map(([name, link]) => [name, { link }]));
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
        reloads: reloader.counts,
      }),
    sessions: () => supervisor.sessions(),
    trace: (wish) => supervisor.trace(wish),
    setLogLevel: (level, by, dryRun) => reloader.setLogLevel(level, by, dryRun),
    setPaused: (order) => setPaused(supervisor.monitors, order),
    switchover: (order) => switchover(supervisor.monitors, order),
    failover: (order) => failover(supervisor.monitors, order),
    setBackend: (order) => setBackend(supervisor.monitors, order),
    kill: (id, how) => killByOperator(supervisor, id, how),
    traffic: () => trafficCounts(supervisor.totals().stats),
    statements: async () => statementReports(await supervisor.statements()),
    config: () => configReport(supervisor.config),
    reload: (by, dryRun) => reloadForAdmin(reloader, by, dryRun),
    upgrade: (by) => upgradeForAdmin(upgrade, by),
    drift: () => driftReport(reloader, file, clusters()),
    rules: () => ruleReports(supervisor.config, supervisor.totals().stats.rules),
    explain(request) {
      const { config } = supervisor;
      try {
        return explainStatement({ config, rules: ruleSet(config), snapshots }, request);
      } catch (error) {
        if (error instanceof ExplainError) return error.message;
        throw error;
      }
    },
  };
}

async function reloadForAdmin(reloader: Reloader, by: string, dryRun: boolean): Promise<object> {
  try {
    const report = await reloader.reload(by, dryRun);
    return { ...report, file: report.file ?? null };
  } catch (error) {
    if (error instanceof ReloadRefused) throw new AdminProblem(422, error.code, error.message);
    throw error;
  }
}

async function upgradeForAdmin(upgrade: Upgrade, by: string): Promise<object> {
  try {
    return await upgrade.start(by);
  } catch (error) {
    if (error instanceof UpgradeRefused) throw new AdminProblem(409, error.code, error.message);
    throw error;
  }
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
