import type { Json } from '../../config/json/node.js';
import type { ProxySqlConfig, Row } from './proxysql-tables.js';

/** Where a hostgroup of ProxySQL's lies here. */
export interface HostgroupPlace {
  readonly cluster: string;
  readonly route: 'primary' | 'replica' | undefined;
}

type Cluster = { readonly [key: string]: Json };

/** Which kind of cluster it is, `topology: auto` finds out. */
const PAIRS = ['mysql_replication_hostgroups', 'mysql_galera_hostgroups', 'mysql_group_replication_hostgroups'];

/** One cluster for each pair of hostgroups, and for each hostgroup without a pair. */
export function clustersOf(
  { tables }: ProxySqlConfig,
  notes: string[],
): { clusters: Record<string, Cluster>; places: ReadonlyMap<string, HostgroupPlace> } {
  const places = new Map<string, HostgroupPlace>();
  const servers = tables['mysql_servers'] ?? [];
  const groupOf = (row: Row): string => row['hostgroup_id'] ?? row['hostgroup'] ?? '0';
  const pairs = PAIRS.flatMap((table) => tables[table] ?? []);
  const alone = [...new Set(servers.map(groupOf))].filter((group) => !pairs.some((row) => groupsOf(row).includes(group)));
  const only = pairs.length + alone.length === 1;
  for (const row of pairs) {
    const cluster = only ? 'main' : `hostgroup${row['writer_hostgroup']}`;
    for (const group of groupsOf(row)) places.set(group, { cluster, route: group === row['reader_hostgroup'] ? 'replica' : 'primary' });
  }
  for (const group of alone) places.set(group, { cluster: only ? 'main' : `hostgroup${group}`, route: undefined });
  if (alone.length > 1) {
    notes.push(
      `hostgroups ${alone.join(', ')} stand in no mysql_replication_hostgroups: each became a cluster. Those whose servers replicate from each other belong into one: put their backends together`,
    );
  }
  const clusters: Record<string, Cluster> = {};
  for (const name of new Set([...places.values()].map(({ cluster }) => cluster))) {
    const rows = servers.filter((row) => places.get(groupOf(row))?.cluster === name);
    if (rows.length === 0) continue;
    clusters[name] = clusterOf(rows, notes);
  }
  return { clusters, places };
}

function groupsOf(row: Row): string[] {
  const names = ['writer_hostgroup', 'backup_writer_hostgroup', 'reader_hostgroup', 'offline_hostgroup'];
  return names.flatMap((name) => (row[name] === undefined ? [] : [row[name]]));
}

function clusterOf(rows: readonly Row[], notes: string[]): Cluster {
  const backends = new Map<string, { [key: string]: Json }>();
  for (const row of rows) {
    const host = row['hostname'] ?? row['address'] ?? '';
    const address = host.startsWith('/') ? `unix:${host}` : `${host.includes(':') ? `[${host}]` : host}:${row['port'] ?? '3306'}`;
    const status = row['status'] ?? 'ONLINE';
    if (status === 'OFFLINE_HARD') {
      notes.push(`server ${address} was OFFLINE_HARD and is left out`);
      continue;
    }
    if (status !== 'ONLINE') notes.push(`server ${address} was ${status}: \`pointsman drain\` it where that is still wanted`);
    // The same server stands in the hostgroup of writers and in that of readers.
    const before = backends.get(address) ?? {};
    backends.set(address, { address, ...before, ...numbers(row) });
  }
  const lags = rows.map((row) => Number(row['max_replication_lag'] ?? 0)).filter((lag) => lag > 0);
  const tls = rows.some((row) => row['use_ssl'] === '1');
  if (rows.some((row) => Number(row['compression'] ?? 0) > 0)) {
    notes.push('compression of servers: `clusters.*.compression` is `mirror` by default, as the client has it');
  }
  return {
    backends: [...backends.values()].map((backend) => (Object.keys(backend).length === 1 ? (backend['address'] ?? '') : backend)),
    ...(tls ? { tls: { mode: 'require' } } : {}),
    ...(lags.length === 0 ? {} : { replicas: { maxLag: `${Math.min(...lags)}s` } }),
  };
}

function numbers(row: Row): { [key: string]: Json } {
  const { weight, max_connections: most } = row;
  return {
    ...(weight === undefined || weight === '1' ? {} : { weight: Math.min(10_000, Number(weight)) }),
    ...(most === undefined || most === '1000' ? {} : { maxConnections: Math.max(1, Number(most)) }),
  };
}
