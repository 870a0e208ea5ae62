import type { TransactionRecord } from './replay/transaction-record.js';

/**
 * The answer to a client whose open transaction died with its server (DESIGN 8, "open transaction, COMMIT not sent").
 *
 * The client must learn of it exactly as from a real server that rolled back: error 1213. A program that ignores that error must not
 * have the rest of its transaction run in autocommit mode, so everything is refused until it visibly ends or begins a transaction.
 */

/** What the next command is, as far as this rule cares. */
export type TransactionCommand = 'rollback' | 'rollback-and-more' | 'commit' | 'begin' | 'harmless' | 'first-again' | 'other';

/** `pass`: run it as usual; `ok`: answer OK ourselves; `refuse`: answer 1213. */
export type LostTransactionAnswer = 'pass' | 'ok' | 'refuse';

export class LostTransaction {
  /** False until the client has been told once. */
  #announced: boolean;
  #over = false;

  /** What it is to be replayed by before its next statement; undefined: it is lost. */
  readonly record: TransactionRecord | undefined;

  /** @param announced true when the statement in flight at the loss already got its 1213 */
  constructor(announced: boolean, record?: TransactionRecord) {
    this.#announced = announced;
    this.record = record;
  }

  /** True once the client has ended the lost transaction; this object can be dropped. */
  get over(): boolean {
    return this.#over;
  }

  get announced(): boolean {
    return this.#announced;
  }

  /**
   * @param command `rollback-and-more` begins a transaction too, or ends the session: a server does that; `harmless` is ping, reset connection, change user and quit; `first-again` is, with autocommit=0, a statement equal
   *   to the lost transaction's first: the client starts over
   */
  answer(command: TransactionCommand): LostTransactionAnswer {
    if (command === 'rollback') {
      this.#over = true;
      return 'ok';
    }
    if (command === 'rollback-and-more') {
      this.#over = true;
      return 'pass';
    }
    if (command === 'harmless') return 'pass';
    if (this.#announced && (command === 'begin' || command === 'first-again')) {
      this.#over = true;
      return 'pass';
    }
    if (command === 'commit') this.#over = true;
    this.#announced = true;
    return 'refuse';
  }
}
