/** What one process, or all together, has on a primary that is to hand its role over. */
export interface HandoverReport {
  /** Version of the snapshot that all of this is as of; with several processes the oldest one. -1: a process did not answer. */
  readonly version: number;
  /** Statements under way there that are not pure reads, outside of transactions. */
  readonly running: number;
  /** Sessions with something open there: a transaction, locked tables. */
  readonly open: number;
  /** Of these, how many could be replayed on the new primary now. */
  readonly replayable: number;
  /** The server's ids of all other connections of ours to it: they do it no harm. */
  readonly threads: readonly number[];
}

/** Nobody serves clients here. */
export const NO_SESSIONS: HandoverReport = { version: Number.POSITIVE_INFINITY, running: 0, open: 0, replayable: 0, threads: [] };

/** Several processes' together. */
export function joinReports(reports: readonly HandoverReport[]): HandoverReport {
  return reports.reduce(
    (all, each) => ({
      version: Math.min(all.version, each.version),
      running: all.running + each.running,
      open: all.open + each.open,
      replayable: all.replayable + each.replayable,
      threads: [...all.threads, ...each.threads],
    }),
    NO_SESSIONS,
  );
}
