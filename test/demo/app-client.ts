import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { Flavor } from '../servers/servers.js';
import { ITEMS, itemText } from './demo-tables.js';
import type { Ledger, Listener, Write, WriteKind } from './ledger.js';

export type ClientKind = WriteKind | 'read-primary' | 'read-replica';

export interface AppClientOptions {
  readonly index: number;
  readonly kind: ClientKind;
  readonly flavor: Flavor;
  readonly ledger: Ledger;
  connect(listener: Listener): Promise<Connection>;
}

/** A connection that takes longer than this for one statement is counted as cut. Above the proxy's hold timeout (10 s). */
const STATEMENT_LIMIT_MS = 25_000;
const PAUSE_MS = 8;

/** What mysql2 reads out of an OK packet's session state block; its types do not know it yet. */
interface TrackedHeader extends ResultSetHeader {
  readonly stateChanges?: { readonly gtids: readonly string[]; readonly systemVariables: Readonly<Record<string, unknown>> } | null;
}

interface SqlError extends Error {
  readonly errno?: number;
  readonly code?: string;
  readonly fatal?: boolean;
}

/** How an application has to take an error. */
type Meaning = 'cut' | 'unknown' | 'not-done';

function meaningOf(error: SqlError): Meaning {
  // Errors of the server have a number above 1000; those of the connection have the operating system's or none.
  if (error.errno === undefined || error.errno < 1000 || error.fatal === true) return 'cut';
  return error.errno === 9501 ? 'unknown' : 'not-done';
}

/** One application with one connection, doing the same kind of work over and over, as an ordinary program would. */
export class AppClient {
  readonly #options: AppClientOptions;
  #connection: Connection | undefined;
  #stopped = false;

  constructor(options: AppClientOptions) {
    this.#options = options;
  }

  get #listener(): Listener {
    return this.#options.kind === 'read-replica' ? 'replica' : 'primary';
  }

  /** Connects; then works until `stop`. Settles when the last statement has been answered. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      try {
        this.#connection ??= await this.#open();
      } catch (error) {
        this.#note(error as SqlError, 'login: ');
        await sleep(50);
        continue;
      }
      await this.#step();
      await sleep(PAUSE_MS * (0.5 + Math.random()));
    }
    const connection = this.#connection;
    this.#connection = undefined;
    await Promise.race([connection?.end().catch(() => undefined), sleep(2000)]);
    connection?.destroy();
  }

  stop(): void {
    this.#stopped = true;
  }

  async #open(): Promise<Connection> {
    const { flavor, connect } = this.#options;
    const connection = await connect(this.#listener);
    connection.on('error', () => undefined); // told by the statement that fails
    // So that the OK of every write names its GTID.
    const track = flavor === 'mysql' ? 'session_track_gtids=OWN_GTID' : "session_track_system_variables='last_gtid'";
    await connection.query(`SET SESSION ${track}`);
    return connection;
  }

  async #step(): Promise<void> {
    const { kind, index, ledger } = this.#options;
    if (kind === 'read-primary' || kind === 'read-replica') {
      await this.#readSomething();
      return;
    }
    const write = ledger.newWrite(index, kind);
    while (!(await this.#tryWrite(write)) && !this.#stopped) await sleep(PAUSE_MS);
  }

  /** One attempt; true when the write is over: acknowledged, or of unknown outcome. */
  async #tryWrite(write: Write): Promise<boolean> {
    const { ledger } = this.#options;
    const begunAt = performance.now();
    try {
      write.state = 'open';
      const header = write.kind === 'transaction' ? await this.#transaction(write) : await this.#insert(write, 1);
      ledger.acknowledged(write, this.#gtidOf(header), begunAt);
      return true;
    } catch (error) {
      const meaning = this.#note(error as SqlError);
      write.state = meaning === 'not-done' ? 'refused' : 'unknown';
      if (meaning !== 'not-done') return true;
      // Every second client goes straight to its next BEGIN, as programs do that know what a deadlock means.
      if (write.kind === 'transaction' && this.#options.index % 2 === 0) {
        await this.#ask((connection) => connection.query('ROLLBACK')).catch((again: unknown) => this.#note(again as SqlError));
      }
      return this.#connection === undefined;
    }
  }

  async #insert(write: Write, part: number): Promise<ResultSetHeader> {
    const text = 'INSERT INTO demo_writes (id, part, client) VALUES (?, ?, ?)';
    const values = [write.id, part, write.client];
    const [header] = await this.#ask((connection) =>
      write.kind === 'autocommit' ? connection.query<ResultSetHeader>(text, values) : connection.execute<ResultSetHeader>(text, values),
    );
    return header;
  }

  async #transaction(write: Write): Promise<ResultSetHeader> {
    await this.#ask((connection) => connection.query('START TRANSACTION'));
    await this.#insert(write, 1);
    await this.#ask((connection) => connection.query('UPDATE demo_counters SET n = n + 1 WHERE client = ?', [write.client]));
    await this.#ask((connection) => connection.query('SELECT n FROM demo_counters WHERE client = ?', [write.client]));
    await this.#insert(write, 2);
    const [header] = await this.#ask((connection) => connection.query<ResultSetHeader>('COMMIT'));
    return header;
  }

  async #readSomething(): Promise<void> {
    const { ledger } = this.#options;
    const id = Math.floor(Math.random() * ITEMS);
    try {
      const whole = Math.random() < 0.05;
      const [rows] = await this.#ask((connection) =>
        whole
          ? connection.query<RowDataPacket[]>('SELECT id, name FROM demo_items ORDER BY id')
          : Math.random() < 0.5
            ? connection.query<RowDataPacket[]>('SELECT id, name FROM demo_items WHERE id = ?', [id])
            : connection.execute<RowDataPacket[]>('SELECT id, name FROM demo_items WHERE id = ?', [id]),
      );
      ledger.read(this.#listener);
      const wrong = rows.length !== (whole ? ITEMS : 1) || rows.some((row) => row['name'] !== itemText(Number(row['id'])));
      if (wrong) ledger.wrongAnswers.push(`item ${whole ? 'list' : id}: ${JSON.stringify(rows).slice(0, 200)}`);
    } catch (error) {
      this.#note(error as SqlError);
    }
  }

  /** Runs one statement; a connection that does not answer in time is given up. */
  async #ask<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = this.#connection;
    if (connection === undefined) throw Object.assign(new Error('the connection was cut before'), { code: 'CUT_BEFORE' });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(Object.assign(new Error(`no answer in ${STATEMENT_LIMIT_MS} ms`), { code: 'NO_ANSWER' })),
        STATEMENT_LIMIT_MS,
      );
    });
    try {
      return await Promise.race([work(connection), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #note(error: SqlError, where = ''): Meaning {
    const { ledger, index, kind } = this.#options;
    const meaning = meaningOf(error);
    const code = String(error.errno !== undefined && error.errno >= 1000 ? error.errno : (error.code ?? error.message));
    if (code === 'CUT_BEFORE') return meaning;
    ledger.error(where + code, error.message);
    if (meaning === 'cut') {
      ledger.cuts.push(`${where}client ${index} (${kind}): ${error.message}`);
      this.#connection?.destroy();
      this.#connection = undefined;
    }
    return meaning;
  }

  #gtidOf(header: ResultSetHeader): string | undefined {
    const changes = (header as TrackedHeader).stateChanges;
    const gtid = this.#options.flavor === 'mysql' ? changes?.gtids[0] : changes?.systemVariables['last_gtid'];
    return gtid === undefined || gtid === null || gtid === '' ? undefined : String(gtid);
  }
}
