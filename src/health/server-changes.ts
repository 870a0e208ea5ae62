import type { BackendWatch } from './backend-watch.js';
import { ControlLink } from './control-link.js';
import type { MonitorOptions } from './options.js';
import { serverErrno } from './probes/server-link.js';

/** Sets the read-only flags and leaves clients alone: for a replica that restarted writable. */
export async function setReadOnly(link: ControlLink): Promise<void> {
  await link.change(readOnlySql(link));
}

export async function setWritable(link: ControlLink): Promise<void> {
  await link.change(link.flavor === 'mysql' ? 'SET GLOBAL super_read_only = OFF, GLOBAL read_only = OFF' : 'SET GLOBAL read_only = OFF');
}

/**
 * Cuts a former primary off: read-only flags, and every client connection killed, because a procedure with a privileged DEFINER writes
 * through read_only. When open transactions or table locks hold the flags up, the clients go first. Returns how many were killed.
 */
export async function fence(link: ControlLink, spare: readonly number[]): Promise<number> {
  try {
    await link.change(readOnlySql(link));
  } catch (error) {
    if (!blockedByLocks(error)) throw error;
    await killClients(link, spare);
    await link.change(readOnlySql(link));
  }
  return killClients(link, spare);
}

/** 1205: lock wait timeout, somebody holds LOCK TABLES or a commit is under way. */
export function blockedByLocks(error: unknown): boolean {
  return serverErrno(error) === 1205;
}

function readOnlySql(link: ControlLink): string {
  // super_read_only implies read_only.
  return link.flavor === 'mysql' ? 'SET GLOBAL super_read_only = ON' : 'SET GLOBAL read_only = ON';
}

/** Kills all client connections but `spare`. Part of the step that set the flags or is about to: one check of the lease is enough for all of them. */
export async function killClients(link: ControlLink, spare: readonly number[]): Promise<number> {
  const rows = await link.run('SHOW PROCESSLIST');
  const system = new Set(['system user', 'event_scheduler']);
  const victims = rows.filter((row) => {
    const user = row['User'] ?? '';
    const command = row['Command'] ?? '';
    // Replicas that read its log do no harm and reconnect for ever if cut.
    return !system.has(user) && command !== 'Daemon' && !command.startsWith('Binlog Dump') && !spare.includes(Number(row['Id']));
  });
  let killed = 0;
  for (const row of victims) {
    try {
      await link.run(`KILL ${Number(row['Id'])}`);
      killed += 1;
    } catch (error) {
      // 1094: it has gone by itself. 1095: not ours to kill, the flags have to do.
      const errno = serverErrno(error);
      if (errno !== 1094 && errno !== 1095) throw error;
    }
  }
  return killed;
}

/** Takes the cluster's lock on the candidate, so that of several proxies one promotes. It falls with the connection. */
export async function takeLock(link: ControlLink, cluster: string): Promise<boolean> {
  const [row] = await link.run(`SELECT GET_LOCK('${lockName(cluster)}', 0) AS taken`);
  return row?.['taken'] === '1';
}

/** Lock names have at most 64 characters; quotes cannot be in a configured name's place in SQL. */
function lockName(cluster: string): string {
  return `pointsman.${cluster.replace(/[^\w.-]/g, '_')}`.slice(0, 64);
}

const originSql = {
  mysql: "SELECT VARIABLE_SOURCE AS origin FROM performance_schema.variables_info WHERE VARIABLE_NAME = 'read_only'",
  mariadb: "SELECT GLOBAL_VALUE_ORIGIN AS origin FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_NAME = 'READ_ONLY'",
};

/** True when nobody set read_only since the server started: the flag comes from its configuration. */
export async function readOnlyByConfiguration(watch: BackendWatch, options: MonitorOptions): Promise<boolean> {
  const link = await ControlLink.open(watch, options);
  try {
    const [row] = await link.run(originSql[link.flavor]);
    const origin = row?.['origin'] ?? '';
    return origin !== '' && origin !== 'DYNAMIC' && origin !== 'SQL';
  } finally {
    link.close();
  }
}
