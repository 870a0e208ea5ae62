import { DEFAULT_DIALECT, type SqlDialect } from './dialect.js';
import type { DigestBuilder } from './digest-builder.js';
import { ExpressionWatch } from './expression-watch.js';
import { Fact, GatheredFacts } from './fact-bits.js';
import type { NotPure, SessionEffect, StatementFacts, StatementKind } from './facts.js';
import { Lexer } from './lexer.js';
import { Byte, Token } from './token.js';

const SOFT: ReadonlySet<NotPure | undefined> = new Set<NotPure | undefined>([
  undefined,
  'found-rows',
  'depends-on-session',
  'about-one-server',
]);

/** No statement that anybody writes nests deeper; what does is left to the primary. */
const MAX_DEPTH = 500;

/** A possibly qualified name as written, quotes removed. */
export interface Name {
  readonly schema: string | undefined;
  readonly name: string;
}

/**
 * One reading of a text: moves through its tokens once, lets `ExpressionWatch` look at each, and gathers the facts. The functions for the
 * single statements call `advance`, look at the token fields, and leave the rest of their statement to `rest`.
 */
export class StatementScan {
  readonly lexer = new Lexer();
  readonly watch: ExpressionWatch;
  dialect: SqlDialect = DEFAULT_DIALECT;
  /** How many parentheses are open. */
  depth = 0;
  kind: StatementKind | undefined;
  bits = 0;
  dependsOn = 0;
  statements = 0;
  previousKind: number = Token.end;
  previousWord = 0;
  previousName = 0;
  previousStart = 0;
  previousEnd = 0;
  /** Two tokens back. */
  beforeKind: number = Token.end;
  beforeWord = 0;
  /** A SET of this text has changed sql_mode, or character_set_client, in a way that matters to the lexer. */
  newMode = false;
  newCharset = false;
  private qualifierStart = 0;
  private effects: SessionEffect[] | undefined;
  private reason: NotPure | undefined;
  private digest: DigestBuilder | undefined;

  constructor() {
    this.watch = new ExpressionWatch(this);
  }

  /** Begins a reading of `bytes[start..end)`. */
  open(bytes: Uint8Array, dialect: SqlDialect, start: number, end: number, digest: DigestBuilder | undefined): void {
    this.lexer.open(bytes, dialect, start, end);
    if (dialect !== this.dialect) this.watch.speaks(dialect);
    this.dialect = dialect;
    this.digest = digest;
    this.kind = undefined;
    this.bits = 0;
    this.dependsOn = 0;
    this.statements = 0;
    this.newMode = false;
    this.newCharset = false;
    this.effects = undefined;
    this.reason = undefined;
  }

  /** Next token, watched. Returns its kind. */
  advance(): number {
    const kind = this.skip();
    this.watch.see(kind);
    return kind;
  }

  /** Next token, not watched (bodies of stored programs). */
  skip(): number {
    const lexer = this.lexer;
    if (lexer.kind === Byte.dot) this.qualifierStart = this.previousStart;
    this.beforeKind = this.previousKind;
    this.beforeWord = this.previousWord;
    this.previousKind = lexer.kind;
    this.previousWord = lexer.word;
    this.previousName = lexer.nameId;
    this.previousStart = lexer.start;
    this.previousEnd = lexer.end;
    const kind = lexer.next();
    if (kind === Byte.open) {
      if (++this.depth > MAX_DEPTH) this.because('not-recognised');
    } else if (kind === Byte.close && --this.depth < 0) this.broken();
    if (this.digest !== undefined) this.digest.add(lexer);
    return kind;
  }

  /** Id of the present token when it is a keyword, else 0. */
  get word(): number {
    return this.lexer.word;
  }

  /** The statement ends here. */
  get atEnd(): boolean {
    return this.lexer.kind === Token.end || this.lexer.kind === Byte.semicolon;
  }

  startStatement(): void {
    this.depth = 0;
    this.watch.startStatement();
  }

  endStatement(): void {
    if (this.depth !== 0) this.broken();
    if (this.statements > 1 && !this.dialect.multiStatements) this.broken();
  }

  /** Goes on when the present token is that keyword. */
  accept(word: number): boolean {
    if (this.lexer.word !== word) return false;
    this.advance();
    return true;
  }

  /** Reads the statement to its end. */
  rest(): void {
    while (!this.atEnd) this.advance();
  }

  /** Notes why this is not a pure read; the first grave reason stays. */
  because(reason: NotPure): void {
    if (SOFT.has(this.reason) && (this.reason === undefined || !SOFT.has(reason))) this.reason = reason;
  }

  set(bits: number): void {
    this.bits |= bits;
  }

  /** Kind of the statement; the first one of a text gives the text its kind. */
  is(kind: StatementKind): void {
    if (this.kind === undefined) this.kind = kind;
    if (kind === 'read') return;
    const reason = kind === 'other' ? 'not-recognised' : 'not-a-read';
    if (this.statements === 1) this.reason = reason;
    else this.because(reason);
  }

