import { DEFAULT_DIALECT, type SqlDialect } from './dialect.js';
import { Fact } from './fact-bits.js';
import { DependsOn } from './facts.js';
import { Call, callGroups, Touching } from './known-calls.js';
import type { StatementScan } from './statement-scan.js';
import { variableDependsOn } from './system-variables.js';
import { Byte, Token } from './token.js';
import { WithClause } from './with-clause.js';
import { CALL_OF_WORD, wordIdOf } from './word-table.js';
import { Word } from './words.js';

/** What `@x` means where the scan is. */
export const VariableUse = { read: 0, ignored: 1, assigned: 2 } as const;

/** What the next token decides. */
const Pending = { verb: 1, schema: 2, lock: 4, unlock: 8, lockEnd: 16, lastInsertId: 32, session: 64, global: 128 } as const;

/** Words that mean something wherever they stand in an expression or a query. */
const WATCHED: Uint8Array = new Uint8Array(2048);
for (const word of [Word.INTO, Word.UPDATE, Word.SHARE, Word.LOCK, Word.DELETE, Word.INSERT, Word.REPLACE, Word.PROCEDURE])
  WATCHED[word] = 1;
for (const word of [Word.WITH, Word.VALUE, Word.SQL_CALC_FOUND_ROWS]) WATCHED[word] = 1;
// Also in definitions.
for (const word of [Word.NOWAIT, Word.WAIT]) WATCHED[word] = 2;

/** Tables of information_schema that describe the data, not the server. */
const DICTIONARY_TABLES: ReadonlySet<string> = new Set(
  `character_sets check_constraints collation_character_set_applicability collations column_privileges columns events key_column_usage keywords
   parameters partitions referential_constraints routines schema_privileges schemata statistics table_constraints table_privileges tables
   triggers user_privileges views`.split(/\s+/),
);

/** Looks at every token for what reads and writes alike can do inside expressions: calls, variables, assignments, locks, INTO. */
export class ExpressionWatch {
  /** A name followed by `(` is a call. Off where it is a definition. */
  calls = true;
  /** All tokens are names, not calls. */
  names = false;
  /** The present token is a name: a `(` behind it calls nothing. */
  isName = false;
  variables: number = VariableUse.read;
  /** Keywords mean nothing here (`SHOW CREATE PROCEDURE`, definitions). */
  quiet = false;
  private readonly scan: StatementScan;
  private groups = callGroups(DEFAULT_DIALECT);
  /** `Touching` bits that count. */
  private touching: number = Touching.everywhere | Touching.mariadb;
  private readonly withClause = new WithClause();
  private pending = 0;
  private lockName: string | undefined;
  /** Inside `INTO @a, @b`. */
  private into = false;
  /** Name of the user variable in the token before, '' when it was another token; with its `@`, so never ''. */
  private variable = '';

  constructor(scan: StatementScan) {
    this.scan = scan;
  }

  speaks(dialect: SqlDialect): void {
    this.groups = callGroups(dialect);
    this.touching = dialect.ignoreSpace ? 0 : Touching.everywhere | (dialect.flavor === 'mysql' ? 0 : Touching.mariadb);
  }

  /** Forgets what belongs to one statement. */
  startStatement(): void {
    this.calls = true;
    this.names = false;
    this.quiet = false;
    this.variables = VariableUse.read;
    this.pending = 0;
    this.into = false;
    this.variable = '';
    this.isName = false;
    this.withClause.clear();
  }

  /** To be called for each token, after the scan has moved to it. */
  see(kind: number): void {
    const wasName = this.isName;
    this.isName = this.names;
    if (this.variable !== '') this.behindVariable(kind);
    if (this.pending !== 0) this.resolve(kind);
    if (this.withClause.listening) this.seeWith(kind);
    switch (kind) {
      case Token.word: {
        const { word } = this.scan.lexer;
        this.into = false;
        if (WATCHED[word] !== 0) this.seeWatched(word);
        break;
      }
      case Byte.open:
        if (this.calls && !wasName) this.seeCall();
        break;
      case Byte.dot:
        this.seeDot();
        break;
      case Token.userVariable:
        if (this.into) this.assigns(this.scan.variableName());
        else if (this.variables === VariableUse.assigned) this.passes(this.scan.variableName());
        else if (this.variables === VariableUse.read) this.variable = `@${this.scan.variableName()}`;
        break;
      case Token.systemVariable:
        if (this.variables !== VariableUse.ignored) this.seeSystemVariable();
        break;
      case Byte.comma:
        break;
      default:
        this.into = false;
        break;
    }
  }

