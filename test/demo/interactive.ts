import { setTimeout as sleep } from 'node:timers/promises';
import {
  DATABASE,
  type Flavor,
  isReadOnly,
  type PointsmanProcess,
  type ReplicationSet,
  type Server,
  startPointsman,
  startReplication,
} from '../servers/servers.js';
import type { DemoOptions } from './demo-options.js';
import { makeDemoTables } from './demo-tables.js';

const RESTART_AFTER_MS = 20_000;

function guide(set: ReplicationSet, proxy: PointsmanProcess): string {
  const { host, splitPort, primaryPort, replicaPort, adminUrl } = proxy;
  const usual = splitPort === 6450 && primaryPort === 6446 && replicaPort === 6447 && adminUrl.endsWith(':6480');
  const client = `mariadb -h ${host} -P ${splitPort} -u app -papp ${DATABASE}`;
  const servers = set.servers.map(
    (server) => `    ${server.name}  ${server.host}:${server.port}  pid ${server.pid}  socket ${server.socketPath}`,
  );
  const node = `node --input-type=module -e "import m from 'mysql2/promise'; const c = await m.createConnection('mysql://app:app@${host}:${splitPort}/${DATABASE}'); console.log(await c.query('SELECT @@server_id, @@port')); await c.end()"`;
  return `
Pointsman is running, pid ${proxy.pid}${usual ? '' : ' (other ports than usual: those were taken)'}
  everything, each statement its server  mysql://app:app@${host}:${splitPort}/${DATABASE}
  the primary for all                    mysql://app:app@${host}:${primaryPort}/${DATABASE}
  the replicas for all                   mysql://app:app@${host}:${replicaPort}/${DATABASE}
  admin                                  ${adminUrl}
  log                                    ${proxy.logPath}
  configuration                          ${proxy.configPath}

Servers: ${set.flavor} ${set.primary.version}, ${set.primary.name} is the primary
${servers.join('\n')}

Try
  ${client}      (or mysql; without either: the next line)
  ${node}
  curl ${adminUrl}/readyz
  curl ${adminUrl}/api/v1/status
  curl ${adminUrl}/metrics
Then, with a session open and a statement ready to be repeated, kill the primary:
  kill -9 ${set.primary.pid}
  curl ${adminUrl}/api/v1/failovers
A server that died is started again after ${RESTART_AFTER_MS / 1000} s. Ctrl-C ends everything and leaves nothing behind.
The same under load, with every write accounted for:  npm run demo -- --scenario failover
`;
}

interface FailoverEntry {
  readonly id: string;
  readonly kind: string;
  readonly oldPrimary?: string;
  readonly newPrimary?: string;
  readonly startedMs: number;
  readonly endedMs?: number;
  readonly lostCount: number;
}

/** Tells of failovers that Pointsman reports as ended and that are not in `told` yet. */
async function tellFailovers(proxy: PointsmanProcess, told: Set<string>): Promise<void> {
  const answer = (await proxy.get('/api/v1/failovers').catch(() => ({}))) as { failovers?: readonly FailoverEntry[] };
  for (const { id, kind, oldPrimary, newPrimary, startedMs, endedMs, lostCount } of answer.failovers ?? []) {
    if (endedMs === undefined || told.has(id)) continue;
    told.add(id);
    console.log(
      `Pointsman: ${kind}, ${newPrimary} took over from ${oldPrimary} in ${endedMs - startedMs} ms, known to be lost: ${lostCount}`,
    );
  }
}

/** Tells which server takes writes whenever that changes, and brings dead servers back. */
async function keepWatch(set: ReplicationSet, proxy: PointsmanProcess, signal: AbortSignal): Promise<void> {
  let writer = set.primary.name;
  const downSince = new Map<Server, number>();
  const told = new Set<string>();
  while (!signal.aborted && proxy.running) {
    await sleep(200, undefined, { signal }).catch(() => undefined);
    for (const server of set.servers) {
      if (server.running) {
        downSince.delete(server);
        continue;
      }
      const since = downSince.get(server);
      if (since === undefined) {
        downSince.set(server, Date.now());
        console.log(`${server.name} is dead`);
      } else if (Date.now() - since > RESTART_AFTER_MS && !signal.aborted) {
        await server.start().catch((error: unknown) => console.log((error as Error).message));
        console.log(`${server.name} runs again, pid ${server.pid}`);
      }
    }
    await tellFailovers(proxy, told);
    const writable: string[] = [];
    for (const server of set.servers) {
      const answer = server.running ? await Promise.race([isReadOnly(server).catch(() => true), sleep(500, true)]) : true;
      if (!answer) writable.push(server.name);
    }
    const now = writable.join(', ');
    if (now !== '' && now !== writer) {
      writer = now;
      const pids = writable.map((name) => `${name} has pid ${set.servers.find((server) => server.name === name)?.pid}`);
      console.log(`writable now: ${now} (${pids.join(', ')})`);
    }
  }
}

/** Servers and Pointsman until Ctrl-C. Gives the exit code. */
export async function runInteractive(options: DemoOptions, flavor: Flavor): Promise<number> {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stopping.abort());
  console.log(`starting ${flavor}: a primary and two replicas`);
  const set = await startReplication({ flavor, progress: (text) => console.log(text) });
  let proxy: PointsmanProcess | undefined;
  try {
    await makeDemoTables(set.primary, 0);
    await set.caughtUp();
    const workers = options.workers === undefined ? {} : { process: { workers: options.workers } };
    proxy = await startPointsman({ set, mode: options.mode, usualPorts: true, config: workers });
    console.log(guide(set, proxy));
    await keepWatch(set, proxy, stopping.signal);
    if (stopping.signal.aborted) {
      console.log('\nstopping');
      return 0;
    }
    console.log(`Pointsman ended by itself; end of its log:\n${proxy.log().slice(-4000)}`);
    return 1;
  } finally {
    await proxy?.stop();
    await set.stop();
  }
}
