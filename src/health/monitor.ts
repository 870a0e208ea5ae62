import { Acknowledged } from '../topology/acknowledged.js';
import { decideRoles } from '../topology/decide-roles.js';
import { DelayEstimate } from '../topology/delay-estimate.js';
import type { ClusterLink, GroupMarks, SessionOutcome } from '../topology/link.js';
import { Marks } from '../topology/marks.js';
import { everything } from '../topology/member-plan.js';
import { holds, missing, type Position, parsePosition } from '../topology/position.js';
import { PositionBoard } from '../topology/position-board.js';
import type { PositionReport } from '../topology/position-report.js';
import { PositionView } from '../topology/position-view.js';
import { Quarantine } from '../topology/quarantine.js';
import type { RoleDecision, ServerFacts } from '../topology/roles.js';
import type { ServerSample } from '../topology/sample.js';
import type { BackendView, ClusterKind, ClusterSnapshot, Flavor, TrafficSignal, Verdict } from '../topology/snapshot.js';
import type { BackendWatch } from './backend-watch.js';
import { backendView, differs, serverFacts, unseenView } from './cluster-view.js';
import type { Coordinator } from './coordination/coordinator.js';
import { openCoordinator } from './coordination/open-coordinator.js';
import { EventKeeper } from './event-keeper.js';
import type { HealthEvent } from './events.js';
import type { FailoverContext } from './failover-context.js';
import type { FailoverReport } from './failover-report.js';
import { GuardKeeper } from './guard-keeper.js';
import { ManualFailover } from './manual-failover.js';
import { OperatorDesk } from './operator-desk.js';
import { OperatorStates } from './operator-states.js';
import { type MonitorOptions, type MonitorSettings, monitorOptions } from './options.js';
import { PrimaryHistory } from './primary-history.js';
import type { ProbeOutcome } from './probes/prober.js';
import { Rejoin } from './rejoin.js';
import { SemiSyncKeeper } from './semi-sync-keeper.js';
import { ShownWatch } from './shown-watch.js';
import { StoredAccounts } from './stored-accounts.js';
import { Succession } from './succession.js';
import { Switchover } from './switchover.js';
import { TopologyKind } from './topology-kind.js';
import { decideVerdict } from './verdict.js';
import { WallClock } from './wall-clock.js';
import { WatchList } from './watch-list.js';
import { WitnessLog } from './witness-log.js';

/** Lag and latency alone are published this often. */
const measurePublishMs = 1_000;
/** Without a primary for longer than this, the fast rhythm slows a little. */
const patientAfterMs = 60_000;
const patientIntervalMs = 100;
/** Signals about one backend closer together than this are one. */
const signalGapMs = 20;
/** A replica that was this much further behind than its looks tell is still worth a short wait. */
const keepsUpSlackMs = 200;
const quarantineMs = 600_000;

/**
 * Watches one cluster and says who is primary: probes all its servers, listens to what traffic sees, publishes immutable snapshots.
 * In `promote` mode it also replaces a dead primary (failover.ts) and brings old ones back (rejoin.ts).
 */
export class Monitor implements ClusterLink, FailoverContext {
  /** The same object for life; a reload changes what it says, so it is read when it is needed. */
  readonly options: MonitorOptions;
  readonly history: PrimaryHistory;
  readonly coordinator: Coordinator;
  readonly stopped = new Set<string>();
  readonly operatorStates = new OperatorStates();
  readonly semiSync: SemiSyncKeeper;
  /** What operators may order. */
  readonly operator: OperatorDesk;
  readonly storedAccounts: StoredAccounts;
  readonly #list: WatchList;
  readonly #listeners = new Set<(snapshot: ClusterSnapshot) => void>();
  readonly #acknowledged = new Acknowledged();
  readonly positions = new PositionView();
  readonly groupMarksAtHand: GroupMarks = { marks: new Marks(), notBeforeMs: Number.NEGATIVE_INFINITY };
  readonly #board: PositionBoard;
  readonly #positionListeners = new Set<(report: PositionReport) => void>();
  readonly #quarantine = new Quarantine(quarantineMs);
  readonly #lastSignalMs = new Map<string, number>();
  readonly #delays = new DelayEstimate();
  readonly witnesses: WitnessLog;
  readonly #events: EventKeeper;
  readonly #succession: Succession;
  readonly #rejoin: Rejoin;
  readonly #switchover: Switchover;
  readonly #kind: TopologyKind;
  readonly #guards: GuardKeeper;
  #shown: ShownWatch | undefined;
  readonly #wallClock = new WallClock();
  #decision: RoleDecision = { primary: undefined, roles: new Map(), sources: new Map(), alarm: undefined };
  #snapshot: ClusterSnapshot;
  #publishedMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = 0;
  #running = false;
  /** Every server was looked at once. */
  #complete = false;
  /** Settings that wait for the end of a failover. */
  #pending: MonitorSettings | undefined;

