import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { Random } from '../oracle/random.js';
import type { Flavor, Server } from '../servers/servers.js';
import type { Backwards, Told } from './history.js';

export const ACCOUNTS = 10;
export const COUNTERS = 3;
export const EACH_BALANCE = 1000;

/** Makes what the clients work on. Nothing in it keeps a write from being done twice. */
export async function makeBank(primary: Server): Promise<void> {
  await primary.sql('CREATE TABLE test1.chaos_tokens (seq BIGINT AUTO_INCREMENT PRIMARY KEY, token BIGINT NOT NULL, KEY (token))');
  await primary.sql('CREATE TABLE test1.chaos_counters (id INT PRIMARY KEY, n BIGINT NOT NULL)');
  await primary.sql('CREATE TABLE test1.chaos_accounts (id INT PRIMARY KEY, balance BIGINT NOT NULL)');
  await primary.sql('INSERT INTO test1.chaos_counters VALUES ?', [Array.from({ length: COUNTERS }, (_, i) => [i, 0])]);
  await primary.sql('INSERT INTO test1.chaos_accounts VALUES ?', [Array.from({ length: ACCOUNTS }, (_, i) => [i, EACH_BALANCE])]);
}

/** What all clients remember together. */
export interface Memory {
  readonly told: Told[];
  readonly cuts: string[];
  readonly ownReads: { readonly token: number; readonly found: number }[];
  readonly backwards: Backwards[];
  readonly wrongSums: number[];
  readonly errors: Map<string, number>;
  reads: number;
  /** `performance.now()` of each acknowledged write. */
  readonly acknowledgedMs: number[];
  nextToken: number;
}

export function newMemory(): Memory {
  const lists = { told: [], cuts: [], ownReads: [], backwards: [], wrongSums: [], acknowledgedMs: [] };
  return { ...lists, errors: new Map(), reads: 0, nextToken: 1 };
}

/** What mysql2 reads out of an OK's session state block; its types do not know it yet. */
interface Tracked extends ResultSetHeader {
  readonly stateChanges?: { readonly gtids: readonly string[]; readonly systemVariables: Readonly<Record<string, unknown>> } | null;
}

interface Refusal extends Error {
  readonly errno?: number;
  readonly fatal?: boolean;
}

/** Above every hold of the proxy. */
const ANSWER_LIMIT_MS = 30_000;
const PAUSE_MS = 8;
const INSERT = 'INSERT INTO chaos_tokens (token) VALUES (?)';

/** One connection of one application: transfers, tokens, counters by compare-and-set, and reads of what it knows. */
export class BankClient {
  readonly #connect: () => Promise<Connection>;
  readonly #memory: Memory;
  readonly #flavor: Flavor;
  readonly #random: Random;
  #connection: Connection | undefined;
  #stopped = false;
  /** Per counter what this connection has seen last, and when it asked. */
  readonly #seen = new Map<number, { n: number; atMs: number }>();

  constructor(connect: () => Promise<Connection>, memory: Memory, flavor: Flavor, random: Random) {
    this.#connect = connect;
    this.#memory = memory;
    this.#flavor = flavor;
    this.#random = random;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Works until `stop`. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      try {
        this.#connection ??= await this.#open();
        await this.#random.weighted([
          [3, () => this.#insert()],
          [3, () => this.#transfer()],
          [2, () => this.#step()],
          [3, () => this.#look()],
          [1, () => this.#sum()],
        ])();
      } catch (error) {
        this.#note(error as Refusal);
      }
      await sleep(PAUSE_MS * (0.5 + this.#random.next()));
    }
    await Promise.race([this.#connection?.end().catch(() => undefined), sleep(2000)]);
    this.#connection?.destroy();
  }

  async #open(): Promise<Connection> {
    const connection = await this.#connect();
    connection.on('error', () => undefined);
    const track = this.#flavor === 'mysql' ? 'session_track_gtids=OWN_GTID' : "session_track_system_variables='last_gtid'";
    await connection.query(`SET SESSION ${track}`);
    this.#seen.clear();
    return connection;
  }

  async #insert(): Promise<void> {
    const token = await this.#write(undefined, () => this.#ask(INSERT, (text, token) => [text, [token]], this.#random.chance(0.5)));
    if (token === undefined) return;
    const rows = await this.#read('SELECT COUNT(*) AS n FROM chaos_tokens WHERE token = ?', [token]);
    const found = Number(rows[0]?.['n']);
    if (found !== 1) this.#memory.ownReads.push({ token, found });
  }

  async #transfer(): Promise<void> {
    const from = this.#random.below(ACCOUNTS);
    const to = (from + 1 + this.#random.below(ACCOUNTS - 1)) % ACCOUNTS;
    const amount = 1 + this.#random.below(20);
    const isPrepared = this.#random.chance(0.5);
    const say = (text: string, values: unknown[] = []) => this.#ask(text, () => [text, values], isPrepared && values.length > 0);
    await this.#write(undefined, async (token) => {
      await say('START TRANSACTION');
      // Always the lower one first, or half of the answers would be deadlocks.
      for (const id of [from, to].sort((a, b) => a - b)) {
        const change = id === from ? -amount : amount;
        await say('UPDATE chaos_accounts SET balance = balance + ? WHERE id = ?', [change, id]);
      }
      await say(INSERT, [token]);
      return say('COMMIT');
    });
  }

  /** Compare and set. */
  async #step(): Promise<void> {
    const counter = this.#random.below(COUNTERS);
    const n = await this.#counter(counter);
    const text = 'UPDATE chaos_counters SET n = ? WHERE id = ? AND n = ?';
    await this.#write({ counter, to: n + 1 }, () => this.#ask(text, () => [text, [n + 1, counter, n]], this.#random.chance(0.5)));
  }

