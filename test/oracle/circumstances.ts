import type { Flavor } from '../servers/servers.js';
import type { Operation } from './operation.js';
import type { Random } from './random.js';

/** A binary prepared statement as the generator believes it to be. */
export interface BelievedStatement {
  readonly name: string;
  readonly sql: string;
  readonly parameters: number;
  executed: boolean;
  cursor: boolean;
  longData: Set<number>;
  hadLongData: boolean;
}

/**
 * What the generator believes of the session that it writes for. Only for weights: a belief that is wrong (a statement failed, or
 * was cut out) makes a sequence less to the point, never wrong.
 */
export class Circumstances {
  readonly random: Random;
  readonly flavor: Flavor;
  readonly lane: number;
  transaction = false;
  autocommit = true;
  tablesLocked = false;
  ansiQuotes = false;
  /** SET ROLE was said. */
  roleSet = false;
  /** The last SET NAMES was of a charset other than UTF-8. */
  latin1 = false;
  schema: 'own' | 'other' | 'none' = 'own';
  readonly temporary = new Set<string>();
  readonly locks = new Set<string>();
  readonly handlers = new Set<string>();
  readonly textStatements = new Set<string>();
  readonly statements = new Map<string, BelievedStatement>();
  #made = 0;

  constructor(random: Random, flavor: Flavor, lane: number) {
    this.random = random;
    this.flavor = flavor;
    this.lane = lane;
  }

  /** 1, 2, 3 ... */
  serial(): number {
    return ++this.#made;
  }

  /** Something that dies with the server connection. */
  get pinned(): boolean {
    const cursor = [...this.statements.values()].some((each) => each.cursor);
    return (
      cursor || this.transaction || !this.autocommit || this.tablesLocked || this.temporary.size + this.locks.size + this.handlers.size > 0
    );
  }

  /** After COM_RESET_CONNECTION and COM_CHANGE_USER. */
  forget(): void {
    this.transaction = false;
    this.autocommit = true;
    this.tablesLocked = false;
    this.ansiQuotes = false;
    this.latin1 = false;
    this.temporary.clear();
    this.locks.clear();
    this.handlers.clear();
    this.textStatements.clear();
    this.statements.clear();
  }
}

/** Writes one or more operations that belong together. */
export type Writer = (at: Circumstances) => readonly Operation[];

export const sql = (text: string): Operation => ({ do: 'query', sql: text });
export const one = (text: string): readonly Operation[] => [sql(text)];
