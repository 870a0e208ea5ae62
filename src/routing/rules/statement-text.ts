import { classify } from '../../sql/classify.js';
import type { SqlDialect } from '../../sql/dialect.js';
import type { Digest } from '../../sql/digest.js';
import { digest } from '../../sql/digest.js';
import type { DigestCache } from '../../sql/digest-cache.js';
import type { StatementFacts, StatementKind } from '../../sql/facts.js';
import { type CommentTags, commentTags } from '../../sql/hints.js';
import { Lexer } from '../../sql/lexer.js';
import { serverEnd } from '../../sql/server-end.js';
import { type TableName, tablesNamed } from '../../sql/tables-named.js';
import { Byte, Token } from '../../sql/token.js';
import type { Pattern } from '../pattern/pattern.js';

const NO_TAGS: CommentTags = { tags: new Map(), leading: '' };

/**
 * One text as rules look at it. Each thing is worked out when the first rule asks for it and kept: a prepared statement keeps this object, and
 * so pays once.
 */
export class StatementText {
  readonly sql: Buffer;
  readonly facts: StatementFacts;
  readonly #dialect: SqlDialect;
  readonly #digests: DigestCache | undefined;
  #bounds: readonly [number, number] | undefined;
  #kinds: ReadonlySet<StatementKind> | undefined;
  #tables: readonly TableName[] | undefined;
  #digest: Digest | undefined;
  #tags: CommentTags | undefined;
  readonly #matches = new Map<Pattern, boolean>();

  /**
   * @param facts of this text by this dialect
   * @param digests of all such texts of this process
   */
  constructor(sql: Buffer, facts: StatementFacts, dialect: SqlDialect, digests?: DigestCache) {
    this.sql = sql;
    this.facts = facts;
    this.#dialect = dialect;
    this.#digests = digests;
  }

  /** The same with bytes of its own, to be kept. */
  copy(): StatementText {
    return new StatementText(Buffer.from(this.sql), this.facts, this.#dialect, this.#digests);
  }

  /** From its first word to its last byte that is no blank and no `;`. What a pattern is matched with. */
  get bounds(): readonly [start: number, end: number] {
    if (this.#bounds === undefined) {
      const end = serverEnd(this.sql, 0, this.sql.length);
      const lexer = new Lexer();
      lexer.open(this.sql, this.#dialect, 0, end);
      lexer.next();
      this.#bounds = [Math.min(lexer.start, end), end];
    }
    return this.#bounds;
  }

  /** Of all its statements. */
  get kinds(): ReadonlySet<StatementKind> {
    this.#kinds ??= new Set(this.facts.multi ? this.#kindsOfParts() : [this.facts.kind]);
    return this.#kinds;
  }

  #kindsOfParts(): StatementKind[] {
    const kinds: StatementKind[] = [];
    const lexer = new Lexer();
    lexer.open(this.sql, this.#dialect, 0, this.sql.length);
    let start = 0;
    let isEmpty = true;
    for (;;) {
      const token = lexer.next();
      if (token !== Token.end && token !== Byte.semicolon) {
        isEmpty = false;
        continue;
      }
      if (!isEmpty) kinds.push(classify(this.sql, this.#dialect, start, lexer.start).kind);
      if (token === Token.end) return kinds;
      start = lexer.end;
      isEmpty = true;
    }
  }

  get tables(): readonly TableName[] {
    this.#tables ??= tablesNamed(this.sql, this.#dialect).map(({ schema, name }) => ({
      schema: schema?.toLowerCase(),
      name: name.toLowerCase(),
    }));
    return this.#tables;
  }

  get digest(): Digest {
    this.#digest ??= this.#digests?.digest(this.sql, this.#dialect) ?? digest(this.sql, this.#dialect);
    return this.#digest;
  }

  get tags(): CommentTags {
    this.#tags ??= commentTags(this.sql, this.facts.comments) ?? NO_TAGS;
    return this.#tags;
  }

  matches(pattern: Pattern): boolean {
    let matches = this.#matches.get(pattern);
    if (matches === undefined) {
      matches = pattern.test(this.sql, ...this.bounds);
      this.#matches.set(pattern, matches);
    }
    return matches;
  }
}
