import type { ServerLink } from './server-link.js';

/** What a server is configured to be a part of. */
export interface Membership {
  /** It replicates by Galera. MariaDB has the variable everywhere, off unless configured. */
  readonly galera: boolean;
  /** Name of its replication group; empty without the plugin. */
  readonly group: string;
}

const SQL = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('wsrep_on', 'group_replication_group_name')";

/** Asks once per connection. */
export async function askMembership(link: ServerLink, timeoutMs: number): Promise<Membership> {
  const values = new Map((await link.query(SQL, timeoutMs)).map((row) => [row['Variable_name'], row['Value'] ?? '']));
  const wsrep = values.get('wsrep_on');
  return { galera: wsrep === 'ON' || wsrep === '1', group: values.get('group_replication_group_name') ?? '' };
}
