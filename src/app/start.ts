import { AuditTrail } from '../admin/audit-trail.js';
import { readDashboard } from '../admin/dashboard-files.js';
import { EventHub } from '../admin/event-hub.js';
import { Readiness } from '../admin/readiness.js';
import { TrafficHistory } from '../admin/traffic-history.js';
import type { Config } from '../config/config.js';
import type { LoadedSource } from '../config/load-from.js';
import { createLog } from '../telemetry/log.js';
import type { AdminDoor } from './admin-door.js';
import { adminView, feedReadiness, type RunState } from './admin-view.js';
import { type DrainParts, type DrainWish, drainer, retire } from './drain.js';
import type { Handover, PassedSocket } from './handover.js';
import type { ListenAddress } from './messages.js';
import { openForOperators } from './open-for-operators.js';
import { Reloader, type ReloadReport } from './reloader.js';
import { ServiceNotes } from './service-notes.js';
import { Supervisor } from './supervisor.js';
import { Upgrade, type UpgradeReport } from './upgrade.js';
import { VERSION } from './version.js';
import { workerCount } from './worker-count.js';

/** A process group that serves. */
export interface RunningApp {
  readonly listeners: readonly ListenAddress[];
  readonly adminAddress: string;
  readonly metricsAddress: string | undefined;
  readonly workers: number;
  /**
   * Reads the configuration anew and brings it into force. What came of it is logged.
   * @throws ReloadRefused when it is wrong; the one before stays in force
   */
  reload(by: string): Promise<ReloadReport>;
  /**
   * A new process, of the version on the disk, takes over the listening sockets; this one ends when its sessions have (see `ended`).
   * @throws UpgradeRefused when that does not come about; this process goes on
   */
  upgrade(by: string): Promise<UpgradeReport>;
  /** Settles when another process has taken over and everything here is over. */
  readonly ended: Promise<void>;
  /**
   * Readiness goes false, new clients are let in for `drain.acceptFor` more, then sessions finish; what is left is cut at `drain.timeout`.
   * Settles when all is over. Called again, it cuts at once.
   */
  stop(wish: DrainWish): Promise<void>;
}

/**
 * Builds everything from a configuration and starts it. Servers that cannot be reached do not prevent the start.
 * @param load reads the configuration anew, from the same place
 * @param handover listening sockets that another process has passed on
 * @throws ListenError or AdminListenError when an address cannot be opened; nothing is left running then
 */
export async function startApp({ config, file }: LoadedSource, load: () => LoadedSource, handover: Handover): Promise<RunningApp> {
  const log = createLog(config.log);
  const notes = new ServiceNotes(log);
  const workers = workerCount(config.process.workers);
  const supervisor = new Supervisor(config, log, workers, ({ name, address }) => handover.take(`listener ${name}`, address));
  const run: RunState = { state: 'starting', addresses: [], passedOn: false };
  const nowMs = () => performance.now();
  const readiness = readinessOf(config, nowMs());
  feedReadiness(supervisor, readiness, nowMs);
  const apply = async (next: Config) => {
    await supervisor.reconfigure(next);
    log.setLevel(next.log.level);
    admin.allow(next.admin);
    for (const { name, hold } of next.clusters) readiness.setHoldTimeout(name, hold.timeoutMs);
  };
  const primaries = () => new Map([...supervisor.monitors].map(([name, { snapshot }]) => [name, snapshot.primary]));
  const successors = () => new Map([...supervisor.monitors].map(([name, { snapshot }]) => [name, snapshot.handover?.to]));
  const reloader = new Reloader({ load, config, file, log, primaries, successors, apply });
  const { promise: ended, resolve: over } = deferred();
  const upgrade: Upgrade = new Upgrade({
    log,
    obstacle: () => (run.state === 'running' ? undefined : `this process is ${run.state}`),
    sockets: () => [...listenerSockets(supervisor), ...adminSockets(config, admin)],
    handedOver: () => void retire(parts, drain).then(over),
  });
  const events = new EventHub();
  supervisor.onHealthEvent = (cluster, event) => {
    if (event.kind === 'switchover') events.publish('switchover', { ...event, cluster });
  };
  const admin: AdminDoor = await openForOperators(
    config,
    {
      source: adminView({ supervisor, run, reloader, upgrade, file }),
      readiness,
      facts: { version: VERSION, startedAtMs: Date.now() },
      nowMs,
      log,
      events,
      audit: new AuditTrail(log, events),
      traffic: new TrafficHistory(),
      page: readDashboard(),
    },
    handover,
  );
  const parts: DrainParts = { log, supervisor, run, readiness, admin, notes };
  const drain = drainer(parts);
  try {
    run.addresses = await supervisor.open();
  } catch (error) {
    // The sockets that were passed on are still the old process's.
    await Promise.all([admin.close(handover.expected), supervisor.drain(0)]);
    throw error;
  }
  run.state = 'running';
  readiness.listenersOpened();
  for (const { name, address, route, cluster } of run.addresses) log.info({ listener: name, address, route, cluster }, 'listening');
  log.info({ version: VERSION, workers, admin: admin.address, config: file }, 'Pointsman is running');
  await notes.ready(`version ${VERSION}, ${workers} worker${workers === 1 ? '' : 's'}`);
  await handover.ready(VERSION);
  return {
    listeners: run.addresses,
    adminAddress: admin.address,
    metricsAddress: admin.metricsAddress,
    workers,
    reload: (by) => noted(notes, () => reloader.reload(by)),
    upgrade: (by) => upgrade.start(by),
    ended,
    stop: (wish) => drain.stop(wish),
  };
}

function listenerSockets({ descriptors }: Supervisor): readonly PassedSocket[] {
  return descriptors.map(({ config: { name, address }, fd }) => ({ name: `listener ${name}`, address, fd }));
}

function adminSockets({ admin, console }: Config, { descriptors }: AdminDoor): readonly PassedSocket[] {
  const { address, metricsAddress } = admin;
  return [
    { name: 'admin.address', address, fd: descriptors.address },
    { name: 'admin.metricsAddress', address: metricsAddress, fd: descriptors.metricsAddress },
    { name: 'console.address', address: console.address, fd: descriptors.console },
  ].filter((socket): socket is PassedSocket => socket.address !== undefined && socket.fd !== undefined);
}

/** The service manager is told that a reload is under way, and that it is over, whatever came of it. */
async function noted<T>(notes: ServiceNotes, reload: () => Promise<T>): Promise<T> {
  await notes.reloading();
  let status = 'the last reload was refused';
  try {
    const done = await reload();
    status = `version ${VERSION}`;
    return done;
  } finally {
    await notes.ready(status);
  }
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function readinessOf({ clusters, listeners }: Config, nowMs: number): Readiness {
  return new Readiness(
    clusters.map(({ name, hold }) => ({
      name,
      routes: listeners.filter(({ cluster }) => cluster === name).map(({ route }) => route),
      holdTimeoutMs: hold.timeoutMs,
    })),
    nowMs,
  );
}
