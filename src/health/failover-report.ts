import type { SessionOutcome } from '../topology/link.js';

export interface TimelineEntry {
  /** Unix ms. */
  readonly atMs: number;
  /** Since the event began, ms, by a clock that nobody sets; below 0 for what was seen before. */
  readonly sinceMs: number;
  readonly what: string;
}

/** A server that could have become primary, as it was when that was decided. */
export interface ReportedCandidate {
  readonly name: string;
  /** What it had executed and received, as a GTID set. */
  readonly position: string;
  readonly priority: number;
  /** 1 is tried first; absent: it may not be promoted. */
  readonly rank?: number;
  /** Why not. */
  readonly rejected?: string;
}

/** What became of sessions, summed up from `outcomes`. */
export interface SessionTally {
  /** Moved to another server with all their state. */
  readonly kept: number;
  /** Transactions that were repeated there and went on. */
  readonly replayed: number;
  /** Statements and transactions that were answered with an error, and sessions that were ended. */
  readonly errored: number;
}

/** One event in which the cluster lost or changed its primary, as `/api/v1/failovers` shows it. Times are Unix ms. */
export interface FailoverReport {
  readonly id: string;
  readonly cluster: string;
  /**
   * `promotion`: we made another server primary; `followed`: somebody else did, after a failure; `switchover`: somebody moved the role
   * between living servers; `aborted`: a switchover was given up, all is as before; `recovery`: the same primary came back; `open`: not over yet.
   */
  readonly kind: 'open' | 'promotion' | 'followed' | 'switchover' | 'aborted' | 'recovery';
  readonly startedMs: number;
  readonly endedMs: number | undefined;
  /** From its beginning to its end by a clock that nobody sets, ms. */
  readonly tookMs: number | undefined;
  readonly oldPrimary: string | undefined;
  readonly newPrimary: string | undefined;
  /** What proved the loss. */
  readonly evidence: readonly string[];
  readonly timeline: readonly TimelineEntry[];
  /** Transactions known to exist (acknowledged or seen on the old primary) that the new primary does not have. */
  readonly lostGtids: string;
  readonly lostCount: number;
  /** Who could have become primary, best first; empty where nobody was to be chosen. */
  readonly candidates: readonly ReportedCandidate[];
  readonly sessions: SessionTally;
  /** Longest time that a statement was held for a server, ms. */
  readonly longestHoldMs: number;
  readonly outcomes: Readonly<Partial<Record<SessionOutcome, number>>>;
}

const keep = 50;
const timelineMax = 200;
/** Sessions report what became of them for a while after the event. */
const outcomesAfterMs = 5_000;

type Draft = { -readonly [Key in keyof FailoverReport]: FailoverReport[Key] } & {
  timeline: TimelineEntry[];
  evidence: string[];
  /** Monotonic ms. */
  began: number;
};

/** Keeps the reports of the last events and writes the current one. */
export class FailoverRecorder {
  readonly #cluster: string;
  readonly #clock: () => number;
  readonly #done: Draft[] = [];
  #open: Draft | undefined;
  #lastEnded: Draft | undefined;
  #serial = 0;

  /** @param clock monotonic ms */
  constructor(cluster: string, clock = () => performance.now()) {
    this.#cluster = cluster;
    this.#clock = clock;
  }

  /** Newest first, the open one included. */
  get reports(): readonly FailoverReport[] {
    const done = this.#done.map(frozen).reverse();
    return this.#open === undefined ? done : [frozen(this.#open), ...done];
  }

  get current(): FailoverReport | undefined {
    return this.#open;
  }

