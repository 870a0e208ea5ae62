import { addBackendCounts, type BackendCounts, BackendStats } from './backend-stats.js';
import { addClientCounts } from './client-stats.js';
import { addDurations } from './durations.js';
import { FAILOVER_PHASES } from './stat-names.js';
import { Stats, type StatsSnapshot } from './stats.js';
import { addCounts } from './tally.js';

/** The sum of several processes' numbers; the given ones stay as they are. */
export function mergeStats(snapshots: Iterable<StatsSnapshot>): StatsSnapshot {
  const sum = new Stats().snapshot();
  for (const snapshot of snapshots) {
    addClientCounts(sum.clients, snapshot.clients);
    for (const [name, counts] of Object.entries(snapshot.backends)) {
      let into: BackendCounts | undefined = sum.backends[name];
      if (into === undefined) {
        into = new BackendStats().counts;
        sum.backends[name] = into;
      }
      addBackendCounts(into, counts);
    }
    addCounts(sum.reruns, snapshot.reruns);
    addCounts(sum.unknownOutcomes, snapshot.unknownOutcomes);
    addCounts(sum.repoints, snapshot.repoints);
    addCounts(sum.outcomes, snapshot.outcomes);
    addCounts(sum.failovers, snapshot.failovers);
    for (const phase of FAILOVER_PHASES) addDurations(sum.failoverPhases[phase], snapshot.failoverPhases[phase]);
  }
  return sum;
}

/**
 * The numbers of a whole process group, kept by the supervisor. Counters of a worker that ended stay in the sum (a counter that falls
 * looks like a restart to Prometheus and shows spikes that never were); its levels, such as open connections, go with it.
 */
export class GroupStats {
  readonly #live = new Map<number, StatsSnapshot>();
  #ended: StatsSnapshot = new Stats().snapshot();

  /** The newest numbers of the process `id`. */
  report(id: number, snapshot: StatsSnapshot): void {
    this.#live.set(id, snapshot);
  }

  /** The process `id` ended: its counters are kept, its levels dropped. */
  ended(id: number): void {
    const last = this.#live.get(id);
    if (last === undefined) return;
    this.#live.delete(id);
    this.#ended = mergeStats([this.#ended, withoutLevels(last)]);
  }

  /** The sum over all processes that are or were; `own` are the supervisor's. */
  total(own: StatsSnapshot): StatsSnapshot {
    return mergeStats([this.#ended, own, ...this.#live.values()]);
  }
}

function withoutLevels(snapshot: StatsSnapshot): StatsSnapshot {
  const copy = structuredClone(snapshot);
  copy.clients.heldStatements = 0;
  copy.clients.states = { active: 0, idle: 0, held: 0 };
  for (const counts of Object.values(copy.backends)) {
    counts.connectionsUsed = 0;
    counts.connectionsConnecting = 0;
  }
  return copy;
}
