import type { SessionEffect } from '../sql/facts.js';

/**
 * State of a session that lived in its server and could not be carried over (user variables, locks, temporary tables ...), to be
 * reported with 9502: once for most, and for every statement that names a lost temporary table, because that table may have
 * hidden a real one of the same name.
 */
export class LostState {
  #unreported: string[] = [];
  readonly #tables = new Set<string>();
  /** Those of which the client has not been told yet. */
  readonly #untold = new Set<string>();
  /** What LAST_INSERT_ID() would give is lost: of interest only to those who ask. */
  #insertId = false;
  #backend = '';

  /** Adds what was lost with `backend`. Table names are compared without their schema and case. */
  add(backend: string, items: readonly string[], temporaryTables: Iterable<string>, insertId = false): void {
    this.#backend = backend;
    this.#unreported.push(...items);
    for (const table of temporaryTables) {
      this.#tables.add(table);
      this.#untold.add(table);
    }
    this.#insertId ||= insertId;
  }

  get isEmpty(): boolean {
    return this.#unreported.length === 0 && this.#tables.size === 0 && !this.#insertId;
  }

  get backend(): string {
    return this.#backend;
  }

  /**
   * The text for 9502, or undefined when a statement is not affected (any more).
   * @param names whether the statement mentions a table
   * @param opaque it runs code that we do not see (CALL, stored functions, EXECUTE), which may name any table: once it is told of all
   * @param asksForInsertId whether it asks for LAST_INSERT_ID()
   * @param effects what it does when it succeeds: a CREATE or DROP TEMPORARY may name a lost table, a plain DROP would take the real one
   */
  report(
    names: (table: string) => boolean,
    opaque: boolean,
    asksForInsertId: boolean,
    effects: readonly SessionEffect[] = [],
  ): string | undefined {
    const settled = this.#tables.size === 0 ? undefined : new Set(namesSettled(effects));
    const insertId = this.#insertId && asksForInsertId ? ['what LAST_INSERT_ID() gives'] : [];
    if (asksForInsertId) this.#insertId = false;
    const named = [...this.#tables].filter(
      (table) => (opaque && this.#untold.has(table)) || (settled?.has(table) !== true && names(table)),
    );
    for (const table of named) this.#untold.delete(table);
    const items = [...this.#unreported, ...insertId, ...named.map((table) => `temporary table ${table}`)];
    this.#unreported = [];
    return items.length === 0 ? undefined : items.join(', ');
  }

  /** A CREATE or DROP TEMPORARY that went well has ended the ghosts of the tables it names. */
  settle(effects: readonly SessionEffect[]): void {
    if (this.#tables.size > 0) for (const name of namesSettled(effects)) this.#forget(name);
  }

  #forget(table: string): void {
    this.#tables.delete(table);
    this.#untold.delete(table);
  }

  /** A new id is there. */
  insertIdKnown(): void {
    this.#insertId = false;
  }

  clear(): void {
    this.#unreported = [];
    this.#insertId = false;
    this.#tables.clear();
    this.#untold.clear();
  }
}

/** Tables of which the name means something certain behind the statement: it creates one, or says that it is gone. */
function namesSettled(effects: readonly SessionEffect[]): string[] {
  return effects.flatMap((effect) =>
    effect.kind === 'temporary-table' && effect.action !== 'rename' && effect.orReal !== true ? [effect.name] : [],
  );
}
