import type { LookupFunction } from 'node:net';
import type { Log } from '../telemetry/log-types.js';
import { type HandoverReport, NO_SESSIONS } from '../topology/handover-report.js';
import type { Address, ClusterKind } from '../topology/snapshot.js';
import type { HealthEvent } from './events.js';

export interface Account {
  readonly user: string;
  readonly password: string;
}

export interface MonitoredBackend {
  /** The configured name. */
  readonly name: string;
  readonly address: Address;
  readonly weight: number;
  /** Higher is preferred in an election. */
  readonly priority: number;
  /** Where it stands, in the operator's words. */
  readonly zone?: string | undefined;
  readonly neverPromote: boolean;
  /** Read it also when it is delayed on purpose. */
  readonly readDelayed?: boolean;
  /** Sent before anything else on every connection: a PROXY header, for servers that demand one. */
  readonly preamble?: Buffer;
}

/** TLS towards the servers, as `clusters.*.tls` has it. `mirror` has no client to mirror here: TLS where the server offers it. */
export interface MonitorTls {
  readonly mode: 'off' | 'mirror' | 'prefer' | 'require' | 'verify-ca' | 'verify-identity';
  /** Asked for at every connection, because files change. */
  readonly certificates?: () => MonitorCertificates;
  /** A failed handshake in words for people, from the error's code and message. */
  readonly explain?: (code: string | undefined, message: string) => string;
}

/** PEM texts. Without `ca` servers are checked against the authorities Node knows. */
export interface MonitorCertificates {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** A further server whose lock counts, not part of the cluster. */
export interface Witness {
  /** Its address as text. */
  readonly name: string;
  readonly address: Address;
}

/** Who decides which of several proxies may change servers. */
export type CoordinatorOptions =
  | { readonly kind: 'none' }
  | { readonly kind: 'database'; readonly witnesses: readonly Witness[] }
  | {
      readonly kind: 'etcd';
      /** `http://host:port` or `https://host:port`. */
      readonly endpoints: readonly string[];
      readonly prefix: string;
      readonly account?: Account;
      readonly certificates?: () => MonitorCertificates;
    };

export interface FailoverOptions {
  readonly mode: 'follow' | 'promote';
  /** Account that replicas log in with; needed in `promote`. */
  readonly replication?: Account;
  /** Program and arguments, run for each old primary that was fenced; empty: none. */
  readonly fenceCommand: readonly string[];
  /** Let an old primary that holds nothing of its own follow the new one. */
  readonly rejoin: boolean;
  /** Longest wait for a candidate to apply what it has received. */
  readonly catchUpTimeoutMs: number;
  /**
   * Transactions are known that no candidate has: promote and list them; wait `catchUpTimeoutMs` for the dead primary first; or leave the
   * promotion to an operator.
   */
  readonly onKnownLoss: 'report' | 'wait' | 'refuse';
  /**
   * How long a primary that never answered this process (a proxy started during a failure) must stay away before its silent replicas
   * are believed. Longer than a server's start, so that a whole cluster that boots is not reshuffled.
   */
  readonly unseenGraceMs: number;
  /** How long a replica's receiver must stay unconnected after its restart to count as a witness. */
  readonly bounceMs: number;
  readonly coordinator: CoordinatorOptions;
  /**
   * Length of the coordinator's lease. Connections that change something have a `wait_timeout` a second shorter: a proxy that was
   * paused longer finds them closed.
   */
  readonly leaseMs: number;
}

export interface MonitorOptions {
  readonly cluster: string;
  /** Where this proxy runs: replicas there are read first. */
  readonly zone?: string | undefined;
  readonly backends: readonly MonitoredBackend[];
  readonly monitor: Account;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly downAfter: number;
  readonly upAfter: number;
  readonly maxLagMs: number;
  /** `auto`: what the servers say. */
  readonly topology: ClusterKind | 'auto';
  /** `static`: a preferred server that returns gets the role back. */
  readonly failBack: boolean;
  readonly failover: FailoverOptions;
  /** Commits are guarded somewhere: the table of tokens is made and kept small. */
  readonly commitGuard: boolean;
  readonly tls: MonitorTls;
  /** Time for a switchover up to the release of what is held, ms; below `hold.timeout`. */
  readonly switchoverTimeoutMs: number;
  /** What the sessions of all processes have on a server; see `HandoverReport`. */
  readonly sessionsOn: (backend: string, withThreads: boolean) => Promise<HandoverReport>;
  /** Rhythm while there is no primary or a failover is under way. */
  readonly fastIntervalMs: number;
  /** Source address of the monitor's connections; undefined lets the system choose. */
  readonly localAddress?: string;
  /** Finds a name's addresses; undefined: the system does. */
  readonly lookup?: LookupFunction;
  readonly log: Log;
  /** Called for everything that metrics or an event stream may count; must not throw. */
  readonly onEvent?: (event: HealthEvent) => void;
}

export type MonitorSettings = Partial<Omit<MonitorOptions, 'failover'>> &
  Pick<MonitorOptions, 'cluster' | 'backends' | 'monitor' | 'log'> & { readonly failover?: Partial<FailoverOptions> };

const failoverDefaults: FailoverOptions = {
  mode: 'follow',
  rejoin: true,
  catchUpTimeoutMs: 30_000,
  onKnownLoss: 'report',
  fenceCommand: [],
  unseenGraceMs: 5_000,
  bounceMs: 1_000,
  coordinator: { kind: 'none' },
  leaseMs: 5_000,
};

/** Fills in DESIGN's defaults. */
export function monitorOptions(
  settings: Omit<MonitorSettings, 'failover'> & { readonly failover?: Partial<FailoverOptions> },
): MonitorOptions {
  const { failover, ...rest } = settings;
  return {
    intervalMs: 500,
    timeoutMs: 500,
    downAfter: 2,
    upAfter: 2,
    maxLagMs: 10_000,
    fastIntervalMs: 60,
    switchoverTimeoutMs: 8_000,
    sessionsOn: () => Promise.resolve(NO_SESSIONS),
    topology: 'auto',
    failBack: false,
    commitGuard: false,
    tls: { mode: 'mirror' },
    ...rest,
    failover: { ...failoverDefaults, ...failover },
  };
}
