import type { Json } from '../../config/json/node.js';
import { convertRules } from './convert-rules.js';
import { convertUsers } from './convert-users.js';
import { clustersOf, type HostgroupPlace } from './hostgroups.js';
import type { ProxySqlConfig } from './proxysql-tables.js';

/** A configuration of ours, and what had no equivalent or needs none. */
export interface Converted {
  readonly document: { readonly [key: string]: Json };
  readonly notes: readonly string[];
}

/** Variables that say something about what we have, too. All others that were set are named in one note. */
const KNOWN = new Set([
  'mysql-interfaces',
  'mysql-monitor_username',
  'mysql-monitor_password',
  'mysql-monitor_read_only_interval',
  'mysql-max_connections',
  'mysql-server_version',
  'admin-admin_credentials',
  'admin-mysql_ifaces',
]);

/** Our configuration for what ProxySQL was told. Pure. */
export function convert(given: ProxySqlConfig): Converted {
  const notes: string[] = [];
  const { clusters, places } = clustersOf(given, notes);
  const monitor = monitorOf(given.variables, notes);
  const listeners = listenersOf(given.variables['mysql-interfaces'], Object.keys(clusters)[0] ?? 'main');
  const { rules, splits } = convertRules(given.tables['mysql_query_rules'] ?? [], places, listeners, notes);
  const users = convertUsers(given.tables['mysql_users'] ?? [], places, splits, notes);
  const maxClients = given.variables['mysql-max_connections'];
  const version = given.variables['mysql-server_version'];
  noteTheRest(given, notes);
  return {
    document: {
      ...(listeners.length === 0 ? {} : { listeners }),
      clusters: Object.fromEntries(Object.entries(clusters).map(([name, cluster]) => [name, { ...cluster, monitor }])),
      ...(users.length === 0 ? {} : { users }),
      ...(rules.length === 0 ? {} : { rules }),
      ...(maxClients === undefined ? {} : { limits: { clients: Number(maxClients) } }),
      ...(version === undefined ? {} : { serverVersion: version }),
    },
    notes,
  };
}

export type Places = ReadonlyMap<string, HostgroupPlace>;

function monitorOf(variables: ProxySqlConfig['variables'], notes: string[]): Json {
  const user = variables['mysql-monitor_username'];
  if (user === undefined) notes.push('mysql-monitor_username is not set: give clusters.*.monitor an account that exists on the servers');
  const intervalMs = variables['mysql-monitor_read_only_interval'];
  return {
    user: user ?? 'pointsman',
    password: variables['mysql-monitor_password'] ?? '',
    ...(intervalMs === undefined ? {} : { interval: `${Math.max(20, Number(intervalMs))}ms` }),
  };
}

/** `0.0.0.0:6033;/tmp/proxysql.sock` */
function listenersOf(interfaces: string | undefined, cluster: string): { name: string; address: string; cluster: string; route: string }[] {
  return (interfaces ?? '')
    .split(';')
    .map((address) => address.trim())
    .filter((address) => address !== '')
    .map((address, index) => ({
      name: index === 0 ? 'split' : `split${index + 1}`,
      address: address.startsWith('/') ? `unix:${address}` : address,
      cluster,
      route: 'split',
    }));
}

function noteTheRest({ tables, variables }: ProxySqlConfig, notes: string[]): void {
  const others = Object.keys(variables).filter((name) => !KNOWN.has(name));
  if (others.length > 0) notes.push(`variables without an equivalent, or for which our defaults are right: ${others.sort().join(', ')}`);
  if (variables['admin-admin_credentials'] !== undefined) {
    notes.push('admin_credentials: our dashboard and API have tokens (admin.token), the SQL console accounts of its own (console.users)');
  }
  for (const [table, why] of Object.entries(NO_EQUIVALENT)) {
    if ((tables[table] ?? []).length > 0) notes.push(`${table}: ${why}`);
  }
}

const NO_EQUIVALENT: Readonly<Record<string, string>> = {
  scheduler: 'no scripts are run; health checks, failover and roles need none. Use cron for the rest',
  proxysql_servers: 'proxies need not know each other: each has its own file; `failover.coordinator` says who may promote',
  mysql_query_rules_fast_routing: 'write them as rules with match.user and match.database, or users[].cluster',
  mysql_firewall_whitelist_rules: 'write them as rules with deny',
  mysql_aws_aurora_hostgroups: 'Aurora is not known; use the addresses of its instances as backends and failover.mode follow',
};
