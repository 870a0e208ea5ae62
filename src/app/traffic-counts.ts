import type { TrafficCounts } from '../admin/admin-source.js';
import type { BackendCounts } from '../telemetry/backend-stats.js';
import { addDurations, type Durations, emptyDurations, STATEMENT_BOUNDS_SECONDS } from '../telemetry/durations.js';
import { ROLES, STATEMENT_KINDS } from '../telemetry/stat-names.js';
import type { StatsSnapshot } from '../telemetry/stats.js';

/** The counters of the whole group, as the history of the admin address takes them. */
export function trafficCounts(stats: StatsSnapshot): TrafficCounts {
  const all: Durations = emptyDurations(STATEMENT_BOUNDS_SECONDS);
  const byRole = { primary: 0, replica: 0, none: 0 };
  let errors = 0;
  const backends: Record<string, { statements: number; errors: number; bytesIn: number; bytesOut: number }> = {};
  for (const [name, counts] of Object.entries(stats.backends)) {
    for (const role of ROLES) {
      for (const kind of STATEMENT_KINDS) {
        const durations = counts.durations[role][kind];
        addDurations(all, durations);
        byRole[role] += sum(durations.counts);
      }
    }
    const failed = sum(Object.values(counts.error));
    errors += failed;
    backends[name] = { statements: answered(counts), errors: failed, bytesIn: counts.bytesIn, bytesOut: counts.bytesOut };
  }
  const { clients } = stats;
  return {
    statements: byRole,
    errors,
    boundsSeconds: STATEMENT_BOUNDS_SECONDS,
    durations: all.counts,
    clients: clients.states,
    heldStatements: clients.heldStatements,
    retried: sum(Object.values(stats.reruns)),
    unknownOutcomes: sum(Object.values(stats.unknownOutcomes)),
    repointed: stats.repoints.moved,
    logins: { ...clients.results },
    bytesIn: clients.bytesIn,
    bytesOut: clients.bytesOut,
    backends,
  };
}

function answered({ ok, error }: BackendCounts): number {
  return sum(Object.values(ok)) + sum(Object.values(error));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
