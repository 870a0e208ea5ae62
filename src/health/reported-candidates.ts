import type { Candidate, Election } from '../topology/election.js';
import type { ReportedCandidate } from './failover-report.js';

/** The candidates of an election for the report: in the order in which they are tried, then those that may not be promoted. */
export function reportedCandidates(candidates: readonly Candidate[], { ranked, rejected }: Election): readonly ReportedCandidate[] {
  const shown = ({ name, priority, position }: Candidate) => ({ name, priority, position: position.set.toString() });
  return [
    ...ranked.map((one, index) => ({ ...shown(one), rank: index + 1 })),
    ...candidates.flatMap((one) => {
      const because = rejected.find(({ name }) => name === one.name)?.because;
      return because === undefined ? [] : [{ ...shown(one), rejected: because }];
    }),
  ];
}
