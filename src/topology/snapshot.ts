/**
 * The immutable, versioned view of one cluster that everything else follows. Health publishes it; sessions and routing read it;
 * nobody edits it. A new view is a new object with a higher `version`.
 */

/** How the servers of a cluster hang together. */
export type ClusterKind = 'replication' | 'galera' | 'group-replication' | 'static';

/** What a cluster was found or told to be. */
export interface Topology {
  readonly kind: ClusterKind;
  /** One sentence: who says so. */
  readonly because: string;
}

/** What we think of a server right now. `suspect` still serves what it has, but gets new work only when nobody else can take it. */
export type BackendState = 'online' | 'suspect' | 'down' | 'draining' | 'maintenance';

/** `none`: answers, but is neither the primary nor a usable replica (unknown yet, a second candidate, quarantined, fenced). */
export type Role = 'primary' | 'replica' | 'none';

/** Where a server listens. Exactly one of `path` (unix socket) or `host` + `port` is used. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly path?: string;
  /** The host name that its certificate is checked for, where `host` is one of the addresses of that name. */
  readonly certificateName?: string;
}

export type Flavor = 'mysql' | 'mariadb';

/** What a server told about itself in its greeting and its variables; undefined until it has been reached once. */
export interface ServerIdentity {
  readonly flavor: Flavor;
  /** Version text exactly as in the greeting (MariaDB's keeps its `5.5.5-` prefix). */
  readonly greetingVersion: string;
  /** Capability bits of the greeting (32 bit, unsigned) and MariaDB's extended ones (0 elsewhere). */
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
  /** Default collation id of the greeting (its low byte, as sent). */
  readonly charset: number;
  /** `@@server_uuid` (MySQL) or `@@server_id` as text (MariaDB). */
  readonly id: string;
  /** When the server process started, Unix time in ms by our clock, exact to about a second. */
  readonly startedAtMs: number;
}

export interface BackendView {
  readonly name: string;
  readonly address: Address;
  readonly weight: number;
  readonly priority: number;
  /** Its zone and ours are known, and differ: read only when no replica of our zone can be. */
  readonly elsewhere?: boolean;
  readonly state: BackendState;
  /** Nobody has looked at it yet: that it is `down` says nothing of connections that are open there, for it may have been removed and added again. */
  readonly unseen?: boolean;
  readonly role: Role;
  /** May get replica reads now: replica threads run, lag within the limit, state online (the monitor decides). */
  readonly readable: boolean;
  /** Replication delay in ms; undefined when unknown or not a replica. */
  readonly lagMs: number | undefined;
  /** Round trip of the last successful probe in ms. */
  readonly latencyMs: number | undefined;
  readonly identity: ServerIdentity | undefined;
  /** `max_allowed_packet` for new connections; absent while unknown. */
  readonly maxPacketBytes?: number;
  /** `wait_timeout` and `interactive_timeout` for new connections. */
  readonly idleLimitMs?: number;
  readonly interactiveIdleLimitMs?: number;
  /** One sentence: why this state and role. */
  readonly reason: string;
  readonly lastError: string | undefined;
}

/** The role of primary is being moved between living servers. While this is in the snapshot, nothing new begins on `from`. */
export interface Handover {
  readonly id: string;
  /** The primary so far. */
  readonly from: string;
  /** Its successor; undefined while it is not chosen. */
  readonly to: string | undefined;
  /** Until then open transactions go on, Unix ms. */
  readonly untilMs: number;
  /**
   * `drain`: what is open on `from` goes on and ends by itself; `switch`: nothing is sent to `from` any more, transactions still open there
   * are lost to it (and replayed where that can be).
   */
  readonly phase: 'drain' | 'switch';
}

/** An operator lets nothing new begin on a cluster. While this is in the snapshot, statements are held; what is open goes on. */
export interface Pause {
  /** Who ordered it. */
  readonly by: string;
  /** Unix ms. */
  readonly sinceMs: number;
}

export interface ClusterSnapshot {
  /** How the servers hang together, configured or found out; absent before the first look. */
  readonly topology?: Topology;
  readonly cluster: string;
  readonly version: number;
  /** Name of the backend that takes writes; undefined while there is none. */
  readonly primary: string | undefined;
  /** Rises each time another server becomes primary; a session attached in an older epoch must not write there. */
  readonly epoch: number;
  readonly backends: readonly BackendView[];
  readonly handover?: Handover;
  readonly pause?: Pause;
  /** There is no primary: why nobody is promoted, and what to do. `promote` mode only. */
  readonly stuck?: string;
}

/** What traffic saw; the monitor checks all servers at once when one arrives. */
export interface TrafficSignal {
  readonly backend: string;
  readonly kind: 'refused' | 'reset' | 'timeout' | 'ended' | 'read-only' | 'shutdown';
  readonly detail: string;
}

/**
 * Why a session lost its backend connection, decided by the monitor with fresh probes:
 * `dead` the server is confirmed gone or frozen; `restarted` it answers but started after the connection was made (what ran there is
 * lost as with a death); `demoted` it lives but lost its role, or we fenced it; `healthy` the server ended just this connection.
 */
export type Verdict = 'dead' | 'restarted' | 'demoted' | 'healthy';

/** Finds a backend by name. */
export function backendNamed(snapshot: ClusterSnapshot, name: string | undefined): BackendView | undefined {
  return name === undefined ? undefined : snapshot.backends.find((backend) => backend.name === name);
}
