import type { Socket } from 'node:net';
import { ClientLimits, type OtherClients } from '../client/client-limits.js';
import { LoginThrottle } from '../client/login-throttle.js';
import { RsaKey } from '../client/rsa-key.js';
import type { Config, ListenerConfig } from '../config/config.js';
import { IdleWatch } from '../session/idle-limit.js';
import type { KillOrder, KillReport } from '../session/kill/kill-order.js';
import { followSnapshot } from '../session/repoint.js';
import type { LimitDesk } from '../session/rule-desk.js';
import { NO_SECRETS, type SecretSource } from '../session/secret-source.js';
import type { Session } from '../session/session.js';
import { StallWatch } from '../session/stall-watch.js';
import { SessionTraces } from '../session/trace/session-traces.js';
import type { Log } from '../telemetry/log-types.js';
import type { Stats } from '../telemetry/stats.js';
import type { ClusterLink } from '../topology/link.js';
import { ConnectionIds } from './connection-ids.js';
import { Door, type DoorParts } from './door.js';
import { followRoles } from './follow-roles.js';
import { killDesk, killHere } from './kill-desk.js';
import type { ProcessTls } from './process-tls.js';
import { type ProxySettings, proxySettings } from './proxy-settings.js';
import { ReloadableCluster } from './reloadable-cluster.js';
import { RememberedNames } from './remembered-names.js';
import { type StatementSinks, statementSinks } from './statement-sinks.js';
import { type TraceOrder, type TraceReport, traceHere } from './trace-desk.js';

/** What a process that serves clients is made of. */
export interface ProxyServerParts {
  /** At the start; see `ProxyServer.apply`. */
  readonly config: Config;
  readonly links: ReadonlyMap<string, ClusterLink>;
  readonly tls: ProcessTls;
  /** By cluster; none where the accounts are configured. */
  readonly secrets: ReadonlyMap<string, SecretSource>;
  readonly stats: Stats;
  readonly log: Log;
  /** Of rules. */
  readonly limits: LimitDesk;
  /** 0 in a process of its own. */
  readonly workerIndex: number;
  /** How many processes serve clients. */
  readonly processes: number;
  /** The group's RSA key for caching_sha2_password without TLS; undefined: made when needed. */
  readonly rsaPem?: string;
  /** Looks for the victim of a KILL in the other processes. */
  readonly killElsewhere?: (order: KillOrder) => Promise<KillReport>;
}

/** How late, at most, a session without a server connection ends for `wait_timeout`. */
const IDLE_LOOK_MS = 1000;

