import { type DigestCounts, mergeDigests } from '../telemetry/digest-table.js';
import { mergeSlow, type SlowStatement } from '../telemetry/slow-statements.js';
import type { Stats } from '../telemetry/stats.js';

/** What statements there were, of one process or of all. */
export interface StatementLists {
  readonly digests: readonly DigestCounts[];
  readonly slow: readonly SlowStatement[];
}

/** Those that took most time together; the rest of the group's is not shown. */
const MOST_DIGESTS = 500;

export function listsOf({ digests, slow }: Stats): StatementLists {
  return { digests: digests.entries, slow: slow.entries };
}

/** Of several processes. Those of a worker that ended are gone with it. */
export function mergeLists(lists: readonly StatementLists[]): StatementLists {
  return {
    digests: mergeDigests(
      lists.map(({ digests }) => digests),
      MOST_DIGESTS,
    ),
    slow: mergeSlow(lists.map(({ slow }) => slow)),
  };
}
