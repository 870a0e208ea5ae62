import type { FailoverContext } from './failover-context.js';
import { watchNamed } from './failover-context.js';
import type { SwitchoverReport, SwitchoverRequest } from './handover-progress.js';
import type { FailoverOrderReport, FailoverRequest, ManualFailover } from './manual-failover.js';
import { OperatorError } from './operator-error.js';
import type { OperatorState } from './operator-states.js';
import type { Switchover } from './switchover.js';

export type BackendAction = 'drain' | 'undrain' | 'maintenance';

/** What became of a server by an operator's order. */
export interface BackendActionReport {
  readonly backend: string;
  /** What it was under before: undefined is nothing. */
  readonly before: OperatorState | undefined;
  readonly after: OperatorState | undefined;
  /** What to think of. */
  readonly warnings: readonly string[];
}

/** What became of a cluster by an operator's order. */
export interface PauseReport {
  readonly cluster: string;
  readonly paused: boolean;
  /** Whether it was so before. */
  readonly before: boolean;
}

const STATES: Readonly<Record<BackendAction, OperatorState | undefined>> = {
  drain: 'draining',
  maintenance: 'maintenance',
  undrain: undefined,
};

/** What operators may order for one cluster. */
export class OperatorDesk {
  readonly #context: FailoverContext;
  readonly #switchover: Switchover;
  readonly #failover: ManualFailover;

  constructor(context: FailoverContext, switchover: Switchover, failover: ManualFailover) {
    this.#context = context;
    this.#switchover = switchover;
    this.#failover = failover;
  }

  /** Moves the role to another living server; see `Switchover.run`. */
  switchover(request: SwitchoverRequest): Promise<SwitchoverReport> {
    return this.#switchover.run(request);
  }

  /** Makes a replica primary in place of one that is dead; see `ManualFailover.run`. */
  failoverTo(request: FailoverRequest): Promise<FailoverOrderReport> {
    return this.#failover.run(request);
  }

  /**
   * Takes a server out, or back in.
   * @param dryRun only say what would be
   * @throws OperatorError for a server that is not there, and for the primary: its role has to be moved first
   */
  setBackend(name: string, action: BackendAction, dryRun: boolean): BackendActionReport {
    const { watches, operatorStates, decision, options } = this.#context;
    if (watchNamed(this.#context, name) === undefined) {
      const known = watches.map((watch) => watch.name).join(', ');
      throw new OperatorError('PM_HEALTH_UNKNOWN_BACKEND', `there is no server ${name} in cluster ${options.cluster}; there are ${known}`);
    }
    const after = STATES[action];
    if (after !== undefined && decision.primary === name) {
      throw new OperatorError(
        'PM_HEALTH_NOT_NOW',
        `${name} is the primary, and nobody else takes writes: move the role first (pointsman switchover --cluster ${options.cluster}), then ${action} ${name}`,
      );
    }
    const before = operatorStates.of(name);
    if (!dryRun && before !== after) {
      operatorStates.set(name, after);
      options.log.info({ cluster: options.cluster, backend: name, before, after }, `${name}: ${action} by an operator`);
      this.#context.evaluate();
    }
    return { backend: name, before, after, warnings: after === undefined ? [] : this.#warnings(name) };
  }

  /**
   * Lets nothing new begin on the cluster: statements are held, what runs and open transactions go on. Or lets it go on.
   * @param by who orders it: for the log and for whoever looks later
   */
  setPaused(paused: boolean, by: string, dryRun: boolean): PauseReport {
    const { operatorStates, options } = this.#context;
    const before = operatorStates.pause !== undefined;
    if (!dryRun && before !== paused) {
      operatorStates.pause = paused ? { by, sinceMs: Date.now() } : undefined;
      const { cluster } = options;
      options.log[paused ? 'warn' : 'info'](
        { event: paused ? 'pause' : 'resume', cluster, by },
        `cluster ${cluster} ${paused ? 'is paused' : 'goes on'}`,
      );
      this.#context.evaluate();
    }
    return { cluster: options.cluster, paused, before };
  }

  #warnings(name: string): readonly string[] {
    const { watches, decision, operatorStates } = this.#context;
    const others = watches.filter(
      (watch) =>
        watch.name !== name &&
        decision.roles.get(watch.name)?.role === 'replica' &&
        watch.detector.state === 'online' &&
        operatorStates.of(watch.name) === undefined,
    );
    return others.length > 0 ? [] : ['no other replica is left: reads go to the primary, and nothing could be promoted but this server'];
  }
}