/** The data plane of one process: the doors of its listeners and the sessions behind them. */
export class ProxyServer {
  readonly #parts: ProxyServerParts;
  readonly #limits: ClientLimits;
  /** By the listener's name. */
  readonly #doors = new Map<string, Door>();
  readonly #sessions = new Map<number, Session>();
  readonly #unsubscribe: (() => void)[] = [];
  readonly #clusters = new Map<string, ReloadableCluster>();
  readonly #sinks: StatementSinks;
  #settings: ProxySettings;
  readonly #traces = new SessionTraces();
  #whenEmpty: (() => void) | undefined;
  #cutNow: () => void = () => undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(parts: ProxyServerParts) {
    this.#parts = parts;
    const { limits } = parts.config;
    this.#settings = proxySettings(parts.config, undefined, parts.stats, parts.limits);
    this.#limits = new ClientLimits(limits.clients, limits.clientsPerAddress);
    this.#sinks = statementSinks(parts.config, parts.stats, parts.log);
  }

  /** From now on clients may enter. */
  open(): void {
    const { config, links, secrets, processes, stats, tls, log } = this.#parts;
    const names = new RememberedNames(log);
    for (const cluster of config.clusters) {
      const link = links.get(cluster.name);
      if (link === undefined) throw new Error(`no link to cluster ${cluster.name}`);
      const { name } = cluster;
      const sources = { name, link, secrets: secrets.get(name) ?? NO_SECRETS };
      this.#clusters.set(name, new ReloadableCluster(config, { ...sources, stats, tls, names, processes }));
      this.#unsubscribe.push(
        link.subscribe(() => this.#snapshotChanged(cluster.name)),
        followRoles(link, stats),
      );
    }
    const ids = new ConnectionIds(this.#parts.workerIndex);
    const rsaKey = new RsaKey(this.#parts.rsaPem);
    const throttle = new LoginThrottle();
    for (const listener of config.listeners) this.#openDoor(listener, { ids, rsaKey, throttle });
    this.#watchIdle();
  }

  /** A client has come to a listener. */
  enter(listener: string, socket: Socket): void {
    const door = this.#doors.get(listener);
    if (door === undefined) socket.destroy();
    else door.enter(socket);
  }

  #watchIdle(): void {
    const { stats, log } = this.#parts;
    const watches = [new IdleWatch(), new StallWatch(stats, log)];
    const look = () => {
      for (const watch of watches) watch.look(this.#sessions.values(), performance.now());
    };
    this.#idleTimer = setInterval(look, IDLE_LOOK_MS);
    this.#idleTimer.unref();
  }

  #openDoor(config: ListenerConfig, shared: Pick<DoorParts, 'ids' | 'rsaKey' | 'throttle'>): void {
    const { log, stats } = this.#parts;
    const door = new Door({
      settings: this.#settings,
      listener: config,
      tls: this.#parts.tls.listener(config),
      ...shared,
      limits: this.#limits,
      clusters: this.#clusters,
      traces: this.#traces,
      kills: killDesk(this.#sessions, this.#parts.killElsewhere),
      stats,
      tracer: this.#sinks.tracer,
      log,
      opened: (session) => this.#sessionOpened(session),
      closed: (session) => this.#sessionClosed(session),
    });
    this.#doors.set(config.name, door);
  }

  /**
   * Makes ready what another configuration needs; changes nothing yet.
   * @throws Error where it cannot be used
   */
  prepare(config: Config): ProxySettings {
    return proxySettings(config, this.#settings, this.#parts.stats, this.#parts.limits);
  }

  /** Brings prepared settings into force, for the sessions that are there too: at once, and all of it. */
  apply(settings: ProxySettings): void {
    this.#settings = settings;
    const { clients, clientsPerAddress } = settings.config.limits;
    this.#limits.allow(clients, clientsPerAddress);
    this.#sinks.apply(settings.config);
    for (const cluster of this.#clusters.values()) cluster.apply(settings.config);
    for (const door of this.#doors.values()) door.apply(settings);
  }

  get sessions(): Iterable<Session> {
    return this.#sessions.values();
  }

  /** An order from another process. */
  kill(order: KillOrder): KillReport {
    return killHere(this.#sessions, order);
  }

  /** An operator's order about the packets of a session. */
  trace(order: TraceOrder): TraceReport {
    return traceHere(this.#sessions, this.#traces, order);
  }

  /** Brings the byte counters up to now. */
  countBytes(): void {
    for (const session of this.#sessions.values()) session.countBytes();
  }

  get clients(): OtherClients {
    return this.#limits.own;
  }

  /** What the other processes of the group have; for limits that count for all together. */
  set otherClients(others: OtherClients) {
    this.#limits.others = others;
  }

  #snapshotChanged(cluster: string): void {
    for (const session of this.#sessions.values())
      if (session.cluster.name === cluster || session.parked.length > 0) followSnapshot(session);
  }

  #sessionOpened(session: Session): void {
    const { id } = session.opening;
    this.#sessions.set(id, session);
    this.#parts.log.debug({ session: id, user: session.identity.user, client: session.identity.address }, 'session opened');
  }

  #sessionClosed(session: Session): void {
    this.#sessions.delete(session.opening.id);
    if (this.#sessions.size === 0) this.#whenEmpty?.();
  }

  /** Who has come and not logged in yet is turned away. */
  #closeDoors(): void {
    clearInterval(this.#idleTimer);
    for (const door of this.#doors.values()) door.close();
  }

  /**
   * Lets sessions finish their transactions, says goodbye to the others, and cuts what is left when the time is over.
   * @returns how many had to be cut
   */
  async drain(timeoutMs: number): Promise<number> {
    this.#closeDoors();
    for (const session of [...this.#sessions.values()]) session.drain();
    if (this.#sessions.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.#cutNow = resolve;
        this.#whenEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const left = [...this.#sessions.values()];
    for (const session of left) session.endNow();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await this.#sinks.close();
    return left.length;
  }

  /** While it drains: the time is over now. */
  cut(): void {
    this.#cutNow();
  }
}
