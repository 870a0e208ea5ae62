/** `refused`: an error that says it was not done. `unknown`: error 9501, or no answer at all. */
export type Answer = 'acknowledged' | 'unknown' | 'refused';

/** What a client was told about one write; every attempt has a token of its own. Times are `performance.now()`. */
export interface Told {
  readonly token: number;
  readonly answer: Answer;
  /** As the OK named it. */
  readonly gtid: string | undefined;
  /** Set where the write was a counter's step from `to - 1`; it leaves no row with the token. */
  readonly step: { readonly counter: number; readonly to: number } | undefined;
}

/** A read of a counter that gave less than one before it on the same connection. */
export interface Backwards {
  readonly counter: number;
  readonly from: number;
  readonly to: number;
  readonly sinceMs: number;
  readonly atMs: number;
}

/** The death of a primary. */
export interface Loss {
  /** From the fault to the first write elsewhere. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Whether a replica had received this transaction. */
  readonly received: (gtid: string) => boolean;
}

/** All that the clients were told and have seen. */
export interface History {
  readonly told: readonly Told[];
  readonly cuts: readonly string[];
  /** Tokens acknowledged and then not read by their own client; and how often they were read instead, where that was not once. */
  readonly ownReads: readonly { readonly token: number; readonly found: number }[];
  readonly backwards: readonly Backwards[];
  /** Sums of all balances that were read in one statement and were wrong. */
  readonly wrongSums: readonly number[];
}

/** What the servers hold at the end. */
export interface Holdings {
  /** Rows by token, on the primary. */
  readonly tokens: ReadonlyMap<number, number>;
  readonly counters: ReadonlyMap<number, number>;
  readonly sum: number;
  readonly expectedSum: number;
  /** Replicas in good standing whose tables are not the primary's, in words. */
  readonly differences: readonly string[];
}

/** Under what circumstances. */
export interface Circumstances {
  /** False: nothing that was acknowledged may be lost (semi-synchronous replication, Galera). */
  readonly mayLose: boolean;
  readonly losses: readonly Loss[];
  /** Sum of the transactions that the failover reports name as lost. */
  readonly lostNamed: number;
}
