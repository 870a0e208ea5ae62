import { variableFate } from '../backend/session-restore.js';
import type { TrackedChanges } from '../backend/tracked-changes.js';
import { dialectOf, type SqlDialect } from '../sql/dialect.js';
import type { SessionEffect } from '../sql/facts.js';
import type { SafeFunctions } from '../sql/safe-functions.js';
import type { CarriedState } from './carried-state.js';
import { OneShots } from './one-shots.js';
import { type Revised, RevisedMap } from './revised-map.js';
import { UserVariables } from './user-variables.js';

/** What died with a server and could not be carried over. */
export interface Unrestorable {
  readonly items: readonly string[];
  readonly temporaryTables: readonly string[];
  /** What LAST_INSERT_ID() gave; of interest only to those who ask for it. */
  readonly insertIdLost: boolean;
}

/** A PREPARE of the text protocol that makes its statement again: its names and its text are read as they were then. */
export interface TextPrepare {
  readonly sql: string;
  readonly schema: string | undefined;
  /** Where the session had set one. */
  readonly sqlMode: string | undefined;
}

/** What was set up after a revision: what a connection lacks that was brought up to date then. */
export interface StateChanges {
  /** In the order of last setting, which is the order in which they have to be set again. */
  readonly variables: readonly Revised<string>[];
  /** Those whose value is known; what stands behind `@name=`. */
  readonly userVariables: readonly Revised<string>[];
  /** The statement that set the role, where it was set then. */
  readonly role: string | undefined;
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
  readonly userVariables = new UserVariables();
  #nextTransaction: string | undefined;
  lastGtid: string | undefined;
  readonly #temporaryTables = new Set<string>();
  readonly #namedLocks = new Set<string>();
  /** Locks of which only the server knows whether the session holds them: GET_LOCK may fail, and locks count. */
  readonly unreadLocks = new Set<string>();
  /** MariaDB: variables that were set without a word of its tracker. */
  readonly unreadVariables = new Set<string>();
  /** A procedure or function may have set user variables that we cannot name. */
  unseenUserVariables = false;
  /** A routine may have set user variables whose names no one tells (MySQL): where it ran they are found. */
  hiddenUserVariables = false;
  /** LAST_INSERT_ID() is not what the last OK said, or may not be. */
  insertIdUnread = false;
  readonly #handlers = new Set<string>();
  /** Value: the PREPARE that makes it again; undefined when that is not known. */
  readonly #textPrepared = new RevisedMap<TextPrepare | undefined>();
  /** The statement that set it, with its revision. */
  #role: { readonly sql: string; readonly revision: number } | undefined;
  readonly #oneShots = new OneShots();
  readonly #other = new Set<string>();
  #carried: { readonly revision: number; readonly state: CarriedState } | undefined;

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
    const known = this.userVariables.values.since(revision).filter((each): each is Revised<string> => each[1] !== undefined);
    const role = this.#role !== undefined && this.#role.revision > revision ? this.#role.sql : undefined;
    return { variables: this.variables.since(revision), userVariables: known, role };
  }

  /** What a new connection is to be given, as of now; made once for as long as nothing changes. */
  carried(): CarriedState {
    if (this.#carried?.revision !== this.#revision) {
      const state: CarriedState = {
        schema: this.#schema,
        variables: [...this.variables],
        userVariables: this.knownUserVariables(),
        role: this.#role?.sql,
        nextTransaction: this.#nextTransaction,
        wasReset: this.wasReset,
      };
      this.#carried = { revision: this.#revision, state };
    }
    return this.#carried.state;
  }

  /** PREPAREs (text protocol) that a connection lacks which had those up to a revision; 0: all. */
  textPreparesSince(revision: number): Revised<TextPrepare>[] {
    if (this.#textPrepared.size === 0) return [];
    return this.#textPrepared.since(revision).filter((each): each is Revised<TextPrepare> => each[1] !== undefined);
  }

  /** The server has refused it: it is gone. */
  forgetTextPrepared(name: string): void {
    this.#textPrepared.delete(name);
  }

  /** There is something to ask the server for, because no answer tells it. */
  get hasUnread(): boolean {
    return this.userVariables.unread.size + this.unreadLocks.size + this.unreadVariables.size > 0 || this.unseenUserVariables;
  }

  /** Something has changed by a read from the server. */
  nextRevision(): number {
    this.#revision += 1;
    return this.#revision;
  }

  /** The server's word for whether the session holds a named lock. */
  learnLock(name: string, held: boolean): void {
    this.unreadLocks.delete(name);
    if (held) this.#namedLocks.add(name);
    else this.#namedLocks.delete(name);
  }

  /** What LAST_INSERT_ID() gives; undefined: only the server knows. */
  learnInsertId(id: string | undefined): void {
    this.insertIdUnread = id === undefined;
    if (id === undefined) this.variables.delete('last_insert_id');
    else this.variables.set('last_insert_id', id, this.nextRevision());
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

  /** User variables whose value can be set again, and what stands behind `@name=`. */
  knownUserVariables(): [name: string, literal: string][] {
    const known: [string, string][] = [];
    for (const [name, literal] of this.userVariables.values) if (literal !== undefined) known.push([name, literal]);
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
      if (fate === 'pins') this.#oneShots.told(name, value);
      if (name === 'last_insert_id') this.insertIdUnread = false;
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
        this.userVariables.assigned(effect.name, effect.literal, this.nextRevision());
        break;
      case 'system-variable':
        this.#variable(effect);
        break;
      case 'temporary-table':
        this.#temporaryTable(effect);
        break;
      case 'named-lock':
        this.#namedLocks.add(effect.name ?? '?');
        if (effect.name !== undefined) this.unreadLocks.add(effect.name);
        break;
      case 'named-unlock':
        if (effect.name !== undefined && this.#namedLocks.has(effect.name)) this.unreadLocks.add(effect.name);
        break;
      case 'named-unlock-all':
        this.#namedLocks.clear();
        this.unreadLocks.clear();
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
        this.#textPrepared.set(effect.name, undefined, this.nextRevision());
        break;
      case 'text-deallocate':
        this.#textPrepared.delete(effect.name);
        break;
      case 'role':
        this.#other.add('SET ROLE');
        break;
      case 'xa':
        this.#set('XA transaction', effect.action !== 'commit' && effect.action !== 'rollback');
        break;
      default: // reported by trackers or with the answer, or over with the transaction
        break;
    }
  }

  #temporaryTable({ action, name, newName }: Extract<SessionEffect, { kind: 'temporary-table' }>): void {
    if (action === 'create') this.#temporaryTables.add(name);
    // RENAME and ALTER ... RENAME of a table that is not temporary concern nobody here.
    else if (this.#temporaryTables.delete(name) && action === 'rename' && newName !== undefined) this.#temporaryTables.add(newName);
  }

  /** The role was set by this statement, which can be repeated elsewhere. */
  roleSetBy(sql: string): void {
    this.#other.delete('SET ROLE');
    this.#role = { sql, revision: this.nextRevision() };
  }

  forgetRole(): void {
    this.#role = undefined;
  }

  get roleStatement(): string | undefined {
    return this.#role?.sql;
  }

  /** This PREPARE makes the statement again. */
  preparedBy(name: string, sql: string): void {
    this.#textPrepared.set(name, { sql, schema: this.#schema, sqlMode: this.variables.get('sql_mode') }, this.nextRevision());
  }

  /** `timestamp` stands still until DEFAULT; the tracker reports that with the old value (both servers), so the text has to tell. */
  #variable({ name, scope, literal }: Extract<SessionEffect, { kind: 'system-variable' }>): void {
    if (name !== 'timestamp' || scope !== 'session' || literal === undefined) return;
    const isDefault = /^(?:default|0+(?:\.0*)?)$/i.test(literal);
    if (!isDefault && !/^\d+(?:\.\d+)?$/.test(literal)) return;
    this.#oneShots.ended(name);
    this.variables.set(name, isDefault ? 'DEFAULT' : literal, this.nextRevision());
  }

  /** A statement has run: what was set for the next one only is over. */
  statementRan(kind: string, madeId: boolean): void {
    this.#oneShots.usedBy(kind, madeId);
  }

  /**
   * Code that we have not seen has run: any value may be another one by now.
   * @param insertId LAST_INSERT_ID() too (procedures; functions put it back)
   * @param names it may have set user variables that the session did not have
   */
  doubtValues(insertId: boolean, names: boolean): void {
    if (this.userVariables.values.size > 0) this.userVariables.doubted(this.nextRevision());
    for (const name of this.#namedLocks) if (name !== '?') this.unreadLocks.add(name);
    if (names) this.unseenUserVariables = true;
    this.mayHideVariables();
    if (insertId) this.learnInsertId(undefined);
  }

  mayHideVariables(): void {
    if (this.dialect.flavor === 'mysql') this.hiddenUserVariables = true;
  }

  #set(item: string, present: boolean): void {
    if (present) this.#other.add(item);
    else this.#other.delete(item);
  }

  /** It keeps others from writing until it says so, as an open transaction would: its next statement must get through. */
  get locksTables(): boolean {
    return this.#other.has('LOCK TABLES') || this.#other.has('FLUSH TABLES WITH READ LOCK');
  }

  /** Something would be lost if it moved now. */
  get isPinned(): boolean {
    return this.hasUnread || this.pinReasons().length > 0;
  }

  /** Why this session cannot move without losing something; empty when it can. */
  pinReasons(): string[] {
    const reasons = [...this.#other];
    for (const name of this.#oneShots.names) reasons.push(`variable ${name}`);
    for (const name of this.unreadVariables) reasons.push(`variable ${name}`);
    for (const name of this.userVariables.unknown()) reasons.push(`user variable @${name}`);
    for (const name of this.#temporaryTables) reasons.push(`temporary table ${name}`);
    for (const name of this.#namedLocks) reasons.push(name === '?' ? 'a named lock' : `named lock '${name}'`);
    for (const name of this.#handlers) reasons.push(`handler ${name}`);
    for (const [name, sql] of this.#textPrepared) if (sql === undefined) reasons.push(`prepared statement ${name}`);
    return reasons;
  }

  /** The backend connection is gone: forgets what cannot be restored and returns it for error 9502. */
  loseConnection(): Unrestorable {
    const temporaryTables = [...this.#temporaryTables];
    this.#temporaryTables.clear();
    const items = this.pinReasons();
    const insertIdLost = this.insertIdUnread;
    this.userVariables.forgetUnknown();
    this.#other.clear();
    this.#oneShots.clear();
    this.#namedLocks.clear();
    this.#handlers.clear();
    this.unreadLocks.clear();
    this.unreadVariables.clear();
    this.unseenUserVariables = false;
    this.hiddenUserVariables = false;
    this.insertIdUnread = false;
    for (const [name, sql] of [...this.#textPrepared]) if (sql === undefined) this.#textPrepared.delete(name);
    return { items, temporaryTables, insertIdLost };
  }

  /** COM_RESET_CONNECTION: everything but the schema is back to the defaults. */
  reset(): void {
    this.wasReset = true;
    this.loseConnection();
    this.#revision += 1;
    this.variables.clear();
    this.userVariables.clear();
    this.#textPrepared.clear();
    this.#role = undefined;
    this.nextTransaction = undefined;
    this.autocommit = true;
    this.#readDialect();
  }
}
