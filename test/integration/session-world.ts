import mysql from 'mysql2/promise';
import { PASSWORDS } from '../servers/accounts.js';
import type { Flavor } from '../servers/flavor.js';
import { type PointsmanProcess, startPointsman } from '../servers/pointsman-process.js';
import { awaitReplicating, follow, replicaStatement, setReadOnly, until } from '../servers/replication.js';
import type { Server } from '../servers/server.js';
import { type ReplicationSet, startReplication } from '../servers/start-replication.js';

/** What one statement gave: rows or an OK, or the error's number and SQLSTATE. */
export type Outcome = { readonly rows: unknown } | { readonly errno: number; readonly sqlState: string; readonly message: string };

/** One client of Pointsman. It notes when its connection is cut. */
export class Client {
  readonly connection: mysql.Connection;
  cut = false;

  constructor(connection: mysql.Connection) {
    this.connection = connection;
    connection.on('error', () => (this.cut = true));
    connection.on('end', () => (this.cut = true));
  }

  /** Runs a text statement; never throws for what the server answers. */
  query(sql: string): Promise<Outcome> {
    return outcome(this.connection.query(sql));
  }

  execute(sql: string, values: (string | number | null)[] = []): Promise<Outcome> {
    return outcome(this.connection.execute(sql, values));
  }

  /** First column of the first row. */
  async value(sql: string): Promise<unknown> {
    const result = await this.query(sql);
    if ('errno' in result) throw new Error(`${sql}: ${result.errno} ${result.message}`);
    const [row] = result.rows as Record<string, unknown>[];
    return row === undefined ? undefined : Object.values(row)[0];
  }
}

function outcome(running: Promise<[unknown, unknown]>): Promise<Outcome> {
  return running.then(
    ([rows]) => ({ rows }),
    (error: { errno?: number; sqlState?: string; message: string }) => ({
      errno: error.errno ?? 0,
      sqlState: error.sqlState ?? '',
      message: error.message,
    }),
  );
}

/** The error number of an outcome; 0 when it was none. */
export function errno(result: Outcome): number {
  return 'errno' in result ? result.errno : 0;
}

/** A primary with replicas and Pointsman in front. */
export class World {
  readonly set: ReplicationSet;
  readonly proxy: PointsmanProcess;
  /** Servers by their present role. */
  primary: Server;

  private constructor(set: ReplicationSet, proxy: PointsmanProcess) {
    this.set = set;
    this.proxy = proxy;
    this.primary = set.primary;
  }

  static async start(
    flavor: Flavor,
    options: { replicas?: number; mode?: 'follow' | 'promote'; cluster?: Record<string, unknown>; config?: Record<string, unknown> } = {},
  ): Promise<World> {
    const set = await startReplication({ flavor, replicas: options.replicas ?? 1 });
    try {
      const { mode = 'follow', cluster = {}, config = {} } = options;
      return new World(set, await startPointsman({ set, mode, cluster, config }));
    } catch (error) {
      await set.stop();
      throw error;
    }
  }

  async client(route: 'primary' | 'replica' | 'split' = 'primary', more: mysql.ConnectionOptions = {}): Promise<Client> {
    const { primaryPort, replicaPort, splitPort } = this.proxy;
    const port = { primary: primaryPort, replica: replicaPort, split: splitPort }[route];
    const base = { host: '127.0.0.1', port, user: 'app', password: PASSWORDS.app, database: 'test1', multipleStatements: true };
    return new Client(await mysql.createConnection({ ...base, ...more }));
  }

  get replica(): Server {
    const other = this.set.servers.find((server) => server !== this.primary);
    if (other === undefined) throw new Error('there is no other server');
    return other;
  }

  /** Makes a replica the primary by hand, as a tool or a person would. */
  async promote(server: Server): Promise<void> {
    await server.sql(replicaStatement(server, 'STOP'));
    await server.sql(replicaStatement(server, 'RESET', 'ALL'));
    await setReadOnly(server, false);
    this.primary = server;
  }

  /** Starts a dead server again and makes it a read-only replica of the primary. */
  async rejoin(server: Server): Promise<void> {
    await server.start();
    await setReadOnly(server, true);
    await follow(server, this.primary);
    await awaitReplicating(server);
    await this.seen(server.name, 'replica');
  }

  /** Waits until Pointsman sees a server in a role. */
  async seen(name: string, role: 'primary' | 'replica' | 'none'): Promise<void> {
    await until(`${name} is seen as ${role}`, async () => {
      const status = (await this.proxy.get('/api/v1/status')) as {
        clusters: { backends: { name: string; role: string; state: string }[] }[];
      };
      const backend = status.clusters[0]?.backends.find((each) => each.name === name);
      return backend?.role === role && (role === 'none' || backend.state === 'online');
    });
  }

  async stop(): Promise<number | undefined> {
    const code = await this.proxy.stop();
    await this.set.stop();
    return code;
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
