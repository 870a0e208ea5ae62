import type { SessionEffect } from '../sql/facts.js';

/**
 * State of a session that lived in its server and could not be carried over (user variables, locks, temporary tables ...), to be
 * reported with 9502: once for most, and for every statement that names a lost temporary table, because that table may have
 * hidden a real one of the same name.
 */
export class LostState {
  #unreported: string[] = [];
  readonly #tables = new Set<string>();
  #backend = '';

  /** Adds what was lost with `backend`. Table names are compared without their schema and case. */
  add(backend: string, items: readonly string[], temporaryTables: Iterable<string>): void {
    this.#backend = backend;
    this.#unreported.push(...items);
    for (const table of temporaryTables) this.#tables.add(table);
  }

  get isEmpty(): boolean {
    return this.#unreported.length === 0 && this.#tables.size === 0;
  }

  get backend(): string {
    return this.#backend;
  }

  /**
   * The text for 9502, or undefined when a statement is not affected (any more).
   * @param names whether the statement mentions a table
   */
  report(names: (table: string) => boolean): string | undefined {
    const named = [...this.#tables].filter(names);
    const items = [...this.#unreported, ...named.map((table) => `temporary table ${table}`)];
    this.#unreported = [];
    return items.length === 0 ? undefined : items.join(', ');
  }

  /** A CREATE or DROP that names lost temporary tables ends their ghosts. */
  settle(effects: readonly SessionEffect[]): void {
    for (const effect of effects) if (effect.kind === 'temporary-table' && effect.action !== 'rename') this.#tables.delete(effect.name);
  }

  clear(): void {
    this.#unreported = [];
    this.#tables.clear();
  }
}
