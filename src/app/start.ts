import type { AdminServer } from '../admin/admin-server.js';
import { AuditTrail } from '../admin/audit-trail.js';
import { readDashboard } from '../admin/dashboard-files.js';
import { EventHub } from '../admin/event-hub.js';
import { Readiness } from '../admin/readiness.js';
import { TrafficHistory } from '../admin/traffic-history.js';
import type { Config } from '../config/config.js';
import { createLog, type ProcessLog } from '../telemetry/log.js';
import { adminView, feedReadiness, type RunState } from './admin-view.js';
import type { ListenAddress } from './messages.js';
import { openForOperators } from './open-for-operators.js';
import { Supervisor } from './supervisor.js';
import { VERSION } from './version.js';
import { workerCount } from './worker-count.js';

/** A process group that serves. */
export interface RunningApp {
  readonly listeners: readonly ListenAddress[];
  readonly adminAddress: string;
  readonly metricsAddress: string | undefined;
  readonly workers: number;
  /**
   * Readiness goes false, new clients are let in for `drain.acceptFor` more, then sessions finish; what is left is cut at `drain.timeout`.
   * Settles when all is over. Called again, it cuts at once.
   */
  stop(): Promise<void>;
}

/** Where the configuration came from, for the log. */
export interface ConfigSource {
  readonly file?: string | undefined;
}

/**
 * Builds everything from a configuration and starts it. Servers that cannot be reached do not prevent the start.
 * @throws ListenError or AdminListenError when an address cannot be opened; nothing is left running then
 */
export async function startApp(config: Config, { file }: ConfigSource): Promise<RunningApp> {
  const log = createLog(config.log);
  const workers = workerCount(config.process.workers);
  const supervisor = new Supervisor(config, log, workers);
  const run: RunState = { state: 'starting', addresses: [] };
  const nowMs = () => performance.now();
  const readiness = new Readiness(
    config.clusters.map(({ name, hold }) => ({
      name,
      routes: config.listeners.filter(({ cluster }) => cluster === name).map(({ route }) => route),
      holdTimeoutMs: hold.timeoutMs,
    })),
    nowMs(),
  );
  feedReadiness(supervisor, readiness, nowMs);
  const facts = { version: VERSION, startedAtMs: Date.now() };
  const events = new EventHub();
  supervisor.onHealthEvent = (cluster, event) => {
    if (event.kind === 'switchover') events.publish('switchover', { ...event, cluster });
  };
  const audit = new AuditTrail(log, events);
  const source = adminView(supervisor, run);
  const traffic = new TrafficHistory();
  const admin = await openForOperators(config, { source, readiness, facts, nowMs, log, events, audit, traffic, page: readDashboard() });
  try {
    run.addresses = await supervisor.open();
  } catch (error) {
    await Promise.all([admin.close(), supervisor.drain(0)]);
    throw error;
  }
  run.state = 'running';
  readiness.listenersOpened();
  for (const { name, address, route, cluster } of run.addresses) log.info({ listener: name, address, route, cluster }, 'listening');
  log.info({ version: VERSION, workers, admin: admin.address, config: file }, 'Pointsman is running');
  return {
    listeners: run.addresses,
    adminAddress: admin.address,
    metricsAddress: admin.metricsAddress,
    workers,
    stop: stopper({ config, log, supervisor, run, readiness, admin }),
  };
}

interface Parts {
  readonly config: Config;
  readonly log: ProcessLog;
  readonly supervisor: Supervisor;
  readonly run: RunState;
  readonly readiness: Readiness;
  readonly admin: AdminServer;
}

function stopper({ config, log, supervisor, run, readiness, admin }: Parts): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  let cutNow: () => void = () => undefined;
  const stop = async () => {
    const { acceptForMs, timeoutMs } = config.drain;
    const startedMs = performance.now();
    run.state = 'draining';
    readiness.startDraining();
    log.info({ acceptForMs, timeoutMs }, 'draining: not ready any more, new clients are still let in for a while');
    await interruptible(Math.min(acceptForMs, timeoutMs), (cut) => (cutNow = cut));
    const leftMs = Math.max(0, timeoutMs - (performance.now() - startedMs));
    await Promise.race([supervisor.drain(leftMs), new Promise<void>((resolve) => (cutNow = resolve))]);
    await admin.close();
    log.info({ tookMs: Math.round(performance.now() - startedMs) }, 'drained');
    log.flush();
  };
  return () => {
    if (stopping === undefined) stopping = stop();
    else cutNow();
    return stopping;
  };
}

/** Waits, unless the function handed to `arm` is called. */
function interruptible(ms: number, arm: (cut: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    arm(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
