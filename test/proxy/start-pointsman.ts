import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';
import { type Account, buryLater, DATABASE, makeCertificates, PASSWORDS, reservePorts } from '../servers/servers.js';
import type { ProcessSample } from './process-sample.js';
import { sampleProcess } from './process-sample.js';
import { type PointsmanRun, runPointsman } from './run-pointsman.js';

/** A server as far as the configuration needs it. */
export interface BackendServer {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface PointsmanOptions {
  /** A set of `startReplication`, or any servers. */
  readonly servers: readonly BackendServer[] | { readonly servers: readonly BackendServer[] };
  /** Merged over the configuration, objects key by key, everything else replaced: `{ clusters: { main: { hold: { timeout: '3s' } } } }`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Further keys of every backend: `{ readDelayed: true }`. */
  readonly backend?: Readonly<Record<string, unknown>>;
  /** Default: 1. */
  readonly workers?: number;
  /**
   * TLS towards clients: a mode, with the certificates of `makeCertificates`; or the `tls` section as it is. Default: nothing, which makes
   * the proxy offer a self-signed certificate.
   */
  readonly listenerTls?: 'prefer' | 'require' | Readonly<Record<string, unknown>>;
  /** False: only until the listeners are open, whatever the servers do. Default: until /readyz says 200. */
  readonly untilReady?: boolean;
  /** A single executable to run in place of the built program. */
  readonly program?: string;
}

export interface RunningPointsman {
  readonly ports: { readonly primary: number; readonly replica: number; readonly split: number };
  readonly adminUrl: string;
  readonly pid: number;
  readonly configPath: string;
  readonly running: boolean;
  /** What it wrote so far. */
  log(): string;
  /** Memory and file descriptors of the process and its workers. */
  sample(): ProcessSample;
  /** mysql2 through a listener, as one of the accounts, in the test database; the caller ends it. */
  connect(route?: 'primary' | 'replica' | 'split', options?: ConnectionOptions & { account?: Account }): Promise<Connection>;
  /** SIGTERM and wait (SIGKILL after 40 s). Throws with the log's end when it had died before, or ended otherwise than with 0. */
  stop(): Promise<void>;
}

type Json = { [key: string]: unknown };

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function merged(base: Json, over: Readonly<Json>): Json {
  const all: Json = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = all[key];
    all[key] = isObject(before) && isObject(value) ? merged(before, value) : value;
  }
  return all;
}

async function configuration(options: PointsmanOptions, ports: readonly number[]): Promise<Json> {
  const servers = 'servers' in options.servers ? options.servers.servers : options.servers;
  const [primary = 0, replica = 0, admin = 0, split = 0] = ports;
  const { listenerTls, backend = {} } = options;
  const files = typeof listenerTls === 'string' ? await makeCertificates() : undefined;
  const tls = files
    ? { tls: { mode: listenerTls, certFile: files.serverCert, keyFile: files.serverKey } }
    : listenerTls && { tls: listenerTls };
  const base: Json = {
    listeners: [
      { name: 'primary', address: `127.0.0.1:${primary}`, cluster: 'main', route: 'primary', ...tls },
      { name: 'replica', address: `127.0.0.1:${replica}`, cluster: 'main', route: 'replica', ...tls },
      { name: 'split', address: `127.0.0.1:${split}`, cluster: 'main', route: 'split', ...tls },
    ],
    clusters: {
      main: {
        backends: servers.map(({ name, host, port }) => ({ name, address: `${host}:${port}`, ...backend })),
        monitor: { user: 'pointsman', password: PASSWORDS.pointsman },
        failover: { mode: 'follow' },
      },
    },
    users: Object.entries(PASSWORDS).map(([name, password]) => ({ name, password })),
    admin: { address: `127.0.0.1:${admin}` },
    drain: { acceptFor: '0s', timeout: '5s' },
    process: { workers: options.workers ?? 1 },
  };
  return merged(base, options.config ?? {});
}

async function awaitStart(run: PointsmanRun, adminUrl: string, untilReady: boolean): Promise<void> {
  const limitMs = Date.now() + 30_000;
  for (;;) {
    if (!run.running) throw new Error(`Pointsman ended with ${await run.ended} while it started:\n${run.log().slice(-4000)}`);
    const status = await fetch(`${adminUrl}/readyz`, { signal: AbortSignal.timeout(2000) }).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.status;
      },
      () => undefined,
    );
    if (status === 200 || (!untilReady && status !== undefined && run.log().includes('is running'))) return;
    if (Date.now() > limitMs) throw new Error(`Pointsman was not ready in 30 s:\n${run.log().slice(-4000)}`);
    await sleep(25);
  }
}

/** Ends it in order; gives what is to be complained of. */
async function end(run: PointsmanRun): Promise<string | undefined> {
  if (!run.running) return `Pointsman died in the middle of the test (${await run.ended})`;
  run.child.kill('SIGTERM');
  const cancel = new AbortController();
  const timer = sleep(40_000, undefined, { signal: cancel.signal }).then(
    () => run.child.kill('SIGKILL'),
    () => undefined,
  );
  const how = await run.ended;
  cancel.abort();
  await timer;
  return how === 0 ? undefined : `Pointsman ended with ${how} instead of 0`;
}

/**
 * Starts the built program in front of real servers, on free ports (`POINTSMAN_TEST_PORTS`). It dies with this process; should it die
 * before, `stop()` throws and what it said last is written to stderr at once.
 */
export async function startPointsman(options: PointsmanOptions): Promise<RunningPointsman> {
  const folder = await mkdtemp(join(tmpdir(), 'pointsman-'));
  const kept = buryLater({ kind: 'folder', path: folder });
  const reserved = await reservePorts(4);
  const [primary = 0, replica = 0, admin = 0, split = 0] = reserved.map(({ port }) => port);
  const configPath = join(folder, 'pointsman.json');
  await writeFile(configPath, JSON.stringify(await configuration(options, [primary, replica, admin, split]), null, 2));
  const run = runPointsman(['start', '--config', configPath], configPath, undefined, options.program);
  let stopping = false;
  void run.ended.then((how) => {
    if (!stopping) process.stderr.write(`Pointsman (pid ${run.pid}) died: ${how}\n${run.log().slice(-4000)}\n`);
  });
  const adminUrl = `http://127.0.0.1:${admin}`;
  const stop = async (): Promise<void> => {
    stopping = true;
    const complaint = await end(run);
    await rm(folder, { recursive: true, force: true });
    for (const port of reserved) port.release();
    kept();
    if (complaint !== undefined) throw new Error(`${complaint}; the end of its log:\n${run.log().slice(-4000)}`);
  };
  try {
    await awaitStart(run, adminUrl, options.untilReady !== false);
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
  const ports = { primary, replica, split };
  return {
    ports,
    adminUrl,
    pid: run.pid,
    configPath,
    get running() {
      return run.running;
    },
    log: run.log,
    sample: () => sampleProcess(run.pid),
    connect: async (route = 'primary', { account = 'app', ...more } = {}) => {
      const login = { host: '127.0.0.1', port: ports[route], user: account, password: PASSWORDS[account], database: DATABASE };
      const connection = await createConnection({ ...login, ...more });
      connection.on('error', () => undefined);
      return connection;
    },
    stop,
  };
}
