import type { BackendConnection, DialFailure, DialRequest } from '../backend/dial-request.js';
import type { Account } from '../client/account.js';
import type { LoginOptions } from '../client/login.js';
import type { Endpoints } from '../net/proxy-header.js';
import type { Credential } from '../protocol/auth/secret.js';
import type { Balancer } from '../routing/balancer.js';
import type { ConsistencyLevel } from '../routing/consistency.js';
import type { Route, Router, SessionRoute } from '../routing/router.js';
import type { Classifier } from '../sql/classify.js';
import type { DigestCache } from '../sql/digest-cache.js';
import type { SafeFunctions } from '../sql/safe-functions.js';
import type { Log } from '../telemetry/log-types.js';
import type { Stats } from '../telemetry/stats.js';
import type { Tracer } from '../telemetry/tracing/tracer.js';
import type { ClusterLink } from '../topology/link.js';
import type { HoldQueue } from './hold-queue.js';
import type { InquiryGate } from './inquiry-gate.js';
import type { KillDesk } from './kill/kill-order.js';
import type { PrimaryOnly } from './primary-only.js';
import type { ProvenLogins } from './proven-logins.js';
import type { ReplayMemory } from './replay/replay-memory.js';
import type { RuleDesk } from './rule-desk.js';
import type { SecretSource } from './secret-source.js';
import type { SessionTraces } from './trace/session-traces.js';

/** What reads on replicas are promised, and how long they may wait at one for it. */
export interface ReadPromise {
  readonly consistency: ConsistencyLevel;
  readonly waitBudgetMs: number;
}

/** What all sessions of one cluster in this process share. */
export interface ClusterServices {
  readonly name: string;
  readonly link: ClusterLink;
  readonly router: Router;
  readonly balancer: Balancer;
  readonly hold: HoldQueue;
  readonly proven: ProvenLogins;
  readonly secrets: SecretSource;
  readonly inquiries: InquiryGate;
  /** Reads that replicas refused. */
  readonly primaryOnly: PrimaryOnly;
  readonly connectTimeoutMs: number;
  readonly reads: ReadPromise;
  /** Stored functions that are declared free of side effects; undefined: none are. */
  readonly safeFunctions: SafeFunctions | undefined;
  /** What recorded transactions may take; undefined: none are replayed. */
  readonly replay: ReplayMemory | undefined;
  /** Commits are guarded where no rule says otherwise. */
  readonly commitGuard: boolean;
  /** When it was last said that a guard could not be set; `performance.now()`, ms. */
  guardMissedAtMs: number;
  /** SHUTDOWN and RESTART of clients go to the server. */
  readonly allowShutdown: boolean;
  /** TLS towards the backend for a client that itself came with (`true`) or without TLS. */
  backendTls(clientUsesTls: boolean): DialRequest['tls'];
  /** Fewer connections than the backend's `maxConnections` are in use. */
  hasRoom(backend: string): boolean;
  dial(request: DialRequest, done: (outcome: BackendConnection | DialFailure) => void): { cancel(): void };
}

/** What all sessions of this process share. */
export interface SessionServices {
  readonly stats: Stats;
  /** Undefined: no traces are sent. */
  readonly tracer: Tracer | undefined;
  readonly log: Log;
  /** Larger commands are not kept whole, so they cannot be run again. Bytes. */
  readonly maxRerunBytes: number;
  /** How statements appear in the log: with `?` for literals, or as they are. */
  readonly logSql: 'redacted' | 'full';
  /** Reads the statements of all of them: it costs more to make than to use. */
  readonly classifier: Classifier;
  /** Their digests, for those who ask. */
  readonly digests: DigestCache;
  /** All of this process, by name. */
  readonly clusters: ReadonlyMap<string, ClusterServices>;
  /** Undefined: there are none. */
  readonly rules: RuleDesk | undefined;
  /** Packets of some sessions, written down. */
  readonly traces: SessionTraces;
  /** Finds the victims of KILL in all processes. */
  readonly kills: KillDesk;
  /** What COM_CHANGE_USER is judged by. */
  readonly login: LoginOptions<Account, BackendConnection>;
}

/** Who the client is and what it negotiated; a backend connection is opened with the same. Replaced by COM_CHANGE_USER. */
export interface ClientIdentity {
  readonly user: string;
  /** What servers are dialled with, best first. None: the login was judged by one server, and only the connection there is proven. */
  readonly credentials: readonly Credential[];
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
  readonly charset: number;
  readonly maxPacketSize: number;
  readonly attributes: readonly (readonly [string, string])[];
  readonly usesTls: boolean;
  readonly address: string;
  /** Its connection, as it made it. */
  readonly client: Endpoints;
  /** Ours. */
  readonly connectionId?: number | undefined;
}

export type { Route, SessionRoute };
