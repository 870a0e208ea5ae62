import { type MemberAction, patienceMs, planMember } from '../topology/member-plan.js';
import { replicaOf, type ServerSample } from '../topology/sample.js';
import { leadsTo } from '../topology/sources.js';
import type { BackendWatch } from './backend-watch.js';
import { ControlLink } from './control-link.js';
import type { Lease } from './coordination/coordinator.js';
import { type FailoverContext, watchNamed } from './failover-context.js';
import type { FollowTarget } from './replication-words.js';
import { fence, setReadOnly } from './server-changes.js';

/** Pause after a first failure, doubled up to the limit. */
const retryMs = 2_000;
const retryMaxMs = 60_000;
/** The other proxy that has the lease gets this long before we look again. */
const heldElsewhereMs = 300;
const connectPollMs = 50;
const connectMs = 5_000;

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
    const followsPrimary = leadsTo(watch.name, primary.name, decision.sources);
    const nowMs = performance.now();
    if (followsPrimary) this.#apartSinceMs.delete(watch.name);
    else if (!this.#apartSinceMs.has(watch.name)) this.#apartSinceMs.set(watch.name, nowMs);
    if (replicaOf(member) !== undefined && replicaOf(member)?.receiver !== 'No') this.#ran.add(watch.name);
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
        await link.change(link.words.start);
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
      case 'follow':
        await this.#follow(link, member, watch, primary, primarySample, action.adopt);
        return false;
    }
  }

  async #fence(link: ControlLink, watch: BackendWatch): Promise<void> {
    const { history } = this.#context;
    const spare = [link.threadId, ...link.ownThreads(watch.name), ...(watch.threadId === undefined ? [] : [watch.threadId])];
    history.fenced(watch.name);
    const killed = await fence(link, spare);
    history.fenced(watch.name);
    this.#tell('warn', watch, `${watch.name} was writable beside the primary: fenced, ${killed} client connection(s) killed`);
  }

  async #follow(
    link: ControlLink,
    member: ServerSample,
    watch: BackendWatch,
    primary: BackendWatch,
    primarySample: ServerSample,
    adopt: boolean,
  ): Promise<void> {
    const account = this.#context.options.failover.replication;
    if (account === undefined) throw new Error('no replication account is configured (failover.replicationUser)');
    const tls = replicaOf(member)?.tls ?? this.#context.watches.some((other) => replicaOf(other.sample)?.tls === true);
    let failure = 'it did not connect';
    for (const address of addressesOf(primary, primarySample)) {
      const target: FollowTarget = { ...address, account, tls, connectRetrySeconds: 1 };
      // One packet: a proxy that is killed here leaves no replica with its threads stopped.
      const statements = [link.words.stop, link.words.follow(target), link.words.start];
      if (adopt) statements.splice(1, 0, 'SET GLOBAL gtid_slave_pos = @@global.gtid_binlog_pos');
      await link.change(statements.join('; '));
      failure = await this.#untilConnected(link);
      if (failure === '') return this.#tell('info', watch, `${watch.name} follows ${primary.name} at ${address.host}:${address.port}`);
    }
    throw new Error(`it does not receive from ${primary.name}: ${failure}`);
  }

  /** Empty text once the receiver is connected and the applier runs, else why not. */
  async #untilConnected(link: ControlLink): Promise<string> {
    const untilMs = performance.now() + connectMs;
    for (;;) {
      const replica = replicaOf(await link.look());
      if (replica?.receiver === 'Yes' && replica.applier) return '';
      const why = replica?.receiverError || replica?.applierError || 'it did not connect in time';
      if (performance.now() > untilMs || (replica !== undefined && replica.receiver === 'No' && replica.receiverErrno !== 0)) return why;
      await new Promise((resolve) => setTimeout(resolve, connectPollMs));
    }
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

/** Where replicas can reach the primary: where it says itself (`report_host`), then where we reach it. */
function addressesOf(primary: BackendWatch, sample: ServerSample): readonly { readonly host: string; readonly port: number }[] {
  const { host, port, path } = primary.config.address;
  const configured = path === undefined ? [{ host, port }] : [];
  const reported = sample.reportHost === '' ? [] : [{ host: sample.reportHost, port: sample.reportPort }];
  return [...reported, ...configured].filter(
    (one, index, all) => all.findIndex((other) => other.host === one.host && other.port === one.port) === index,
  );
}
