/** Where a planned move of the role is. */
export type HandoverPhase = 'prepare' | 'drain' | 'read-only' | 'catch-up' | 'promote' | 'release' | 'repoint' | 'done' | 'aborted';

/** One thing that happened on the way. */
export interface HandoverProgress {
  readonly id: string;
  readonly cluster: string;
  readonly phase: HandoverPhase;
  /** Unix ms. */
  readonly atMs: number;
  /** Since the order, ms, by the monotonic clock. */
  readonly sinceMs: number;
  readonly detail: string;
}

/** One thing that will be done. */
export interface PlannedStep {
  readonly phase: HandoverPhase;
  /** Undefined: at the proxy itself. */
  readonly backend?: string;
  readonly what: string;
  /** As it will be sent; passwords are left out. */
  readonly sql?: string;
}

export interface SwitchoverRequest {
  /** Undefined: the best replica. */
  readonly to?: string;
  /** For all up to the release of what is held; default: 80 % of `hold.timeout`. */
  readonly timeoutMs?: number;
  /** Ends transactions that are still open when the time to drain is up (1213) instead of giving up; overrides neverPromote. */
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly onProgress?: (progress: HandoverProgress) => void;
}

export interface SwitchoverReport {
  readonly id: string;
  readonly cluster: string;
  readonly result: 'planned' | 'done';
  readonly from: string;
  readonly to: string;
  readonly plan: readonly PlannedStep[];
  readonly progress: readonly HandoverProgress[];
  /** How long new writes were held; undefined for a plan. */
  readonly pauseMs?: number;
  readonly tookMs: number;
  readonly warnings: readonly string[];
}
