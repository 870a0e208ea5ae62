import { installPackages } from '../test/servers/debian-packages.js';
import { runCommand } from '../test/servers/run-command.js';
import {
  availableFlavors,
  type Flavor,
  type ReplicationSet,
  serverUnavailable,
  startPointsman,
  startReplication,
} from '../test/servers/servers.js';
import type { BenchOptions, TargetName } from './bench-options.js';
import { type ProxyProcess, startHaproxy } from './haproxy.js';
import { prepareTables } from './sysbench.js';

/** What clients can be pointed at. */
export interface Target {
  readonly name: TargetName;
  readonly port: number;
  /** Of the proxy; undefined for the server itself. */
  readonly pid: number | undefined;
}

/** A server with sysbench's tables. */
export interface Stage {
  readonly set: ReplicationSet;
  /** Starts what is wanted in front of the server; the server itself is a target too. */
  open(wanted: readonly TargetName[]): Promise<OpenTargets>;
  stop(): Promise<void>;
}

export interface OpenTargets {
  readonly targets: readonly Target[];
  stop(): Promise<void>;
}

/** Most clients at a time, with room for sysbench's. */
const mostClients = (options: BenchOptions): number => (options.idle ?? 0) + 400;

/** Larger than the tests' servers, so that the server's disk does not play a part. */
function serverArgs(options: BenchOptions): string[] {
  const connections = mostClients(options) + 100;
  return [
    '--innodb-buffer-pool-size=256M',
    '--innodb-log-file-size=64M',
    '--innodb-log-buffer-size=8M',
    '--max-allowed-packet=64M',
    `--max-connections=${connections}`,
    `--open-files-limit=${connections * 2 + 2000}`,
  ];
}

async function installTools(options: BenchOptions): Promise<void> {
  const wanted = ['sysbench', ...(options.targets.includes('haproxy') ? ['haproxy'] : [])];
  const missing: string[] = [];
  for (const program of wanted) {
    const there = await runCommand(program, [program === 'haproxy' ? '-v' : '--version']).catch(() => undefined);
    if (there === undefined) missing.push(program);
  }
  if (missing.length > 0) await installPackages(missing, (text) => console.log(`set-up: ${text}`));
}

async function chooseFlavor(wanted: Flavor | undefined): Promise<Flavor> {
  const [first] = wanted === undefined ? await availableFlavors() : [wanted];
  const reason = first === undefined ? await serverUnavailable('mysql') : await serverUnavailable(first);
  if (first === undefined || reason !== undefined) throw new Error(reason ?? 'no server can be had here');
  return first;
}

async function openTarget(name: TargetName, set: ReplicationSet, options: BenchOptions): Promise<Target & { stop(): Promise<unknown> }> {
  if (name === 'direct') return { name, port: set.primary.port, pid: undefined, stop: () => Promise.resolve() };
  if (name === 'haproxy') {
    const proxy: ProxyProcess = await startHaproxy(set.primary.port, mostClients(options));
    return { name, ...proxy };
  }
  // All defaults, but for what would refuse a bench's many clients and wait at its end.
  const { workers } = options;
  const limits = { clients: mostClients(options), clientsPerAddress: mostClients(options) };
  const drain = { acceptFor: '0s', timeout: '1s' };
  const proxy = await startPointsman({ set, mode: 'follow', config: { process: { workers }, limits, drain } });
  return { name, port: proxy.primaryPort, pid: proxy.pid, stop: () => proxy.stop() };
}

/** Gets the tools, starts the server and fills the tables. Everything dies with this process. */
export async function setStage(options: BenchOptions, progress: (text: string) => void): Promise<Stage> {
  await installTools(options);
  const flavor = await chooseFlavor(options.flavor);
  const set = await startReplication({ flavor, replicas: 0, extraArgs: serverArgs(options), progress });
  try {
    progress('filling tables');
    await prepareTables(set.primary.port);
  } catch (error) {
    await set.stop();
    throw error;
  }
  return {
    set,
    async open(wanted) {
      const targets: (Target & { stop(): Promise<unknown> })[] = [];
      const stop = async (): Promise<void> => {
        for (const target of targets) await target.stop();
      };
      try {
        for (const name of wanted) targets.push(await openTarget(name, set, options));
      } catch (error) {
        await stop();
        throw error;
      }
      return { targets, stop };
    },
    stop: () => set.stop(),
  };
}
