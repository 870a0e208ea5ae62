import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FailoverReport } from '../../src/health/failover-report.js';
import type { CoordinatorOptions } from '../../src/health/options.js';
import {
  buryLater,
  isReadOnly,
  type NetworkHost,
  type PointsmanProcess,
  type ReplicationSet,
  replicationStatus,
  type Server,
  startPointsman,
  until,
} from '../servers/servers.js';
import { monitorSettings, promoting } from './health-setup.js';

export const leaseMs = 2_000;
const child = fileURLToPath(new URL('./health-child.js', import.meta.url));

/** A proxy as its users run it, that promotes with this coordinator. */
export function promotingProxy(set: ReplicationSet, coordinator: object): Promise<PointsmanProcess> {
  const failover = { mode: 'promote', replicationUser: 'repl', replicationPassword: 'repl' };
  const cluster = { failover: { ...failover, coordinator: { lease: `${leaseMs / 1000}s`, ...coordinator } } };
  return startPointsman({ set, mode: 'promote', cluster, config: { process: { workers: 1 } } });
}

/** Who is primary to this proxy; undefined: nobody. */
export async function primaryOf(proxy: PointsmanProcess): Promise<string | undefined> {
  const { clusters } = (await proxy.get('/api/v1/status')) as { clusters: { primary: string | null }[] };
  return clusters[0]?.primary ?? undefined;
}

export async function reportsOf(proxy: PointsmanProcess): Promise<readonly FailoverReport[]> {
  return ((await proxy.get('/api/v1/failovers')) as { failovers: FailoverReport[] }).failovers;
}

export interface MonitorProcessOptions {
  readonly coordinator: CoordinatorOptions;
  /** Stop itself (SIGSTOP) in the middle of a promotion: see health-child.ts. Default: never. */
  readonly stopAfter?: number;
  /** The host it runs on; default: this one. */
  readonly host?: NetworkHost;
}

/** A proxy's monitor in a process of its own. */
export class MonitorProcess {
  readonly #process: ChildProcess;
  #output = '';

  private constructor(process: ChildProcess) {
    this.#process = process;
    process.stdout?.on('data', (bytes: Buffer) => {
      this.#output += bytes.toString();
    });
  }

  static async start(set: ReplicationSet, options: MonitorProcessOptions): Promise<MonitorProcess> {
    const { coordinator, stopAfter = 1_000_000, host } = options;
    const { lines: _, log: __, ...settings } = monitorSettings(set.servers, promoting({ leaseMs, coordinator }));
    const backends = settings.backends.map((backend) =>
      host === undefined ? backend : { ...backend, address: { ...backend.address, host: host.gateway } },
    );
    const args = [child, JSON.stringify({ ...settings, backends, token: set.folder }), String(stopAfter), '0', 'SIGSTOP'];
    const [command = '', ...words] = host?.command([process.execPath, ...args]) ?? [process.execPath, ...args];
    const started = spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    buryLater({ kind: 'process', pid: started.pid ?? -1, token: set.folder });
    const proxy = new MonitorProcess(started);
    await until('the child is ready', () => proxy.#output.includes('ready'));
    return proxy;
  }

  /** Settles when the kernel has stopped it. */
  async stopped(): Promise<void> {
    await until('it stopped itself', async () => /\) T /.test(await readFile(`/proc/${this.#process.pid}/stat`, 'utf8')));
  }

  /** SIGSTOP from outside. */
  pause(): void {
    this.#process.kill('SIGSTOP');
  }

  wake(): void {
    this.#process.kill('SIGCONT');
  }

  async ask(): Promise<{ readonly primary: string | undefined; readonly reports: readonly FailoverReport[] }> {
    const before = this.#output.length;
    this.#process.kill('SIGUSR2');
    await until('its answer', () => this.#output.slice(before).includes('\n'));
    return JSON.parse(this.#output.slice(before));
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await gone;
  }
}

/** Waits until just `primary` is writable and everybody else follows it; says what is wrong when that does not come. */
export async function correct(set: ReplicationSet, primary: Server): Promise<void> {
  let seen = '';
  await until(
    'one writable server, followed by all others',
    async () => {
      // A fence cuts our own questions off too.
      const states = await Promise.all(
        set.servers.map(async (server) => {
          const status = await replicationStatus(server);
          const follows = status?.sourcePort === primary.port && status.ioRunning === 'Yes' && status.sqlRunning;
          return { name: server.name, readOnly: await isReadOnly(server), follows, source: status?.sourcePort };
        }),
      ).catch((error: unknown) => {
        seen = String(error);
        return undefined;
      });
      if (states === undefined) return false;
      seen = JSON.stringify(states);
      return states.every(({ name, readOnly, follows, source }) =>
        name === primary.name ? !readOnly && source === undefined : readOnly && follows,
      );
    },
    30_000,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${seen}`);
  });
}

/** Notes every statement of every client at these servers until the returned function gives those that change a server. */
export async function watchChanges(servers: readonly Server[]): Promise<() => Promise<readonly string[]>> {
  for (const server of servers)
    await server.sql("SET GLOBAL log_output = 'FILE', GLOBAL general_log_file = 'all.log', GLOBAL general_log = ON");
  return async () => {
    const found: string[] = [];
    for (const server of servers) {
      await server.sql('SET GLOBAL general_log = OFF');
      const text = await readFile(join(server.dataDir, 'all.log'), 'utf8');
      if (!/SLAVE STATUS|REPLICA STATUS/.test(text)) throw new Error(`${server.name} logged no statements`);
      const changes = text
        .split('\n')
        .filter((line) => /\b(SET GLOBAL|(STOP|START|RESET) (SLAVE|REPLICA)|CHANGE (MASTER|REPLICATION)|KILL|ALTER)\b/i.test(line));
      found.push(...changes.filter((line) => !line.includes('general_log')).map((line) => `${server.name}: ${line.trim()}`));
    }
    return found;
  };
}
