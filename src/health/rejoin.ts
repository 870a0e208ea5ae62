import { type MemberAction, patienceMs, planMember } from '../topology/member-plan.js';
import { replicaOf, type ServerSample } from '../topology/sample.js';
import { leadsTo } from '../topology/sources.js';
import type { BackendWatch } from './backend-watch.js';
import { ControlLink } from './control-link.js';
import type { Lease } from './coordination/coordinator.js';
import { type FailoverContext, watchNamed } from './failover-context.js';
import { runFenceCommand } from './fence-command.js';
import { followPrimary } from './follow-primary.js';
import { GivenAccounts } from './given-accounts.js';
import { serverErrno } from './probes/server-link.js';
import { fence, setReadOnly } from './server-changes.js';

/** Pause after a first failure, doubled up to the limit. */
const retryMs = 2_000;
const retryMaxMs = 60_000;
/** The other proxy that has the lease gets this long before we look again. */
const heldElsewhereMs = 300;
/** ER_MASTER_INFO, ER_SLAVE_RLI_INIT_REPOSITORY. */
const unreadableNotes: ReadonlySet<number> = new Set([1201, 1872]);

/** Keeps the other members where they belong, in `promote` mode: replicas read-only and behind the primary, old primaries fenced. */
export class Rejoin {
  readonly #context: FailoverContext;
  readonly #busy = new Set<string>();
  readonly #notBeforeMs = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  #toldHidden = false;
  readonly #apartSinceMs = new Map<string, number>();
  /** Seen by this process with a running receiver. */
  readonly #ran = new Set<string>();
  readonly #quarantined = new Map<string, string>();
  readonly #accounts = new GivenAccounts();

  constructor(context: FailoverContext) {
    this.#context = context;
  }

  /** Why a member may not take a role; undefined when it may. */
  fencedBecause(name: string): string | undefined {
    return this.#quarantined.get(name);
  }

