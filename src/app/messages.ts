import type { Config } from '../config/config.js';
import type { Credential, Secret } from '../protocol/auth/secret.js';
import type { KillOrder, KillReport } from '../session/kill/kill-order.js';
import type { ProcessReport } from '../telemetry/group-stats.js';
import type { HandoverReport } from '../topology/handover-report.js';
import type { SessionOutcome } from '../topology/link.js';
import type { PositionReport } from '../topology/position-report.js';
import type { ClusterSnapshot, TrafficSignal, Verdict } from '../topology/snapshot.js';
import type { MarkList } from './mark-rounds.js';
import type { SessionReport } from './session-report.js';
import type { StatementLists } from './statement-lists.js';
import type { TlsMaterial } from './tls-material.js';
import type { TraceOrder, TraceReport } from './trace-desk.js';

/** What the supervisor tells a worker. */
export type ToWorker =
  | {
      readonly type: 'start';
      readonly config: Config;
      readonly workerIndex: number;
      readonly workers: number;
      readonly rsaPem: string;
      readonly tls: TlsMaterial;
      readonly snapshots: readonly ClusterSnapshot[];
    }
  /** With a socket that was accepted for it. */
  | { readonly type: 'client'; readonly listener: string }
  /** Can you use this? It is not in force yet. */
  | { readonly type: 'prepare-config'; readonly request: number; readonly config: Config }
  | { readonly type: 'apply-config'; readonly config: Config }
  | { readonly type: 'tls'; readonly tls: TlsMaterial }
  | { readonly type: 'limited'; readonly request: number; readonly againInMs: number }
  | { readonly type: 'snapshot'; readonly snapshot: ClusterSnapshot }
  /** Times by the machine's clock. */
  | { readonly type: 'positions'; readonly cluster: string; readonly report: PositionReport }
  /** What have you told your clients? */
  | { readonly type: 'tell-marks'; readonly cluster: string; readonly request: number }
  | {
      readonly type: 'group-marks';
      readonly cluster: string;
      readonly request: number;
      readonly marks: MarkList | undefined;
      readonly notBeforeMs: number;
    }
  | { readonly type: 'shown'; readonly cluster: string; readonly request: number }
  | { readonly type: 'verdict'; readonly cluster: string; readonly request: number; readonly verdict: Verdict }
  | { readonly type: 'digests'; readonly cluster: string; readonly watched: boolean; readonly quarantined: readonly string[] }
  | { readonly type: 'others'; readonly total: number; readonly byAddress: readonly (readonly [string, number])[] }
  | { readonly type: 'found-secrets'; readonly cluster: string; readonly request: number; readonly secrets: readonly Secret[] }
  | { readonly type: 'sessions'; readonly request: number }
  /** What have your sessions on this server, which is to hand its role over? */
  | {
      readonly type: 'sessions-on';
      readonly request: number;
      readonly cluster: string;
      readonly backend: string;
      readonly withThreads: boolean;
    }
  /** Which digests and slow statements have you seen? */
  | { readonly type: 'statements'; readonly request: number }
  | { readonly type: 'trace'; readonly request: number; readonly order: TraceOrder }
  | { readonly type: 'kill'; readonly request: number; readonly order: KillOrder }
  | { readonly type: 'killed'; readonly request: number; readonly report: KillReport }
  | { readonly type: 'drain'; readonly timeoutMs: number }
  /** While it drains: what is left ends now. */
  | { readonly type: 'cut' };

/** What a worker tells its supervisor. Workers report what they see; they never decide who is primary. */
export type ToSupervisor =
  /** One statement out of a rule's allowance. */
  | { readonly type: 'limit'; readonly request: number; readonly rule: string; readonly user: string; readonly client: string }
  | { readonly type: 'traced'; readonly request: number; readonly report: TraceReport }
  | { readonly type: 'hello' }
  /** Clients may come. */
  | { readonly type: 'open' }
  | { readonly type: 'signal'; readonly cluster: string; readonly signal: TrafficSignal }
  | {
      readonly type: 'verdict';
      readonly request: number;
      readonly cluster: string;
      readonly backend: string;
      /** By the machine's clock (machine-clock.ts). */
      readonly connectedAtMs: number;
    }
  /** What have the others told their clients? */
  | { readonly type: 'ask-marks'; readonly cluster: string; readonly request: number }
  /** Tell me when the primary shows all that it has sent to its replicas. */
  | { readonly type: 'ask-shown'; readonly cluster: string; readonly request: number; readonly budgetMs: number }
  | { readonly type: 'told-marks'; readonly request: number; readonly marks: MarkList }
  | { readonly type: 'in-flight'; readonly cluster: string; readonly backend: string; readonly digests: readonly string[] }
  | { readonly type: 'completed'; readonly cluster: string; readonly digest: string }
  | {
      readonly type: 'tally';
      readonly cluster: string;
      readonly gtids: readonly string[];
      readonly outcomes: readonly OutcomeCount[];
      /** Of statements that were held, since the last such message. */
      readonly longestHoldMs: number;
    }
  | {
      readonly type: 'find-secrets';
      readonly cluster: string;
      readonly request: number;
      readonly user: string;
      readonly from: 'group' | 'servers';
    }
  | { readonly type: 'login-proven'; readonly cluster: string; readonly user: string; readonly credential: Credential }
  | { readonly type: 'login-refused'; readonly cluster: string; readonly user: string }
  | { readonly type: 'clients'; readonly total: number; readonly byAddress: readonly (readonly [string, number])[] }
  | { readonly type: 'stats'; readonly report: ProcessReport }
  | { readonly type: 'sessions-on'; readonly request: number; readonly report: HandoverReport }
  | { readonly type: 'sessions'; readonly request: number; readonly sessions: readonly SessionReport[] }
  | { readonly type: 'statements'; readonly request: number; readonly lists: StatementLists }
  | { readonly type: 'kill'; readonly request: number; readonly order: KillOrder }
  | { readonly type: 'killed'; readonly request: number; readonly report: KillReport }
  /** Undefined: it can be used. */
  | { readonly type: 'config-prepared'; readonly request: number; readonly problem: string | undefined }
  | { readonly type: 'drained'; readonly cut: number };

export type OutcomeCount = readonly [outcome: SessionOutcome, count: number];

export interface ListenAddress {
  readonly name: string;
  readonly route: string;
  readonly cluster: string;
  readonly address: string;
}
