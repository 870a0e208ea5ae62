import { DEFAULT_DIALECT, type SqlDialect } from './dialect.js';
import { Lexer } from './lexer.js';
import { Byte, Token } from './token.js';
import { Word } from './words.js';

/** A table's name as written, quotes removed. */
export interface TableName {
  readonly schema: string | undefined;
  readonly name: string;
}

/** A table's name follows these. */
const LEADS: ReadonlySet<number> = new Set([
  Word.JOIN,
  Word.STRAIGHT_JOIN,
  Word.INTO,
  Word.TABLE,
  Word.TABLES,
  Word.REFERENCES,
  Word.VIEW,
  Word.OF,
  Word.SEQUENCE,
]);
/** ... these only as a statement's first word. */
const VERBS: ReadonlySet<number> = new Set([
  Word.UPDATE,
  Word.INSERT,
  Word.REPLACE,
  Word.DELETE,
  Word.TRUNCATE,
  Word.DESCRIBE,
  Word.DESC,
  Word.EXPLAIN,
  Word.HANDLER,
]);
/** ... and may come between. */
const BETWEEN: ReadonlySet<number> = new Set([
  Word.IF,
  Word.NOT,
  Word.EXISTS,
  Word.LOW_PRIORITY,
  Word.HIGH_PRIORITY,
  Word.DELAYED,
  Word.QUICK,
  Word.IGNORE,
  Word.INTO,
  Word.FROM,
  Word.TABLE,
  Word.LOCAL,
  Word.CONCURRENT,
  Word.EXTENDED,
]);
/** No table's name follows a comma behind these. */
const ENDS: ReadonlySet<number> = new Set([
  Word.WHERE,
  Word.SET,
  Word.GROUP,
  Word.ORDER,
  Word.HAVING,
  Word.LIMIT,
  Word.SELECT,
  Word.VALUES,
  Word.VALUE,
  Word.UNION,
  Word.FOR,
  Word.PARTITION,
]);
/** Statements that are understood here; of others every name counts. */
const UNDERSTOOD: ReadonlySet<number> = new Set([
  ...VERBS,
  Word.SELECT,
  Word.WITH,
  Word.TABLE,
  Word.VALUES,
  Word.SHOW,
  Word.CREATE,
  Word.ALTER,
  Word.DROP,
  Word.RENAME,
  Word.LOCK,
  Word.LOAD,
  Word.ANALYZE,
  Word.CHECK,
  Word.CHECKSUM,
  Word.OPTIMIZE,
  Word.REPAIR,
  Word.FLUSH,
  Word.SET,
  Word.DO,
  Word.COMMIT,
  Word.ROLLBACK,
  Word.BEGIN,
  Word.START,
]);

/** Words that are not reserved: where a name is expected, these are one ... */
const NAMES: ReadonlySet<number> = new Set([Word.VIEW, Word.SEQUENCE, Word.TABLES, Word.VALUE]);
/** ... and these may be. */
const PERHAPS_NAMES: ReadonlySet<number> = new Set([Word.QUICK, Word.LOCAL, Word.CONCURRENT, Word.EXTENDED]);

/** Walks one text; a table's name is expected, or not. */
class TableReader {
  readonly tables: TableName[] = [];
  readonly #lexer = new Lexer();
  readonly #sql: Uint8Array;
  readonly #dialect: SqlDialect;
  #expects = false;
  /** Depths at which a comma brings the next name. */
  readonly #lists = new Set<number>();
  #depth = 0;
  #verb = 0;
  /** Depths at which a SELECT stands, so that its FROM is one: `EXTRACT(YEAR FROM x)` has none. */
  readonly #queries = new Set<number>();

  constructor(sql: Uint8Array, dialect: SqlDialect, start: number, end: number) {
    this.#sql = sql;
    this.#dialect = dialect;
    this.#lexer.open(sql, dialect, start, end);
  }

