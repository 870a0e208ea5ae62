import { addBackendCounts, type BackendCounts, BackendStats } from './backend-stats.js';
import { addClientCounts } from './client-stats.js';
import { addDurations } from './durations.js';
import { addRuleCounts, zeroRuleCounts } from './rule-counts.js';
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
    addCounts(sum.lostStatements, snapshot.lostStatements);
    addCounts(sum.replays, snapshot.replays);
    addCounts(sum.commitGuards, snapshot.commitGuards);
    addCounts(sum.repoints, snapshot.repoints);
    addCounts(sum.outcomes, snapshot.outcomes);
    addCounts(sum.freshReads, snapshot.freshReads);
    addCounts(sum.failovers, snapshot.failovers);
    for (const phase of FAILOVER_PHASES) addDurations(sum.failoverPhases[phase], snapshot.failoverPhases[phase]);
    for (const [name, counts] of Object.entries(snapshot.rules)) {
      sum.rules[name] ??= zeroRuleCounts();
      addRuleCounts(sum.rules[name], counts);
    }
  }
  return sum;
}
