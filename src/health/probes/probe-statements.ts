import { ownedSet } from '../../topology/progress.js';
import type { ReceiverState, ReplicaStatus, ServerSample } from '../../topology/sample.js';
import type { Flavor } from '../../topology/snapshot.js';
import { askGalera, readThroughGalera } from './galera-state.js';
import { askGroup } from './group-state.js';
import { askMembership, type Membership } from './membership.js';
import { type Row, type ServerLink, serverErrno } from './server-link.js';

/** What is asked once per connection: it cannot change while the connection lives. */
export interface ProcessFacts extends Membership {
  readonly flavor: Flavor;
  readonly id: string;
  readonly reportHost: string;
  readonly reportPort: number;
  readonly startedServerSeconds: number;
  /**
   * The same by our `performance.now()` (below 0: before this process): it started within the second that begins here. Not by our wall clock,
   * which may be set between this and another time.
   */
  readonly startedMs: number;
}

/**
 * `UNIX_TIMESTAMP()` and Uptime of one statement share one clock reading, so their difference is the start of the process in whole
 * seconds of the server's clock, the same each time it is asked.
 */
const processSql: Record<Flavor, string> = {
  mysql:
    "SELECT @@server_uuid AS id, @@report_host AS report_host, @@report_port AS report_port, UNIX_TIMESTAMP() AS now_s, MICROSECOND(NOW(6)) AS micros, variable_value AS uptime_s FROM performance_schema.global_status WHERE variable_name = 'Uptime'",
  mariadb:
    "SELECT @@server_id AS id, @@report_host AS report_host, @@report_port AS report_port, UNIX_TIMESTAMP() AS now_s, MICROSECOND(NOW(6)) AS micros, variable_value AS uptime_s FROM information_schema.global_status WHERE variable_name = 'UPTIME'",
};

const roundSql: Record<Flavor, string> = {
  mysql:
    // Owned before executed: a transaction that moves from one to the other between the two is then in both, and never in none.
    'SELECT @@global.gtid_owned AS owned, @@global.read_only AS read_only, @@global.super_read_only AS super_read_only, @@global.gtid_executed AS executed, @@global.gtid_mode AS gtid_mode, @@global.max_allowed_packet AS max_packet, @@global.wait_timeout AS wait_timeout, @@global.interactive_timeout AS interactive_timeout',
  mariadb:
    'SELECT @@global.read_only AS read_only, @@global.gtid_binlog_state AS executed, @@global.gtid_slave_pos AS slave_pos, @@global.gtid_binlog_pos AS binlog_pos, @@global.max_allowed_packet AS max_packet, @@global.wait_timeout AS wait_timeout, @@global.interactive_timeout AS interactive_timeout',
};

/** Old and new words for the same statement; MySQL 8.0.15 knows only the old ones, 8.4 only the new. */
export type StatusWords = 'SHOW REPLICA STATUS' | 'SHOW SLAVE STATUS';

/** Flavor by the greeting's version text. */
export function flavorOf(serverVersion: string): Flavor {
  return /mariadb/i.test(serverVersion) ? 'mariadb' : 'mysql';
}

export async function askProcess(link: ServerLink, timeoutMs: number): Promise<ProcessFacts> {
  const flavor = flavorOf(link.greeting.serverVersion);
  const askedMs = performance.now();
  const [row] = await link.query(processSql[flavor], timeoutMs);
  const nowSeconds = Number(text(row, 'now_s'));
  const startedServerSeconds = nowSeconds - Number(text(row, 'uptime_s'));
  // The server read its clock between our question and its answer.
  const answeredMs = performance.now();
  const membership = await askMembership(link, timeoutMs);
  if (membership.galera) await readThroughGalera(link, timeoutMs);
  const offsetMs = (askedMs + answeredMs) / 2 - (nowSeconds * 1000 + Number(text(row, 'micros')) / 1000);
  return {
    flavor,
    id: text(row, 'id'),
    reportHost: text(row, 'report_host'),
    reportPort: Number(text(row, 'report_port')) || 0,
    startedServerSeconds,
    startedMs: Math.round(startedServerSeconds * 1000 + offsetMs),
    ...membership,
  };
}

/** One look: flags and GTIDs, then the replica status. `words` is what this server understood before. */
export async function askRound(
  link: ServerLink,
  facts: ProcessFacts,
  words: StatusWords,
  remainingMs: () => number,
): Promise<{ readonly sample: ServerSample; readonly words: StatusWords }> {
  const askedAtMs = performance.now();
  const [row] = await link.query(roundSql[facts.flavor], remainingMs());
  const galera = facts.galera ? await askGalera(link, remainingMs) : undefined;
  const group = facts.group === '' ? undefined : await askGroup(link, facts.group, remainingMs);
  const status = await askReplica(link, words, remainingMs);
  const assignsGtids = facts.flavor === 'mariadb' || text(row, 'gtid_mode').startsWith('ON');
  const logEnd = assignsGtids ? undefined : await askLogEnd(link, remainingMs);
  const joined = [text(row, 'executed'), text(row, 'slave_pos')].filter((part) => part !== '').join(',');
  const sample: ServerSample = {
    askedAtMs,
    flavor: facts.flavor,
    id: facts.id,
    reportHost: facts.reportHost,
    reportPort: facts.reportPort,
    startedServerSeconds: facts.startedServerSeconds,
    readOnly: flag(row, 'read_only'),
    superReadOnly: flag(row, 'super_read_only'),
    executed: joined.replace(/\s+/g, ''),
    assignsGtids,
    ...(facts.flavor === 'mysql' && { owned: ownedSet(text(row, 'owned')) }),
    ...(facts.flavor === 'mariadb' && { slavePosition: text(row, 'slave_pos').replace(/\s+/g, '') }),
    ...(logEnd !== undefined && { logEnd }),
    replica: status.replica,
    ...(galera !== undefined && { galera }),
    ...(group !== undefined && { group }),
    maxPacketBytes: Number(text(row, 'max_packet')),
    idleLimitMs: Number(text(row, 'wait_timeout')) * 1000,
    interactiveIdleLimitMs: Number(text(row, 'interactive_timeout')) * 1000,
  };
  return { sample, words: status.words };
}

