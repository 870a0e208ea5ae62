import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DATABASE, PASSWORDS } from './accounts.js';
import { type ReservedPort, reservePort, reservePorts } from './free-port.js';
import type { ReplicationSet } from './start-replication.js';
import { buryLater } from './undertaker.js';

export interface PointsmanOptions {
  readonly set: ReplicationSet;
  readonly mode: 'follow' | 'promote';
  /** Use 6446, 6447 and 6480 where they are free. Default: any ports. */
  readonly usualPorts?: boolean;
  /** Reach the servers by their second address, so that `blackHole(server, 'proxy')` cuts only the proxy off. */
  readonly ownWay?: boolean;
  /** Merged over the configuration's cluster `main` (one level deep), e.g. `{ hold: { timeout: '3s' } }`. */
  readonly cluster?: Readonly<Record<string, unknown>>;
  /** Merged over the top level, e.g. `{ process: { workers: 2 } }`. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Pointsman as its users run it: `node dist/main.js start --config FILE`, in a process of its own. */
export interface PointsmanProcess {
  readonly host: string;
  readonly primaryPort: number;
  readonly replicaPort: number;
  readonly adminUrl: string;
  readonly pid: number;
  readonly configPath: string;
  readonly logPath: string;
  readonly running: boolean;
  /** What it wrote so far. */
  log(): Promise<string>;
  /** GET of an admin path, parsed. */
  get(path: string): Promise<unknown>;
  /** SIGTERM and wait, SIGKILL after 30 s; gives the exit code, undefined for a kill. */
  stop(): Promise<number | undefined>;
}

export const REPOSITORY = resolve(import.meta.dirname, '../../..');

/** The configuration that the demo and the tests run with. */
export function pointsmanConfig(
  options: PointsmanOptions,
  ports: { primary: number; replica: number; admin: number },
): Record<string, unknown> {
  const { set, mode, cluster = {}, config = {} } = options;
  const users = set.flavor === 'mysql' ? (['app', 'app_native', 'app_sha2', 'admin'] as const) : (['app', 'app_native', 'admin'] as const);
  return {
    listeners: [
      { name: 'primary', address: `127.0.0.1:${ports.primary}`, cluster: 'main', route: 'primary' },
      { name: 'replica', address: `127.0.0.1:${ports.replica}`, cluster: 'main', route: 'replica' },
    ],
    clusters: {
      main: {
        backends: set.servers.map((server) => ({
          name: server.name,
          address: `${options.ownWay === true ? server.proxyHost : server.host}:${server.port}`,
        })),
        monitor: { user: 'pointsman', password: PASSWORDS.pointsman },
        failover: { mode, replicationUser: 'repl', replicationPassword: PASSWORDS.repl },
        ...cluster,
      },
    },
    users: users.map((name) => ({ name, password: PASSWORDS[name] })),
    admin: { address: `127.0.0.1:${ports.admin}` },
    ...config,
  };
}

async function choosePorts(usual: boolean): Promise<ReservedPort[]> {
  const wanted = usual ? [6446, 6447, 6480] : [undefined, undefined, undefined];
  const ports: ReservedPort[] = [];
  for (const port of wanted) {
    const own = port === undefined ? undefined : await reservePort(port);
    const [other] = own === undefined ? await reservePorts(1) : [own];
    if (other !== undefined) ports.push(other);
  }
  return ports;
}

async function awaitReady(url: string, child: ChildProcess, log: () => Promise<string>): Promise<void> {
  const limit = Date.now() + 30_000;
  for (;;) {
    try {
      const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) });
      await answer.arrayBuffer();
      if (answer.status === 200) return;
    } catch {
      // not listening yet
    }
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`Pointsman ended with ${child.exitCode ?? child.signalCode} while it started:\n${(await log()).slice(-4000)}`);
    }
    if (Date.now() > limit) throw new Error(`Pointsman was not ready in 30 s:\n${(await log()).slice(-4000)}`);
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
  const [primary = 0, replica = 0, admin = 0] = ports.map(({ port }) => port);
  const configPath = join(folder, 'pointsman.json');
  const logPath = join(folder, 'log');
  await writeFile(configPath, JSON.stringify(pointsmanConfig(options, { primary, replica, admin }), null, 2));
  const file = openSync(logPath, 'a');
  const args = ['--enable-source-maps', join(REPOSITORY, 'dist/main.js'), 'start', '--config', configPath];
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', file, file], cwd: REPOSITORY });
  closeSync(file);
  const spared = buryLater({ kind: 'process', pid: child.pid ?? -1, token: configPath });
  const ended = new Promise<void>((done) => {
    child.once('exit', () => done());
    child.once('error', () => done());
  });
  child.unref();
  const log = (): Promise<string> => readFile(logPath, 'utf8');
  const adminUrl = `http://127.0.0.1:${admin}`;
  const stop = async (): Promise<number | undefined> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      const cancel = new AbortController();
      const timer = sleep(30_000, undefined, { signal: cancel.signal }).then(
        () => child.kill('SIGKILL'),
        () => undefined,
      );
      await Promise.race([ended, timer]);
      await ended;
      cancel.abort();
    }
    spared();
    await rm(folder, { recursive: true, force: true });
    for (const port of ports) port.release();
    kept();
    return child.exitCode ?? undefined;
  };
  try {
    await awaitReady(adminUrl, child, log);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    host: '127.0.0.1',
    primaryPort: primary,
    replicaPort: replica,
    adminUrl,
    pid: child.pid ?? -1,
    configPath,
    logPath,
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    log,
    get: async (path) => (await fetch(adminUrl + path, { signal: AbortSignal.timeout(5000) })).json(),
    stop,
  };
}

/** The database that the accounts of the configuration may use. */
export { DATABASE };
