import cluster from 'node:cluster';
import { sessionsOn } from '../session/handover-sessions.js';
import type { KillOrder } from '../session/kill/kill-order.js';
import { createLog } from '../telemetry/log.js';
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
  #drainTimeoutMs = 0;
  #ending = false;

  receive(message: ToWorker): void {
    switch (message.type) {
      case 'start':
        void this.#start(message);
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
      case 'kill':
        send({ type: 'killed', request: message.request, report: this.#proxy?.kill(message.order) ?? { kind: 'unknown' } });
        break;
      case 'killed':
        this.#kills.reported(message.request, message.report);
        break;
      case 'limited':
        this.#limits.answered(message.request, message.againInMs);
        break;
      case 'stop-accepting':
        void this.#proxy?.stopAccepting();
        break;
      case 'drain':
        void this.end(message.timeoutMs);
        break;
    }
  }

  #sessionsOn({ cluster, backend, withThreads }: Extract<ToWorker, { type: 'sessions-on' }>): HandoverReport {
    const { version } = this.#links.get(cluster)?.snapshot ?? { version: -1 };
    return sessionsOn(this.#proxy?.sessions ?? [], cluster, backend, version, withThreads);
  }

  async #start(message: Extract<ToWorker, { type: 'start' }>): Promise<void> {
    const { config, workerIndex, workers, rsaPem } = message;
    this.#drainTimeoutMs = config.drain.timeoutMs;
    for (const snapshot of message.snapshots) {
      this.#links.set(snapshot.cluster, new WorkerLink(snapshot, send));
      if (config.auth.mode === 'auto') this.#secrets.set(snapshot.cluster, new WorkerSecrets(snapshot.cluster, send));
    }
    const log = createLog({ ...config.log, fields: { worker: workerIndex } });
    this.#tls = new ProcessTls(message.tls);
    const shared = { config, links: this.#links, secrets: this.#secrets, tls: this.#tls };
    const parts = { ...shared, stats: this.#stats, log, workerIndex, processes: workers, rsaPem };
    const killElsewhere = (order: KillOrder) => this.#kills.ask((request) => send({ type: 'kill', request, order }));
    this.#proxy = new ProxyServer({ ...parts, limits: this.#limits, killElsewhere });
    try {
      await this.#proxy.open();
      send({ type: 'open', addresses: this.#proxy.addresses });
    } catch (error) {
      send({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    }
    setInterval(() => this.#report(), REPORT_MS).unref();
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
  process.on('message', (message) => worker.receive(message as ToWorker));
  process.on('disconnect', () => void worker.end());
  // The supervisor decides about the end of the group; a signal that reaches the whole group must not end workers on its own.
  process.on('SIGTERM', () => undefined);
  process.on('SIGINT', () => undefined);
  send({ type: 'hello' });
}