  read(): void {
    const lexer = this.#lexer;
    let previous = 0;
    lexer.next();
    while (lexer.kind !== Token.end) {
      const { kind, word } = lexer;
      if (kind === Token.word && word !== 0 && this.#keyword(word, previous)) lexer.next();
      else if ((kind === Token.word || kind === Token.quoted) && this.#wanted()) this.#name();
      else {
        this.#other(kind);
        lexer.next();
      }
      previous = kind === Token.word ? word : 0;
    }
  }

  /** True when the word does its work as a keyword. */
  #keyword(word: number, previous: number): boolean {
    // SET STATEMENT ... FOR: a statement begins.
    if (this.#verb === 0 || (this.#verb === Word.SET && previous === Word.FOR && this.#depth === 0)) return this.#first(word);
    if (this.#expects && NAMES.has(word)) return false;
    if (this.#expects && BETWEEN.has(word)) {
      if (PERHAPS_NAMES.has(word)) this.tables.push({ schema: undefined, name: this.#text() });
      return true;
    }
    if (word === Word.SELECT) this.#queries.add(this.#depth);
    if (ENDS.has(word)) {
      this.#lists.delete(this.#depth);
      this.#expects = false;
    }
    const isFrom =
      (word === Word.FROM || (word === Word.USING && this.#verb === Word.DELETE)) && (this.#depth === 0 || this.#queries.has(this.#depth));
    const isTarget = word === Word.UPDATE && previous !== Word.FOR && previous !== Word.KEY;
    const isNewName = (word === Word.TO || word === Word.AS) && (this.#verb === Word.RENAME || previous === Word.RENAME);
    const isOn = word === Word.ON && (this.#verb === Word.CREATE || this.#verb === Word.DROP);
    const isPattern = word === Word.LIKE && this.#verb === Word.CREATE;
    const leads = LEADS.has(word) || isFrom || isTarget || isNewName || isOn || isPattern;
    if (leads) this.#expect();
    return leads || ENDS.has(word);
  }

  #first(word: number): boolean {
    this.#verb = UNDERSTOOD.has(word) ? word : -1;
    if (word === Word.SELECT) this.#queries.add(this.#depth);
    if (VERBS.has(word) || word === Word.TABLE) this.#expect();
    return this.#verb !== -1;
  }

  #expect(): void {
    this.#expects = true;
    this.#lists.add(this.#depth);
  }

  #wanted(): boolean {
    if (this.#verb === 0) this.#verb = -1;
    return this.#expects || this.#verb === -1;
  }

  #name(): void {
    const lexer = this.#lexer;
    let schema: string | undefined;
    let name = this.#text();
    lexer.next();
    if (lexer.kind === Byte.dot) {
      lexer.next();
      if (lexer.kind === Token.word || lexer.kind === Token.quoted) {
        schema = name;
        name = this.#text();
        lexer.next();
      }
    }
    this.tables.push({ schema, name });
    this.#expects = false;
  }

  #text(): string {
    const { kind, start, end } = this.#lexer;
    const bytes = Buffer.from(this.#sql.buffer, this.#sql.byteOffset + start, end - start);
    const text = bytes.toString(this.#dialect.charset === 'ascii-safe' ? 'utf8' : 'latin1');
    if (kind !== Token.quoted) return text;
    const quote = text.slice(0, 1);
    return text.slice(1, -1).replaceAll(quote + quote, quote);
  }

  #other(kind: number): void {
    if (kind === Byte.open) {
      this.#depth++;
      if (this.#expects) this.#lists.add(this.#depth);
    } else if (kind === Byte.close) {
      this.#queries.delete(this.#depth);
      this.#lists.delete(this.#depth);
      this.#depth--;
      this.#expects = false;
    } else if (kind === Byte.comma) this.#expects = this.#lists.has(this.#depth);
    else if (kind === Byte.semicolon) {
      this.#verb = 0;
      this.#expects = false;
      this.#lists.clear();
      this.#depth = 0;
      this.#queries.clear();
    } else if (kind !== Byte.dot) this.#expects = false;
  }
}

/**
 * Names that stand where a table's name can stand in `sql[start..end)`: those of all tables that are named, perhaps a few more (an alias, a
 * common table expression, a schema), never fewer in a statement the servers accept. What views, routines and triggers touch is not seen.
 * Not for every statement: it is a reading of its own.
 */
export function tablesNamed(sql: Uint8Array, dialect: SqlDialect = DEFAULT_DIALECT, start = 0, end = sql.length): readonly TableName[] {
  const reader = new TableReader(sql, dialect, start, end);
  reader.read();
  return reader.tables;
}
