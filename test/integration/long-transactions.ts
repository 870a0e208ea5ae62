import mysql from 'mysql2/promise';
import { PASSWORDS, type PointsmanProcess, type Server } from '../servers/servers.js';
import { sleep } from './session-world.js';

interface Open {
  readonly what: string;
  readonly client: mysql.Connection;
  readonly rows: number;
}

/**
 * Transactions that stay open while the role of primary moves: at rest after text statements, after prepared ones, with autocommit=0, with a savepoint, one that
 * only reads, and one whose client gives it one statement after the other.
 */
export class LongTransactions {
  readonly #name: string;
  readonly #open: Open[] = [];
  readonly #troubles: string[] = [];
  #busy: Promise<void> = Promise.resolve();
  #busyRows = 0;
  #ending = false;

  private constructor(name: string) {
    this.#name = name;
  }

  /** @param name of these transactions' rows */
  static async open(proxy: Pick<PointsmanProcess, 'splitPort' | 'primaryPort'>, name: string): Promise<LongTransactions> {
    const all = new LongTransactions(name);
    const base = { host: '127.0.0.1', user: 'app', password: PASSWORDS.app, database: 'test1', multipleStatements: true };
    const connect = (port: number) => mysql.createConnection({ ...base, port });
    const first = await connect(proxy.primaryPort);
    await first.query(
      'CREATE TABLE IF NOT EXISTS long_ones (id INT PRIMARY KEY AUTO_INCREMENT, who VARCHAR(40), v INT, INDEX (who)) ENGINE=InnoDB',
    );
    const scripts: Record<string, { sql: string[]; rows: number }> = {
      text: { sql: ['BEGIN', 'INSERT', 'SELECT COUNT(*) FROM long_ones WHERE who = ?', 'INSERT'], rows: 2 },
      off: { sql: ['SET autocommit=0', 'INSERT'], rows: 1 },
      savepoint: { sql: ['START TRANSACTION', 'INSERT', 'SAVEPOINT s', 'INSERT', 'ROLLBACK TO s', 'INSERT'], rows: 2 },
    };
    for (const port of [proxy.primaryPort, proxy.splitPort]) {
      for (const [kind, { sql, rows }] of Object.entries(scripts)) {
        for (const way of ['query', 'execute'] as const) {
          const client = await connect(port);
          const what = `${name} ${kind} ${way} ${port === proxy.splitPort ? 'split' : 'primary'}`;
          await client.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
          const run = (sql: string) => (way === 'query' ? client.query(sql, [what]) : client.execute(sql, [what]));
          for (const each of sql) {
            const text = each === 'INSERT' ? 'INSERT INTO long_ones (who, v) VALUES (?, 1)' : each;
            if (text.includes('?')) await run(text);
            else await client.query(text);
          }
          all.#open.push({ what, client, rows });
        }
      }
    }
    await first.end();
    const reader = await connect(proxy.primaryPort);
    await reader.query('START TRANSACTION READ ONLY');
    await reader.query('SELECT COUNT(*) FROM long_ones');
    all.#open.push({ what: `${name} reads only`, client: reader, rows: 0 });
    await all.#startBusy(await connect(proxy.primaryPort));
    return all;
  }

  async #startBusy(client: mysql.Connection): Promise<void> {
    const what = `${this.#name} busy`;
    this.#open.push({ what, client, rows: -1 });
    await client.query('BEGIN');
    this.#busy = (async () => {
      while (!this.#ending) {
        await client.query('INSERT INTO long_ones (who, v) VALUES (?, 1)', [what]);
        this.#busyRows += 1;
        await sleep(2);
      }
    })().catch((error: Error) => {
      this.#troubles.push(`${what}: ${error.message}`);
    });
  }

  /** How many of them the old primary has to be rid of. */
  get count(): number {
    return this.#open.length - 1;
  }

  /** One more statement in each, and COMMIT. @returns errors that clients saw */
  async commit(): Promise<readonly string[]> {
    this.#ending = true;
    await this.#busy;
    // All are repeated before one goes on: another one's new rows could take ids that they have been given.
    for (const sql of ['DO 0', 'SELECT COUNT(*) FROM long_ones', 'COMMIT']) {
      await Promise.all(
        this.#open.map(({ what, client }) =>
          client.query(sql).catch((error: Error) => {
            this.#troubles.push(`${what}: ${sql}: ${error.message}`);
          }),
        ),
      );
    }
    await Promise.all(this.#open.map(({ client }) => client.end().catch(() => undefined)));
    return this.#troubles;
  }

  /** Transactions whose rows are not all there once, in words; empty: all is right. */
  async wrong(server: Server): Promise<readonly string[]> {
    const rows = (await server.sql('SELECT who, COUNT(*) AS n FROM test1.long_ones GROUP BY who')) as unknown as {
      who: string;
      n: number;
    }[];
    const there = new Map(rows.map(({ who, n }) => [who, Number(n)]));
    return this.#open.flatMap(({ what, rows: wanted }) => {
      const expected = wanted < 0 ? this.#busyRows : wanted;
      const found = there.get(what) ?? 0;
      return found === expected ? [] : [`${what}: ${found} rows in place of ${expected}`];
    });
  }
}
