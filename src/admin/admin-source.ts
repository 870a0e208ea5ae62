import type { AdminAddress } from './admin-address.js';

/** A cluster as it is now; topology's `ClusterSnapshot` fits it. */
export interface ClusterSource {
  readonly cluster: string;
  readonly version: number;
  readonly primary: string | undefined;
  readonly epoch: number;
  /** How its servers hang together, and who says so; absent before they were looked at. */
  readonly topology?: { readonly kind: string; readonly because: string };
  readonly backends: readonly BackendSource[];
  /** An operator lets nothing new begin. */
  readonly pause?: { readonly by: string; readonly sinceMs: number };
  /** Why nobody is promoted although there is no primary. */
  readonly stuck?: string;
}

export interface BackendSource {
  readonly name: string;
  readonly address: AdminAddress;
  readonly weight: number;
  readonly priority: number;
  readonly state: string;
  readonly role: string;
  readonly readable: boolean;
  readonly lagMs: number | undefined;
  readonly latencyMs: number | undefined;
  readonly identity: { readonly flavor: string; readonly greetingVersion: string; readonly startedAtMs: number } | undefined;
  readonly reason: string;
  readonly lastError: string | undefined;
}

/** The process group as it is now. */
export interface Overview {
  /** `starting` until all listeners are open. */
  readonly state: 'starting' | 'running' | 'draining';
  readonly listeners: readonly ListenerReport[];
  readonly workers: readonly WorkerReport[];
  /** Logged-in clients by state. */
  readonly clients: { readonly active: number; readonly idle: number; readonly held: number };
  readonly heldStatements: number;
  /** Connections that belong to sessions, by backend. */
  readonly connections: Readonly<Record<string, number>>;
}

export interface ListenerReport {
  readonly name: string;
  /** As it is open: with the real port where 0 was configured. */
  readonly address: string;
  readonly cluster: string;
  readonly route: string;
  readonly open: boolean;
}

/** With `process.workers` 1 there is one entry, the process itself. */
export interface WorkerReport {
  readonly id: number;
  readonly pid: number;
  readonly state: 'starting' | 'running' | 'draining';
  readonly clients: number;
  readonly restarts: number;
}

/** A statement to be explained, and who would send it. */
export interface ExplainRequest {
  readonly sql: string;
  readonly user?: string | undefined;
  readonly database?: string | undefined;
  /** Default: the first with route `split`, else the first. */
  readonly listener?: string | undefined;
  /** Address; default 127.0.0.1. */
  readonly client?: string | undefined;
  readonly tls?: boolean | undefined;
}

/** What would happen to it. What does not apply is null. */
export interface Explanation {
  readonly sql: string;
  readonly digest: { readonly hash: string; readonly text: string };
  readonly facts: {
    readonly kind: string;
    readonly statements: number;
    readonly pureRead: boolean;
    readonly notPureBecause: string | null;
    readonly tables: readonly string[];
    readonly begins: boolean;
    readonly commits: boolean;
    readonly effects: readonly string[];
  };
  readonly hint: {
    readonly target: string | null;
    readonly backend: string | null;
    readonly consistency: string | null;
    readonly ignored: readonly string[];
  } | null;
  /** All that match, in order. */
  readonly rules: readonly { readonly name: string; readonly dryRun: boolean; readonly action: object }[];
  readonly denied: { readonly rule: string; readonly message: string } | null;
  readonly delayMs: number;
  readonly timeoutMs: number | null;
  readonly rewritten: string | null;
  readonly listener: string;
  readonly cluster: string;
  readonly route: string;
  /** Who decided the route, and why. */
  readonly routeBy: string;
  readonly consistency: string;
  /** Null: none now; the statement would wait. */
  readonly target: string | null;
  readonly backends: readonly { readonly name: string; readonly chosen: boolean; readonly reason: string }[];
}

/** One rule of the configuration and what became of the statements it matched. */
export interface RuleReport {
  readonly name: string;
  readonly match: object;
  readonly action: object;
  readonly continue: boolean;
  readonly dryRun: boolean;
  readonly hits: number;
  readonly denied: number;
  readonly limited: number;
  readonly timedOut: number;
}

