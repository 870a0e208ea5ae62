import { hasApplied, promotionSteps } from '../topology/failover-plan.js';
import { everything } from '../topology/member-plan.js';
import { missing } from '../topology/position.js';
import { replicaOf } from '../topology/sample.js';
import type { ClusterKind } from '../topology/snapshot.js';
import type { BackendWatch } from './backend-watch.js';
import { ControlLink } from './control-link.js';
import { type FailoverContext, watchNamed } from './failover-context.js';
import { followPrimary } from './follow-primary.js';
import type { PlannedStep } from './handover-progress.js';
import { OperatorError } from './operator-error.js';
import { type ReplicationWords, replicationWords } from './replication-words.js';
import type { Succession } from './succession.js';

export interface FailoverRequest {
  readonly to: string;
  /** Also where another server has transactions that are lost by it, or it is configured never to be promoted. */
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

export interface FailoverOrderReport {
  readonly cluster: string;
  readonly result: 'planned' | 'done';
  /** The dead primary, where one is known. */
  readonly from?: string;
  readonly to: string;
  readonly plan: readonly PlannedStep[];
  readonly warnings: readonly string[];
}

/** Replaces a dead primary when an operator says so, also in `follow` mode. */
export class ManualFailover {
  readonly #context: FailoverContext;
  readonly #succession: Succession;

  constructor(context: FailoverContext, succession: Succession) {
    this.#context = context;
    this.#succession = succession;
  }

  /** @throws OperatorError when nothing was changed */
  async run({ to, force = false, dryRun = false }: FailoverRequest): Promise<FailoverOrderReport> {
    const { options, watches, history } = this.#context;
    await Promise.all(watches.map((watch) => watch.look(false)));
    const { primary } = this.#context.decision;
    if (primary === undefined && this.#context.kind !== 'replication') throw notNow(notReplication(this.#context.kind));
    if (primary !== undefined)
      throw notNow(`${primary} lives and is primary: pointsman switchover --to ${to} moves the role without a loss`);
    const heir = watchNamed(this.#context, to);
    if (heir === undefined) {
      const known = watches.map(({ name }) => name).join(', ');
      throw new OperatorError('PM_HEALTH_UNKNOWN_BACKEND', `there is no server ${to} in cluster ${options.cluster}; there are ${known}`);
    }
    const warnings = this.#warnings(heir, force);
    const dead = watchNamed(this.#context, history.incumbent);
    const base = { cluster: options.cluster, to, plan: this.#plan(heir), ...(dead && { from: dead.name }) };
    if (dryRun) return { ...base, result: 'planned', warnings };
    try {
      await this.#succession.promote(heir, dead);
    } catch (error) {
      throw notNow(error instanceof Error ? error.message : String(error));
    }
    // In `promote` mode rejoin.ts does it.
    const left = options.failover.mode === 'follow' ? await this.#repoint(heir) : [];
    return { ...base, result: 'done', warnings: [...warnings, ...left] };
  }

  /** @throws OperatorError where it is not fit */
  #warnings(heir: BackendWatch, force: boolean): readonly string[] {
    const { watches, operatorStates } = this.#context;
    const { name, sample, detector, config } = heir;
    if (sample === undefined || detector.state === 'down') throw notNow(`${name} does not answer`);
    const replica = replicaOf(sample);
    if (replica?.applier === false && !hasApplied(sample))
      throw notNow(`${name} has received what it does not apply (its applier is stopped: ${replica.applierError}); start it first`);
    const warnings: string[] = [];
    if (config.neverPromote) warnings.push(`${name} is configured as neverPromote`);
    if (operatorStates.of(name) !== undefined) warnings.push(`${name} was taken out by an operator`);
    for (const other of watches) {
      if (other === heir || other.sample === undefined || other.sample.flavor !== sample.flavor) continue;
      const { gtids, count } = missing(everything(sample), everything(other.sample));
      if (gtids === '') continue;
      const when = other.detector.state === 'down' ? 'had, when it answered last,' : 'has';
      const text = `${other.name} ${when} ${count} transaction(s) that ${name} lacks: ${gtids}`;
      // What only the dead one had is lost in any case.
      if (other.detector.state !== 'down' && !force) throw notNow(`${text}; promote that one, or lose them by --force`);
      warnings.push(text);
    }
    if (warnings.length > 0 && !force && (config.neverPromote || operatorStates.of(name) !== undefined))
      throw notNow(`${warnings.join('; ')}; --force overrides`);
    return warnings;
  }

  #plan(heir: BackendWatch): readonly PlannedStep[] {
    const words = replicationWords(heir.identity?.flavor ?? 'mysql', heir.identity?.greetingVersion ?? '');
    const steps = promotionSteps.map(({ kind, text }) => {
      const sql = sqlOf(kind, words, heir.identity?.flavor === 'mysql');
      return { phase: 'promote' as const, backend: heir.name, what: text, ...(sql === undefined ? {} : { sql }) };
    });
    const others = this.#others(heir).map(({ name }) => ({
      phase: 'repoint' as const,
      backend: name,
      what: `follow ${heir.name}, verified`,
    }));
    return [...steps, ...others];
  }

  #others(heir: BackendWatch): readonly BackendWatch[] {
    return this.#context.watches.filter(
      (watch) => watch !== heir && watch.detector.state !== 'down' && replicaOf(watch.sample) !== undefined,
    );
  }

  async #repoint(heir: BackendWatch): Promise<readonly string[]> {
    const lease = await this.#context.coordinator.acquire();
    if (lease === undefined) return ['another proxy is changing this cluster: the other replicas were not repointed'];
    try {
      const left = this.#others(heir).map(async (watch) => {
        const link = await ControlLink.open(watch, this.#context.options, lease);
        try {
          if (heir.sample === undefined) throw new Error(`${heir.name} does not answer`);
          const order = { name: watch.name, member: await link.look(), primary: heir, primarySample: heir.sample, adopt: false };
          await followPrimary(this.#context, link, order);
          return [];
        } finally {
          link.close();
        }
      });
      const ended = await Promise.allSettled(left);
      return ended.flatMap((each) => (each.status === 'rejected' ? [`not repointed: ${each.reason}`] : []));
    } finally {
      await lease.release();
    }
  }
}

function notReplication(kind: Exclude<ClusterKind, 'replication'>): string {
  return {
    galera:
      'a Galera cluster needs none: any node of its primary component takes the writes at once. If none is in it, the majority is lost: start the missing nodes, or on the most advanced node SET GLOBAL wsrep_provider_options = "pc.bootstrap=true"',
    'group-replication':
      'a replication group chooses its primary itself. If its majority is lost: start the missing members, or set group_replication_force_members on one that is left',
    static: 'the first copy that answers and is writable is taken at once: start one, or SET GLOBAL read_only = OFF on it',
  }[kind];
}

function sqlOf(kind: (typeof promotionSteps)[number]['kind'], words: ReplicationWords, mysql: boolean): string | undefined {
  const writable = mysql ? 'SET GLOBAL super_read_only = OFF, GLOBAL read_only = OFF' : 'SET GLOBAL read_only = OFF';
  const sql = {
    'stop-receiver': words.stopReceiver,
    apply: undefined,
    'stop-replication': words.stop,
    writable,
    'forget-source': words.forget,
  };
  return sql[kind];
}

function notNow(why: string): OperatorError {
  return new OperatorError('PM_HEALTH_NOT_NOW', `no failover: ${why}`);
}
