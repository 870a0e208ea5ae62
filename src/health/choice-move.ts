import type { ClusterKind } from '../topology/snapshot.js';
import { ControlLink } from './control-link.js';
import { drainSessions } from './drain-sessions.js';
import type { FailoverContext } from './failover-context.js';
import type { PlannedStep } from './handover-progress.js';
import { OperatorError } from './operator-error.js';
import type { SwitchoverOrder } from './switchover-run.js';

/**
 * A planned move where each proxy itself chooses who takes the writes (`galera`, `static`): what is new is held, what is open ends, and
 * another server is chosen. Nothing is changed on the servers, so there is nothing to put back but the choice.
 */
export class ChoiceMove {
  readonly #context: FailoverContext;
  readonly #order: SwitchoverOrder;
  readonly #kind: ClusterKind;

  constructor(context: FailoverContext, kind: ClusterKind, order: SwitchoverOrder) {
    this.#context = context;
    this.#kind = kind;
    this.#order = order;
  }

  /** @throws OperatorError when all is as before */
  async run(): Promise<{ readonly pauseMs: number; readonly warnings: readonly string[] }> {
    const { history, operatorStates } = this.#context;
    const { from, to, tell, publish } = this.#order;
    const chosenBefore = operatorStates.chosen;
    tell('prepare', `${to.name} is to take the writes in place of ${from.name}`);
    history.recorder.begin(from.name, Date.now(), `switchover to ${to.name}, asked for by an operator`);
    history.planned = true;
    const heldMs = performance.now();
    try {
      await this.#drain();
      if (this.#kind === 'galera') await this.#catchUp();
      this.#inTime('before the role was moved');
      tell('promote', `${to.name} is chosen`);
      history.appoint(to.name);
      operatorStates.chosen = to.name;
      publish(undefined);
      this.#context.evaluate();
      if (this.#context.decision.primary !== to.name) throw new Error(`${to.name} can take no writes any more`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      operatorStates.chosen = chosenBefore;
      history.revoke();
      publish(undefined);
      tell('aborted', `given up: ${why}; ${from.name} is as before`);
      history.recorder.end('aborted', from.name, Date.now());
      throw new OperatorError('PM_HEALTH_ABORTED', `switchover given up: ${why}; ${from.name} is as before`);
    } finally {
      history.planned = false;
    }
    const pauseMs = Math.round(performance.now() - heldMs);
    tell('release', `${to.name} takes writes; new ones were held for ${pauseMs} ms`);
    tell('done', `${to.name} is primary`);
    return { pauseMs, warnings: [] };
  }

  async #drain(): Promise<void> {
    const { id, from, to, untilMs, force, tell, publish } = this.#order;
    const halfMs = (untilMs - performance.now()) / 2;
    const base = { id, from: from.name, to: to.name, untilMs: Date.now() + halfMs };
    tell('drain', 'new writes are held, what is open goes on');
    const drained = await drainSessions(this.#context, {
      backend: from.name,
      untilMs: performance.now() + halfMs,
      force,
      publish: (phase) => {
        publish({ ...base, phase });
        this.#context.evaluate();
      },
      keepAlive: async () => {
        this.#inTime('draining');
        if (from.detector.state === 'down') throw new Error(`${from.name} does not answer any more`);
        if (to.detector.state !== 'online') throw new Error(`${to.name} does not answer any more`);
      },
    });
    tell('drain', `drained (${drained})`);
  }

  /** What was committed at the old writer is on its way: a causal read on the new one waits until it is applied there. */
  async #catchUp(): Promise<void> {
    const { to, tell } = this.#order;
    tell('catch-up', `${to.name} applies what other nodes have committed`);
    const link = await ControlLink.open(to, this.#context.options);
    try {
      await link.run('SET SESSION wsrep_dirty_reads = 0, SESSION wsrep_sync_wait = 1');
      await link.run('SELECT 0');
    } finally {
      link.close();
    }
  }

  #inTime(what: string): void {
    if (performance.now() > this.#order.untilMs) throw new Error(`the time is up: ${what}`);
    if (!this.#context.running) throw new Error('the proxy is being stopped');
  }

  /** The steps, in order, for people. */
  static plan(kind: ClusterKind, from: string, to: string, timeoutMs: number): readonly PlannedStep[] {
    return [
      { phase: 'drain', what: `hold what is new, let what is open on ${from} end; ${timeoutMs} ms for all up to the release` },
      ...(kind === 'galera'
        ? [
            {
              phase: 'catch-up' as const,
              backend: to,
              what: 'wait until it has applied what other nodes have committed',
              sql: 'SET SESSION wsrep_sync_wait = 1; SELECT 0',
            },
          ]
        : []),
      { phase: 'promote', what: `choose ${to} for the writes, also against priorities, until it fails or this process ends` },
      { phase: 'release', what: `send to ${to} what was held` },
    ];
  }
}