/** Where the server's own binary log ends; undefined when it has none or the account may not ask. The old words are gone in MySQL 8.4. */
async function askLogEnd(link: ServerLink, remainingMs: () => number): Promise<string | undefined> {
  const [major = 0, minor = 0] = link.greeting.serverVersion.split('.').map(Number);
  const modern = major > 8 || (major === 8 && minor >= 2);
  try {
    const [row] = await link.query(modern ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS', remainingMs());
    return row === undefined ? undefined : `${text(row, 'File')}:${text(row, 'Position')}`;
  } catch (error) {
    if (forbidden.has(serverErrno(error) ?? 0)) return undefined;
    throw error;
  }
}

/** Not allowed to look: 1227, 1142, 1044, 1045. */
const forbidden = new Set([1227, 1142, 1044, 1045]);

async function askReplica(
  link: ServerLink,
  words: StatusWords,
  remainingMs: () => number,
): Promise<{ readonly replica: ReplicaStatus | 'hidden' | undefined; readonly words: StatusWords }> {
  const other: StatusWords = words === 'SHOW SLAVE STATUS' ? 'SHOW REPLICA STATUS' : 'SHOW SLAVE STATUS';
  for (const each of [words, other]) {
    try {
      const [row] = await link.query(each, remainingMs());
      return { replica: row === undefined ? undefined : replicaStatus(row), words: each };
    } catch (error) {
      const errno = serverErrno(error);
      if (errno !== undefined && forbidden.has(errno)) return { replica: 'hidden', words: each };
      // 1064: does not know these words, perhaps the others.
      if (errno !== 1064 || each === other) throw error;
    }
  }
  return { replica: undefined, words };
}

function replicaStatus(row: Row): ReplicaStatus | undefined {
  const field = (recent: string, old: string) => row[recent] ?? row[old] ?? '';
  const sourceHost = field('Source_Host', 'Master_Host');
  // RESET SLAVE without ALL leaves an empty shell behind until the restart.
  if (sourceHost === '') return undefined;
  const behind = field('Seconds_Behind_Source', 'Seconds_Behind_Master');
  const usingGtid = row['Using_Gtid'];
  return {
    sourceHost,
    sourcePort: Number(field('Source_Port', 'Master_Port')),
    sourceId: row['Using_Gtid'] === undefined ? field('Source_UUID', 'Master_UUID') : field('Source_Server_Id', 'Master_Server_Id'),
    receiver: receiverState(field('Replica_IO_Running', 'Slave_IO_Running')),
    applier: field('Replica_SQL_Running', 'Slave_SQL_Running') === 'Yes',
    lagMs: behind === '' ? undefined : Number(behind) * 1000,
    received: (usingGtid === undefined ? (row['Retrieved_Gtid_Set'] ?? '') : (row['Gtid_IO_Pos'] ?? '')).replace(/\s+/g, ''),
    readPosition: `${field('Source_Log_File', 'Master_Log_File')}:${field('Read_Source_Log_Pos', 'Read_Master_Log_Pos')}`,
    appliedLog: `${field('Relay_Source_Log_File', 'Relay_Master_Log_File')}:${field('Exec_Source_Log_Pos', 'Exec_Master_Log_Pos')}`,
    receiverErrno: Number(row['Last_IO_Errno'] ?? 0),
    receiverError: row['Last_IO_Error'] ?? '',
    applierError: row['Last_SQL_Error'] ?? '',
    usesGtid: usingGtid === undefined ? row['Auto_Position'] === '1' : usingGtid !== 'No',
    delayMs: Number(row['SQL_Delay'] ?? 0) * 1000,
    tls: field('Source_SSL_Allowed', 'Master_SSL_Allowed') === 'Yes',
  };
}

/** MariaDB says `Preparing` while it starts; like `Connecting` it is not connected yet. */
function receiverState(word: string): ReceiverState {
  if (word === 'Yes') return 'Yes';
  return word === 'No' || word === '' ? 'No' : 'Connecting';
}

function text(row: Row | undefined, key: string): string {
  return row?.[key] ?? '';
}

/** MySQL prints 0/1, MariaDB 10.11 too; newer MariaDB has words (`NO_LOCK` and others) for read_only. */
function flag(row: Row | undefined, key: string): boolean {
  const value = text(row, key).toUpperCase();
  return value !== '' && value !== '0' && value !== 'OFF';
}
