import type { Connection, ResultSetHeader } from 'mysql2/promise';
import type { RunningPointsman } from '../proxy/start-pointsman.js';
import type { Server } from '../servers/servers.js';

/** What a client was told about one write, and when (`performance.now()`). */
export interface Told {
  readonly who: number;
  /** `OK` or the error's number. */
  readonly answer: string;
  readonly insertId: number;
  readonly atMs: number;
  readonly how: string;
}

/** What the answers come to, measured by the table. */
export interface Verdict {
  readonly told: Readonly<Record<string, number>>;
  /** Answers that were not the truth, in words. */
  readonly lies: readonly string[];
  /** Acknowledged before `notBeforeMs` and not there: lost with their server, as asynchronous replication loses. */
  readonly lostAcknowledged: number;
}

const WAYS = ['alone', 'prepared', 'transaction', 'autocommit=0'] as const;

/** Clients that write rows with names of their own, each in every way in turn, and remember what they were told. */
export class GuardLoad {
  readonly told: Told[] = [];
  readonly #proxy: RunningPointsman;
  readonly #running: Promise<void>[] = [];
  #who = 0;
  #stopped = false;

  constructor(proxy: RunningPointsman) {
    this.#proxy = proxy;
  }

  static readonly TABLE = 'CREATE TABLE test1.cg (id INT PRIMARY KEY AUTO_INCREMENT, who INT UNIQUE) ENGINE=InnoDB';

  async start(clients: number): Promise<void> {
    for (let index = 0; index < clients; index += 1) {
      const client = await this.#proxy.connect('primary');
      this.#running.push(this.#work(client, index));
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  /**
   * Compares what was told with what is there.
   * @param notBeforeMs an acknowledged row may only be missing if it was acknowledged before; default: never
   */
  async judge(server: Server, notBeforeMs = 0): Promise<Verdict> {
    const rows = await server.sql<{ id: number; who: number }>('SELECT id, who FROM test1.cg');
    const there = new Map(rows.map(({ id, who }) => [who, id]));
    const counts: Record<string, number> = {};
    const lies: string[] = [];
    let lostAcknowledged = 0;
    for (const { who, answer, insertId, atMs, how } of this.told) {
      counts[answer] = (counts[answer] ?? 0) + 1;
      const id = there.get(who);
      const isLost = answer === 'OK' && id === undefined;
      if (isLost && atMs < notBeforeMs) lostAcknowledged += 1;
      else if (isLost) lies.push(`${how} ${who}: OK, and is not there`);
      if (answer === 'OK' && id !== undefined && id !== insertId) lies.push(`${how} ${who}: id ${insertId}, and has ${id}`);
      if (answer === '1213' && id !== undefined) lies.push(`${how} ${who}: 1213, and is there`);
      if (!['OK', '1213', '9501'].includes(answer)) lies.push(`${how} ${who}: ${answer}`);
    }
    return { told: counts, lies, lostAcknowledged };
  }

  async #work(client: Connection, index: number): Promise<void> {
    for (let round = index; !this.#stopped; round += 1) {
      this.#who += 1;
      const who = this.#who;
      const how = WAYS[round % WAYS.length] as (typeof WAYS)[number];
      let answer = 'OK';
      let insertId = 0;
      try {
        insertId = await this.#write(client, who, how);
      } catch (error) {
        const { errno, message } = error as { errno?: number; message?: string };
        answer = errno === undefined || (errno !== 1213 && errno !== 9501) ? `${errno} ${message}` : String(errno);
        await client.query('ROLLBACK').catch(() => undefined);
      }
      this.told.push({ who, answer, insertId, atMs: performance.now(), how });
    }
    await client.query('ROLLBACK').catch(() => undefined);
    client.destroy();
  }

  async #write(client: Connection, who: number, how: (typeof WAYS)[number]): Promise<number> {
    const text = `INSERT INTO cg (who) VALUES (${who})`;
    if (how === 'prepared') return (await client.execute<ResultSetHeader>('INSERT INTO cg (who) VALUES (?)', [who]))[0].insertId;
    if (how === 'alone') return (await client.query<ResultSetHeader>(text))[0].insertId;
    await client.query(how === 'transaction' ? 'BEGIN' : 'SET autocommit=0');
    try {
      const [{ insertId }] = await client.query<ResultSetHeader>(text);
      await client.query('COMMIT');
      return insertId;
    } finally {
      if (how === 'autocommit=0') {
        await client.query('ROLLBACK').catch(() => undefined);
        await client.query('SET autocommit=1').catch(() => undefined);
      }
    }
  }
}