  constructor(settings: MonitorSettings) {
    const options = monitorOptions(settings);
    this.options = options;
    // Looks at primary and replica are up to an interval apart, and a look takes a moment.
    this.#board = new PositionBoard(options.intervalMs * 2 + keepsUpSlackMs);
    this.#list = new WatchList(options, (watch, outcome) => this.#guard(() => this.#seen(watch, outcome)));
    this.history = new PrimaryHistory(options.cluster, options.log, (event) => this.#emit(event));
    this.coordinator = openCoordinator(options);
    this.#kind = new TopologyKind(options);
    this.witnesses = new WitnessLog(options, this.coordinator);
    this.#events = new EventKeeper(options);
    this.semiSync = new SemiSyncKeeper(options);
    this.#guards = new GuardKeeper(options, this.#wallClock);
    this.#switchover = new Switchover(this, this.#events);
    this.#succession = new Succession(this, this.#events);
    this.operator = new OperatorDesk(this, this.#switchover, new ManualFailover(this, this.#succession));
    this.#rejoin = new Rejoin(this);
    this.storedAccounts = new StoredAccounts(() => this.#accountServer(), options.timeoutMs, options.log);
    this.#snapshot = { cluster: options.cluster, version: 0, primary: undefined, epoch: 0, backends: this.watches.map(unseenView) };
  }

  get snapshot(): ClusterSnapshot {
    return this.#snapshot;
  }

  get watches(): readonly BackendWatch[] {
    return this.#list.all;
  }

  get decision(): RoleDecision {
    return this.#decision;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Reports of the last events, newest first. */
  get failovers(): readonly FailoverReport[] {
    return this.history.recorder.reports;
  }

  /** Begins to probe. Resolves at the first snapshot that has looked at every server (at the latest after the time-out). */
  async start(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    this.#schedule(this.options.intervalMs);
    await Promise.all(this.watches.map((watch) => watch.look(false)));
  }

  /** Ends all probes and connections. A step of a failover that is under way is finished by its own time limit. */
  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    for (const watch of this.watches) watch.stop();
    this.storedAccounts.close();
    this.#shown?.close();
    await this.coordinator.close();
  }

  /**
   * Goes by new settings from now on: backends come and go, everything else that is reloadable changes at once. While a failover is under
   * way it goes to its end by the old settings first.
   */
  reconfigure(settings: MonitorSettings): void {
    this.#pending = settings;
    if (!this.#succession.active && !this.#switchover.active) this.#reconfigure();
  }

  #reconfigure(): void {
    const settings = this.#pending;
    this.#pending = undefined;
    if (settings === undefined) return;
    const options = monitorOptions(settings);
    Object.assign(this.options, options);
    this.#board.keepsUpMs = options.intervalMs * 2 + keepsUpSlackMs;
    const added = this.#list.reconfigure(options);
    if (!this.#running) return;
    for (const watch of added) void watch.look(false);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#schedule(0);
    if (this.#complete) this.#guard(() => this.evaluate());
  }

  /** Accounts are made on the primary; without one any server is better than none. */
  #accountServer(): BackendWatch | undefined {
    const { primary, backends } = this.#snapshot;
    const name = primary ?? backends.find(({ state }) => state === 'online')?.name;
    return name === undefined ? undefined : this.#list.named(name);
  }

  subscribe(listener: (snapshot: ClusterSnapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  report(signal: TrafficSignal): void {
    const watch = this.#list.named(signal.backend);
    const nowMs = performance.now();
    if (watch === undefined || !this.#running || nowMs - (this.#lastSignalMs.get(signal.backend) ?? 0) < signalGapMs) return;
    this.#lastSignalMs.set(signal.backend, nowMs);
    this.history.signal(signal);
    // A refused or lost connection asks whether the port is open; a refused write only asks about roles.
    void watch.look(signal.kind !== 'read-only');
    for (const other of this.watches) if (other !== watch) other.tick();
  }

  verdict(backend: string, connectedAtMs: number): Promise<Verdict> {
    const watch = this.#list.named(backend);
    if (watch === undefined || !this.#running) return Promise.resolve('dead');
    const { downAfter, timeoutMs } = this.options;
    return decideVerdict(watch, connectedAtMs, (downAfter + 1) * timeoutMs + 500, () => this.history.demotedMs(backend));
  }

  acknowledged(gtid: string): void {
    this.#acknowledged.add(gtid);
    this.groupMarksAtHand.marks.add(gtid, performance.now());
  }

  acknowledgedAs(flavor: Flavor): Position {
    return this.#acknowledged.position(flavor);
  }

  primaryShows(budgetMs: number): Promise<void> {
    const { primary } = this.#snapshot;
    const watch = primary === undefined ? undefined : this.#list.named(primary);
    if (watch === undefined) return Promise.resolve();
    if (this.#shown?.primary !== watch) {
      this.#shown?.close();
      this.#shown = new ShownWatch(watch, this.options.timeoutMs, this.options.log);
    }
    return this.#shown.caughtUp(budgetMs);
  }

  groupMarks(): Promise<GroupMarks> {
    return Promise.resolve(this.groupMarksAtHand);
  }

  /** Everything about positions, for who begins to listen. */
  get wholePositions(): PositionReport {
    return this.#board.whole;
  }

  /** Calls `listener` with what is new about positions until the returned function is called. */
  subscribePositions(listener: (report: PositionReport) => void): () => void {
    this.#positionListeners.add(listener);
    return () => this.#positionListeners.delete(listener);
  }

  outcome(outcome: SessionOutcome, heldMs?: number): void {
    this.history.recorder.outcome(outcome, Date.now(), heldMs);
  }

  get watchesDigests(): boolean {
    return this.#quarantine.hasSuspects;
  }

  inFlightAtDeath(backend: string, digests: readonly string[]): void {
    const life = this.#list.named(backend)?.incarnation?.serial ?? 0;
    const condemned = this.#quarantine.died(`${backend}@${life}`, digests, performance.now());
    for (const digest of condemned) {
      this.options.log.error(
        { cluster: this.options.cluster, backend, digest },
        'a statement was in flight at two server deaths and is quarantined',
      );
    }
  }

  completed(digest: string): void {
    this.#quarantine.completed(digest);
  }

  /** Digests that get no server for a while. */
  get quarantined(): readonly string[] {
    return this.#quarantine.held(performance.now());
  }

  isQuarantined(digest: string): boolean {
    return this.#quarantine.holds(digest, performance.now());
  }

  #schedule(delayMs: number): void {
    if (!this.#running) return;
    const dueMs = performance.now() + delayMs;
    if (this.#timer !== undefined && this.#dueMs <= dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#noticeStep(this.#wallClock.look(performance.now(), Date.now()));
      for (const watch of this.watches) watch.tick();
      this.#schedule(this.#rhythmMs());
    }, delayMs);
  }

  #noticeStep(byMs: number): void {
    if (byMs === 0) return;
    const text = `the wall clock of this machine was set ${byMs < 0 ? 'back' : 'forward'} by ${Math.round(Math.abs(byMs) / 1000)} s; nothing is decided by it`;
    this.history.recorder.note(Date.now(), text);
    this.options.log.warn({ cluster: this.options.cluster }, text);
  }

  #rhythmMs(): number {
    const { intervalMs, fastIntervalMs } = this.options;
    const primary = this.#snapshot.primary === undefined ? undefined : this.#list.named(this.#snapshot.primary);
    if (primary?.detector.state === 'online' && !this.#succession.active && !this.#switchover.active) return intervalMs;
    const patient = performance.now() - this.history.primaryLostMs > patientAfterMs;
    return Math.min(intervalMs, patient ? Math.max(patientIntervalMs, fastIntervalMs) : fastIntervalMs);
  }

  #seen(watch: BackendWatch, outcome: ProbeOutcome): void {
    this.#emit({ kind: 'probe', backend: watch.name, result: outcome.kind, latencyMs: outcome.kind === 'ok' ? outcome.latencyMs : 0 });
    // Before every server was looked at, a second writable one may hide the real primary.
    this.#complete ||= this.watches.every((each) => each.looked);
    if (!this.#complete) return;
    if (!this.#succession.active && !this.#switchover.active) this.#reconfigure();
    const primary = this.#snapshot.primary;
    this.evaluate();
    if (outcome.kind === 'ok' && this.#kind.now?.kind !== 'galera') this.#sharePositions(watch.name, outcome.sample);
    if (outcome.kind === 'ok') this.witnesses.sampled(watch, this.watches, this.#decision.sources);
    // The witnesses are needed next: ask them now and not at the next tick.
    else if (watch.name === primary && this.options.failover.mode === 'promote')
      for (const other of this.watches) if (other !== watch) other.tick();
  }

  #sharePositions(name: string, sample: ServerSample): void {
    this.#board.saw(name, sample);
    const report = this.#board.take();
    if (report === undefined) return;
    this.positions.update(report);
    for (const listener of this.#positionListeners) listener(report);
  }

  /** What the rules of roles look at. */
  get facts(): readonly ServerFacts[] {
    const fenced = (name: string) => this.#succession.fencedBecause(name) ?? this.#rejoin.fencedBecause(name);
    return this.watches.map((watch) => serverFacts(watch, this.#lacksAcknowledged(watch), fenced(watch.name)));
  }

  get kind(): ClusterKind {
    return this.#kind.now?.kind ?? 'replication';
  }

  evaluate(): void {
    const servers = this.facts;
    const { kind } = this.#kind.look(servers);
    const { mode } = this.options.failover;
    const { operatorStates } = this;
    const { chosen } = operatorStates;
    const decision = decideRoles(kind, { servers, incumbent: this.history.incumbent, mode, chosen }, this.options.failBack);
    this.#decision = decision;
    // Who was chosen and failed is not taken back when it returns.
    if (decision.primary !== undefined && decision.primary !== chosen) operatorStates.chosen = undefined;
    // Somebody else has made it primary: nobody but it takes writes, whatever an operator has said of it.
    if (decision.primary !== undefined && operatorStates.set(decision.primary, undefined) !== undefined)
      this.options.log.warn({ cluster: this.options.cluster, backend: decision.primary }, 'it became primary and is drained no more');
    // Galera nodes number transactions each as they like: who lacks what cannot be told by them.
    if (kind === 'galera') this.#acknowledged.clear();
    const changed = this.history.update(decision, (name) => this.#list.named(name), this.#acknowledged);
    if (changed) this.#acknowledged.clear();
    this.#publish(decision);
    const primary = this.#list.named(decision.primary ?? '');
    if (primary !== undefined && !this.#switchover.active) this.#guards.consider(primary);
    this.#schedule(this.#rhythmMs());
    // Whoever moves the role by order has all servers in hand.
    if (mode === 'promote' && kind === 'replication' && !this.#switchover.active) this.#keepOrder();
  }

  #keepOrder(): void {
    const primary = this.#decision.primary;
    if (primary === undefined) {
      this.#succession.consider();
      return;
    }
    this.#succession.settled();
    const watch = this.#list.named(primary);
    if (watch !== undefined) {
      this.#events.consider(watch);
      this.semiSync.consider(watch);
    }
    if (!this.#succession.active) this.#rejoin.consider();
  }

  /** Only for a former primary that wants the role back: it may have lost what it told clients was committed. */
  #lacksAcknowledged(watch: BackendWatch): boolean {
    const { sample } = watch;
    if (sample === undefined || sample.readOnly || this.#acknowledged.isEmpty || !this.history.isReturning(watch.name)) return false;
    const promised = this.#acknowledged.position(sample.flavor);
    if (holds(parsePosition(sample.flavor, sample.executed), promised)) return false;
    // Nobody else can have them: then they are lost, and waiting for them would only stop the writes.
    const others = this.watches.filter((other) => other !== watch);
    return others.some(
      (other) =>
        other.detector.state === 'down' || other.sample === undefined || missing(everything(sample), everything(other.sample)).gtids !== '',
    );
  }

  #publish(decision: RoleDecision): void {
    const before = new Map(this.#snapshot.backends.map((view) => [view.name, view]));
    this.#delays.sawPrimary(this.#list.named(decision.primary ?? '')?.sample);
    const primaryOnline = this.#list.named(decision.primary ?? '')?.detector.state === 'online';
    const backends = this.watches.map((watch) => {
      const estimateMs = this.#delays.estimateMs(watch.sample);
      const { maxLagMs, zone } = this.options;
      return backendView(watch, decision, primaryOnline, maxLagMs, estimateMs, this.operatorStates.of(watch.name), zone);
    });
    const primary = decision.primary;
    const { epoch } = this.history;
    const { handover } = this.#switchover;
    const { pause } = this.operatorStates;
    const stuck = primary === undefined ? this.#succession.stuck : undefined;
    const material =
      this.#snapshot.version === 0 ||
      primary !== this.#snapshot.primary ||
      epoch !== this.#snapshot.epoch ||
      handover !== this.#snapshot.handover ||
      pause !== this.#snapshot.pause ||
      stuck !== this.#snapshot.stuck ||
      backends.length !== before.size ||
      backends.some((view) => differs(view, before.get(view.name)));
    const nowMs = performance.now();
    if (!material && nowMs - this.#publishedMs < measurePublishMs) return;
    this.#publishedMs = nowMs;
    this.#board.primaryIs(primary, nowMs);
    const version = this.#snapshot.version + 1;
    const base = { cluster: this.options.cluster, version, primary, epoch, backends };
    const waits = { ...(handover && { handover }), ...(pause && { pause }), ...(stuck && { stuck }) };
    this.#snapshot = { ...base, ...this.#kind.field, ...waits };
    for (const view of backends) this.#tell(view, before.get(view.name));
    for (const listener of this.#listeners) this.#guard(() => listener(this.#snapshot));
  }

  #tell(view: BackendView, before: BackendView | undefined): void {
    const fields = { cluster: this.options.cluster, backend: view.name, reason: view.reason };
    if (before !== undefined && before.state !== view.state) {
      this.#emit({ kind: 'state', backend: view.name, from: before.state, to: view.state, reason: view.reason });
      this.options.log[view.state === 'online' ? 'info' : 'warn'](fields, `backend ${view.name} is ${view.state}`);
    } else if (view.state === 'down' && before?.lastError === undefined && view.lastError !== undefined) {
      // All are down before the first look: those that stay so are named once as well.
      this.options.log.warn(fields, `backend ${view.name} cannot be reached`);
    }
    if (before !== undefined && before.role !== view.role) {
      this.#emit({ kind: 'role', backend: view.name, from: before.role, to: view.role, reason: view.reason });
      this.options.log.info(fields, `backend ${view.name} is ${view.role === 'none' ? 'neither primary nor replica' : view.role}`);
    }
  }

  /** A fault in one listener or rule must not end the watch over the cluster. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.options.log.error({ cluster: this.options.cluster, error: String(error) }, 'a fault in the monitor; it goes on');
    }
  }

  #emit(event: HealthEvent): void {
    this.options.onEvent?.(event);
  }
}
