import type { SessionOutcome } from '../topology/link.js';
import type { Session } from './session.js';

/** Counts in the metrics and in the failover's report. */
export function count(session: Session, outcome: Exclude<SessionOutcome, 'repointed' | 'state-lost' | 'held' | 'hold-expired'>): void {
  session.cluster.link.outcome(outcome);
  session.services.stats.outcome(outcome);
}
