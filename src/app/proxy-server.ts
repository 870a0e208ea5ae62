import type { Socket } from 'node:net';
import { ClientLimits, type OtherClients } from '../client/client-limits.js';
import { LoginThrottle } from '../client/login-throttle.js';
import { RsaKey } from '../client/rsa-key.js';
import type { Config, ListenerConfig } from '../config/config.js';
import { Listener } from '../net/listener.js';
import { IdleWatch } from '../session/idle-limit.js';
import type { KillOrder, KillReport } from '../session/kill/kill-order.js';
import { followSnapshot } from '../session/repoint.js';
import type { LimitDesk } from '../session/rule-desk.js';
import { NO_SECRETS, type SecretSource } from '../session/secret-source.js';
import type { ClusterServices } from '../session/services.js';
import type { Session } from '../session/session.js';
import type { Log } from '../telemetry/log-types.js';
import type { Stats } from '../telemetry/stats.js';
import type { ClusterLink } from '../topology/link.js';
import { AccountBook } from './account-book.js';
import { clusterServices } from './cluster-services.js';
import { ConnectionIds } from './connection-ids.js';
import { Door, type DoorParts } from './door.js';
import { followRoles } from './follow-roles.js';
import { killDesk, killHere } from './kill-desk.js';
import type { ProcessTls } from './process-tls.js';
import { rulesOf } from './rule-options.js';
import { type StatementSinks, statementSinks } from './statement-sinks.js';

/** What a process that serves clients is made of. */
export interface ProxyServerParts {
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

/** The data plane of one process: its listeners and the sessions behind them. */
export class ProxyServer {
  readonly #parts: ProxyServerParts;
  readonly #limits: ClientLimits;
  readonly #listeners: Listener[] = [];
  readonly #doors: Door[] = [];
  readonly #sessions = new Map<number, Session>();
  readonly #unsubscribe: (() => void)[] = [];
  readonly #clusters = new Map<string, ClusterServices>();
  readonly #sinks: StatementSinks;
  #whenEmpty: (() => void) | undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(parts: ProxyServerParts) {
    this.#parts = parts;
    const { limits } = parts.config;
    this.#limits = new ClientLimits(limits.clients, limits.clientsPerAddress);
    this.#sinks = statementSinks(parts.config, parts.stats, parts.log);
  }

  /** Opens every listener. Throws `ListenError` at the first that cannot be opened, after closing the others. */
  async open(): Promise<void> {
    const { config, links, secrets, processes, stats, tls } = this.#parts;
    for (const cluster of config.clusters) {
      const link = links.get(cluster.name);
      if (link === undefined) throw new Error(`no link to cluster ${cluster.name}`);
      const sources = { link, secrets: secrets.get(cluster.name) ?? NO_SECRETS };
      this.#clusters.set(cluster.name, clusterServices(config, cluster, sources, stats, tls, processes));
      this.#unsubscribe.push(
        link.subscribe(() => this.#snapshotChanged(cluster.name)),
        followRoles(link, stats),
      );
    }
    const accounts = new AccountBook(config);
    const ids = new ConnectionIds(this.#parts.workerIndex);
    const rsaKey = new RsaKey(this.#parts.rsaPem);
    const throttle = new LoginThrottle();
    const rules = rulesOf(config, stats, this.#parts.limits);
    try {
      for (const listener of config.listeners) await this.#openListener(listener, { accounts, ids, rsaKey, throttle, rules });
      this.#watchIdle();
    } catch (error) {
      await this.stopAccepting();
      throw error;
    }
  }

  #watchIdle(): void {
    const watch = new IdleWatch();
    this.#idleTimer = setInterval(() => watch.look(this.#sessions.values(), performance.now()), IDLE_LOOK_MS);
    this.#idleTimer.unref();
  }

  async #openListener(
    config: ListenerConfig,
    shared: Pick<DoorParts, 'accounts' | 'ids' | 'rsaKey' | 'throttle' | 'rules'>,
  ): Promise<void> {
    const { log, stats } = this.#parts;
    const door = new Door({
      config: this.#parts.config,
      listener: config,
      tls: this.#parts.tls.listener(config),
      ...shared,
      limits: this.#limits,
      clusters: this.#clusters,
      kills: killDesk(this.#sessions, this.#parts.killElsewhere),
      stats,
      tracer: this.#sinks.tracer,
      log,
      opened: (session) => this.#sessions.set(session.opening.id, session),
      closed: (session) => this.#sessionClosed(session),
    });
    const listener = new Listener({
      name: config.name,
      address: config.address,
      onSocket: (socket: Socket) => door.enter(socket),
      onError: (error) => log.error({ listener: config.name, error: error.message }, 'a connection could not be accepted'),
    });
    await listener.open();
    this.#doors.push(door);
    this.#listeners.push(listener);
  }

  /** Where clients can connect, by listener. */
  get addresses(): readonly { name: string; route: string; cluster: string; address: string }[] {
    const { listeners } = this.#parts.config;
    return this.#listeners.map((listener, index) => {
      const { name, route, cluster } = listeners[index] as ListenerConfig;
      return { name, route, cluster, address: listener.address };
    });
  }

  get sessions(): Iterable<Session> {
    return this.#sessions.values();
  }

  /** An order from another process. */
  kill(order: KillOrder): KillReport {
    return killHere(this.#sessions, order);
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

  #sessionClosed(session: Session): void {
    this.#sessions.delete(session.opening.id);
    if (this.#sessions.size === 0) this.#whenEmpty?.();
  }

  async stopAccepting(): Promise<void> {
    clearInterval(this.#idleTimer);
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
    for (const door of this.#doors) door.close();
  }

  /**
   * Lets sessions finish their transactions, says goodbye to the others, and cuts what is left when the time is over.
   * @returns how many had to be cut
   */
  async drain(timeoutMs: number): Promise<number> {
    await this.stopAccepting();
    for (const session of [...this.#sessions.values()]) session.drain();
    if (this.#sessions.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
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
}
