import type { ClusterConfig, Config } from '../config/config.js';
import { examineCluster } from '../health/doctor/examine-cluster.js';
import type { Finding } from '../health/doctor/finding.js';
import { grantStatements, neededPrivileges } from '../health/doctor/needed-privileges.js';
import { monitorOptions } from '../health/options.js';
import { guardsCommits, monitorSettings } from './monitor-settings.js';
import { readCluster } from './tls-material.js';

/** What was found out about one cluster. */
export interface Examination {
  readonly cluster: string;
  readonly findings: readonly Finding[];
}

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Asks all servers of a configuration what of it will not work. Starts nothing and changes nothing. */
export function examine(config: Config): Promise<readonly Examination[]> {
  return Promise.all(
    config.clusters.map(async (cluster) => {
      const certificates = {
        servers: () => readCluster(cluster.tls),
        coordinator: () => readCluster(cluster.failover.coordinator),
      };
      const plane = { onEvent: () => undefined, sessionsOn: () => Promise.reject(new Error('no sessions here')), zone: undefined };
      const options = monitorOptions(monitorSettings(cluster, certificates, quiet, plane, guardsCommits(config, cluster)));
      return { cluster: cluster.name, findings: await examineCluster(options, config.auth.mode === 'auto') };
    }),
  );
}

/**
 * The least SQL that makes the accounts a cluster is configured with; passwords stand in it only where asked.
 * @param flavor whose words
 */
export function grantsFor(config: Config, cluster: ClusterConfig, flavor: 'mysql' | 'mariadb', passwords: boolean): readonly string[] {
  const { monitor, failover } = cluster;
  const commitGuard = guardsCommits(config, cluster);
  const needed = neededPrivileges(flavor, { mode: failover.mode, readsAccounts: config.auth.mode === 'auto', commitGuard });
  const create = (account: string, password: string) =>
    `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY ${passwords ? quoted(password) : "'...'"};`;
  const account = `${quoted(monitor.user)}@'%'`;
  const lines = [
    '-- health checks (monitor.user)',
    create(account, monitor.password),
    ...needed.map(
      ({ name, on, purpose, optional }) => `--   ${name}${on === '*.*' ? '' : ` on ${on}`}: ${purpose}${optional ? ' (optional)' : ''}`,
    ),
    ...grantStatements(needed, account),
  ];
  const { replicationUser: user, replicationPassword: password } = failover;
  if (failover.mode === 'promote' && user !== undefined) {
    const replica = `${quoted(user)}@'%'`;
    lines.push('-- replicas log in to their primary (failover.replicationUser)');
    if (user !== monitor.user) lines.push(create(replica, password ?? ''));
    lines.push(`GRANT REPLICATION SLAVE ON *.* TO ${replica};`);
  }
  if (commitGuard) {
    lines.push('-- accounts whose commits are guarded (transactions.commitGuard); the table is made by the account of the health checks');
    const users = config.users.map(({ name }) => `${quoted(name)}@'%'`);
    for (const user of users.length === 0 ? ["'app'@'%'"] : users) lines.push(`GRANT INSERT ON pointsman.commit_guard TO ${user};`);
  }
  for (const { host, port, path } of failover.coordinator.witnesses) {
    lines.push(`-- on the witness ${path ?? `${host}:${port}`}: locks need no privilege`, `--   ${create(account, monitor.password)}`);
  }
  return lines;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
