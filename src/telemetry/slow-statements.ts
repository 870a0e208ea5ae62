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

const KEPT = 100;

/** Takes a slow statement to where it is written down; `sql` is its text as the log may show it. */
export type SlowWriter = (statement: SlowStatement, sql: string) => void;

/** The last slow statements of a process. */
export class SlowStatements {
  readonly #kept: SlowStatement[] = [];
  #write: SlowWriter | undefined;
  #thresholdSeconds = 1;

  /** From here on a statement is slow. */
  get thresholdSeconds(): number {
    return this.#thresholdSeconds;
  }

  /** @param write undefined: they are only kept for those who ask */
  configure(thresholdSeconds: number, write: SlowWriter | undefined): void {
    this.#thresholdSeconds = thresholdSeconds;
    this.#write = write;
  }

  /** @param sql its text as the log may show it */
  add(statement: SlowStatement, sql: string): void {
    this.#kept.push(statement);
    if (this.#kept.length > KEPT) this.#kept.shift();
    this.#write?.(statement, sql);
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
