import { readFileSync } from 'node:fs';
import { connect, createServer, type Server as NetServer, type Socket } from 'node:net';
import type { Connection } from 'mysql2/promise';
import { Monitor } from '../../src/health/monitor.js';
import type { FailoverOptions, MonitorSettings } from '../../src/health/options.js';
import { type BackendView, backendNamed } from '../../src/topology/snapshot.js';
import { type Account, isReadOnly, PASSWORDS, type ReplicationSet, type Server, until } from '../servers/servers.js';

export interface WatchOptions {
  readonly account?: Account;
  readonly failover?: Partial<FailoverOptions>;
  readonly settings?: Partial<MonitorSettings>;
  readonly priorities?: Record<string, number>;
}

/** What a monitor logged, newest last. */
export interface LogLine {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

export function monitorSettings(servers: readonly Server[], options: WatchOptions = {}): MonitorSettings & { lines: LogLine[] } {
  const { account = 'monitor', failover = {}, settings = {}, priorities = {} } = options;
  const lines: LogLine[] = [];
  const write = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return {
    cluster: 'main',
    // The second loopback address is the proxy's way; replicas use the first.
    backends: servers.map((server) => ({
      name: server.name,
      address: { host: server.proxyHost, port: server.port },
      weight: 100,
      priority: priorities[server.name] ?? 100,
      neverPromote: false,
    })),
    monitor: { user: account, password: PASSWORDS[account] },
    log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    failover: { replication: { user: 'repl', password: PASSWORDS.repl }, ...failover },
    ...settings,
    lines,
  };
}

/** A started monitor of a set; `pointsman`'s account in promote mode. */
export async function watchSet(servers: readonly Server[], options: WatchOptions = {}): Promise<{ monitor: Monitor; lines: LogLine[] }> {
  const { lines, ...settings } = monitorSettings(servers, options);
  const monitor = new Monitor(settings);
  await monitor.start();
  return { monitor, lines };
}

export function promoting(failover: Partial<FailoverOptions> = {}): WatchOptions {
  return { account: 'pointsman', failover: { mode: 'promote', ...failover } };
}

export function view(monitor: Monitor, server: Server): BackendView {
  const found = backendNamed(monitor.snapshot, server.name);
  if (found === undefined) throw new Error(`${server.name} is not in the snapshot`);
  return found;
}

export function serverNamed(set: { readonly servers: readonly Server[] }, name: string | undefined): Server {
  const found = set.servers.find((server) => server.name === name);
  if (found === undefined) throw new Error(`no server ${name}`);
  return found;
}

/** Waits until there is a primary and everybody else is a readable replica of it. */
export async function whole(monitor: Monitor, limitMs = 30_000): Promise<void> {
  await until(
    'one primary, all others its replicas',
    () =>
      monitor.snapshot.primary !== undefined &&
      monitor.snapshot.backends.every((each) => each.state === 'online' && (each.role === 'primary' || each.readable)),
    limitMs,
  ).catch((error: unknown) => {
    throw new Error(
      `${String(error)}: ${JSON.stringify(monitor.snapshot.backends.map(({ name, state, role, reason }) => ({ name, state, role, reason })))}`,
    );
  });
}

/** When (performance.now()) another server than `before` was published as primary. */
export function nextPrimary(monitor: Monitor, before: string | undefined, limitMs = 30_000): Promise<{ name: string; atMs: number }> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no new primary within ${limitMs} ms: ${JSON.stringify(monitor.failovers[0])}`)),
      limitMs,
    );
    const check = () => {
      const { primary } = monitor.snapshot;
      if (primary === undefined || primary === before) return;
      clearTimeout(timer);
      unsubscribe();
      resolve({ name: primary, atMs: performance.now() });
    };
    const unsubscribe = monitor.subscribe(check);
    check();
  });
}

/** One client that inserts all the time at the snapshot's primary and tells the monitor what it sees, as a session would. */
export class Writer {
  readonly #monitor: Monitor;
  readonly #set: { readonly servers: readonly Server[] };
  #stopped = false;
  #ended: Promise<void> = Promise.resolve();
  acknowledged = 0;
  /** Longest time between two successes, ms. */
  gapMs = 0;
  lastMs = 0;

  constructor(monitor: Monitor, set: { readonly servers: readonly Server[] }) {
    this.#monitor = monitor;
    this.#set = set;
  }

  async start(): Promise<void> {
    const primary = serverNamed(this.#set, await until('a primary to write to', () => this.#monitor.snapshot.primary));
    await primary.sql('CREATE TABLE IF NOT EXISTS test1.writes (id INT AUTO_INCREMENT PRIMARY KEY, n INT)');
    this.#ended = this.#run();
    await until('the writer writes', () => this.acknowledged > 5);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ended;
  }

  async #run(): Promise<void> {
    let connection: Connection | undefined;
    let at: string | undefined;
    while (!this.#stopped) {
      const { primary } = this.#monitor.snapshot;
      if (primary === undefined) {
        await pause(2);
        continue;
      }
      try {
        if (connection === undefined || at !== primary) {
          connection?.destroy();
          connection = await serverNamed(this.#set, primary).connect('app', { connectTimeout: 2000 });
          at = primary;
        }
        // A session's verdict frees it from a frozen server; here a time limit does.
        await Promise.race([connection.query('INSERT INTO writes (n) VALUES (?)', [this.acknowledged]), fail(1_500)]);
        const nowMs = performance.now();
        if (this.lastMs > 0) this.gapMs = Math.max(this.gapMs, nowMs - this.lastMs);
        this.lastMs = nowMs;
        this.acknowledged += 1;
        await pause(3);
      } catch (error) {
        const { code, errno } = error as { code?: string; errno?: number };
        const kind = errno === 1290 ? 'read-only' : code === 'ECONNREFUSED' ? 'refused' : code === 'PM_TEST_LATE' ? 'timeout' : 'reset';
        this.#monitor.report({ backend: primary, kind, detail: code ?? 'lost' });
        connection?.destroy();
        connection = undefined;
        await pause(2);
      }
    }
    connection?.destroy();
  }
}

export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}

function fail(delayMs: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(Object.assign(new Error('no answer'), { code: 'PM_TEST_LATE' })), delayMs).unref();
  });
}

export function load(): string {
  return readFileSync('/proc/loadavg', 'utf8').split(' ')[0] ?? '?';
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The proxy's own way to a server, through which answers may come late. */
export class SlowWay {
  delayMs = 0;
  readonly #listener: NetServer;
  readonly #sockets = new Set<Socket>();

  private constructor(target: Server) {
    this.#listener = createServer((near) => {
      const far = connect({ host: target.host, port: target.port });
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          this.#sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far);
      far.on('data', (chunk) => setTimeout(() => near.write(chunk), this.delayMs));
    });
  }

  static async open(target: Server): Promise<SlowWay> {
    const way = new SlowWay(target);
    await new Promise<void>((resolve) => way.#listener.listen(0, '127.0.0.1', resolve));
    return way;
  }

  get port(): number {
    const address = this.#listener.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  close(): void {
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** True when the server is read-only; false also while our own question is cut off, as fencing does. */
export function isFenced(server: Server): Promise<boolean> {
  return isReadOnly(server).catch(() => false);
}

/** Rows of the writer's table on each running server. */
export async function counts(set: ReplicationSet): Promise<readonly string[]> {
  return Promise.all(
    set.servers.filter((server) => server.running).map(async (server) => (await server.value('SELECT COUNT(*) FROM test1.writes')) ?? '-'),
  );
}
