/** What `classify` says about the text of a statement. Types and their constants only. */

/** `other`: not recognised, empty, or broken; nothing good is assumed about it. */
export type StatementKind = 'read' | 'write' | 'ddl' | 'transaction' | 'set' | 'call' | 'admin' | 'other';

/** Why a statement is not called a pure read; stable words, fit for a metric's label. */
export type NotPure =
  | 'not-a-read' // writes, changes or starts something
  | 'not-recognised' // first word, or a construct, that we do not know; more than 500 parentheses open
  | 'cut-text' // only its beginning was seen
  | 'broken-text' // unterminated string or comment, NUL byte, unbalanced parenthesis, bytes that are no UTF-8 from a client that speaks it
  | 'version-comment' // executable comment, backslash or double quote whose meaning depends on a version or sql_mode that we do not know
  | 'unknown-function' // stored or loadable function that may write
  | 'row-locks' // FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE
  | 'into' // SELECT ... INTO variables or a file
  | 'assigns-variable' // :=
  | 'named-lock' // GET_LOCK and its kin
  | 'sequence' // NEXTVAL, SETVAL, NEXT VALUE FOR, LASTVAL
  | 'found-rows' // SQL_CALC_FOUND_ROWS: leaves what the next FOUND_ROWS() gives
  | 'depends-on-session' // LAST_INSERT_ID(), FOUND_ROWS(), ROW_COUNT(), SHOW WARNINGS, @@warning_count ...
  | 'about-one-server' // SHOW STATUS, CONNECTION_ID(), performance_schema ...: the answer is that of one server or connection
  | 'oracle-mode'
  | 'compound'; // several statements of which one is not pure, or BEGIN NOT ATOMIC

/** What a read needs of the connection it runs on. Bits of `StatementFacts.dependsOn`. */
export const DependsOn = {
  /** Reads `@x`. The names are in `userVariablesRead`, made on demand. */
  userVariables: 1,
  /** LAST_INSERT_ID(), @@last_insert_id, @@identity, and `LASTVAL` */
  lastInsertId: 2,
  /** FOUND_ROWS() */
  foundRows: 4,
  /** ROW_COUNT() */
  rowCount: 8,
  /** SHOW WARNINGS/ERRORS, GET DIAGNOSTICS, @@warning_count, @@error_count */
  diagnostics: 16,
  /** CONNECTION_ID(), @@pseudo_thread_id, IS_USED_LOCK, SHOW PROFILE ...: this very backend connection */
  connection: 32,
  /** SHOW STATUS, performance_schema ...: one server's own data */
  server: 64,
} as const;

/** What only the connection of the session's last statement can answer. */
export const ABOUT_LAST_STATEMENT = DependsOn.foundRows | DependsOn.rowCount | DependsOn.diagnostics;

/**
 * What a statement leaves behind in its session when it succeeds. Names are lower case where the server ignores case (user variables,
 * prepared statements, locks), else as written (tables).
 */
export type SessionEffect =
  /** `literal`: the value's SQL text when it is one literal, so the variable can be set again; undefined: unknown. */
  | { readonly kind: 'user-variable'; readonly name: string; readonly literal: string | undefined }
  /**
   * Trackers report these too, but for `untracked`: MariaDB 10.11 says nothing of `SET @@x = ...` (without `session.`).
   * `literal` as above; `persist`: also PERSIST_ONLY.
   */
  | {
      readonly kind: 'system-variable';
      readonly name: string;
      readonly scope: 'session' | 'global' | 'persist';
      readonly literal: string | undefined;
      readonly untracked?: true;
    }
  | { readonly kind: 'names'; readonly charset: string }
  | { readonly kind: 'schema'; readonly name: string }
  | { readonly kind: 'next-transaction' }
  /**
   * DROP TABLE without TEMPORARY counts: it drops a temporary table of that name first, and where there is none (`orReal`) a real one. `rename`: only if there
   * is such a one.
   */
  | {
      readonly kind: 'temporary-table';
      readonly action: 'create' | 'drop' | 'rename';
      readonly schema: string | undefined;
      readonly name: string;
      readonly newName?: string;
      readonly orReal?: true;
    }
  /** A lock name is known only when it is one string literal. */
  | { readonly kind: 'named-lock' | 'named-unlock'; readonly name: string | undefined }
  | { readonly kind: 'named-unlock-all' }
  | { readonly kind: 'lock-tables' | 'unlock-tables' | 'global-read-lock' }
  /** LOCK INSTANCE FOR BACKUP, BACKUP STAGE, BACKUP LOCK and their ends. */
  | { readonly kind: 'backup-lock' | 'backup-unlock' }
  | { readonly kind: 'handler'; readonly action: 'open' | 'close'; readonly name: string }
  | { readonly kind: 'text-prepare'; readonly name: string; readonly from: 'literal' | 'expression' }
  | { readonly kind: 'text-deallocate'; readonly name: string }
  | { readonly kind: 'role' }
  | { readonly kind: 'found-rows' }
  /** LAST_INSERT_ID(expression) sets what LAST_INSERT_ID() gives. */
  | { readonly kind: 'last-insert-id' }
  /** `id`: undefined where it is no plain number; `'?'`: a parameter. `start` and `end`: where it stands in the text. `soft`: MariaDB's KILL SOFT. */
  | {
      readonly kind: 'kill';
      readonly query: boolean;
      readonly soft: boolean;
      readonly id: number | '?' | undefined;
      readonly start: number;
      readonly end: number;
    }
  /** SHUTDOWN, and MySQL's RESTART. */
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'xa'; readonly action: 'start' | 'end' | 'prepare' | 'commit' | 'rollback' };