  private behindVariable(kind: number): void {
    const name = this.variable.slice(1);
    this.variable = '';
    if (kind !== Token.assign) {
      this.scan.dependsOn |= DependsOn.userVariables;
      return;
    }
    this.scan.because('assigns-variable');
    this.assigns(name);
  }

  /** Read, and perhaps changed. */
  private passes(name: string): void {
    this.scan.dependsOn |= DependsOn.userVariables;
    this.assigns(name);
  }

  private assigns(name: string): void {
    this.scan.effect({ kind: 'user-variable', name, literal: undefined });
  }

  private needs(bits: number): void {
    this.scan.dependsOn |= bits;
    const elsewhere = bits & ~(DependsOn.userVariables | DependsOn.server);
    if (elsewhere !== 0) this.scan.because('depends-on-session');
    else if ((bits & DependsOn.server) !== 0) this.scan.because('about-one-server');
  }

  private seeWith(kind: number): void {
    const { lexer, depth, previousKind } = this.scan;
    const isVerb = this.withClause.see(kind, kind === Token.word ? lexer.word : 0, depth, previousKind);
    if (this.withClause.isName) this.isName = true;
    if (isVerb && (lexer.word === Word.UPDATE || lexer.word === Word.DELETE)) this.scan.turnsWrite();
  }

  private seeWatched(word: number): void {
    if (WATCHED[word] === 2) this.scan.set(Fact.passingVariables);
    else if (!this.quiet) this.seeWord(word);
  }

  private seeWord(word: number): void {
    const { scan } = this;
    switch (word) {
      case Word.WITH:
        this.withClause.begin();
        break;
      case Word.INTO:
        scan.because('into');
        this.into = true;
        break;
      case Word.UPDATE:
        scan.because(scan.previousWord === Word.FOR ? 'row-locks' : 'not-a-read');
        break;
      case Word.SHARE:
        if (scan.previousWord === Word.FOR) scan.because('row-locks');
        break;
      case Word.LOCK:
        scan.because('row-locks');
        break;
      case Word.DELETE:
        scan.because('not-a-read');
        break;
      case Word.INSERT:
      case Word.REPLACE:
        this.pending |= Pending.verb;
        break;
      case Word.VALUE:
        if (scan.previousWord === Word.NEXT) this.movesSequence();
        else if (scan.previousWord === Word.PREVIOUS) this.needs(DependsOn.lastInsertId);
        break;
      case Word.SQL_CALC_FOUND_ROWS:
        scan.because('found-rows');
        scan.effect({ kind: 'found-rows' });
        break;
      default: // PROCEDURE ANALYSE
        scan.because('not-recognised');
        break;
    }
  }

  private movesSequence(): void {
    this.scan.because('sequence');
    this.scan.mayLeaveState();
  }

  /** At the `(` behind a name: which function is it? */
  private seeCall(): void {
    const { scan } = this;
    const before = scan.beforeKind;
    // Behind a whole operand no call can stand: `AGAINST (`, `COLUMNS (`, the columns of a derived table.
    if (before === Byte.close || before === Token.string || before === Token.number) return;
    if (scan.previousKind !== Token.word) {
      if (scan.previousKind === Token.quoted && scan.beforeWord !== Word.AS) this.unknownCall();
      return;
    }
    const call = before === Byte.dot ? 0 : (CALL_OF_WORD[scan.previousName] as number);
    const known = (call & this.groups) === 0 ? 0 : call & 0xff;
    if (known !== Call.safe && !(known === 0 && scan.beforeWord === Word.AS)) this.seeSpecialCall(known);
    else if ((call & this.touching) !== 0 && scan.previousEnd !== scan.lexer.start && scan.beforeWord !== Word.AS) this.unknownCall();
  }

