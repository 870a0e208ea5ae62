import type { ClusterConfig, Config } from '../config/config.js';
import type { HealthEvent } from '../health/events.js';
import { MemberKeeper } from '../health/members/member-keeper.js';
import { Monitor } from '../health/monitor.js';
import type { MonitorSettings } from '../health/options.js';
import type { Credential } from '../protocol/auth/secret.js';
import { sessionsOn } from '../session/handover-sessions.js';
import type { KillOrder, KillReport } from '../session/kill/kill-order.js';
import { GroupStats, type GroupTotals } from '../telemetry/group-stats.js';
import type { Log } from '../telemetry/log-types.js';
import { ProcessSampler } from '../telemetry/process-sample.js';
import { Stats } from '../telemetry/stats.js';
import { type PositionReport, shifted } from '../topology/position-report.js';
import type { DataPlane } from './data-plane.js';
import { type EntranceParts, Entrances } from './entrances.js';
import { countHealth } from './health-counts.js';
import { GroupLimits } from './limit-desk.js';
import { FROM_MACHINE_MS, TO_MACHINE_MS } from './machine-clock.js';
import type { ListenAddress, ToSupervisor, ToWorker } from './messages.js';
import { guardsCommits, memberWishes, monitorSettings } from './monitor-settings.js';
import { ProcessTls } from './process-tls.js';
import { ProxyServer } from './proxy-server.js';
import { RememberedNames } from './remembered-names.js';
import { SecretBook } from './secret-book.js';
import { type SessionReport, sessionReport } from './session-report.js';
import { listsOf, mergeLists, type StatementLists } from './statement-lists.js';
import { TlsKeeper } from './tls-keeper.js';
import type { TraceOrder, TraceReport } from './trace-desk.js';
import { type WorkerState, Workers } from './workers.js';

/** Digest lists reach the workers this late at most. */
const DIGESTS_MS = 500;

/** Everything that exists once in a process group: the monitors, and whoever serves the clients (this process, or its workers). */
export class Supervisor {
  #config: Config;
  readonly monitors = new Map<string, Monitor>();
  /** Told of everything that the monitors tell. */
  onHealthEvent: ((cluster: string, event: HealthEvent) => void) | undefined;
  /** By cluster; empty where the accounts are configured. */
  readonly #secrets = new Map<string, SecretBook>();
  readonly #monitorSettings = new Map<string, (cluster: ClusterConfig, within: Pick<Config, 'rules'>) => MonitorSettings>();
  readonly #members = new Map<string, MemberKeeper>();
  readonly #log: Log;
  readonly #stats = new Stats();
  readonly #sampler = new ProcessSampler();
  readonly #tls: TlsKeeper;
  readonly #limits: GroupLimits;
  readonly #plane: DataPlane;
  readonly #entrances: Entrances;

