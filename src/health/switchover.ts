import { randomBytes } from 'node:crypto';
import { type ChoiceInput, chooseByOrder } from '../topology/choice-plan.js';
import { hasApplied } from '../topology/failover-plan.js';
import { everything } from '../topology/member-plan.js';
import { replicaOf } from '../topology/sample.js';
import type { Handover } from '../topology/snapshot.js';
import { chooseSuccessor, type Successor, type SuccessorChoice } from '../topology/switchover-plan.js';
import type { BackendWatch } from './backend-watch.js';
import { ChoiceMove } from './choice-move.js';
import type { EventKeeper } from './event-keeper.js';
import { type FailoverContext, watchNamed } from './failover-context.js';
import type { HandoverPhase, HandoverProgress, SwitchoverReport, SwitchoverRequest } from './handover-progress.js';
import { OperatorError } from './operator-error.js';
import { switchoverPlan } from './switchover-plan-text.js';
import { type SwitchoverOrder, SwitchoverRun } from './switchover-run.js';

/** Moves the role of primary between living servers when an operator says so. One at a time. */
export class Switchover {
  readonly #context: FailoverContext;
  readonly #events: EventKeeper;
  /** In the published snapshot while clients are held. */
  handover: Handover | undefined;
  #active: string | undefined;

  constructor(context: FailoverContext, events: EventKeeper) {
    this.#context = context;
    this.#events = events;
  }

  /** While it is, nobody else changes servers here. */
  get active(): boolean {
    return this.#active !== undefined;
  }

  /**
   * Does it, or with `dryRun` says how it would.
   * @throws OperatorError `PM_HEALTH_NOT_NOW` when nothing was begun, `PM_HEALTH_ABORTED` when all was put back
   */
  async run(request: SwitchoverRequest): Promise<SwitchoverReport> {
    const startedMs = performance.now();
    const { options, watches } = this.#context;
    if (this.#active !== undefined) throw notNow(`${this.#active} is under way; wait for its end`);
    await Promise.all(watches.map((watch) => watch.look(false)));
    const { from, to, warnings } = this.#choose(request);
    const id = `${options.cluster}-${Date.now().toString(36)}-${randomBytes(2).toString('hex')}`;
    const timeoutMs = request.timeoutMs ?? options.switchoverTimeoutMs;
    const { kind } = this.#context;
    const plan =
      kind === 'replication' ? switchoverPlan(this.#context, from, to, timeoutMs) : ChoiceMove.plan(kind, from.name, to.name, timeoutMs);
    const progress: HandoverProgress[] = [];
    const base = { id, cluster: options.cluster, from: from.name, to: to.name, plan, progress };
    if (request.dryRun === true) return { ...base, result: 'planned', tookMs: 0, warnings };
    if (this.active) throw notNow('another one has just begun; wait for its end');
    this.#active = `the switchover ${id} from ${from.name} to ${to.name}`;
    const tell = (phase: HandoverPhase, detail: string): void => {
      const sinceMs = Math.round(performance.now() - startedMs);
      const entry = { id, cluster: options.cluster, phase, atMs: Date.now(), sinceMs, detail };
      progress.push(entry);
      this.#context.history.recorder.note(entry.atMs, `${phase}: ${detail}`);
      options.log[phase === 'aborted' ? 'error' : 'info']({ cluster: options.cluster, switchover: id, phase }, `switchover: ${detail}`);
      options.onEvent?.({ kind: 'switchover', ...entry });
      request.onProgress?.(entry);
    };
    try {
      const order: SwitchoverOrder = {
        id,
        from,
        to,
        untilMs: startedMs + timeoutMs,
        force: request.force === true,
        tell,
        publish: (handover) => {
          this.handover = handover;
        },
      };
      const run =
        kind === 'replication' ? new SwitchoverRun(this.#context, this.#events, order) : new ChoiceMove(this.#context, kind, order);
      const { pauseMs, warnings: met } = await run.run();
      return { ...base, result: 'done', pauseMs, tookMs: Math.round(performance.now() - startedMs), warnings: [...warnings, ...met] };
    } finally {
      this.handover = undefined;
      this.#active = undefined;
      if (this.#context.running) this.#context.evaluate();
    }
  }

  #choose(request: SwitchoverRequest): { from: BackendWatch; to: BackendWatch; warnings: readonly string[] } {
    const { decision, options, watches } = this.#context;
    const from = watchNamed(this.#context, decision.primary);
    if (from?.sample === undefined || from.detector.state === 'down') {
      throw notNow(`cluster ${options.cluster} has no primary to take the role from; see pointsman failover --to NAME`);
    }
    if (request.to === from.name) throw notNow(`${from.name} is the primary already`);
    if (this.#context.kind !== 'replication') return this.#chosen(from, chooseByOrder(this.#choice(), request.to, request.force === true));
    if (options.failover.replication === undefined)
      throw notNow('replicas could not follow the new primary: set failover.replicationUser and failover.replicationPassword');
    const successors = watches.filter((watch) => watch !== from).flatMap((watch) => successor(this.#context, watch, from));
    return this.#chosen(from, chooseSuccessor(successors, request.to, request.force === true));
  }

  #chosen(from: BackendWatch, choice: SuccessorChoice): { from: BackendWatch; to: BackendWatch; warnings: readonly string[] } {
    const to = choice.kind === 'chosen' ? watchNamed(this.#context, choice.name) : undefined;
    if (choice.kind === 'none' || to === undefined) throw notNow(choice.kind === 'none' ? choice.because : 'the successor is gone');
    return { from, to, warnings: choice.warnings };
  }

  #choice(): ChoiceInput {
    const { kind, facts, decision, operatorStates, watches, options } = this.#context;
    return {
      kind,
      cluster: options.cluster,
      servers: facts,
      decision,
      away: new Set(operatorStates.all.keys()),
      neverPromote: new Set(watches.filter(({ config }) => config.neverPromote).map(({ name }) => name)),
      several: options.failover.coordinator.kind !== 'none',
    };
  }
}

function notNow(why: string): OperatorError {
  return new OperatorError('PM_HEALTH_NOT_NOW', `no switchover: ${why}`);
}

function successor(context: FailoverContext, watch: BackendWatch, from: BackendWatch): readonly Successor[] {
  const { sample } = watch;
  const replica = replicaOf(sample);
  if (sample === undefined || replica === undefined) return [];
  const { name, priority, neverPromote, zone } = watch.config;
  return [
    {
      name,
      priority,
      sameZone: zone !== undefined && zone === from.config.zone,
      order: watch.order,
      neverPromote,
      position: everything(sample),
      behind: !hasApplied(sample),
      applier: replica.applier,
      usesGtid: replica.usesGtid,
      delayMs: replica.delayMs,
      online: watch.detector.state === 'online' && replica.receiver === 'Yes',
      direct: context.decision.sources.get(name) === from.name,
      away: context.operatorStates.of(name) !== undefined,
      lagMs: replica.lagMs,
    },
  ];
}