  effect(effect: SessionEffect): void {
    if (this.effects === undefined) this.effects = [effect];
    else this.effects.push(effect);
  }

  /** A common table expression led to UPDATE or DELETE. */
  turnsWrite(): void {
    if (this.statements <= 1) this.kind = 'write';
    this.because('not-a-read');
  }

  /** Something ran that may have changed the session in ways we do not see, or did not end where it began. */
  mayLeaveState(): void {
    this.bits = (this.bits | Fact.mayChangeState) & ~Fact.simpleWrite;
  }

  /** Nothing good is assumed from here on. */
  unsure(reason: NotPure): void {
    this.because(reason);
    this.set(Fact.mayCommit | Fact.mayChangeState);
    this.bits &= ~Fact.simpleWrite;
  }

  /** The name before the present `(`, lower case, with its qualifier when it has one. */
  previousNameText(): string {
    const start = this.beforeKind === Byte.dot ? this.qualifierStart : this.previousStart;
    return this.text(start, this.previousEnd).replaceAll(/[`\s]/g, '').toLowerCase();
  }

  broken(): void {
    this.lexer.broken = true;
  }

  /** Text of the present token's bytes [start, end). */
  text(start = this.lexer.start, end = this.lexer.end): string {
    const { bytes } = this.lexer;
    return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString(
      this.dialect.charset === 'ascii-safe' ? 'utf8' : 'latin1',
    );
  }

  /** The name in the present token (word or quoted), which may be qualified; undefined when there is none. Goes on behind it. */
  name(): Name | undefined {
    let schema: string | undefined;
    for (let parts = 0; ; parts++) {
      const { kind } = this.lexer;
      if (kind !== Token.word && kind !== Token.quoted) return undefined;
      const name = kind === Token.quoted ? this.unquoted() : this.text();
      this.watch.isName = true;
      this.advance();
      if (this.lexer.kind !== Byte.dot || parts === 1) return { schema, name };
      schema = name;
      this.advance();
    }
  }

  /** Inside of the present quoted token, doubled quotes made single. */
  unquoted(): string {
    const { start, end } = this.lexer;
    const text = this.text(start + 1, end - 1);
    const quote = String.fromCharCode(this.lexer.bytes[start] as number);
    return text.includes(quote) ? text.replaceAll(quote + quote, quote) : text;
  }

  /** Inside of the present string when it has no escape of any sort; else undefined. */
  plainString(): string | undefined {
    const { start, end, bytes, kind } = this.lexer;
    const quote = bytes[start] as number;
    if (kind !== Token.string || (quote !== 39 && quote !== 34)) return undefined;
    const text = this.text(start + 1, end - 1);
    return text.includes('\\') || text.includes(String.fromCharCode(quote)) ? undefined : text;
  }

  /** Name of the present `@variable`, lower case; escapes in its string spelling stay as they are. */
  variableName(): string {
    return this.nameBehind(1);
  }

  /** Name of the present `@@variable`, lower case. */
  systemVariableName(): string {
    return this.nameBehind(2);
  }

  private nameBehind(signs: number): string {
    const { start, end, bytes } = this.lexer;
    const first = bytes[start + signs] as number;
    const quoted = start + signs < end && (first === 96 || first === 39 || first === 34);
    if (!quoted) return this.text(start + signs, end).toLowerCase();
    const quote = String.fromCharCode(first);
    return this.text(start + signs + 1, end - 1)
      .replaceAll(quote + quote, quote)
      .toLowerCase();
  }

  /** Makes a text that was cut, or not understood, careful. */
  private settle(): void {
    if (this.lexer.broken) this.unsure('broken-text');
    if (this.lexer.foreign) this.because('broken-text');
    if (this.lexer.conditional) this.unsure('version-comment');
    if (this.lexer.setVarHint) this.set(Fact.passingVariables);
    if (this.dialect.oracle) this.unsure('oracle-mode');
    if (this.statements !== 1) this.bits &= ~Fact.simpleWrite;
    if (this.statements === 0) this.because('not-recognised');
  }

  /**
   * The text goes on behind what was seen. Where the connection cannot send several statements, what follows belongs to this one: it
   * cannot commit unless its first words did.
   */
  cut(): void {
    const wasQuiet = (this.bits & Fact.mayCommit) === 0 && !this.dialect.multiStatements && this.kind === 'write';
    this.reason = undefined;
    this.lexer.broken = false;
    this.unsure('cut-text');
    if (wasQuiet) this.bits &= ~Fact.mayCommit;
  }

  finish(): StatementFacts {
    this.settle();
    const { comments } = this.lexer;
    this.lexer.close();
    return new GatheredFacts(this.kind ?? 'other', this.bits, this.statements, this.reason, this.dependsOn, this.effects, comments);
  }
}
