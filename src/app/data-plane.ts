import type { KillOrder, KillReport } from '../session/kill/kill-order.js';
import type { GroupTotals, ProcessReport } from '../telemetry/group-stats.js';
import type { HandoverReport } from '../topology/handover-report.js';
import type { ListenAddress } from './messages.js';
import type { SessionReport } from './session-report.js';
import type { StatementLists } from './statement-lists.js';
import type { WorkerState } from './workers.js';

/** Whoever serves the clients, seen from the supervisor: this process, or several. */
export interface DataPlane {
  /** Opens all listeners; throws when one cannot be opened. */
  open(): Promise<readonly ListenAddress[]>;
  stopAccepting(): Promise<void>;
  /** Settles when all sessions are over, at the latest a little after the time. */
  drain(timeoutMs: number): Promise<void>;
  workers(): readonly WorkerState[];
  /** Numbers of the whole group; `own` are this process's. */
  totals(own: () => ProcessReport): GroupTotals;
  /** What all sessions have on a server that is to hand its role over. */
  sessionsOn(cluster: string, backend: string, withThreads: boolean): Promise<HandoverReport>;
  sessions(): Promise<readonly SessionReport[]>;
  /** Digests and slow statements of the whole group. */
  statements(): Promise<StatementLists>;
  /** Carries out an order of an operator, in whichever process the session is. */
  kill(order: KillOrder): Promise<KillReport>;
}
