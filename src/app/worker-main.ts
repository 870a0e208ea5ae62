import cluster from 'node:cluster';
import type { Socket } from 'node:net';
import type { Config } from '../config/config.js';
import { sessionsOn } from '../session/handover-sessions.js';
import type { KillOrder } from '../session/kill/kill-order.js';
import { createLog, type ProcessLog } from '../telemetry/log.js';
import { ProcessSampler } from '../telemetry/process-sample.js';
import { Stats } from '../telemetry/stats.js';
import type { HandoverReport } from '../topology/handover-report.js';
import { KillOrders } from './kill-orders.js';
import { WorkerLimits } from './limit-desk.js';
import type { ToSupervisor, ToWorker } from './messages.js';
import { ProcessTls } from './process-tls.js';
import { ProxyServer } from './proxy-server.js';
import { sessionReport } from './session-report.js';
import { listsOf } from './statement-lists.js';
import { joinTraces } from './trace-desk.js';
import { WorkerLink } from './worker-link.js';
import { WorkerSecrets } from './worker-secrets.js';

/** Counters and client numbers go to the supervisor this often. */
const REPORT_MS = 500;

function send(message: ToSupervisor): void {
  // With a callback: a supervisor that ends just now would else raise an error event here, and the worker is to drain, not to die.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

/**
 * A worker process: serves clients, follows the supervisor's snapshots. It is told everything by messages and has no configuration of
 * its own. When its supervisor is gone it drains and exits.
 */
class Worker {
  readonly #links = new Map<string, WorkerLink>();
  readonly #secrets = new Map<string, WorkerSecrets>();
  readonly #stats = new Stats();
  readonly #kills = new KillOrders();
  readonly #limits = new WorkerLimits(send);
  readonly #sampler = new ProcessSampler();
  #proxy: ProxyServer | undefined;
  #tls: ProcessTls | undefined;
  #log: ProcessLog | undefined;
  #drainTimeoutMs = 0;
  #ending = false;

  /** The supervisor accepted it for us. */
  #enter(listener: string, socket: Socket | undefined): void {
    if (socket === undefined) return;
    // A client that sends FIN still wants its answers. `Listener` says the same of the sockets of a single process.
    socket.allowHalfOpen = true;
    this.#proxy?.enter(listener, socket);
  }

  receive(message: ToWorker, handle?: unknown): void {
    switch (message.type) {
      case 'start':
        this.#start(message);
        break;
      case 'client':
        this.#enter(message.listener, handle as Socket | undefined);
        break;
      case 'prepare-config':
        send({ type: 'config-prepared', request: message.request, problem: this.#problemWith(message.config) });
        break;
      case 'apply-config':
        this.#apply(message.config);
        break;
      case 'snapshot':
        this.#links.get(message.snapshot.cluster)?.follow(message.snapshot);
        break;
      case 'positions':
        this.#links.get(message.cluster)?.moved(message.report);
        break;
      case 'tell-marks':
        send({ type: 'told-marks', request: message.request, marks: this.#links.get(message.cluster)?.ownMarks ?? [] });
        break;
      case 'group-marks':
        this.#links.get(message.cluster)?.groupTold(message.request, message.marks, message.notBeforeMs);
        break;
      case 'tls':
        this.#tls?.update(message.tls);
        break;
      case 'shown':
        this.#links.get(message.cluster)?.shown(message.request);
        break;
      case 'verdict':
        this.#links.get(message.cluster)?.judged(message.request, message.verdict);
        break;
      case 'found-secrets':
        this.#secrets.get(message.cluster)?.found(message.request, message.secrets);
        break;
      case 'digests':
        this.#links.get(message.cluster)?.digests(message.watched, message.quarantined);
        break;
      case 'others':
        if (this.#proxy !== undefined) this.#proxy.otherClients = { total: message.total, byAddress: new Map(message.byAddress) };
        break;
      case 'sessions-on':
        send({ type: 'sessions-on', request: message.request, report: this.#sessionsOn(message) });
        break;
      case 'sessions':
        send({ type: 'sessions', request: message.request, sessions: [...(this.#proxy?.sessions ?? [])].map(sessionReport) });
        break;
      case 'statements':
        send({ type: 'statements', request: message.request, lists: listsOf(this.#stats) });
        break;
      case 'trace':
        send({ type: 'traced', request: message.request, report: this.#proxy?.trace(message.order) ?? joinTraces([]) });
        break;
      case 'kill':
        send({ type: 'killed', request: message.request, report: this.#proxy?.kill(message.order) ?? { kind: 'unknown' } });
        break;
      case 'killed':
        this.#kills.reported(message.request, message.report);
        break;
      case 'limited':
        this.#limits.answered(message.request, message.againInMs);
        break;
      case 'drain':
        void this.end(message.timeoutMs);
        break;
      case 'cut':
        this.#proxy?.cut();
        break;
    }
  }

  #sessionsOn({ cluster, backend, withThreads }: Extract<ToWorker, { type: 'sessions-on' }>): HandoverReport {
    const { version } = this.#links.get(cluster)?.snapshot ?? { version: -1 };
    return sessionsOn(this.#proxy?.sessions ?? [], cluster, backend, version, withThreads);
  }

  #start(message: Extract<ToWorker, { type: 'start' }>): void {
    const { config, workerIndex, workers, rsaPem } = message;
    this.#drainTimeoutMs = config.drain.timeoutMs;
    for (const snapshot of message.snapshots) {
      this.#links.set(snapshot.cluster, new WorkerLink(snapshot, send));
      if (config.auth.mode === 'auto') this.#secrets.set(snapshot.cluster, new WorkerSecrets(snapshot.cluster, send));
    }
    const log = createLog({ ...config.log, fields: { worker: workerIndex } });
    this.#log = log;
    this.#tls = new ProcessTls(message.tls);
    const shared = { config, links: this.#links, secrets: this.#secrets, tls: this.#tls };
    const parts = { ...shared, stats: this.#stats, log, workerIndex, processes: workers, rsaPem };
    const killElsewhere = (order: KillOrder) => this.#kills.ask((request) => send({ type: 'kill', request, order }));
    this.#proxy = new ProxyServer({ ...parts, limits: this.#limits, killElsewhere });
    this.#proxy.open();
    send({ type: 'open' });
    setInterval(() => this.#report(), REPORT_MS).unref();
  }

  #problemWith(config: Config): string | undefined {
    try {
      this.#proxy?.prepare(config);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** One that was told before its start gets it with the start. */
  #apply(config: Config): void {
    if (this.#proxy === undefined) return;
    this.#proxy.apply(this.#proxy.prepare(config));
    this.#log?.setLevel(config.log.level);
    this.#drainTimeoutMs = config.drain.timeoutMs;
  }

  #report(): void {
    const clients = this.#proxy?.clients;
    if (clients !== undefined) {
      const several = [...clients.byAddress].filter(([, count]) => count > 1);
      send({ type: 'clients', total: clients.total, byAddress: several.slice(0, 1000) });
    }
    this.#proxy?.countBytes();
    send({ type: 'stats', report: { stats: this.#stats.snapshot(), sample: this.#sampler.sample() } });
  }

  /** Drains and ends the process. */
  async end(timeoutMs = this.#drainTimeoutMs): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    const cut = (await this.#proxy?.drain(timeoutMs)) ?? 0;
    this.#report();
    send({ type: 'drained', cut });
    // Give the last ERR packets and the message the time to leave.
    setTimeout(() => process.exit(0), 100);
  }
}

if (cluster.worker !== undefined) {
  // Else node:cluster ends this process at once when the supervisor is gone, and with it every session.
  cluster.worker.exitedAfterDisconnect = true;
  const worker = new Worker();
  process.on('message', (message, handle) => worker.receive(message as ToWorker, handle));
  process.on('disconnect', () => void worker.end());
  // The supervisor decides about the end of the group; a signal that reaches the whole group must not end workers on its own.
  process.on('SIGTERM', () => undefined);
  process.on('SIGINT', () => undefined);
  send({ type: 'hello' });
}