  /**
   * @param workers 1: clients are served by this very process
   * @param inherited a descriptor of a listener that another process has passed on
   */
  constructor(config: Config, log: Log, workers: number, inherited: EntranceParts['inherited'] = () => undefined) {
    this.#config = config;
    this.#log = log;
    this.#tls = new TlsKeeper(config, log);
    this.#limits = new GroupLimits(config);
    const names = new RememberedNames(log);
    for (const cluster of config.clusters) {
      const certificates = {
        servers: () => this.#tls.material.clusters.get(cluster.name) ?? {},
        coordinator: () => this.#tls.coordinator(cluster.name),
      };
      const count = countHealth(this.#stats, () => this.monitors.get(cluster.name)?.failovers ?? []);
      const plane: Parameters<typeof monitorSettings>[3] = {
        onEvent: (event) => {
          count(event);
          this.onHealthEvent?.(cluster.name, event);
        },
        sessionsOn: (backend, withThreads) => this.#plane.sessionsOn(cluster.name, backend, withThreads),
        zone: config.process.zone,
        lookup: names.lookup,
      };
      const settings = (of: ClusterConfig, within: Pick<Config, 'rules'>) =>
        monitorSettings(of, certificates, log, plane, guardsCommits(within, of));
      const first = settings(cluster, config);
      const monitor = new Monitor(first);
      this.#members.set(cluster.name, new MemberKeeper(monitor, first, memberWishes(cluster)));
      this.monitors.set(cluster.name, monitor);
      this.#monitorSettings.set(cluster.name, settings);
      if (config.auth.mode === 'auto') this.#secrets.set(cluster.name, new SecretBook((user) => monitor.storedAccounts.read(user)));
    }
    this.#plane = workers === 1 ? this.#singleProcess() : this.#manyProcesses(workers);
    const plane = this.#plane;
    const enter: EntranceParts['enter'] = (listener, socket) => plane.enter(listener, socket);
    this.#entrances = new Entrances({ listeners: config.listeners, inherited, paused: plane.paused, enter, log });
  }

  /** In force. */
  get config(): Config {
    return this.#config;
  }

  /**
   * Brings another configuration into force, without a session noticing: all of it in every process, or nothing anywhere. It differs from
   * the present one only in keys that are reloadable.
   * @throws Error where it cannot be used; nothing has changed then
   */
  async reconfigure(config: Config): Promise<void> {
    const applyTls = this.#tls.prepare(config);
    const applyPlane = await this.#plane.prepare(config);
    this.#config = config;
    applyTls();
    this.#limits.apply(config);
    applyPlane();
    for (const cluster of config.clusters) {
      const settings = this.#monitorSettings.get(cluster.name);
      if (settings !== undefined) this.#members.get(cluster.name)?.reconfigure(settings(cluster, config), memberWishes(cluster));
    }
  }

  /** Starts the monitors, then opens the listeners. Throws when a listener cannot be opened. */
  async open(): Promise<readonly ListenAddress[]> {
    // Workers load while the servers are asked for the first time; what they learn is what is known when they have loaded, and what follows.
    const loaded = this.#workers === undefined ? undefined : this.#plane.open();
    await Promise.all([...this.#members.values()].map((members) => members.start()));
    await Promise.all([...this.monitors.values()].map((monitor) => monitor.start()));
    this.#tls.start();
    await (loaded ?? this.#plane.open());
    return this.#entrances.open();
  }

  /** Descriptors of the listening sockets, to be passed on. */
  get descriptors(): Entrances['descriptors'] {
    return this.#entrances.descriptors;
  }

  /** Another process accepts clients from now on; the sessions that are there go on here. Failovers are the other's affair. */
  async handedOver(): Promise<void> {
    await this.#entrances.close(true);
    await this.#plane.quiet();
    for (const { name, failover, ...cluster } of this.#config.clusters) {
      const settings = this.#monitorSettings.get(name)?.({ ...cluster, name, failover: { ...failover, mode: 'follow' } }, { rules: [] });
      if (settings !== undefined) this.#members.get(name)?.reconfigure(settings, memberWishes({ ...cluster, name, failover }));
    }
  }

  /** Sessions finish, then the monitors stop. */
  async drain(timeoutMs: number): Promise<void> {
    await this.#entrances.close();
    await this.#plane.quiet();
    await this.#plane.drain(timeoutMs);
    this.#tls.stop();
    for (const members of this.#members.values()) members.stop();
    await Promise.all([...this.monitors.values()].map((monitor) => monitor.stop()));
  }

  /** While it drains: what is left ends now. */
  cut(): void {
    this.#plane.cut();
  }

  get workers(): readonly WorkerState[] {
    return this.#plane.workers();
  }

  get certificateExpiries(): TlsKeeper['expiries'] {
    return this.#tls.expiries;
  }

  totals(): GroupTotals {
    return this.#plane.totals(() => ({ stats: this.#stats.snapshot(), sample: this.#sampler.sample() }));
  }

  sessions(): Promise<readonly SessionReport[]> {
    return this.#plane.sessions();
  }

  statements(): Promise<StatementLists> {
    return this.#plane.statements();
  }

  trace(order: TraceOrder): Promise<TraceReport> {
    return this.#plane.trace(order);
  }

  kill(order: KillOrder): Promise<KillReport> {
    return this.#plane.kill(order);
  }

  #singleProcess(): DataPlane {
    const tls = new ProcessTls(this.#tls.material);
    this.#tls.subscribe((material) => tls.update(material));
    const proxy = new ProxyServer({
      config: this.config,
      links: this.monitors,
      tls,
      secrets: this.#secrets,
      stats: this.#stats,
      log: this.#log,
      limits: this.#limits,
      workerIndex: 0,
      processes: 1,
    });
    const none = new GroupStats();
    let state: WorkerState['state'] = 'starting';
    return {
      async open() {
        proxy.open();
        state = 'running';
      },
      paused: false,
      enter: (listener, socket) => proxy.enter(listener, socket),
      quiet: () => Promise.resolve(),
      async prepare(config) {
        const settings = proxy.prepare(config);
        return () => proxy.apply(settings);
      },
      async drain(timeoutMs) {
        state = 'draining';
        await proxy.drain(timeoutMs);
      },
      cut: () => proxy.cut(),
      workers: () => [{ id: 0, pid: process.pid, state, clients: proxy.clients.total, restarts: 0 }],
      totals(own) {
        proxy.countBytes();
        return none.total(own());
      },
      sessions: () => Promise.resolve([...proxy.sessions].map(sessionReport)),
      sessionsOn: (cluster, backend, withThreads) => {
        const { version } = this.monitors.get(cluster)?.snapshot ?? { version: -1 };
        return Promise.resolve(sessionsOn(proxy.sessions, cluster, backend, version, withThreads));
      },
      statements: () => Promise.resolve(mergeLists([listsOf(this.#stats)])),
      trace: (order) => Promise.resolve(proxy.trace(order)),
      kill: (order) => Promise.resolve(proxy.kill(order)),
    };
  }

  #manyProcesses(count: number): DataPlane {
    const monitors = [...this.monitors.values()];
    const keeper = this.#tls;
    const workers = new Workers(
      {
        config: () => this.#config,
        log: this.#log,
        get tls() {
          return keeper.material;
        },
        get snapshots() {
          return monitors.map(({ snapshot }) => snapshot);
        },
        started: () => {
          this.#watched.clear();
          for (const [cluster, monitor] of this.monitors) this.#sharePositions(cluster, monitor.wholePositions);
        },
        received: (message, reply) => this.#received(message, reply),
      },
      count,
    );
    for (const monitor of monitors) monitor.subscribe((snapshot) => workers.broadcast({ type: 'snapshot', snapshot }));
    for (const [cluster, monitor] of this.monitors) monitor.subscribePositions((report) => this.#sharePositions(cluster, report));
    keeper.subscribe((tls) => workers.broadcast({ type: 'tls', tls }));
    this.#workers = workers;
    setInterval(() => this.#shareDigests(), DIGESTS_MS).unref();
    return {
      open: () => workers.open(),
      paused: true,
      enter: (listener, socket) => workers.enter(listener, socket),
      quiet: () => workers.quiet(),
      prepare: (config) => workers.prepare(config),
      drain: (timeoutMs) => workers.drain(timeoutMs),
      cut: () => workers.cut(),
      workers: () => workers.states,
      totals: (own) => workers.stats.total(own()),
      sessions: () => workers.sessions(),
      sessionsOn: (cluster, backend, withThreads) => workers.sessionsOn(cluster, backend, withThreads),
      statements: () => workers.statements(),
      trace: (order) => workers.trace(order),
      kill: (order) => workers.kill(order),
    };
  }

  #workers: Workers | undefined;
  readonly #watched = new Map<string, string>();

  /** Tells the workers which digests are watched or quarantined, when that has changed. */
  #shareDigests(): void {
    for (const [cluster, monitor] of this.monitors) {
      const message = { type: 'digests', cluster, watched: monitor.watchesDigests, quarantined: monitor.quarantined } as const;
      const seen = JSON.stringify(message);
      if (this.#watched.get(cluster) === seen) continue;
      this.#watched.set(cluster, seen);
      this.#workers?.broadcast(message);
    }
  }

  #sharePositions(cluster: string, report: PositionReport): void {
    this.#workers?.broadcast({ type: 'positions', cluster, report: shifted(report, TO_MACHINE_MS) });
  }

  #received(message: ToSupervisor, reply: (message: ToWorker) => void): void {
    if (message.type === 'limit') {
      const { request, rule, user, client } = message;
      reply({ type: 'limited', request, againInMs: this.#limits.take(rule, user, client) });
      return;
    }
    if (!('cluster' in message)) return;
    const monitor = this.monitors.get(message.cluster);
    if (monitor === undefined) return;
    switch (message.type) {
      case 'signal':
        monitor.report(message.signal);
        break;
      case 'verdict': {
        const { request, cluster } = message;
        void monitor
          .verdict(message.backend, message.connectedAtMs + FROM_MACHINE_MS)
          .then((verdict) => reply({ type: 'verdict', cluster, request, verdict }));
        break;
      }
      case 'ask-shown': {
        const { request, cluster } = message;
        void monitor.primaryShows(message.budgetMs).then(() => reply({ type: 'shown', cluster, request }));
        break;
      }
      case 'find-secrets': {
        const { request, cluster, user, from } = message;
        const found = this.#secrets.get(cluster)?.find(user, from) ?? Promise.resolve([]);
        void found.then((secrets) => reply({ type: 'found-secrets', cluster, request, secrets }));
        break;
      }
      case 'login-proven':
        this.#secrets.get(message.cluster)?.proven(message.user, received(message.credential));
        break;
      case 'login-refused':
        this.#secrets.get(message.cluster)?.refused(message.user);
        break;
      case 'in-flight':
        monitor.inFlightAtDeath(message.backend, message.digests);
        this.#shareDigests();
        break;
      case 'completed':
        monitor.completed(message.digest);
        break;
      case 'tally':
        for (const gtid of message.gtids) monitor.acknowledged(gtid);
        for (const [outcome, count] of message.outcomes) for (let n = 0; n < count; n += 1) monitor.outcome(outcome, message.longestHoldMs);
        break;
    }
  }
}

/** Buffers come out of a message as plain bytes. */
function received(credential: Credential): Credential {
  return credential.kind === 'clear' ? credential : { kind: 'native-stage1', stage1: Buffer.from(credential.stage1) };
}
