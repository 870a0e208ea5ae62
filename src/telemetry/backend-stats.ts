import { addDurations, CHECK_BOUNDS_SECONDS, type Durations, emptyDurations, observe, STATEMENT_BOUNDS_SECONDS } from './durations.js';
import { ROLES, STATEMENT_KINDS, type StatementKind, type StatRole } from './stat-names.js';
import { addCounts, type Counts, zeroCounts } from './tally.js';

/** More different error codes than this per backend are counted under `other`: a metric's labels must stay few. */
const MAX_ERROR_CODES = 100;
const OTHER_CODES = 'other';

/** One backend's numbers as plain JSON. `connectionsUsed`, `connectionsConnecting` and `stalledWrites` are levels, all else only grows. */
export interface BackendCounts {
  ok: Counts<StatementKind>;
  error: Counts<StatementKind>;
  /** Durations by role at the time, then kind. */
  durations: Record<StatRole, Record<StatementKind, Durations>>;
  bytesIn: number;
  bytesOut: number;
  connectionsUsed: number;
  connectionsConnecting: number;
  /** Writes that wait while it has answered none for a while. */
  stalledWrites: number;
  connectionsMade: number;
  /** By `DialFailure.kind`. */
  connectFailures: Record<string, number>;
  /** Error packets of the server by code. */
  errorCodes: Record<string, number>;
  checks: Durations;
  checkFailures: number;
}

function emptyByRole(): Record<StatRole, Record<StatementKind, Durations>> {
  const byKind = () =>
    Object.fromEntries(STATEMENT_KINDS.map((kind) => [kind, emptyDurations(STATEMENT_BOUNDS_SECONDS)])) as Record<StatementKind, Durations>;
  return { primary: byKind(), replica: byKind(), none: byKind() };
}

/**
 * Counters of one backend. A session looks its object up once, when it attaches, and then only adds to plain numbers: no labels, no
 * maps keyed by text, no allocation per statement.
 */
export class BackendStats {
  readonly counts: BackendCounts = {
    ok: zeroCounts(STATEMENT_KINDS),
    error: zeroCounts(STATEMENT_KINDS),
    durations: emptyByRole(),
    bytesIn: 0,
    bytesOut: 0,
    connectionsUsed: 0,
    connectionsConnecting: 0,
    stalledWrites: 0,
    connectionsMade: 0,
    connectFailures: {},
    errorCodes: {},
    checks: emptyDurations(CHECK_BOUNDS_SECONDS),
    checkFailures: 0,
  };
  #role: StatRole = 'none';
  #durations = this.counts.durations.none;

  /** Role its statements are counted under; whoever follows the snapshots sets it. */
  get role(): StatRole {
    return this.#role;
  }

  set role(role: StatRole) {
    this.#role = role;
    this.#durations = this.counts.durations[role];
  }

  /** One answered statement: whether its (last) answer was an error, and seconds from sent to answered. */
  statement(kind: StatementKind, ok: boolean, seconds: number): void {
    const results = ok ? this.counts.ok : this.counts.error;
    // What there is most of, with names known to the compiler: a property named by a variable costs a search.
    if (kind === 'read') {
      results.read++;
      observe(this.#durations.read, STATEMENT_BOUNDS_SECONDS, seconds);
    } else {
      results[kind]++;
      observe(this.#durations[kind], STATEMENT_BOUNDS_SECONDS, seconds);
    }
  }

  /** Bytes read from the server. */
  received(bytes: number): void {
    this.counts.bytesIn += bytes;
  }

  /** Bytes written to the server. */
  sent(bytes: number): void {
    this.counts.bytesOut += bytes;
  }

  /** An ERR packet of the server, by its code. */
  serverError(code: number): void {
    const { errorCodes } = this.counts;
    const key = String(code);
    if (errorCodes[key] !== undefined) errorCodes[key]++;
    else if (Object.keys(errorCodes).length < MAX_ERROR_CODES) errorCodes[key] = 1;
    else errorCodes[OTHER_CODES] = (errorCodes[OTHER_CODES] ?? 0) + 1;
  }

  /** A dial begins; exactly one of `connected` and `connectFailed` must follow. */
  connecting(): void {
    this.counts.connectionsConnecting++;
  }

  connected(): void {
    this.counts.connectionsConnecting--;
    this.counts.connectionsMade++;
  }

  /** `kind` is `DialFailure.kind`: a small fixed set, because it becomes a label. */
  connectFailed(kind: string): void {
    this.counts.connectionsConnecting--;
    this.counts.connectFailures[kind] = (this.counts.connectFailures[kind] ?? 0) + 1;
  }

  /** A connection belongs to a session from now on, until `detached`. */
  attached(): void {
    this.counts.connectionsUsed++;
  }

  /** A connection that was `attached` is let go. */
  detached(): void {
    this.counts.connectionsUsed--;
  }

  /** One health check; a failed one took until its failure or time-out. */
  checked(ok: boolean, seconds: number): void {
    observe(this.counts.checks, CHECK_BOUNDS_SECONDS, seconds);
    if (!ok) this.counts.checkFailures++;
  }
}

/** Adds `from` to `into`, in place. */
export function addBackendCounts(into: BackendCounts, from: BackendCounts): void {
  addCounts(into.ok, from.ok);
  addCounts(into.error, from.error);
  for (const role of ROLES) {
    for (const kind of STATEMENT_KINDS) addDurations(into.durations[role][kind], from.durations[role][kind]);
  }
  into.bytesIn += from.bytesIn;
  into.bytesOut += from.bytesOut;
  into.connectionsUsed += from.connectionsUsed;
  into.connectionsConnecting += from.connectionsConnecting;
  into.stalledWrites += from.stalledWrites;
  into.connectionsMade += from.connectionsMade;
  addCounts(into.connectFailures, from.connectFailures);
  addCounts(into.errorCodes, from.errorCodes);
  addDurations(into.checks, from.checks);
  into.checkFailures += from.checkFailures;
}
