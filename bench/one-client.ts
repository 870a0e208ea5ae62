import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from 'mysql2/promise';

export type ClientKind = 'write' | 'read' | 'both' | 'trx';

/** What one client saw. */
export interface Seen {
  readonly kind: ClientKind;
  /** When its operations succeeded, `performance.now()`. */
  readonly doneAt: readonly number[];
  /** Numbers of the errors that it got, in their order; words where the connection ended. */
  readonly errors: readonly string[];
  /** Its connection was closed under it. */
  readonly cut: boolean;
}

const EVERY_MS = 10;

/** One connection, one operation every 10 ms, no second try: `both` inserts and selects, `trx` does so between BEGIN and COMMIT. */
export class OneClient {
  readonly #kind: ClientKind;
  readonly #connection: Connection;
  readonly #doneAt: number[] = [];
  readonly #errors: string[] = [];
  readonly #ended: Promise<void>;
  #cut = false;
  #stopped = false;

  constructor(kind: ClientKind, connection: Connection) {
    this.#kind = kind;
    this.#connection = connection;
    this.#ended = this.#work();
  }

  async stop(): Promise<Seen> {
    this.#stopped = true;
    await this.#ended;
    this.#connection.destroy();
    return { kind: this.#kind, doneAt: this.#doneAt, errors: this.#errors, cut: this.#cut };
  }

  async #work(): Promise<void> {
    for (let n = 0; !this.#stopped && !this.#cut; n += 1) {
      try {
        await this.#once(n);
        this.#doneAt.push(performance.now());
      } catch (error) {
        const { errno, code, fatal } = error as { errno?: number; code?: string; fatal?: boolean };
        this.#cut = fatal === true;
        this.#errors.push(String(errno ?? code));
        if (!this.#cut && this.#kind === 'trx') await this.#connection.query('ROLLBACK').catch(() => undefined);
      }
      await sleep(EVERY_MS);
    }
  }

  async #once(n: number): Promise<void> {
    const insert = `INSERT INTO f (who, n) VALUES ('${this.#kind}', ${n})`;
    const select = `SELECT n FROM f WHERE id = ${n + 1}`;
    if (this.#kind === 'trx') await this.#connection.query('BEGIN');
    if (this.#kind !== 'read') await this.#connection.query(insert);
    if (this.#kind !== 'write') await this.#connection.query(select);
    if (this.#kind === 'trx') await this.#connection.query('COMMIT');
  }
}
