import type { Session } from './session.js';

/** Counts in the metrics and in the failover's report. */
export function count(
  session: Session,
  outcome: 'read-rerun' | 'transaction-lost' | 'result-cut' | 'unknown' | 'ended' | 'refused-rerun' | 'replayed' | 'replay-failed',
): void {
  session.cluster.link.outcome(outcome);
  session.services.stats.outcome(outcome);
}
