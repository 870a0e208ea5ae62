import { type BackendCounts, BackendStats } from './backend-stats.js';
import { type ClientCounts, ClientStats } from './client-stats.js';
import { DigestTable } from './digest-table.js';
import { type Durations, emptyDurations, FAILOVER_BOUNDS_SECONDS, observe } from './durations.js';
import { type RuleCounts, zeroRuleCounts } from './rule-counts.js';
import { SlowStatements } from './slow-statements.js';
import {
  COMMIT_GUARD_RESULTS,
  type CommitGuardResult,
  type CountedOutcome,
  FAILOVER_PHASES,
  FAILOVER_REASONS,
  type FailoverPhase,
  type FailoverReason,
  FRESH_READS,
  type FreshRead,
  LOST_CLASSES,
  type LostClass,
  REPLAY_RESULTS,
  REPOINT_RESULTS,
  RERUN_CLASSES,
  type ReplayResult,
  type RepointResult,
  type RerunClass,
  SESSION_OUTCOMES,
  UNKNOWN_KINDS,
  type UnknownKind,
} from './stat-names.js';
import { type Counts, zeroCounts } from './tally.js';

/** Everything one process counted, as plain JSON: a worker sends it to its supervisor, which adds all of them up. */
export interface StatsSnapshot {
  clients: ClientCounts;
  backends: Record<string, BackendCounts>;
  reruns: Counts<RerunClass>;
  unknownOutcomes: Counts<UnknownKind>;
  lostStatements: Counts<LostClass>;
  replays: Counts<ReplayResult>;
  commitGuards: Counts<CommitGuardResult>;
  repoints: Counts<RepointResult>;
  outcomes: Counts<CountedOutcome>;
  freshReads: Counts<FreshRead>;
  failovers: Counts<FailoverReason>;
  failoverPhases: Record<FailoverPhase, Durations>;
  /** By the rule's name. */
  rules: Record<string, RuleCounts>;
}

/**
 * What one process counts. Plain numbers, no labels, no clock: made once by `app`, handed to whoever counts. Nothing here is a
 * Prometheus object; `metrics.ts` renders the sum of all processes when asked.
 */
export class Stats {
  readonly clients = new ClientStats();
  /** Not part of the snapshot: asked for when somebody looks. */
  readonly digests = new DigestTable();
  readonly slow = new SlowStatements();
  readonly #backends = new Map<string, BackendStats>();
  readonly #reruns = zeroCounts(RERUN_CLASSES);
  readonly #unknownOutcomes = zeroCounts(UNKNOWN_KINDS);
  readonly #lostStatements = zeroCounts(LOST_CLASSES);
  readonly #replays = zeroCounts(REPLAY_RESULTS);
  readonly #commitGuards = zeroCounts(COMMIT_GUARD_RESULTS);
  readonly #repoints = zeroCounts(REPOINT_RESULTS);
  readonly #outcomes = zeroCounts(SESSION_OUTCOMES);
  readonly #freshReads = zeroCounts(FRESH_READS);
  readonly #failovers = zeroCounts(FAILOVER_REASONS);
  readonly #rules: Record<string, RuleCounts> = {};
  readonly #failoverPhases: Record<FailoverPhase, Durations> = {
    detect: emptyDurations(FAILOVER_BOUNDS_SECONDS),
    wait: emptyDurations(FAILOVER_BOUNDS_SECONDS),
  };

  /** The counters of the backend with this configured name (unique over all clusters); look it up once and keep it. */
  backend(name: string): BackendStats {
    let stats = this.#backends.get(name);
    if (stats === undefined) {
      stats = new BackendStats();
      this.#backends.set(name, stats);
    }
    return stats;
  }

  /** The counters of a rule, for whoever counts to change; there from the first call on, so that a rule nobody hits shows 0. */
  rule(name: string): RuleCounts {
    this.#rules[name] ??= zeroRuleCounts();
    return this.#rules[name];
  }

  /** A statement was run once more. */
  rerun(rerunClass: RerunClass): void {
    this.#reruns[rerunClass]++;
  }

  /** A statement was answered with 9501. */
  unknownOutcome(kind: UnknownKind): void {
    this.#unknownOutcomes[kind]++;
  }

  /** A statement was under way when its server was lost, or was refused by it. */
  lostStatement(lostClass: LostClass): void {
    this.#lostStatements[lostClass]++;
  }

  /** An open transaction was lost, and replayed or not. */
  replay(result: ReplayResult): void {
    this.#replays[result]++;
  }

  /** A commit that is to be guarded was about to be sent. */
  commitGuard(result: CommitGuardResult): void {
    this.#commitGuards[result]++;
  }

  /** A session was moved to another backend, or was not. */
  repoint(result: RepointResult): void {
    this.#repoints[result]++;
  }

  /** What a failover did to one session or statement. */
  outcome(outcome: CountedOutcome): void {
    this.#outcomes[outcome]++;
  }

  /** A read that a replica was to answer had to see what its session wrote or read. */
  freshRead(how: FreshRead): void {
    this.#freshReads[how]++;
  }

  /** A failover or switchover ended; Phases that did not happen are left out. */
  failover(reason: FailoverReason, secondsByPhase: Partial<Record<FailoverPhase, number>>): void {
    this.#failovers[reason]++;
    for (const phase of FAILOVER_PHASES) {
      const seconds = secondsByPhase[phase];
      if (seconds !== undefined) observe(this.#failoverPhases[phase], FAILOVER_BOUNDS_SECONDS, seconds);
    }
  }

  /** A copy that no longer changes. */
  snapshot(): StatsSnapshot {
    const backends: Record<string, BackendCounts> = {};
    for (const [name, stats] of this.#backends) backends[name] = stats.counts;
    return structuredClone({
      clients: this.clients.counts,
      backends,
      reruns: this.#reruns,
      unknownOutcomes: this.#unknownOutcomes,
      lostStatements: this.#lostStatements,
      replays: this.#replays,
      commitGuards: this.#commitGuards,
      repoints: this.#repoints,
      outcomes: this.#outcomes,
      freshReads: this.#freshReads,
      failovers: this.#failovers,
      failoverPhases: this.#failoverPhases,
      rules: this.#rules,
    });
  }
}
