import type { Socket } from 'node:net';
import type { Config } from '../config/config.js';
import type { KillOrder, KillReport } from '../session/kill/kill-order.js';
import type { GroupTotals, ProcessReport } from '../telemetry/group-stats.js';
import type { HandoverReport } from '../topology/handover-report.js';
import type { SessionReport } from './session-report.js';
import type { StatementLists } from './statement-lists.js';
import type { TraceOrder, TraceReport } from './trace-desk.js';
import type { WorkerState } from './workers.js';

/** Whoever serves the clients, seen from the supervisor: this process, or several. */
export interface DataPlane {
  /** Settles once clients may enter. */
  open(): Promise<void>;
  /** Accepted sockets are read by another process. */
  readonly paused: boolean;
  /** A client has come to a listener. */
  enter(listener: string, socket: Socket): void;
  /** Settles once everybody who came has arrived where he is served. */
  quiet(): Promise<void>;
  /**
   * Makes ready what another configuration needs, in every process; nothing changes yet.
   * @returns brings it into force everywhere; a process that begins later has it from its start
   * @throws Error where a process cannot use it
   */
  prepare(config: Config): Promise<() => void>;
  /** Nobody enters any more. Settles when all sessions are over, at the latest a little after the time. */
  drain(timeoutMs: number): Promise<void>;
  /** While it drains: what is left ends now. */
  cut(): void;
  workers(): readonly WorkerState[];
  /** Numbers of the whole group; `own` are this process's. */
  totals(own: () => ProcessReport): GroupTotals;
  /** What all sessions have on a server that is to hand its role over. */
  sessionsOn(cluster: string, backend: string, withThreads: boolean): Promise<HandoverReport>;
  sessions(): Promise<readonly SessionReport[]>;
  /** Digests and slow statements of the whole group. */
  statements(): Promise<StatementLists>;
  /** The trace of a session, in whichever process it is. */
  trace(order: TraceOrder): Promise<TraceReport>;
  /** Carries out an order of an operator, in whichever process the session is. */
  kill(order: KillOrder): Promise<KillReport>;
}
