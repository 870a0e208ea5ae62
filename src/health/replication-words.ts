import type { Flavor } from '../topology/snapshot.js';
import type { Account } from './options.js';

export interface FollowTarget {
  readonly host: string;
  readonly port: number;
  readonly account: Account;
  readonly tls: boolean;
  readonly connectRetrySeconds: number;
}

/** Replication statements in the words that a server understands: MySQL renamed them in 8.0.22/8.0.23 and dropped the old ones in 8.4. */
export interface ReplicationWords {
  readonly stopReceiver: string;
  readonly startReceiver: string;
  readonly stop: string;
  readonly start: string;
  readonly forget: string;
  follow(target: FollowTarget): string;
}

const oldWords = {
  stopReceiver: 'STOP SLAVE IO_THREAD',
  startReceiver: 'START SLAVE IO_THREAD',
  stop: 'STOP SLAVE',
  start: 'START SLAVE',
  forget: 'RESET SLAVE ALL',
};

const newWords = {
  stopReceiver: 'STOP REPLICA IO_THREAD',
  startReceiver: 'START REPLICA IO_THREAD',
  stop: 'STOP REPLICA',
  start: 'START REPLICA',
  forget: 'RESET REPLICA ALL',
};

/** Chooses the words by the greeting's version text. */
export function replicationWords(flavor: Flavor, serverVersion: string): ReplicationWords {
  const recent = flavor === 'mysql' && versionAtLeast(serverVersion, [8, 0, 23]);
  return {
    ...(recent ? newWords : oldWords),
    follow: (target) => followStatement(flavor, recent, target),
  };
}

function followStatement(flavor: Flavor, recent: boolean, target: FollowTarget): string {
  const prefix = recent ? 'SOURCE' : 'MASTER';
  const items = [
    `${prefix}_HOST=${quote(target.host)}`,
    `${prefix}_PORT=${target.port}`,
    `${prefix}_USER=${quote(target.account.user)}`,
    `${prefix}_PASSWORD=${quote(target.account.password)}`,
    `${prefix}_CONNECT_RETRY=${target.connectRetrySeconds}`,
    `${prefix}_SSL=${target.tls ? 1 : 0}`,
  ];
  if (flavor === 'mariadb') return `CHANGE MASTER TO ${items.join(', ')}, MASTER_USE_GTID=slave_pos`;
  // Without TLS a caching_sha2_password account logs in only with the source's public key (8.0.4 and later).
  const key = recent ? 'GET_SOURCE_PUBLIC_KEY=1' : 'GET_MASTER_PUBLIC_KEY=1';
  const verb = recent ? 'CHANGE REPLICATION SOURCE TO' : 'CHANGE MASTER TO';
  return `${verb} ${[...items, `${prefix}_AUTO_POSITION=1`, key].join(', ')}`;
}

/** A string literal that is right with and without NO_BACKSLASH_ESCAPES: refuses what would need an escape. */
function quote(text: string): string {
  if (/[\\\0\n\r]/.test(text))
    throw new RangeError('backslashes and control characters are not possible in replication accounts and addresses');
  return `'${text.replaceAll("'", "''")}'`;
}

/** True when a version text such as `8.0.34-log` is at least `wanted`. */
export function versionAtLeast(version: string, wanted: readonly [number, number, number]): boolean {
  const found = /(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (found === null) return false;
  for (let index = 0; index < 3; index += 1) {
    const difference = Number(found[index + 1]) - (wanted[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