  private seeSpecialCall(call: number): void {
    switch (call) {
      case Call.lastInsertId:
        this.pending |= Pending.lastInsertId;
        break;
      case Call.foundRows:
        this.needs(DependsOn.foundRows);
        break;
      case Call.rowCount:
        this.needs(DependsOn.rowCount);
        break;
      case Call.connection:
        this.needs(DependsOn.connection);
        break;
      case Call.server:
        this.needs(DependsOn.server);
        break;
      case Call.getLock:
      case Call.releaseLock:
        this.pending |= call === Call.getLock ? Pending.lock : Pending.unlock;
        break;
      case Call.releaseAllLocks:
        this.lock({ kind: 'named-unlock-all' });
        break;
      case Call.sequence:
        this.movesSequence();
        break;
      case Call.lastValue:
        this.needs(DependsOn.lastInsertId);
        break;
      default:
        this.unknownCall();
        break;
    }
  }

  private lock(effect: Parameters<StatementScan['effect']>[0]): void {
    this.scan.because('named-lock');
    this.scan.bits &= ~Fact.simpleWrite;
    this.scan.effect(effect);
  }

  private unknownCall(): void {
    const { safeFunctions } = this.scan.dialect;
    if (safeFunctions !== undefined) {
      const name = this.scan.previousNameText();
      if (safeFunctions.has(name) || (name.includes('.') && safeFunctions.has(`*${name.slice(name.indexOf('.'))}`))) return;
    }
    this.scan.because('unknown-function');
    this.scan.mayLeaveState();
  }

  /** The token that tells what an earlier one meant. */
  private resolve(kind: number): void {
    const { pending } = this;
    this.pending = 0;
    if ((pending & Pending.verb) !== 0 && kind !== Byte.open) this.scan.because('not-a-read');
    if ((pending & Pending.schema) !== 0) this.seeSchemaTable(kind);
    if ((pending & Pending.lastInsertId) !== 0) this.seeLastInsertId(kind);
    if ((pending & (Pending.session | Pending.global)) !== 0) this.seeScoped(kind, pending);
    if ((pending & (Pending.lock | Pending.unlock)) !== 0) this.seeLockName(kind, pending);
  }

  private seeLastInsertId(kind: number): void {
    if (kind === Byte.close) this.needs(DependsOn.lastInsertId);
    else {
      this.scan.because('depends-on-session');
      this.scan.because('not-a-read');
      this.scan.effect({ kind: 'last-insert-id' });
    }
  }

  /** The name is certain only where the whole argument is one plain string, which the token behind it shows. */
  private seeLockName(kind: number, pending: number): void {
    const takes = (pending & Pending.lock) !== 0;
    const isSecond = (pending & Pending.lockEnd) !== 0;
    if (!isSecond && kind === Token.string) {
      const name = this.scan.plainString();
      // MariaDB tells 'a' from 'A' (seen on 10.11).
      this.lockName = this.scan.dialect.flavor === 'mariadb' ? name : name?.toLowerCase();
      this.pending |= (pending & (Pending.lock | Pending.unlock)) | Pending.lockEnd;
      return;
    }
    const name = isSecond && (kind === Byte.comma || kind === Byte.close) ? this.lockName : undefined;
    this.lock({ kind: takes ? 'named-lock' : 'named-unlock', name });
  }

  private seeDot(): void {
    const { scan } = this;
    if ((this.pending & (Pending.session | Pending.global)) !== 0) return;
    const id =
      scan.previousKind === Token.quoted ? wordIdOf(scan.lexer.bytes, scan.previousStart + 1, scan.previousEnd - 1) : scan.previousName;
    if (id === Word.INFORMATION_SCHEMA) this.pending |= Pending.schema;
    else if (id === Word.PERFORMANCE_SCHEMA || id === Word.SYS || id === Word.MYSQL) this.needs(DependsOn.server);
  }

  private seeSchemaTable(kind: number): void {
    const name = kind === Token.quoted ? this.scan.unquoted() : this.scan.text();
    if (!DICTIONARY_TABLES.has(name.toLowerCase())) this.needs(DependsOn.server);
  }

  private seeSystemVariable(): void {
    const name = this.scan.systemVariableName();
    if (name === 'session' || name === 'local') this.pending |= Pending.session;
    else if (name === 'global') this.pending |= Pending.global;
    else this.needs(variableDependsOn(name, false));
  }

  private seeScoped(kind: number, pending: number): void {
    const bits = pending & (Pending.session | Pending.global);
    if (kind === Byte.dot) this.pending |= bits;
    else {
      const name = kind === Token.quoted ? this.scan.unquoted() : this.scan.text();
      this.needs(variableDependsOn(name.toLowerCase(), bits === Pending.global));
    }
  }
}
