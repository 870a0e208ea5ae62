import { variableFate } from '../backend/session-restore.js';
import type { TrackedChanges } from '../backend/tracked-changes.js';
import { dialectOf, type SqlDialect } from '../sql/dialect.js';
import type { SessionEffect } from '../sql/facts.js';
import type { SafeFunctions } from '../sql/safe-functions.js';
import { type Revised, RevisedMap } from './revised-map.js';

/** Literals that mean the same whatever the sql_mode and character set of the connection on which they are set again. */
const PLAIN_LITERAL = /^[ -!#-[\]-~]*$/;

/** What died with a server and could not be carried over. */
export interface Unrestorable {
  readonly items: readonly string[];
  readonly temporaryTables: readonly string[];
}

/** What was set up after a revision: what a connection lacks that was brought up to date then. */
export interface StateChanges {
  /** In the order of last setting, which is the order in which they have to be set again. */
  readonly variables: readonly Revised<string>[];
  /** Those whose value is known, as SQL literals. */
  readonly userVariables: readonly Revised<string>[];
}

/**
 * What a session has set up in its server. What the server reports (schema, variables) is taken from it, never read out of SQL; what no
 * tracker reports (user variables, locks, temporary tables) comes from the statements' named effects.
 * See reference/session-state.md 6.3; measured on MySQL 8.0.15 and MariaDB 10.11.
 */
export class SessionState {
  #schema: string | undefined;
  #revision = 0;
  /** As of the last status flags. */
  autocommit = true;
  /** Its password has expired: the server refuses all but a new one, and our trackers are not armed. */
  sandboxed = false;
  /** By COM_RESET_CONNECTION, which does not lead back to what a login gives: the character set is the server's own then. */
  wasReset = false;
  /** How the client's statements are to be read. */
  dialect: SqlDialect;
  readonly #charset: string;
  readonly #safeFunctions: SafeFunctions | undefined;
  #serverVersion: string | undefined;
  #initialSqlMode: string | undefined;
  /** In the order in which they were last changed; restored in that order. */
  readonly variables = new RevisedMap<string>();
  /** Value: SQL text of the literal it was set to; undefined when that is not known. Names in lower case. */
  readonly userVariables = new RevisedMap<string | undefined>();
  #nextTransaction: string | undefined;
  lastGtid: string | undefined;
  readonly #temporaryTables = new Set<string>();
  readonly #namedLocks = new Map<string, number>();
  readonly #handlers = new Set<string>();
  readonly #textPrepared = new Set<string>();
  readonly #other = new Set<string>();

  /**
   * @param schema the one named at login
   * @param charset name of the character set of the login's collation
   * @param safeFunctions stored functions that the session's cluster declares harmless
   */
  constructor(schema: string | undefined, charset: string, safeFunctions?: SafeFunctions) {
    this.#schema = schema;
    this.#charset = charset;
    this.#safeFunctions = safeFunctions;
    this.dialect = this.#dialectNow();
  }

  /** Rises with each change of variables, user variables, schema, roles and the next transaction's settings. */
  get revision(): number {
    return this.#revision;
  }

  get schema(): string | undefined {
    return this.#schema;
  }

  set schema(schema: string | undefined) {
    if (schema === this.#schema) return;
    this.#schema = schema;
    this.#revision += 1;
    if (this.#safeFunctions !== undefined) this.#readDialect();
  }

  /** `SET TRANSACTION ...` for the next transaction only. */
  get nextTransaction(): string | undefined {
    return this.#nextTransaction;
  }

  set nextTransaction(statement: string | undefined) {
    if (statement === this.#nextTransaction) return;
    this.#nextTransaction = statement;
    this.#revision += 1;
  }

  /** What a connection lacks that was up to date at `revision`; 0: everything. */
  changesSince(revision: number): StateChanges {
    const known = this.userVariables.since(revision).filter((each): each is Revised<string> => each[1] !== undefined);
    return { variables: this.variables.since(revision), userVariables: known };
  }

  /** The sql_mode that a connection to the server begins with; until it is known, texts whose reading depends on it are not sure. */
  set initialSqlMode(mode: string) {
    if (mode === this.#initialSqlMode) return;
    this.#initialSqlMode = mode;
    this.#readDialect();
  }

  /** The session is now on a server of this version. */
  on(serverVersion: string): void {
    if (serverVersion === this.#serverVersion) return;
    this.#serverVersion = serverVersion;
    this.#readDialect();
  }

  #readDialect(): void {
    this.dialect = this.#dialectNow();
  }

  #dialectNow(): SqlDialect {
    const charset = this.variables.get('character_set_client') ?? this.#charset;
    const dialect = dialectOf(this.#serverVersion, this.variables.get('sql_mode') ?? this.#initialSqlMode, charset);
    return this.#safeFunctions === undefined ? dialect : { ...dialect, safeFunctions: this.#safeFunctions.in(this.#schema) };
  }

  /** User variables whose value can be set again, as SQL literals. */
  knownUserVariables(): [name: string, literal: string][] {
    const known: [string, string][] = [];
    for (const [name, literal] of this.userVariables) if (literal !== undefined) known.push([name, literal]);
    return known;
  }

  /** Learns from the trackers of one OK. */
  learn(changes: TrackedChanges): void {
    if (changes.schema !== undefined) this.schema = changes.schema === '' ? undefined : changes.schema;
    if (changes.variables !== undefined) this.#learnVariables(changes.variables);
    if (changes.gtid !== undefined) this.lastGtid = changes.gtid;
    if (changes.transactionState !== undefined) this.#set('LOCK TABLES', changes.transactionState[7] === 'L');
    if (changes.transactionCharacteristics !== undefined) {
      const next = changes.transactionCharacteristics;
      this.nextTransaction = /^SET TRANSACTION /i.test(next) && !/START TRANSACTION/i.test(next) ? next.replace(/;\s*$/, '') : undefined;
    }
  }

  #learnVariables(variables: NonNullable<TrackedChanges['variables']>): void {
    for (const [name, value] of variables) {
      // The trackers themselves are kept by the track filter: ours are not the client's.
      const fate = name.startsWith('session_track_') ? 'ignored' : variableFate(name);
      if (fate === 'pins') this.#other.add(`variable ${name}`);
      if (fate !== 'restored') continue;
      // Last set, last restored: SET NAMES resets an earlier collation_connection without a word about it.
      this.#revision += 1;
      this.variables.set(name, value, this.#revision);
      if (name === 'sql_mode' || name === 'character_set_client') this.#readDialect();
    }
  }

  /** A statement that the classifier could not see through reported a change of state. */
  changedUnknown(): void {
    this.#other.add('state set inside a routine or an unknown statement');
  }

  /** Applies the named effects of a statement that succeeded. */
  apply(effects: readonly SessionEffect[]): void {
    for (const effect of effects) this.#applyOne(effect);
  }

  #applyOne(effect: SessionEffect): void {
    switch (effect.kind) {
      case 'user-variable':
        this.#revision += 1;
        this.userVariables.set(
          effect.name,
          effect.literal !== undefined && PLAIN_LITERAL.test(effect.literal) ? effect.literal : undefined,
          this.#revision,
        );
        break;
      case 'temporary-table':
        this.#temporaryTable(effect);
        break;
      case 'named-lock':
        this.#namedLocks.set(effect.name ?? '?', (this.#namedLocks.get(effect.name ?? '?') ?? 0) + 1);
        break;
      case 'named-unlock':
        this.#unlock(effect.name);
        break;
      case 'named-unlock-all':
        this.#namedLocks.clear();
        break;
      case 'unlock-tables':
        this.#other.delete('LOCK TABLES');
        this.#other.delete('FLUSH TABLES WITH READ LOCK');
        break;
      case 'global-read-lock':
        this.#other.add('FLUSH TABLES WITH READ LOCK');
        break;
      case 'backup-lock':
      case 'backup-unlock':
        this.#set('backup lock', effect.kind === 'backup-lock');
        break;
      case 'handler':
        if (effect.action === 'open') this.#handlers.add(effect.name);
        else this.#handlers.delete(effect.name);
        break;
      case 'text-prepare':
        this.#textPrepared.add(effect.name);
        break;
      case 'text-deallocate':
        this.#textPrepared.delete(effect.name);
        break;
      case 'role':
        this.#other.add('SET ROLE');
        break;
      default: // reported by trackers, or over with the transaction
        break;
    }
  }

  #temporaryTable({ action, name, newName }: Extract<SessionEffect, { kind: 'temporary-table' }>): void {
    if (action === 'create') this.#temporaryTables.add(name);
    // RENAME and ALTER ... RENAME of a table that is not temporary concern nobody here.
    else if (this.#temporaryTables.delete(name) && action === 'rename' && newName !== undefined) this.#temporaryTables.add(newName);
  }

  #unlock(name: string | undefined): void {
    const held = name === undefined ? undefined : this.#namedLocks.get(name);
    if (name === undefined || held === undefined) return;
    if (held > 1) this.#namedLocks.set(name, held - 1);
    else this.#namedLocks.delete(name);
  }

  #set(item: string, present: boolean): void {
    if (present) this.#other.add(item);
    else this.#other.delete(item);
  }

  /** Something would be lost if it moved now. */
  get isPinned(): boolean {
    return this.pinReasons().length > 0;
  }

  /** Why this session cannot move without losing something; empty when it can. */
  pinReasons(): string[] {
    const reasons = [...this.#other];
    for (const [name, literal] of this.userVariables) if (literal === undefined) reasons.push(`user variable @${name}`);
    for (const name of this.#temporaryTables) reasons.push(`temporary table ${name}`);
    for (const name of this.#namedLocks.keys()) reasons.push(name === '?' ? 'a named lock' : `named lock '${name}'`);
    for (const name of this.#handlers) reasons.push(`handler ${name}`);
    for (const name of this.#textPrepared) reasons.push(`prepared statement ${name}`);
    return reasons;
  }

  /** The backend connection is gone: forgets what cannot be restored and returns it for error 9502. */
  loseConnection(): Unrestorable {
    const temporaryTables = [...this.#temporaryTables];
    this.#temporaryTables.clear();
    const items = this.pinReasons();
    for (const [name, literal] of this.userVariables) if (literal === undefined) this.userVariables.delete(name);
    this.#other.clear();
    this.#namedLocks.clear();
    this.#handlers.clear();
    this.#textPrepared.clear();
    return { items, temporaryTables };
  }

  /** COM_RESET_CONNECTION: everything but the schema is back to the defaults. */
  reset(): void {
    this.wasReset = true;
    this.loseConnection();
    this.#revision += 1;
    this.variables.clear();
    this.userVariables.clear();
    this.nextTransaction = undefined;
    this.autocommit = true;
    this.#readDialect();
  }
}