/** Counters of the whole group since its start (but for the levels `clients` and `heldStatements`). */
export interface TrafficCounts {
  /** Answered statements by the role of their server. */
  readonly statements: { readonly primary: number; readonly replica: number; readonly none: number };
  /** Of them, those answered with an error. */
  readonly errors: number;
  /** Histogram of all durations: counts per bucket, one more than bounds. */
  readonly boundsSeconds: readonly number[];
  readonly durations: readonly number[];
  readonly clients: { readonly active: number; readonly idle: number; readonly held: number };
  readonly heldStatements: number;
  readonly retried: number;
  readonly unknownOutcomes: number;
  readonly repointed: number;
  readonly logins: { readonly accepted: number; readonly auth_failed: number; readonly rejected: number };
  /** From and to clients. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly backends: Readonly<
    Record<string, { readonly statements: number; readonly errors: number; readonly bytesIn: number; readonly bytesOut: number }>
  >;
}

/** All statements of one shape. */
export interface DigestReport {
  readonly hash: string;
  readonly text: string;
  readonly kind: string;
  /** Selected database of the last one. */
  readonly schema: string | null;
  readonly count: number;
  readonly errors: number;
  readonly rows: number;
  readonly totalMs: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Unix time. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** One statement that took long. */
export interface SlowReport {
  /** Unix time of its end. */
  readonly atMs: number;
  readonly tookMs: number;
  readonly hash: string;
  readonly text: string;
  readonly backend: string;
  readonly user: string;
  readonly client: string;
  readonly session: number;
  readonly schema: string | null;
  readonly ok: boolean;
  readonly rows: number;
}

/** An operator's word about one server. */
export interface BackendOrder {
  readonly backend: string;
  readonly cluster: string | undefined;
  readonly action: 'drain' | 'undrain' | 'maintenance';
  readonly dryRun: boolean;
}

/** An operator's word about whether a cluster takes statements. */
export interface PauseOrder {
  readonly cluster: string;
  readonly paused: boolean;
  readonly by: string;
  readonly dryRun: boolean;
}

/** An operator's word about who is to be primary. */
export interface SwitchoverOrder {
  readonly cluster: string;
  /** Default: the best replica. */
  readonly to: string | undefined;
  /** For all up to the release of what is held; default: 80 % of `hold.timeout`. */
  readonly timeoutMs: number | undefined;
  readonly force: boolean;
  readonly dryRun: boolean;
}

/** An operator's word about who replaces a dead primary. */
export interface FailoverOrder {
  readonly cluster: string;
  readonly to: string;
  /** Also where transactions are lost by it that another server has, or it is configured never to be promoted. */
  readonly force: boolean;
  readonly dryRun: boolean;
}

/** An operator's word about the packets of a session. */
export interface TraceWish {
  readonly session: number;
  readonly action: 'start' | 'stop' | 'read';
  /** Of a start. */
  readonly seconds: number;
  readonly maxBytes: number;
}

/** What the admin server shows; `app` offers it. Objects are sent as JSON as they are, so they hold no secrets. */
export interface AdminSource {
  overview(): Overview | Promise<Overview>;
  clusters(): readonly ClusterSource[];
  /** One report per event, newest first. */
  failovers(): readonly object[];
  /** Text in the Prometheus format. */
  metrics(): Promise<string>;
  /** In their order. */
  rules(): readonly RuleReport[];
  /** A text says what is wrong with the request. */
  explain(request: ExplainRequest): Explanation | string;
  /** Left out where sessions cannot be listed. */
  sessions?(): Promise<readonly object[]>;
  /**
   * Takes a server out of traffic or back in; the answer is what became of it. Throws `AdminProblem` for what cannot be done.
   * @param cluster needed only where several clusters have a server of this name
   */
  setBackend?(order: BackendOrder): object;
  /** Lets nothing new begin on a cluster, or lets it go on. Throws `AdminProblem` for a cluster that is not there. */
  setPaused?(order: PauseOrder): object;
  /** Moves the role of primary; the answer is the report. Throws `AdminProblem` for what cannot be done. */
  switchover?(order: SwitchoverOrder): Promise<object>;
  /** Makes a replica primary in place of one that is dead; the answer is the report. Throws `AdminProblem` for what cannot be done. */
  failover?(order: FailoverOrder): Promise<object>;
  /** Ends a session, or only its statement; the answer is the session as it was. Undefined: there is none of this id. */
  kill?(id: number, how: { readonly queryOnly: boolean; readonly dryRun: boolean }): Promise<object | undefined>;
  /** Begins, ends or gives the trace of a session. No `state`: there is no such session, or no trace of it. */
  trace?(wish: TraceWish): Promise<{
    readonly state: object | undefined;
    readonly text: string | undefined;
    /** Why it could not be begun. */
    readonly refused: string | undefined;
  }>;
  /** Sets the log level of all processes until the next reload; the answer is what it was and is. */
  setLogLevel?(level: 'debug' | 'info' | 'warn' | 'error', by: string, dryRun: boolean): Promise<object>;
  /** Adding all up takes a moment: about once per second. */
  traffic(): TrafficCounts;
  /** Digests by the time they took together, the most first; slow statements newest first. */
  statements(): Promise<{ readonly digests: readonly DigestReport[]; readonly slow: readonly SlowReport[] }>;
  /** In force, secrets masked. */
  config(): object;
  /**
   * Reads the configuration anew and brings it into force, or only says what that would change.
   * Throws AdminProblem where it is not taken. Left out where there is none to read.
   */
  reload?(by: string, dryRun: boolean): Promise<object>;
  /** In what the running process differs from its file. */
  drift?(): object;
  /**
   * Has a new process of the version on the disk take over the listening sockets; says which.
   * Throws AdminProblem where that does not come about. Left out where there can be none.
   */
  upgrade?(by: string): Promise<object>;
}
