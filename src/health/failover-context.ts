import type { Position } from '../topology/position.js';
import type { RoleDecision, ServerFacts } from '../topology/roles.js';
import type { ClusterKind, ClusterSnapshot, Flavor } from '../topology/snapshot.js';
import type { BackendWatch } from './backend-watch.js';
import type { Coordinator } from './coordination/coordinator.js';
import type { OperatorStates } from './operator-states.js';
import type { MonitorOptions } from './options.js';
import type { PrimaryHistory } from './primary-history.js';
import type { SemiSyncKeeper } from './semi-sync-keeper.js';
import type { WitnessLog } from './witness-log.js';

/** What the executors see of the monitor. */
export interface FailoverContext {
  readonly options: MonitorOptions;
  readonly watches: readonly BackendWatch[];
  readonly history: PrimaryHistory;
  /** Whoever changes servers acquires its lease first. */
  readonly coordinator: Coordinator;
  /** As published last. */
  readonly snapshot: ClusterSnapshot;
  /** The latest role decision. */
  readonly decision: RoleDecision;
  /** What it was made from. */
  readonly facts: readonly ServerFacts[];
  /** How the servers hang together. */
  readonly kind: ClusterKind;
  /** What clients were told is committed, as far as servers of this kind can have it. */
  acknowledgedAs(flavor: Flavor): Position;
  /** Servers that operators have taken out. */
  readonly operatorStates: OperatorStates;
  /** How the primary waits for replicas. */
  readonly semiSync: SemiSyncKeeper;
  /** What replicas show of their source. */
  readonly witnesses: WitnessLog;
  /** Replicas whose replication we have stopped and not started again. */
  readonly stopped: Set<string>;
  /** False once the monitor was stopped: nothing more is changed. */
  readonly running: boolean;
  /** Judges again and publishes: called when an executor's state changed without a new sample. */
  evaluate(): void;
}

export function watchNamed(context: FailoverContext, name: string | undefined): BackendWatch | undefined {
  return name === undefined ? undefined : context.watches.find((watch) => watch.name === name);
}
