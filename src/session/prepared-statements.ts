import type { ParameterType } from '../protocol/parameter-types.js';
import type { StatementText } from '../routing/rules/statement-text.js';
import { ABOUT_LAST_STATEMENT, type StatementFacts } from '../sql/facts.js';

/** A prepared statement as one backend connection knows it. */
export interface Handle {
  /** The id that this server gave. */
  readonly id: number;
  /** It has been told the parameter types of the last EXECUTE that carried them. */
  knowsTypes: boolean;
}

/**
 * One binary prepared statement of a client. The client knows it by an id of ours that stays valid whatever happens behind; each
 * backend connection knows it by the id which that server gave.
 */
export class PreparedStatement {
  readonly id: number;
  /** Text as the client sent it, without the command byte, to be sent again on another connection; undefined: too large to be kept. */
  readonly text: Buffer | undefined;
  readonly facts: StatementFacts;
  parameters = 0;
  /** The schema at its PREPARE: servers look up its names there for good, whatever is in use when it is executed. */
  schema: string | undefined;
  /** The sql_mode that its text was read by, where the session had set one. */
  sqlMode: string | undefined;
  /** What rules look at: the text that the client sent, also where a rule has rewritten it. */
  asked: StatementText | undefined;
  /** By the serial number of the backend connection. */
  readonly handles = new Map<number, Handle>();
  /** Parameter types of the last EXECUTE that carried them (2 bytes a parameter); another server must be told again. */
  types: Buffer | undefined;
  /** The same where query attributes were agreed. */
  namedTypes: readonly ParameterType[] | undefined;
  /** COM_STMT_SEND_LONG_DATA frames since the last EXECUTE or RESET; they are sent with the next EXECUTE, wherever that runs. */
  longData: Buffer[] = [];
  longDataBytes = 0;
  /** Long data larger than what is kept was sent on this connection; on another one it is lost. 0: none. */
  unkeptLongDataConnection = 0;
  /** A cursor is open on this connection. 0: none. */
  cursorConnection = 0;

  constructor(id: number, text: Buffer | undefined, facts: StatementFacts) {
    this.id = id;
    this.text = text;
    this.facts = facts;
  }

  /** A connection has been told parameter types: those told to others are out of date. */
  typesTold(serial: number): void {
    for (const [each, handle] of this.handles) handle.knowsTypes = each === serial;
  }

  /** EXECUTE and RESET make the server forget long data. */
  forgetLongData(): void {
    this.longData = [];
    this.longDataBytes = 0;
    this.unkeptLongDataConnection = 0;
  }
}

/** A session's prepared statements by the client's id. */
export class PreparedStatements {
  #statements: Map<number, PreparedStatement> | undefined;
  #lastId = 0;
  #lastFailed = false;
  /** Those that ask what the statement before them left. */
  #askers: Set<PreparedStatement> | undefined;

  add(text: Buffer | undefined, facts: StatementFacts): PreparedStatement {
    this.#lastId = (this.#lastId % 0x7fffffff) + 1;
    this.#lastFailed = false;
    const statement = new PreparedStatement(this.#lastId, text, facts);
    this.#statements ??= new Map();
    this.#statements.set(statement.id, statement);
    if ((facts.dependsOn & ABOUT_LAST_STATEMENT) !== 0) {
      this.#askers ??= new Set();
      this.#askers.add(statement);
    }
    return statement;
  }

  get(id: number): PreparedStatement | undefined {
    return this.#statements?.get(id);
  }

  /** MariaDB's "last prepared statement" id -1 means this one; after a PREPARE that failed it means none, not the one before. */
  get last(): PreparedStatement | undefined {
    return this.#lastFailed ? undefined : this.get(this.#lastId);
  }

  /** A PREPARE begins; `add` follows when it succeeds. */
  preparing(): void {
    this.#lastFailed = true;
  }

  /** Those that ask what the statement before them left, and that this connection does not know. */
  askersUnknownTo(serial: number): readonly PreparedStatement[] {
    if (this.#askers === undefined) return [];
    return [...this.#askers].filter(({ handles }) => !handles.has(serial));
  }

  /** Some server of the session has given this id to a statement of its own counting. */
  isServers(id: number): boolean {
    for (const { handles } of this.#statements?.values() ?? []) for (const handle of handles.values()) if (handle.id === id) return true;
    return false;
  }

  delete(id: number): void {
    const statement = this.#askers && this.get(id);
    if (statement !== undefined) this.#askers?.delete(statement);
    this.#statements?.delete(id);
  }

  clear(): void {
    this.#statements = undefined;
    this.#askers = undefined;
  }

  get size(): number {
    return this.#statements?.size ?? 0;
  }
}
