import type { Marks } from './marks.js';
import type { PositionView } from './position-view.js';
import type { ClusterSnapshot, TrafficSignal, Verdict } from './snapshot.js';

/** What became of one session's statement or state in a failover; counted in metrics and in the failover's report. */
export type SessionOutcome =
  | 'repointed' // attached to another backend, state restored
  | 'held' // a statement waited for a target and then ran
  | 'hold-expired' // 9503
  | 'read-rerun' // pure read run once more
  | 'refused-rerun' // refused autocommit write run on the new primary
  | 'unknown' // 9501
  | 'guard-committed' // a guarded commit without an answer was found to have happened: OK
  | 'guard-aborted' // it was found not to have happened: 1213
  | 'guard-rerun' // a guarded write that surely had not happened was run once more
  | 'replayed' // an open transaction was repeated on another server and goes on
  | 'replay-failed' // it could not be: 1213
  | 'transaction-lost' // 1213
  | 'result-cut' // 9507
  | 'state-lost' // 9502
  | 'ended'; // the client connection had to be closed

/** What the clients of all processes of this proxy were told is committed. */
export interface GroupMarks {
  readonly marks: Marks;
  /** A process died and took with it what it had told its clients: only who has all that the primary had then can be trusted. */
  readonly notBeforeMs: number;
}

/**
 * How a session sees the health of its cluster. One process: the monitor itself. Worker: a mirror fed by the supervisor.
 * Workers never decide who is primary; they follow snapshots and report what they see.
 */
export interface ClusterLink {
  readonly snapshot: ClusterSnapshot;
  /** Calls `listener` on each new snapshot until the returned function is called. */
  subscribe(listener: (snapshot: ClusterSnapshot) => void): () => void;
  report(signal: TrafficSignal): void;
  /** Fresh evidence about a backend whose connection, made at `connectedAtMs` (`performance.now()` of this process), was lost. Always settles. */
  verdict(backend: string, connectedAtMs: number): Promise<Verdict>;
  /** A write's GTID as the server acknowledged it to a client (`uuid:n` or `domain-server-seq`). */
  acknowledged(gtid: string): void;
  /** How far the servers are, as of the monitor's last looks. */
  readonly positions: PositionView;
  /** What was acknowledged before this call, by any process of the group; undefined: nobody could say. */
  groupMarks(): Promise<GroupMarks | undefined>;
  /** The same at once, where this process is the group. */
  readonly groupMarksAtHand: GroupMarks | undefined;
  /**
   * MariaDB: resolves when the primary shows readers all that it had sent to its replicas before this call; also after `budgetMs`, and where it cannot be
   * asked.
   */
  primaryShows(budgetMs: number): Promise<void>;
  /** @param heldMs how long the statement was held for a server, where it was */
  outcome(outcome: SessionOutcome, heldMs?: number): void;
  /** True while some digest is suspected or quarantined: only then are digests computed and the three calls below needed. */
  readonly watchesDigests: boolean;
  /** Statement digests that were in flight when `backend` was found dead. */
  inFlightAtDeath(backend: string, digests: readonly string[]): void;
  /** A statement with this digest was answered: it does not kill servers. Called only while `watchesDigests`. */
  completed(digest: string): void;
  /** True when the digest was in flight at two server deaths: it does not get a third server. */
  isQuarantined(digest: string): boolean;
}