  async #look(): Promise<void> {
    await this.#counter(this.#random.below(COUNTERS));
  }

  /** Reads one counter; the reads of one connection never go back in time. */
  async #counter(counter: number): Promise<number> {
    const askedMs = performance.now();
    const rows = await this.#read('SELECT n FROM chaos_counters WHERE id = ?', [counter]);
    const n = Number(rows[0]?.['n']);
    const before = this.#seen.get(counter);
    if (before !== undefined && n < before.n) {
      this.#memory.backwards.push({ counter, from: before.n, to: n, sinceMs: before.atMs, atMs: performance.now() });
    }
    this.#seen.set(counter, { n, atMs: askedMs });
    return n;
  }

  async #sum(): Promise<void> {
    const rows = await this.#read('SELECT SUM(balance) AS sum FROM chaos_accounts WHERE id >= ?', [0]);
    const sum = Number(rows[0]?.['sum']);
    if (sum !== ACCOUNTS * EACH_BALANCE) this.#memory.wrongSums.push(sum);
  }

  /** One attempt; gives its token when it was acknowledged. A step that compared unequal is no write. */
  async #write(step: Told['step'], work: (token: number) => Promise<Tracked>): Promise<number | undefined> {
    const token = this.#memory.nextToken++;
    this.#token = token;
    try {
      const header = await work(token);
      if (step !== undefined && header.affectedRows === 0) return undefined;
      const tracked = this.#flavor === 'mysql' ? header.stateChanges?.gtids[0] : header.stateChanges?.systemVariables['last_gtid'];
      const gtid = tracked === undefined || tracked === null || tracked === '' ? undefined : String(tracked);
      this.#memory.told.push({ token, answer: 'acknowledged', gtid, step });
      this.#memory.acknowledgedMs.push(performance.now());
      if (step !== undefined) this.#seen.set(step.counter, { n: step.to, atMs: performance.now() });
      return token;
    } catch (error) {
      const { errno = 0, fatal } = error as Refusal;
      const isUnknown = errno < 1000 || errno === 9501 || fatal === true;
      this.#memory.told.push({ token, answer: isUnknown ? 'unknown' : 'refused', gtid: undefined, step });
      this.#note(error as Refusal);
      if (this.#connection !== undefined) await this.#ask('ROLLBACK', (text) => [text, []], false);
      return undefined;
    }
  }

  #token = 0;

  async #ask(text: string, say: (text: string, token: number) => [string, unknown[]], isPrepared: boolean): Promise<Tracked> {
    const [sql, values] = say(text, this.#token);
    const [header] = await this.#within((connection) =>
      isPrepared ? connection.execute<ResultSetHeader>(sql, values as number[]) : connection.query<ResultSetHeader>(sql, values),
    );
    return header as Tracked;
  }

  async #read(text: string, values: number[]): Promise<RowDataPacket[]> {
    const [rows] = await this.#within((connection) => connection.execute<RowDataPacket[]>(text, values));
    this.#memory.reads += 1;
    return rows;
  }

  async #within<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = this.#connection;
    if (connection === undefined) throw new Error('the connection was cut before');
    const cancel = new AbortController();
    const late = sleep(ANSWER_LIMIT_MS, undefined, { signal: cancel.signal }).then(() => {
      throw new Error(`no answer in ${ANSWER_LIMIT_MS} ms`);
    });
    late.catch(() => undefined);
    try {
      return await Promise.race([work(connection), late]);
    } finally {
      cancel.abort();
    }
  }

  #note({ errno = 0, message, fatal }: Refusal): void {
    const isCut = errno < 1000 || fatal === true;
    const name = isCut ? message.slice(0, 80) : String(errno);
    this.#memory.errors.set(name, (this.#memory.errors.get(name) ?? 0) + 1);
    if (!isCut) return;
    this.#memory.cuts.push(message);
    this.#connection?.destroy();
    this.#connection = undefined;
  }
}
