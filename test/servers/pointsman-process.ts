import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type PointsmanRun, runPointsman } from '../proxy/run-pointsman.js';
import { PASSWORDS } from './accounts.js';
import { type ReservedPort, reservePort, reservePorts } from './free-port.js';
import type { ReplicationSet } from './start-replication.js';
import { buryLater } from './undertaker.js';

export interface PointsmanOptions {
  readonly set: Pick<ReplicationSet, 'flavor' | 'servers' | 'primary'>;
  readonly mode: 'follow' | 'promote';
  /** Use 6450, 6446, 6447 and 6480 where they are free. Default: any ports. */
  readonly usualPorts?: boolean;
  /** Reach the servers by their second address, so that `blackHole(server, 'proxy')` cuts only the proxy off. */
  readonly ownWay?: boolean;
  /** Merged over the configuration's cluster `main` (one level deep), e.g. `{ hold: { timeout: '3s' } }`. */
  readonly cluster?: Readonly<Record<string, unknown>>;
  /** Further keys of every backend: `{ readDelayed: true }`. */
  readonly backend?: Readonly<Record<string, unknown>>;
  /** Merged over the top level, e.g. `{ process: { workers: 2 } }`. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Pointsman as its users run it: `node dist/main.js start --config FILE`, in a process of its own. */
export interface PointsmanProcess {
  readonly host: string;
  readonly primaryPort: number;
  readonly replicaPort: number;
  readonly splitPort: number;
  readonly adminUrl: string;
  readonly pid: number;
  readonly configPath: string;
  readonly logPath: string;
  readonly running: boolean;
  /** What it wrote so far. */
  log(): string;
  /** GET of an admin path, parsed. */
  get(path: string): Promise<unknown>;
  /** SIGTERM and wait, SIGKILL after 30 s; gives the exit code, undefined for a kill. */
  stop(): Promise<number | undefined>;
}

const STOP_LIMIT_MS = 30_000;

/** The configuration that the demo and the tests run with. */
export function pointsmanConfig(
  options: PointsmanOptions,
  ports: { primary: number; replica: number; split: number; admin: number },
): Record<string, unknown> {
  const { set, mode, cluster = {}, config = {}, backend = {} } = options;
  const users = set.flavor === 'mysql' ? (['app', 'app_native', 'app_sha2', 'admin'] as const) : (['app', 'app_native', 'admin'] as const);
  return {
    listeners: [
      { name: 'split', address: `127.0.0.1:${ports.split}`, cluster: 'main', route: 'split' },
      { name: 'primary', address: `127.0.0.1:${ports.primary}`, cluster: 'main', route: 'primary' },
      { name: 'replica', address: `127.0.0.1:${ports.replica}`, cluster: 'main', route: 'replica' },
    ],
    clusters: {
      main: {
        backends: set.servers.map((server) => ({
          name: server.name,
          address: `${options.ownWay === true ? server.proxyHost : server.host}:${server.port}`,
          ...backend,
        })),
        monitor: { user: 'pointsman', password: PASSWORDS.pointsman },
        failover: { mode, replicationUser: 'repl', replicationPassword: PASSWORDS.repl },
        ...cluster,
      },
    },
    users: users.map((name) => ({ name, password: PASSWORDS[name] })),
    ...config,
    admin: { address: `127.0.0.1:${ports.admin}`, ...(config['admin'] as object | undefined) },
  };
}

async function choosePorts(usual: boolean): Promise<ReservedPort[]> {
  const wanted = usual ? [6446, 6447, 6480, 6450] : [undefined, undefined, undefined, undefined];
  const ports: ReservedPort[] = [];
  for (const port of wanted) {
    const own = port === undefined ? undefined : await reservePort(port);
    const [other] = own === undefined ? await reservePorts(1) : [own];
    if (other !== undefined) ports.push(other);
  }
  return ports;
}

async function awaitReady(url: string, run: PointsmanRun): Promise<void> {
  const limit = Date.now() + 30_000;
  for (;;) {
    try {
      const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) });
      await answer.arrayBuffer();
      if (answer.status === 200) return;
    } catch {
      // not listening yet
    }
    if (!run.running) throw new Error(`Pointsman ended with ${await run.ended} while it started:\n${run.log().slice(-4000)}`);
    if (Date.now() > limit) throw new Error(`Pointsman was not ready in 30 s:\n${run.log().slice(-4000)}`);
    await sleep(25);
  }
}

/** Starts Pointsman in front of the set and waits until it is ready. It dies with this process. Needs `npm run build`. */
export async function startPointsman(options: PointsmanOptions): Promise<PointsmanProcess> {
  try {
    return await startOnce(options);
  } catch (error) {
    // Somebody took one of the usual ports between our look and Pointsman's.
    if (options.usualPorts !== true || !/another program listens/.test((error as Error).message)) throw error;
    return startOnce({ ...options, usualPorts: false });
  }
}

async function startOnce(options: PointsmanOptions): Promise<PointsmanProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'pointsman-'));
  const kept = buryLater({ kind: 'folder', path: folder });
  const ports = await choosePorts(options.usualPorts === true);
  const [primary = 0, replica = 0, admin = 0, split = 0] = ports.map(({ port }) => port);
  const configPath = join(folder, 'pointsman.json');
  const logPath = join(folder, 'log');
  await writeFile(configPath, JSON.stringify(pointsmanConfig(options, { primary, replica, split, admin }), null, 2));
  const run = runPointsman(['start', '--config', configPath], configPath, logPath);
  const adminUrl = `http://127.0.0.1:${admin}`;
  const stop = async (): Promise<number | undefined> => {
    if (run.running) run.child.kill('SIGTERM');
    const timer = setTimeout(() => run.child.kill('SIGKILL'), STOP_LIMIT_MS);
    const how = await run.ended;
    clearTimeout(timer);
    await rm(folder, { recursive: true, force: true });
    for (const port of ports) port.release();
    kept();
    return typeof how === 'number' ? how : undefined;
  };
  try {
    await awaitReady(adminUrl, run);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    host: '127.0.0.1',
    primaryPort: primary,
    replicaPort: replica,
    splitPort: split,
    adminUrl,
    pid: run.pid,
    configPath,
    logPath,
    get running() {
      return run.running;
    },
    log: run.log,
    get: async (path) => (await fetch(adminUrl + path, { signal: AbortSignal.timeout(5000) })).json(),
    stop,
  };
}