  begin(oldPrimary: string | undefined, nowMs: number, what: string): void {
    if (this.#open !== undefined) return this.noteOnce(nowMs, what);
    this.#serial += 1;
    this.#open = {
      id: `${this.#cluster}-${nowMs.toString(36)}-${this.#serial}`,
      cluster: this.#cluster,
      kind: 'open',
      startedMs: nowMs,
      endedMs: undefined,
      tookMs: undefined,
      began: this.#clock(),
      oldPrimary,
      newPrimary: undefined,
      evidence: [],
      timeline: [{ atMs: nowMs, sinceMs: 0, what }],
      candidates: [],
      sessions: { kept: 0, replayed: 0, errored: 0 },
      longestHoldMs: 0,
      lostGtids: '',
      lostCount: 0,
      outcomes: {},
    };
  }

  /**
   * @param nowMs Unix ms
   * @param agoMs how long it has been when it is noted late, monotonic ms
   */
  note(nowMs: number, what: string, agoMs = 0): void {
    const target = this.#open ?? this.#lastEnded;
    if (target === undefined || target.timeline.length >= timelineMax) return;
    target.timeline.push({ atMs: nowMs, sinceMs: Math.round(this.#clock() - agoMs - target.began), what });
  }

  candidates(list: readonly ReportedCandidate[]): void {
    if (this.#open !== undefined) this.#open.candidates = list;
  }

  /** For what is tried again and again. */
  noteOnce(nowMs: number, what: string): void {
    const target = this.#open ?? this.#lastEnded;
    if (target?.timeline.some((entry) => entry.what === what) !== true) this.note(nowMs, what);
  }

  evidence(text: string): void {
    if (this.#open !== undefined && !this.#open.evidence.includes(text)) this.#open.evidence.push(text);
  }

  lost(gtids: string, count: number): void {
    if (this.#open === undefined) return;
    this.#open.lostGtids = gtids;
    this.#open.lostCount = count;
  }

  end(kind: Exclude<FailoverReport['kind'], 'open'>, newPrimary: string | undefined, nowMs: number): void {
    const draft = this.#open;
    if (draft === undefined) return;
    draft.kind = kind;
    draft.newPrimary = newPrimary;
    draft.endedMs = nowMs;
    const sinceMs = Math.round(this.#clock() - draft.began);
    draft.tookMs = sinceMs;
    draft.timeline.push({ atMs: nowMs, sinceMs, what: `${newPrimary ?? 'nobody'} takes writes` });
    this.#open = undefined;
    this.#lastEnded = draft;
    this.#done.push(draft);
    if (this.#done.length > keep) this.#done.shift();
  }

  /** @param heldMs how long the statement was held, where it was */
  outcome(outcome: SessionOutcome, nowMs: number, heldMs = 0): void {
    const target = this.#concerned(nowMs);
    if (target === undefined) return;
    target.outcomes = { ...target.outcomes, [outcome]: (target.outcomes[outcome] ?? 0) + 1 };
    target.longestHoldMs = Math.max(target.longestHoldMs, Math.round(heldMs));
  }

  /** The event that sessions speak of now. */
  #concerned(nowMs: number): Draft | undefined {
    const recent = this.#lastEnded !== undefined && nowMs - (this.#lastEnded.endedMs ?? 0) <= outcomesAfterMs ? this.#lastEnded : undefined;
    return this.#open ?? recent;
  }
}

const errored: readonly SessionOutcome[] = [
  'hold-expired',
  'unknown',
  'guard-aborted',
  'replay-failed',
  'transaction-lost',
  'result-cut',
  'state-lost',
  'ended',
];

function tally(outcomes: FailoverReport['outcomes']): SessionTally {
  const sum = (...which: readonly SessionOutcome[]) => which.reduce((all, outcome) => all + (outcomes[outcome] ?? 0), 0);
  return { kept: sum('repointed'), replayed: sum('replayed'), errored: sum(...errored) };
}

function frozen({ began: _, ...draft }: Draft): FailoverReport {
  const timeline = [...draft.timeline].sort((a, b) => a.sinceMs - b.sinceMs);
  return { ...draft, timeline, evidence: [...draft.evidence], sessions: tally(draft.outcomes) };
}
