import type { Flavor } from './flavor.js';

/** Password of each account; every account is made for any host. `root` has none and is used over the unix socket only. */
export const PASSWORDS = {
  /** All rights. */
  admin: 'admin',
  /** Applications, all rights on `test1`: the server's default for old clients (mysql_native_password). */
  app: 'app',
  app_native: 'app',
  /** caching_sha2_password; MySQL only. */
  app_sha2: 'app',
  /** May look: REPLICATION CLIENT (and SLAVE MONITOR). */
  monitor: 'monitor',
  /** What promotion needs; for `monitor.user` of a cluster with `failover.mode: promote`. */
  pointsman: 'pointsman',
  /** Replicas log in with it. */
  repl: 'repl',
} as const;

export type Account = keyof typeof PASSWORDS;

/** The database that the app accounts may use. */
export const DATABASE = 'test1';

/** Statements that make the accounts and the database, one a line, run once when a template data folder is made. */
export function accountStatements(flavor: Flavor): string[] {
  const mysql = flavor === 'mysql';
  const statements: string[] = [];
  const create = (name: Account, plugin = 'mysql_native_password'): void => {
    const how = mysql ? `IDENTIFIED WITH ${plugin} BY` : 'IDENTIFIED BY';
    statements.push(`CREATE USER ${name}@'%' ${how} '${PASSWORDS[name]}';`);
  };
  create('admin');
  statements.push("GRANT ALL ON *.* TO admin@'%' WITH GRANT OPTION;");
  create('monitor');
  statements.push(`GRANT REPLICATION CLIENT${mysql ? '' : ', SLAVE MONITOR'} ON *.* TO monitor@'%';`);
  create('pointsman');
  if (mysql) {
    statements.push(
      "GRANT RELOAD, PROCESS, SUPER, EVENT, REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO pointsman@'%';",
      "GRANT REPLICATION_SLAVE_ADMIN, SYSTEM_VARIABLES_ADMIN, CONNECTION_ADMIN, BINLOG_ADMIN ON *.* TO pointsman@'%';",
    );
  } else {
    statements.push(
      'GRANT RELOAD, PROCESS, SUPER, EVENT, REPLICATION SLAVE, REPLICATION SLAVE ADMIN, REPLICATION MASTER ADMIN, SLAVE MONITOR, ' +
        "BINLOG MONITOR, BINLOG ADMIN, CONNECTION ADMIN, READ_ONLY ADMIN ON *.* TO pointsman@'%';",
    );
  }
  create('repl');
  statements.push("GRANT REPLICATION SLAVE ON *.* TO repl@'%';");
  statements.push(`CREATE DATABASE ${DATABASE};`);
  const apps: Account[] = mysql ? ['app', 'app_native', 'app_sha2'] : ['app', 'app_native'];
  for (const name of apps) {
    create(name, name === 'app_sha2' ? 'caching_sha2_password' : 'mysql_native_password');
    statements.push(`GRANT ALL ON ${DATABASE}.* TO ${name}@'%';`);
  }
  return statements;
}
