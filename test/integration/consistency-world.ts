import mysql from 'mysql2/promise';
import { PASSWORDS } from '../servers/accounts.js';
import { type PointsmanProcess, startPointsman } from '../servers/pointsman-process.js';
import { replicaStatement, until } from '../servers/replication.js';
import type { Server } from '../servers/server.js';
import type { ReplicationSet } from '../servers/start-replication.js';

/** Reads by how they came to be fresh, and on which server they ran, since `since`. */
export interface ReadCounts {
  readonly polled: number;
  readonly waited: number;
  readonly failed: number;
  readonly onPrimary: number;
  readonly onReplicas: number;
}

/** One Pointsman in front of a set, with what these tests ask it. */
export class Front {
  readonly set: ReplicationSet;
  readonly proxy: PointsmanProcess;

  constructor(set: ReplicationSet, proxy: PointsmanProcess) {
    this.set = set;
    this.proxy = proxy;
  }

  static async start(
    set: ReplicationSet,
    consistency: string,
    more: { workers?: number; replicas?: Record<string, unknown>; mode?: 'follow' | 'promote' } = {},
  ): Promise<Front> {
    const cluster = { replicas: { consistency, maxLag: '60s', ...more.replicas } };
    const config = { process: { workers: more.workers ?? 1 } };
    // Replicas are delayed on purpose here, and to be read all the same.
    const backend = { readDelayed: true };
    return new Front(set, await startPointsman({ set, mode: more.mode ?? 'follow', cluster, config, backend }));
  }

  client(port = this.proxy.splitPort): Promise<mysql.Connection> {
    return mysql.createConnection({
      host: '127.0.0.1',
      port,
      user: 'app',
      password: PASSWORDS.app,
      database: 'test1',
      multipleStatements: true,
    });
  }

  async counts(since?: ReadCounts): Promise<ReadCounts> {
    const text = await (await fetch(`${this.proxy.adminUrl}/metrics`)).text();
    const sum = (name: string, ...labels: string[]) =>
      text
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)))
        .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
    const fresh = (how: string) => sum('pointsman_replica_reads_total', `freshness="${how}"`);
    const reads = (server: Server) => sum('pointsman_queries_total', `backend="${server.name}"`, 'kind="read"', 'result="ok"');
    const { primary, replicas } = this.set;
    return {
      polled: fresh('polled') - (since?.polled ?? 0),
      waited: fresh('waited') - (since?.waited ?? 0),
      failed: fresh('wait_failed') - (since?.failed ?? 0),
      onPrimary: reads(primary) - (since?.onPrimary ?? 0),
      onReplicas: replicas.reduce((total, each) => total + reads(each), 0) - (since?.onReplicas ?? 0),
    };
  }

  /** Workers tell their numbers twice a second. */
  async settledCounts(since?: ReadCounts): Promise<ReadCounts> {
    await new Promise((resolve) => setTimeout(resolve, 1100));
    return this.counts(since);
  }

  /** Waits until every replica is read from. */
  async readable(count: number): Promise<void> {
    type Status = { clusters: { backends: { readable: boolean }[] }[] };
    await until(`${count} readable replicas`, async () => {
      const status = (await this.proxy.get('/api/v1/status')) as Status;
      return status.clusters[0]?.backends.filter(({ readable }) => readable).length === count;
    });
  }
}

/** The replica applies everything this much later; 0: at once. */
export async function delay(replica: Server, seconds: number): Promise<void> {
  await replica.sql(replicaStatement(replica, 'STOP'));
  await replica.sql(`CHANGE MASTER TO MASTER_DELAY=${seconds}`);
  await replica.sql(replicaStatement(replica, 'START'));
}

/** As text, or prepared. */
export function run(connection: mysql.Connection, sql: string, how: 'query' | 'execute'): Promise<[unknown, unknown]> {
  return how === 'query' ? connection.query(sql) : connection.execute(sql);
}

/** First column of the first row. */
export async function first(connection: mysql.Connection, sql: string, how: 'query' | 'execute' = 'query'): Promise<unknown> {
  const [rows] = await run(connection, sql, how);
  const [row] = rows as Record<string, unknown>[];
  return row === undefined ? undefined : Object.values(row)[0];
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
