import type { BackendState, Role } from '../topology/snapshot.js';
import type { HandoverProgress } from './handover-progress.js';

/** What the monitor tells metrics and the event stream; times are Unix ms. */
export type HealthEvent =
  | {
      readonly kind: 'probe';
      readonly backend: string;
      readonly result: 'ok' | 'denied' | 'refused' | 'reset' | 'timeout';
      readonly latencyMs: number;
    }
  | { readonly kind: 'state'; readonly backend: string; readonly from: BackendState; readonly to: BackendState; readonly reason: string }
  | { readonly kind: 'role'; readonly backend: string; readonly from: Role; readonly to: Role; readonly reason: string }
  | { readonly kind: 'primary'; readonly from: string | undefined; readonly to: string | undefined; readonly epoch: number }
  | ({ readonly kind: 'switchover' } & HandoverProgress)
  | { readonly kind: 'alarm'; readonly text: string }
  | { readonly kind: 'failover'; readonly id: string; readonly result: 'started' | 'done' | 'failed' };
