import type { Socket } from 'node:net';
import type { BackendConnection } from '../backend/dial-request.js';
import type { ClientLimits, LimitReached } from '../client/client-limits.js';
import type { Inquiry, InquiryEvents, LoginWish } from '../client/inquiry.js';
import type { ListenerTls } from '../client/listener-tls.js';
import { ClientLogin, type LoginOptions } from '../client/login.js';
import type { LoggedIn, LoginFailure } from '../client/login-result.js';
import type { LoginThrottle } from '../client/login-throttle.js';
import { refuseConnection } from '../client/refuse-connection.js';
import type { RsaKey } from '../client/rsa-key.js';
import type { ListenerConfig } from '../config/config.js';
import { PacketSocket } from '../net/packet-socket.js';
import { encodeErr } from '../protocol/err.js';
import { encodeFrames } from '../protocol/frame.js';
import { backendList } from '../session/backend-list.js';
import { type ClientError, noTarget, shutdown, tooManyConnections } from '../session/client-errors.js';
import { inquire } from '../session/inquire.js';
import type { KillDesk } from '../session/kill/kill-order.js';
import { loginCluster } from '../session/login-cluster.js';
import { proveLogin } from '../session/open.js';
import type { RuleDesk } from '../session/rule-desk.js';
import type { ClusterServices, SessionServices } from '../session/services.js';
import { Session } from '../session/session.js';
import type { SessionTraces } from '../session/trace/session-traces.js';
import { Classifier } from '../sql/classify.js';
import { DigestCache } from '../sql/digest-cache.js';
import type { Log } from '../telemetry/log-types.js';
import type { Stats } from '../telemetry/stats.js';
import type { Tracer } from '../telemetry/tracing/tracer.js';
import type { ListedAccount } from './account-book.js';
import type { ConnectionIds } from './connection-ids.js';
import { greetingOf } from './greeting.js';
import { ProxyEntrance } from './proxy-entrance.js';
import type { ProxySettings } from './proxy-settings.js';

export interface DoorParts {
  /** In force at first; see `Door.apply`. */
  readonly settings: ProxySettings;
  readonly listener: ListenerConfig;
  readonly tls: ListenerTls;
  readonly ids: ConnectionIds;
  readonly rsaKey: RsaKey;
  readonly throttle: LoginThrottle;
  readonly limits: ClientLimits;
  readonly clusters: ReadonlyMap<string, ClusterServices>;
  readonly kills: KillDesk;
  readonly traces: SessionTraces;
  readonly stats: Stats;
  readonly tracer: Tracer | undefined;
  readonly log: Log;
  opened(session: Session): void;
  closed(session: Session): void;
}

/** Receives a listener's clients: limits, greeting, login, and a session for each that proves itself. */
export class Door {
  readonly #parts: DoorParts;
  readonly #login: LoginOptions<ListedAccount, BackendConnection>;
  readonly #services: SessionServices;
  readonly #proxies: ProxyEntrance | undefined;
  #settings: ProxySettings;
  #rules: RuleDesk | undefined;
  #closed = false;

  constructor(parts: DoorParts) {
    this.#parts = parts;
    this.#settings = parts.settings;
    this.#rules = this.#desk();
    this.#login = this.#loginOptions();
    this.#services = this.#sessionServices();
    this.#proxies = this.#proxyEntrance();
  }

  /** From now on these settings count, for the sessions that are there too. */
  apply(settings: ProxySettings): void {
    const sameRules = settings.rules === this.#settings.rules;
    this.#settings = settings;
    if (!sameRules) this.#rules = this.#desk();
  }

  #desk(): RuleDesk | undefined {
    const { rules } = this.#settings;
    return rules === undefined ? undefined : { ...rules, listener: this.#parts.listener.name };
  }

