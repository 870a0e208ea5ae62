import type { Connection, ConnectionOptions } from 'mysql2/promise';
import { createConnection } from 'mysql2/promise';
import { GenericContainer, type StartedNetwork, type StartedTestContainer, Wait } from 'testcontainers';
import { accountStatements } from '../servers/accounts.js';
import { type Account, buryLater, DATABASE, type Flavor, PASSWORDS } from '../servers/servers.js';

export const DATABASE_IMAGES: Record<Flavor, string> = { mysql: 'mysql:8.0', mariadb: 'mariadb:10.11' };

/** A primary and a replica in containers, `db1` and `db2` in their network. */
export interface DatabasePair {
  readonly primary: StartedTestContainer;
  readonly replica: StartedTestContainer;
  stop(): Promise<void>;
}

const ROOT_PASSWORD = 'root';
const PORT = 3306;
const SMALL = ['--innodb-buffer-pool-size=16M', '--performance-schema=OFF', '--sync-binlog=0', '--innodb-flush-log-at-trx-commit=2'];

/** A mysql2 connection to a port of the engine's host; the caller ends it. */
export async function connectTo(host: string, port: number, account: Account, options: ConnectionOptions = {}): Promise<Connection> {
  const login = { host, port, user: account, password: PASSWORDS[account], database: DATABASE, connectTimeout: 20_000 };
  const connection = await createConnection({ ...login, ...options });
  connection.on('error', () => undefined);
  return connection;
}

async function runAsRoot(container: StartedTestContainer, statements: readonly string[]): Promise<void> {
  const connection = await createConnection({
    host: container.getHost(),
    port: container.getMappedPort(PORT),
    user: 'root',
    password: ROOT_PASSWORD,
  });
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    connection.destroy();
  }
}

function startServer(flavor: Flavor, network: StartedNetwork, id: number): Promise<StartedTestContainer> {
  const args = [`--server-id=${id}`, '--log-bin=bin', '--log-slave-updates=ON', ...SMALL];
  if (flavor === 'mysql') args.push('--gtid-mode=ON', '--enforce-gtid-consistency=ON', '--mysqlx=OFF');
  return (
    new GenericContainer(DATABASE_IMAGES[flavor])
      .withEnvironment({ MYSQL_ROOT_PASSWORD: ROOT_PASSWORD })
      .withCommand([flavor === 'mysql' ? 'mysqld' : 'mariadbd', ...args])
      .withNetwork(network)
      .withNetworkAliases(`db${id}`)
      .withExposedPorts(PORT)
      // The first time is the server that fills the data folder; it has no port.
      .withWaitStrategy(Wait.forLogMessage(/port: 3306/))
      .withStartupTimeout(120_000)
      .start()
  );
}

/** Starts both, makes the accounts of the tests on the primary, and lets the replica follow it by GTID, read-only. */
export async function startDatabasePair(flavor: Flavor, network: StartedNetwork): Promise<DatabasePair> {
  const started = await Promise.allSettled([startServer(flavor, network, 1), startServer(flavor, network, 2)]);
  const running = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((one) => one.stop({ timeout: 0 })));
  };
  try {
    const failed = started.find((one) => one.status === 'rejected');
    const [primary, replica] = running;
    if (failed !== undefined || primary === undefined || replica === undefined) throw failed?.reason;
    const source = `MASTER_HOST='db1', MASTER_PORT=${PORT}, MASTER_USER='repl', MASTER_PASSWORD='${PASSWORDS.repl}'`;
    const accounts = accountStatements(flavor).map((statement) => statement.replace(/;$/, ''));
    await Promise.all([runAsRoot(primary, ['RESET MASTER', ...accounts]), runAsRoot(replica, ['RESET MASTER'])]);
    const position = flavor === 'mysql' ? 'MASTER_AUTO_POSITION=1' : 'MASTER_USE_GTID=slave_pos';
    const readOnly = `SET GLOBAL read_only=ON${flavor === 'mysql' ? ', super_read_only=ON' : ''}`;
    await runAsRoot(replica, [`CHANGE MASTER TO ${source}, ${position}`, 'START SLAVE', readOnly]);
    for (const one of running) buryLater({ kind: 'container', name: one.getId() });
    return { primary, replica, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