  /** Called at each role decision with a primary. */
  consider(): void {
    const { watches } = this.#context;
    const primary = watchNamed(this.#context, this.#context.decision.primary);
    if (primary?.sample === undefined) return;
    this.#considerPrimary(primary);
    for (const watch of watches) {
      if (watch === primary || watch.sample === undefined || this.#busy.has(watch.name)) continue;
      // Not its state: one that comes back is fenced at its first answer, before it counts as online.
      if (watch.detector.firstMissMs !== undefined || performance.now() < (this.#notBeforeMs.get(watch.name) ?? 0)) continue;
      if (watch.sample.replica === 'hidden') this.#warnHidden(watch);
      const action = this.#plan(watch, watch.sample, primary, primary.sample);
      if (action.kind === 'none' || this.#alreadySo(watch, action)) continue;
      this.#start(watch, (lease) => this.#run(watch, primary, lease));
    }
  }

  /**
   * A primary that has a source among its replicas would take their writes back: left over by a proxy that was killed before the last
   * step, or by somebody who moved roles in an unlucky order.
   */
  #considerPrimary(primary: BackendWatch): void {
    const source = this.#context.decision.sources.get(primary.name);
    const nowMs = performance.now();
    if (source === undefined || source === 'outside') {
      this.#apartSinceMs.delete(primary.name);
      return;
    }
    const sinceMs = this.#apartSinceMs.get(primary.name) ?? nowMs;
    this.#apartSinceMs.set(primary.name, sinceMs);
    if (nowMs - sinceMs < patienceMs || this.#busy.has(primary.name)) return;
    if (watchNamed(this.#context, source)?.sample?.readOnly === false || nowMs < (this.#notBeforeMs.get(primary.name) ?? 0)) return;
    this.#start(primary, (lease) => this.#forgetSource(primary, lease));
  }

  async #forgetSource(primary: BackendWatch, lease: Lease): Promise<void> {
    const link = await ControlLink.open(primary, this.#context.options, lease);
    try {
      if (this.#context.decision.primary !== primary.name || (await link.look()).readOnly) return;
      await link.change(`${link.words.stop}; ${link.words.forget}`);
      this.#tell('warn', primary, `${primary.name} is primary and had a source: forgotten`);
    } finally {
      link.close();
    }
  }

  #plan(watch: BackendWatch, member: ServerSample, primary: BackendWatch, primarySample: ServerSample): MemberAction {
    const { decision, history, options } = this.#context;
    const source = decision.sources.get(watch.name);
    const replica = replicaOf(member);
    // The old primary of a switchover that did not get far only knows whom it was to follow; it may have written since.
    const isNoted = !member.readOnly && replica?.receiver === 'No' && !replica.applier;
    const followsPrimary = !isNoted && leadsTo(watch.name, primary.name, decision.sources);
    const nowMs = performance.now();
    if (followsPrimary) this.#apartSinceMs.delete(watch.name);
    else if (!this.#apartSinceMs.has(watch.name)) this.#apartSinceMs.set(watch.name, nowMs);
    if (replica !== undefined && replica.receiver !== 'No') this.#ran.add(watch.name);
    const sourceWatch = watchNamed(this.#context, source);
    const action = planMember({
      member,
      primary: primarySample,
      source,
      followsPrimary,
      sourceGone: sourceWatch !== undefined && (sourceWatch.detector.state === 'down' || this.#quarantined.has(sourceWatch.name)),
      apartMs: nowMs - (this.#apartSinceMs.get(watch.name) ?? nowMs),
      rejoin: options.failover.rejoin,
      former: history.hasDied(watch.name),
      wasReplica: this.#ran.has(watch.name),
      newAccountHelps: source === primary.name && this.#accounts.helps(watch.name, member, options.failover.replication),
      stoppedByProxy: this.#context.stopped.has(watch.name) || !this.#ran.has(watch.name),
    });
    if (action.kind !== 'quarantine') this.#quarantined.delete(watch.name);
    return action;
  }

  /** A quarantined server that is already fenced needs nothing more. */
  #alreadySo(watch: BackendWatch, action: MemberAction): boolean {
    return action.kind === 'quarantine' && !action.fence && this.#quarantined.get(watch.name) === quarantineText(action);
  }

  #start(watch: BackendWatch, run: (lease: Lease) => Promise<void>): void {
    this.#busy.add(watch.name);
    this.#leased(watch, run)
      .then(() => this.#failures.delete(watch.name))
      .catch((error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        const failures = this.#failures.get(watch.name) ?? 0;
        this.#failures.set(watch.name, failures + 1);
        this.#notBeforeMs.set(watch.name, performance.now() + Math.min(retryMaxMs, retryMs * 2 ** failures));
        this.#tell('error', watch, `${watch.name} could not be put in its place: ${text}`);
      })
      .finally(() => {
        this.#busy.delete(watch.name);
        if (this.#context.running) void watch.look(false);
      });
  }

  /** Whoever has the lease does it. The others look again later and find it done. */
  async #leased(watch: BackendWatch, run: (lease: Lease) => Promise<void>): Promise<void> {
    const lease = await this.#context.coordinator.acquire();
    if (lease === undefined) {
      this.#notBeforeMs.set(watch.name, performance.now() + heldElsewhereMs);
      return;
    }
    try {
      await run(lease);
    } finally {
      await lease.release();
    }
  }

  async #run(watch: BackendWatch, primary: BackendWatch, lease: Lease): Promise<void> {
    const link = await ControlLink.open(watch, this.#context.options, lease);
    try {
      for (let round = 0; round < 3 && this.#context.running && this.#context.decision.primary === primary.name; round += 1) {
        // In this order: what the member received meanwhile must not look like its own.
        const member = await link.look();
        await primary.look(false);
        if (primary.sample === undefined || primary.detector.state !== 'online') return;
        const action = this.#plan(watch, member, primary, primary.sample);
        if (action.kind === 'none' || this.#alreadySo(watch, action)) return;
        if (!(await this.#do(action, link, member, watch, primary, primary.sample))) return;
        await watch.look(false);
      }
    } finally {
      link.close();
    }
  }

  /** Returns true when there may be more to do. */
  async #do(
    action: MemberAction,
    link: ControlLink,
    member: ServerSample,
    watch: BackendWatch,
    primary: BackendWatch,
    primarySample: ServerSample,
  ): Promise<boolean> {
    switch (action.kind) {
      case 'none':
        return false;
      case 'read-only':
        await setReadOnly(link);
        this.#tell('warn', watch, `${watch.name} is a replica but was writable: set read-only`);
        return false;
      case 'start':
        await this.#startReplication(link, member, watch, primary, primarySample);
        this.#context.stopped.delete(watch.name);
        this.#ran.add(watch.name);
        this.#tell('warn', watch, `${watch.name} was found with its replication stopped: started`);
        return false;
      case 'fence':
        await this.#fence(link, watch);
        return action.next === 'rejoin';
      case 'quarantine':
        if (action.fence) await this.#fence(link, watch);
        if (replicaOf(member) !== undefined) await link.change(link.words.stop);
        this.#quarantined.set(watch.name, quarantineText(action));
        this.#tell(
          'error',
          watch,
          `${watch.name} is kept apart: it has ${action.own.count} transaction(s) that ${primary.name} lacks: ${action.own.gtids}`,
        );
        this.#context.evaluate();
        return false;
      case 'follow': {
        this.#accounts.gave(watch.name, this.#context.options.failover.replication);
        const at = await followPrimary(this.#context, link, { name: watch.name, member, primary, primarySample, adopt: action.adopt });
        this.#context.stopped.delete(watch.name);
        this.#tell('info', watch, `${watch.name} follows ${primary.name} at ${at}`);
        return false;
      }
    }
  }

  /**
   * MySQL with relay_log_recovery that restarts with a source that it has never received from (noted by a switchover that did not get far)
   * cannot read its own notes any more: they are made anew.
   */
  async #startReplication(
    link: ControlLink,
    member: ServerSample,
    watch: BackendWatch,
    primary: BackendWatch,
    primarySample: ServerSample,
  ): Promise<void> {
    try {
      await link.change(link.words.start);
    } catch (error) {
      if (!unreadableNotes.has(serverErrno(error) ?? 0) || replicaOf(member)?.usesGtid !== true) throw error;
      this.#tell('warn', watch, `${watch.name} cannot read its own notes of replication (${String(error)}): they are made anew`);
      await link.change(link.words.forget);
      await followPrimary(this.#context, link, { name: watch.name, member, primary, primarySample, adopt: false });
    }
  }

  async #fence(link: ControlLink, watch: BackendWatch): Promise<void> {
    const { history } = this.#context;
    const spare = [link.threadId, ...link.ownThreads(watch.name), ...(watch.threadId === undefined ? [] : [watch.threadId])];
    history.fenced(watch.name);
    const killed = await fence(link, spare);
    history.fenced(watch.name);
    this.#command(watch);
    this.#tell('warn', watch, `${watch.name} was writable beside the primary: fenced, ${killed} client connection(s) killed`);
  }

  /** Nobody waits for it. */
  #command(watch: BackendWatch): void {
    const { options, decision } = this.#context;
    void runFenceCommand(options, watch, decision.primary ?? '').then((end) => {
      if (end !== undefined) this.#tell(end.ok ? 'info' : 'error', watch, end.text);
    });
  }

  #warnHidden(watch: BackendWatch): void {
    if (this.#toldHidden) return;
    this.#toldHidden = true;
    this.#tell('error', watch, `the monitor account may not see the replica status of ${watch.name}: no server can be promoted`);
  }

  #tell(level: 'info' | 'warn' | 'error', watch: BackendWatch, text: string): void {
    const { options, history } = this.#context;
    history.recorder.note(Date.now(), text);
    options.log[level]({ cluster: options.cluster, backend: watch.name }, text);
  }
}

function quarantineText(action: Extract<MemberAction, { kind: 'quarantine' }>): string {
  return `quarantined: it has transactions of its own: ${action.own.gtids}`;
}