/** Where a comment stands in the bytes that were read, its marks included (a line feed that ends it is not). */
export interface CommentSpan {
  readonly start: number;
  readonly end: number;
  /** Stands before the text's first word. */
  readonly leading: boolean;
}

/**
 * Facts about one COM_QUERY or COM_STMT_PREPARE text. Right, or on the careful side: what is not certain is not pure, not simple, may
 * commit and may change state. Objects are shared between statements: never edit one.
 */
export interface StatementFacts {
  /** Of the first statement when there are several. */
  readonly kind: StatementKind;
  /** How many statements the server will see in this text (0: nothing but blanks and comments). */
  readonly statements: number;
  /** More than one statement. The other facts then hold for all of them together: pure when all are, commits when any does. */
  readonly multi: boolean;
  /** Leaves nothing behind and gives the same answer on any server with the same data and the same restored session. */
  readonly pureRead: boolean;
  /** Set exactly when `pureRead` is false. */
  readonly notPureBecause: NotPure | undefined;
  /**
   * Reads only and leaves nothing behind, wider than `pureRead`: also what depends on the session or is about one server. Running it once
   * more, after the session's state has been restored, harms nobody.
   */
  readonly harmless: boolean;
  /** Bits of `DependsOn`. */
  readonly dependsOn: number;
  /** Reads `@x`: wants the user variables restored first. */
  readonly usesUserVariables: boolean;
  /** Any bit of `dependsOn` but userVariables and server: has to run where the session's last statement ran. */
  readonly dependsOnSession: boolean;
  /**
   * One INSERT, UPDATE, DELETE, REPLACE or simple DDL without unknown functions: if a server refuses it as read-only with its first
   * answer, nothing of it has happened. Not CALL, compound, EXECUTE, LOAD, nor anything in a multi-statement text.
   */
  readonly simpleWrite: boolean;
  /** BEGIN, START TRANSACTION, XA START; COMMIT/ROLLBACK AND CHAIN. */
  readonly begins: boolean;
  /** START TRANSACTION READ ONLY. */
  readonly readOnlyRequested: boolean;
  /** START TRANSACTION READ WRITE. */
  readonly readWriteRequested: boolean;
  /** Ends an open transaction by committing it when it succeeds: COMMIT, BEGIN, DDL, SET autocommit=1 (that one only if it was 0). */
  readonly commits: boolean;
  /** `commits`, or cannot be ruled out: CALL, EXECUTE, compound, not recognised. Outcome-unknown decisions go by this. */
  readonly mayCommit: boolean;
  /** ROLLBACK (not ROLLBACK TO SAVEPOINT). */
  readonly rollsBack: boolean;
  /** The last value assigned in the text; undefined: not assigned, or not by a literal. */
  readonly setsAutocommit: 0 | 1 | undefined;
  /** COMMIT/ROLLBACK ... RELEASE: the server closes the connection afterwards. */
  readonly releases: boolean;
  /** LOAD DATA/XML LOCAL INFILE. */
  readonly loadLocal: boolean;
  /** CALL, EXECUTE, compound, unknown functions, not recognised: may leave state behind that `effects` does not name. */
  readonly mayChangeState: boolean;
  /**
   * The answer's trackers may show variables as they were for this statement only: SET STATEMENT, NOWAIT, WAIT (MariaDB), SET_VAR hints
   * (MySQL). Measured: no later answer corrects them. Believe only those that `effects` names, and `last_gtid`.
   */
  readonly passingVariables: boolean;
  readonly effects: readonly SessionEffect[];
  /**
   * Plain comments (`/* *\/`, `-- `, `#`), for `hints.ts`; undefined where there are none, as in most texts. The first seven and the last.
   * Executable comments and optimizer hints are none.
   */
  readonly comments: readonly CommentSpan[] | undefined;
}
