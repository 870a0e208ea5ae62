import { setTimeout as sleep } from 'node:timers/promises';
import { PASSWORDS } from './accounts.js';
import type { Server } from './server.js';
import { versionAtLeast } from './server-binary.js';

/** What a replica says about its source, the same words for every version. */
export interface ReplicationStatus {
  readonly sourceHost: string;
  readonly sourcePort: number;
  /** `Yes`, `No` or `Connecting` */
  readonly ioRunning: string;
  readonly sqlRunning: boolean;
  /** undefined while unknown (NULL). */
  readonly lagSeconds: number | undefined;
  readonly ioError: string;
  readonly sqlError: string;
  /** GTIDs that came from the source: MySQL Retrieved_Gtid_Set, MariaDB Gtid_IO_Pos. */
  readonly received: string;
}

// MySQL 8.4 dropped MASTER and SLAVE; 8.0.15 does not know SOURCE and REPLICA yet, nor does MariaDB know SOURCE.
function modern(server: Server): boolean {
  return server.flavor === 'mysql' && versionAtLeast(server.version, 8, 4);
}

/** `START SLAVE` in the words that this server knows. */
export function replicaStatement(server: Server, verb: 'START' | 'STOP' | 'RESET', rest = ''): string {
  return `${verb} ${modern(server) ? 'REPLICA' : 'SLAVE'}${rest === '' ? '' : ` ${rest}`}`;
}

/** Status of the (only) channel; undefined when the server has no source configured. */
export async function replicationStatus(server: Server): Promise<ReplicationStatus | undefined> {
  const [row] = await server.sql(modern(server) ? 'SHOW REPLICA STATUS' : 'SHOW SLAVE STATUS');
  if (row === undefined) return undefined;
  const get = (...names: string[]): string =>
    String(names.map((name) => row[name]).find((value) => value !== undefined && value !== null) ?? '');
  const lag = get('Seconds_Behind_Master', 'Seconds_Behind_Source');
  return {
    sourceHost: get('Master_Host', 'Source_Host'),
    sourcePort: Number(get('Master_Port', 'Source_Port')),
    ioRunning: get('Slave_IO_Running', 'Replica_IO_Running'),
    sqlRunning: get('Slave_SQL_Running', 'Replica_SQL_Running') === 'Yes',
    lagSeconds: lag === '' ? undefined : Number(lag),
    ioError: get('Last_IO_Error'),
    sqlError: get('Last_SQL_Error'),
    received: get(server.flavor === 'mysql' ? 'Retrieved_Gtid_Set' : 'Gtid_IO_Pos').replace(/\s/g, ''),
  };
}

/** Makes `replica` follow `source` by GTID and starts both threads; it does not touch read_only. */
export async function follow(replica: Server, source: Server): Promise<void> {
  await replica.sql(replicaStatement(replica, 'STOP'));
  const word = modern(replica) ? 'SOURCE' : 'MASTER';
  const settings = [
    `${word}_HOST='${source.host}'`,
    `${word}_PORT=${source.port}`,
    `${word}_USER='repl'`,
    `${word}_PASSWORD='${PASSWORDS.repl}'`,
    `${word}_CONNECT_RETRY=1`,
    replica.flavor === 'mysql' ? `${word}_AUTO_POSITION=1` : 'MASTER_USE_GTID=slave_pos',
  ];
  await replica.sql(`CHANGE ${modern(replica) ? 'REPLICATION SOURCE' : 'MASTER'} TO ${settings.join(', ')}`);
  await replica.sql(replicaStatement(replica, 'START'));
}

/** Sets the flags that keep ordinary accounts (MySQL: everybody) from writing, until the server restarts. */
export async function setReadOnly(server: Server, on: boolean): Promise<void> {
  const value = on ? 'ON' : 'OFF';
  // super_read_only=ON implies read_only=ON, read_only=OFF implies super_read_only=OFF.
  await server.sql(on && server.flavor === 'mysql' ? 'SET GLOBAL super_read_only=ON' : `SET GLOBAL read_only=${value}`);
}

/** True when ordinary accounts cannot write here. */
export async function isReadOnly(server: Server): Promise<boolean> {
  return (await server.value('SELECT @@GLOBAL.read_only')) === '1';
}

/** Everything this server has committed: MySQL gtid_executed, MariaDB gtid_current_pos joined with its binlog. */
export async function executedGtids(server: Server): Promise<string> {
  const what = server.flavor === 'mysql' ? '@@GLOBAL.gtid_executed' : '@@GLOBAL.gtid_current_pos';
  return ((await server.value(`SELECT ${what}`)) ?? '').replace(/\s/g, '');
}

/** Waits until `replica` has applied all that `source` has committed now. */
export async function awaitCaughtUp(replica: Server, source: Server, limitMs = 30_000): Promise<void> {
  // A server that wrote itself has its own writes in gtid_binlog_pos only once it is asked as primary.
  const wanted = source.flavor === 'mysql' ? await executedGtids(source) : ((await source.value('SELECT @@GLOBAL.gtid_binlog_pos')) ?? '');
  const text = replica.flavor === 'mysql' ? 'SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ?)' : 'SELECT MASTER_GTID_WAIT(?, ?)';
  const answer = await replica.value(text, [wanted, limitMs / 1000]);
  if (answer !== '0') throw new Error(`${replica.name} did not catch up with ${source.name} in ${limitMs} ms (waited for ${wanted})`);
}

/** Polls until `check` gives something that is neither undefined nor false. */
export async function until<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  limitMs = 30_000,
): Promise<T> {
  const limit = Date.now() + limitMs;
  for (;;) {
    const found = await check();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > limit) throw new Error(`${what}: not within ${limitMs} ms`);
    await sleep(20);
  }
}

/** Waits until both threads of the replica run. */
export async function awaitReplicating(replica: Server, limitMs = 30_000): Promise<void> {
  await until(
    `${replica.name} replicates`,
    async () => {
      const status = await replicationStatus(replica);
      return status !== undefined && status.ioRunning === 'Yes' && status.sqlRunning;
    },
    limitMs,
  );
}

/** Waits until everything that the replica has received is applied; for a source that is dead. */
export async function awaitRelayLogApplied(replica: Server, limitMs = 30_000): Promise<void> {
  const status = await replicationStatus(replica);
  if (status === undefined || status.received === '') return;
  const text = replica.flavor === 'mysql' ? 'SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ?)' : 'SELECT MASTER_GTID_WAIT(?, ?)';
  const answer = await replica.value(text, [status.received, limitMs / 1000]);
  if (answer !== '0') throw new Error(`${replica.name} did not apply its relay log in ${limitMs} ms`);
}
