/** A row of one of ProxySQL's tables, by column. */
export type Row = Readonly<Record<string, string>>;

/** What a proxysql.cnf or a dump of its admin tables holds. */
export interface ProxySqlConfig {
  /** Rows by table: mysql_servers, mysql_users, mysql_query_rules, mysql_replication_hostgroups ... */
  readonly tables: Readonly<Record<string, readonly Row[]>>;
  /** `mysql-monitor_username` and such. */
  readonly variables: Readonly<Record<string, string>>;
}

/** It cannot be read; the message names the line. */
export class ImportError extends Error {
  readonly code = 'PM_CLI_IMPORT';

  constructor(message: string) {
    super(message);
    this.name = 'ImportError';
  }
}
