import mysql from 'mysql2/promise';
import { PASSWORDS, type PointsmanProcess, type Server, until } from '../servers/servers.js';
import { sleep } from './session-world.js';

/** One thing that a client felt. */
export interface Trouble {
  readonly errno: number;
  readonly message: string;
  readonly at: string;
}

/**
 * Clients at work while the role of primary moves: autocommit writes, reads, prepared statements and short transactions, each write with a
 * token of its own. Errors are noted, never retried.
 */
export class HandoverLoad {
  readonly troubles: Trouble[] = [];
  readonly #proxy: Pick<PointsmanProcess, 'splitPort' | 'primaryPort'>;
  readonly #clients: mysql.Connection[] = [];
  readonly #running: Promise<void>[] = [];
  #stopped = false;
  #serial = 0;
  /** Tokens whose write was acknowledged. */
  readonly acknowledged: number[] = [];
  /** How long writes and transactions took that ended since `mark`, ms. */
  #slowest: number[] = [];
  /** Every so many-th client runs transactions; 0: none. */
  transactionEvery = 3;
  reads = 0;
  transactions = 0;

  constructor(proxy: Pick<PointsmanProcess, 'splitPort' | 'primaryPort'>) {
    this.#proxy = proxy;
  }

  /** @param count of clients */
  async start(count: number, pauseMs = 5): Promise<void> {
    const base = { host: '127.0.0.1', user: 'app', password: PASSWORDS.app, database: 'test1' };
    for (let index = 0; index < count; index += 1) {
      const port = index % 2 === 0 ? this.#proxy.splitPort : this.#proxy.primaryPort;
      const client = await mysql.createConnection({ ...base, port });
      client.on('error', (error: Error) => this.troubles.push({ errno: -1, message: error.message, at: 'connection' }));
      this.#clients.push(client);
    }
    await this.#clients[0]?.query('CREATE TABLE IF NOT EXISTS test1.handover (id INT PRIMARY KEY, part INT NOT NULL)');
    for (const [index, client] of this.#clients.entries()) {
      const isTransacting = this.transactionEvery > 0 && index % this.transactionEvery === 0;
      const write = index % 2 === 0 ? () => this.#write(client) : () => this.#prepared(client);
      const round = isTransacting ? () => this.#transaction(client) : write;
      this.#running.push(this.#run(client, round, pauseMs));
    }
    await until('all are at work', () => this.acknowledged.length > count * 3);
  }

  /** The longest that a write or transaction of each client has taken since the last call, ms. */
  takeSlowest(): readonly number[] {
    const taken = this.#slowest;
    this.#slowest = [];
    return taken;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
    await Promise.all(this.#clients.map((client) => client.end().catch(() => undefined)));
  }

  /** Tokens that are not exactly once where they should be, in words; empty: all is right. */
  async wrong(server: Server): Promise<readonly string[]> {
    const rows = (await server.sql('SELECT id, COUNT(*) AS n FROM test1.handover GROUP BY id')) as unknown as { id: number; n: number }[];
    const there = new Map(rows.map(({ id, n }) => [Number(id), Number(n)]));
    return this.acknowledged.filter((id) => there.get(id) !== 1).map((id) => `${id}: ${there.get(id) ?? 0} times`);
  }

  async #run(client: mysql.Connection, round: () => Promise<void>, pauseMs: number): Promise<void> {
    while (!this.#stopped) {
      const beganMs = performance.now();
      try {
        await round();
        this.#slowest.push(performance.now() - beganMs);
        await client.query('SELECT COUNT(*) AS n FROM test1.handover WHERE id > 2000000000');
        this.reads += 1;
      } catch (error) {
        const { errno = -1, message } = error as { errno?: number; message: string };
        this.troubles.push({ errno, message, at: round.toString().slice(0, 60) });
        await client.query('ROLLBACK').catch(() => undefined);
        if (errno < 0) return;
      }
      await sleep(pauseMs);
    }
  }

  async #write(client: mysql.Connection): Promise<void> {
    this.#serial += 1;
    const id = this.#serial;
    await client.query(`INSERT INTO test1.handover VALUES (${id}, 0)`);
    this.acknowledged.push(id);
  }

  async #prepared(client: mysql.Connection): Promise<void> {
    this.#serial += 1;
    const id = this.#serial;
    await client.execute('INSERT INTO test1.handover VALUES (?, 0)', [id]);
    this.acknowledged.push(id);
  }

  async #transaction(client: mysql.Connection): Promise<void> {
    this.#serial += 2;
    const id = this.#serial;
    await client.query('BEGIN');
    await client.query(`INSERT INTO test1.handover VALUES (${id - 1}, 1)`);
    await client.query(`SELECT * FROM test1.handover WHERE id = ${id - 1} FOR UPDATE`);
    await client.query(`INSERT INTO test1.handover VALUES (${id}, 2)`);
    await client.query('COMMIT');
    this.transactions += 1;
    this.acknowledged.push(id - 1, id);
  }
}