  #loginOptions(): LoginOptions<ListedAccount, BackendConnection> {
    const { tls, rsaKey, throttle, settings } = this.#parts;
    const current = () => this.#settings;
    return {
      account: (user, address) => current().accounts.find(user, address),
      tls,
      rsaKey,
      throttle,
      clearTextAllowed: settings.config.auth.allowClearText,
      learn: (user, from) => this.#clusterOf(current().accounts.find(user, 'localhost')).secrets.find(user, from),
      inquire: (wish, events) => this.#inquire(wish, events),
      get handshakeTimeoutMs() {
        return current().config.limits.handshakeTimeoutMs;
      },
    };
  }

  #sessionServices(): SessionServices {
    const { stats, log, clusters, kills, traces } = this.#parts;
    const config = () => this.#settings.config;
    const rules = () => this.#rules;
    return {
      stats,
      tracer: this.#parts.tracer,
      log,
      get maxRerunBytes() {
        return config().limits.maxRerunSizeBytes;
      },
      get logSql() {
        return config().log.sql;
      },
      classifier: new Classifier(),
      digests: new DigestCache(),
      clusters,
      get rules() {
        return rules();
      },
      kills,
      traces,
      login: this.#login,
    };
  }

  #proxyEntrance(): ProxyEntrance | undefined {
    const { listener, log, stats } = this.#parts;
    const { proxyProtocolFrom: networks, name } = listener;
    if (networks === undefined) return undefined;
    const limits = () => this.#settings.config.limits;
    return new ProxyEntrance({
      listener: name,
      networks,
      log,
      get timeoutMs() {
        return limits().handshakeTimeoutMs;
      },
      get most() {
        return limits().clients;
      },
      refused: () => stats.clients.result('rejected'),
    });
  }

  close(): void {
    this.#closed = true;
  }

  enter(socket: Socket): void {
    const admitted = this.#proxies?.takes(socket, (packets) => this.#admit(socket, packets));
    if (admitted !== true) this.#admit(socket, new PacketSocket(socket, 'client'));
  }

  #admit(socket: Socket, packets: PacketSocket): void {
    const address = packets.remoteAddress;
    const limit = this.#parts.limits.enter(address);
    if (limit !== undefined) {
      this.#turnAway(packets, limit);
      return;
    }
    socket.once('close', () => this.#parts.limits.leave(address));
    this.#greet(packets);
  }

  #turnAway(packets: PacketSocket, limit: LimitReached): void {
    this.#parts.stats.clients.result('rejected');
    this.#parts.log.warn({ listener: this.#parts.listener.name, client: packets.remoteAddress, limit }, 'too many clients');
    refuseConnection(packets, tooManyConnections());
  }

  /** Greets as the servers do; without ever having seen one, the client waits for that within the hold's time. */
  #greet(packets: PacketSocket): void {
    const { listener, clusters } = this.#parts;
    const cluster = clusters.get(listener.cluster) as ClusterServices;
    const template = greetingOf(cluster.link.snapshot, this.#settings.config.serverVersion);
    if (template !== undefined) {
      const id = this.#parts.ids.take();
      new ClientLogin(packets, id, template, this.#login, (outcome) => {
        this.#countTls(packets, outcome);
        this.#loginEnded(id, outcome);
      });
      return;
    }
    const known = () => greetingOf(cluster.link.snapshot, undefined) !== undefined;
    cluster.hold.wait(0, cluster.hold.timeoutMs, known, (end) => {
      if (packets.closing) return;
      if (end === 'ready' && known()) this.#greet(packets);
      else refuseConnection(packets, noTarget(cluster.hold.timeoutMs, backendList(cluster.link.snapshot)));
    });
  }

  #countTls({ tls, secured }: PacketSocket, { kind }: { readonly kind: string }): void {
    if (tls === undefined) return;
    const { clients } = this.#parts.stats;
    // OpenSSL may only be asked about handshakes that were completed: else some of its functions end the process.
    if (secured) clients.tlsHandshake(tls.isSessionReused() ? 'resumed' : 'full');
    else if (kind === 'tls' || kind === 'timeout') clients.tlsHandshake('failed');
  }

  #loginEnded(id: number, outcome: LoggedIn<ListedAccount, BackendConnection> | LoginFailure): void {
    const { stats, log, listener, limits } = this.#parts;
    if (outcome.kind !== 'logged-in') {
      this.#parts.ids.release(id);
      stats.clients.result(outcome.kind === 'denied' ? 'auth_failed' : 'rejected');
      const { kind, user, clientAddress: client, message } = outcome;
      if (kind !== 'gone') log.info({ listener: listener.name, client, user, reason: kind, detail: message }, 'login failed');
      return;
    }
    const { account, packets } = outcome;
    if (this.#closed) return this.#refuseLogin(id, packets, outcome, shutdown());
    if (limits.enterAccount(account.user, account.maxConnections) !== undefined) {
      const message = `User '${account.user}' has exceeded the 'max_user_connections' resource (current value: ${account.maxConnections})`;
      return this.#refuseLogin(id, packets, outcome, { code: 1226, sqlState: '42000', message });
    }
    this.#open(id, outcome).catch((error: unknown) => {
      log.error({ error }, 'a login met a bug of ours and is ended');
      packets.destroy();
    });
  }

  #refuseLogin(id: number, packets: PacketSocket, login: LoggedIn<ListedAccount, BackendConnection>, error: ClientError): void {
    login.connection?.packets.destroy();
    this.#parts.ids.release(id);
    this.#parts.stats.clients.result('rejected');
    packets.end(encodeFrames(encodeErr(error, login.capabilities), login.nextSequenceId));
  }

  #clusterOf(account: ListedAccount | undefined): ClusterServices {
    const { clusters, listener } = this.#parts;
    return clusters.get(account?.cluster ?? listener.cluster) as ClusterServices;
  }

  #inquire(wish: LoginWish, events: InquiryEvents<BackendConnection>): Inquiry {
    const { listener, log } = this.#parts;
    const account = this.#settings.accounts.find(wish.user, wish.clientAddress);
    const cluster = loginCluster(this.#services, { ...wish, address: wish.clientAddress }, wish.database, this.#clusterOf(account));
    return inquire({ cluster, route: account?.route ?? listener.route, log }, wish, events);
  }

  async #open(id: number, login: LoggedIn<ListedAccount, BackendConnection>): Promise<void> {
    const { listener, stats, limits } = this.#parts;
    const { account, packets } = login;
    const session = new Session({
      id,
      client: packets,
      identity: {
        user: account.user,
        credentials: login.credentials,
        capabilities: login.capabilities,
        mariadbCapabilities: login.mariadbCapabilities,
        charset: login.charset,
        maxPacketSize: login.maxPacketSize,
        attributes: login.attributes,
        usesTls: packets.encrypted,
        address: packets.remoteAddress,
        client: packets.endpoints,
        connectionId: id,
      },
      schema: login.database,
      route: account.route ?? listener.route,
      cluster: this.#clusterOf(account),
      services: this.#services,
      nonce: login.nonce,
      closed: (ended) => {
        this.#parts.ids.release(id);
        limits.leaveAccount(account.user);
        this.#parts.closed(ended);
      },
    });
    session.cluster = loginCluster(this.#services, session.identity, login.database, session.opening.cluster);
    this.#parts.opened(session);
    const proven = await proveLogin(session, login.nextSequenceId, login.connection, login.certificateProof);
    stats.clients.result(proven ? 'accepted' : 'auth_failed');
    if (proven) session.opened();
  }
}
