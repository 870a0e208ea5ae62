/** Kinds of statements that are counted apart; what fits none (CALL, administration, commands that are not statements) is `other`. */
export const STATEMENT_KINDS = ['read', 'write', 'ddl', 'transaction', 'set', 'other'] as const;
export type StatementKind = (typeof STATEMENT_KINDS)[number];

/** Roles a statement's backend had; `none` is a server that is neither (a second candidate, fenced). */
export const ROLES = ['primary', 'replica', 'none'] as const;
export type StatRole = (typeof ROLES)[number];

/** `active`: a statement runs; `idle`: none does; `held`: its statement waits for a target. */
export const CLIENT_STATES = ['active', 'idle', 'held'] as const;
export type ClientState = (typeof CLIENT_STATES)[number];

/** `accepted`: logged in; `auth_failed`: wrong name or password; `rejected`: limits, bad handshake, time-out, shutdown. */
export const CLIENT_RESULTS = ['accepted', 'auth_failed', 'rejected'] as const;
export type ClientResult = (typeof CLIENT_RESULTS)[number];

/** How TLS with a client went: a whole handshake, one that resumed an earlier session, none. */
export const TLS_RESULTS = ['full', 'resumed', 'failed'] as const;
export type TlsResult = (typeof TLS_RESULTS)[number];

/** What was run once more: a pure read, or a write its first server had refused. */
export const RERUN_CLASSES = ['read', 'refused-write', 'guarded-write'] as const;
export type RerunClass = (typeof RERUN_CLASSES)[number];

/** What was under way when its outcome became unknown (9501). */
export const UNKNOWN_KINDS = ['write', 'commit', 'ddl', 'call', 'multi', 'load', 'other'] as const;
export type UnknownKind = (typeof UNKNOWN_KINDS)[number];

/** What was known of a statement when its server was lost, or refused it. */
export const LOST_CLASSES = ['not-sent', 'sent-read', 'refused', 'sent-write', 'commit-sent'] as const;
export type LostClass = (typeof LOST_CLASSES)[number];

/** Whether a lost transaction was replayed, or why not: the words of `session/replay/replay-cause.ts`. */
export const REPLAY_RESULTS = [
  'replayed',
  'off',
  'memory',
  'not-replayable',
  'second-loss',
  'differs',
  'no-server',
  'state',
  'interrupted',
] as const;
export type ReplayResult = (typeof REPLAY_RESULTS)[number];

/** Whether a statement whose commit is to be guarded took its token with it. */
export const COMMIT_GUARD_RESULTS = ['guarded', 'unguarded'] as const;
export type CommitGuardResult = (typeof COMMIT_GUARD_RESULTS)[number];

/** How a repoint went: everything carried over; moved but state is missing (9502); no backend took it; the client had to be closed. */
export const REPOINT_RESULTS = ['moved', 'state-lost', 'failed', 'ended'] as const;
export type RepointResult = (typeof REPOINT_RESULTS)[number];

/** The same words as topology's `SessionOutcome`, which this folder may not import; a test compares the two. */
export const SESSION_OUTCOMES = [
  'repointed',
  'held',
  'hold-expired',
  'read-rerun',
  'refused-rerun',
  'unknown',
  'guard-committed',
  'guard-aborted',
  'guard-rerun',
  'replayed',
  'replay-failed',
  'transaction-lost',
  'result-cut',
  'state-lost',
  'ended',
] as const;
export type CountedOutcome = (typeof SESSION_OUTCOMES)[number];

/** How the time without a primary, or the change of primary, ended; the words of failover reports. Shown from the start: an alert sees the first. */
export const FAILOVER_REASONS = ['promotion', 'followed', 'switchover', 'aborted', 'recovery'] as const;
export type FailoverReason = (typeof FAILOVER_REASONS)[number];

/** Phases of a failover: from the first sign that traffic saw to being sure, and from there to a new primary. */
export const FAILOVER_PHASES = ['detect', 'wait'] as const;
export type FailoverPhase = (typeof FAILOVER_PHASES)[number];

/**
 * How a read on a replica came to see what it must: `polled`: known from the last looks at the replica (or a comparison made before);
 * `waited`: after a short wait there; `wait_failed`: such a wait was in vain; `elsewhere`: on another replica; `primary`: there was none.
 */
export const FRESH_READS = ['polled', 'waited', 'wait_failed', 'elsewhere', 'primary'] as const;
export type FreshRead = (typeof FRESH_READS)[number];
