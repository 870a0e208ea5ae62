/** A statement that took long, without its literals. */
export interface SlowStatement {
  /** Unix time at its end, ms. */
  readonly atMs: number;
  readonly seconds: number;
  readonly hash: string;
  /** Normalised, literals as `?`. */
  readonly text: string;
  readonly backend: string;
  readonly user: string;
  readonly client: string;
  readonly session: number;
  readonly schema: string | undefined;
  readonly ok: boolean;
  readonly rows: number;
}

/** From here on a statement is slow. */
export const SLOW_STATEMENT_SECONDS = 1;
const KEPT = 100;

/** The last slow statements of a process. */
export class SlowStatements {
  readonly #kept: SlowStatement[] = [];

  add(statement: SlowStatement): void {
    this.#kept.push(statement);
    if (this.#kept.length > KEPT) this.#kept.shift();
  }

  /** Oldest first. */
  get entries(): readonly SlowStatement[] {
    return this.#kept;
  }
}

/** Those of several processes, newest first. */
export function mergeSlow(lists: Iterable<readonly SlowStatement[]>): readonly SlowStatement[] {
  return [...lists]
    .flat()
    .sort((a, b) => b.atMs - a.atMs)
    .slice(0, KEPT);
}
