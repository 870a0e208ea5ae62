import { isUtf8 } from 'node:buffer';
import { beginsLineComment, commentEnd, hasSetVar, readsTwoWays } from './byte-search.js';
import { isDigit, isHexDigit, START, Start } from './byte-starts.js';
import { type CharacterLength, characterLengthOf } from './character-length.js';
import { DEFAULT_DIALECT, type SqlDialect } from './dialect.js';
import type { CommentSpan } from './facts.js';
import { Byte, Token } from './token.js';
import { HASH_FACTOR, NAME_BYTE, wordId } from './word-table.js';

// A Buffer, as the texts are: bytes of two hidden classes would slow every access.
const NOTHING = Buffer.alloc(0);

/** Comments whose places are kept; of more, the last one takes the last place, where tags may stand. */
const MAX_COMMENTS = 8;

/**
 * Splits statement text into tokens the way the servers' own lexers do (sql_lex.cc of MySQL 8.0 and MariaDB 10.11), over the bytes in
 * place. `next()` moves to the next token and sets the public fields; comments are skipped, the content of executable ones is code.
 * Any input ends: what is unterminated or odd sets `broken`, it never throws.
 */
export class Lexer {
  /** A `Token` kind, or the byte itself. */
  kind: number = Token.end;
  start = 0;
  end = 0;
  /** For `Token.word`: its id in `words`, 0 when unknown or when its place makes it a plain name (`t.for`, `for.t`). */
  word = 0;
  /** As `word`, whatever its place. */
  nameId = 0;
  /** The token is a name part that follows its dot without a blank. */
  afterDot = false;
  /** Sticky: the text cannot be read for sure. The server will most likely refuse it. */
  broken = false;
  /** Sticky: a string or quoted name holds bytes that are no UTF-8, and the client speaks UTF-8. */
  foreign = false;
  /** Sticky: there was an executable comment, backslash or quote whose meaning depends on a server version or sql_mode that we do not know. */
  conditional = false;
  /** Sticky: there was an optimizer hint with SET_VAR in it. */
  setVarHint = false;
  /** Where plain comments stood (not executable ones, not optimizer hints); undefined while there was none. */
  comments: CommentSpan[] | undefined = undefined;
  bytes: Uint8Array = NOTHING;
  private limit = 0;
  private dialect: SqlDialect = DEFAULT_DIALECT;
  private characterLength: CharacterLength | undefined = undefined;
  private escapes = true;
  private inComment = false;

  /** Begins to read `bytes[start..end)`. A lexer may be used again and again. */
  open(bytes: Uint8Array, dialect: SqlDialect, start: number, end: number): void {
    this.kind = Token.end;
    this.start = start;
    this.end = start;
    this.word = 0;
    this.nameId = 0;
    this.afterDot = false;
    this.broken = false;
    this.foreign = false;
    this.conditional = false;
    this.setVarHint = false;
    this.comments = undefined;
    this.bytes = bytes;
    this.limit = end;
    this.inComment = false;
    if (dialect === this.dialect) return;
    this.dialect = dialect;
    this.escapes = !dialect.noBackslashEscapes;
    this.characterLength = characterLengthOf(dialect.charset);
  }

  /**
   * A statement before says how the server reads what follows, which we do not do: the text is `conditional` if that makes a difference.
   * @param mode sql_mode changes: quotes and backslashes count
   * @param charset character_set_client changes: all bytes from 0x80 count
   */
  rereads(mode: boolean, charset: boolean): void {
    if (readsTwoWays(this.bytes, this.end, this.limit, mode, charset)) this.conditional = true;
  }

  /** Lets go of the bytes. */
  close(): void {
    this.bytes = NOTHING;
  }

  /** Moves on and returns the new `kind`. At the end of the text it stays there. */
  next(): number {
    const bytes = this.bytes;
    const previousEnd = this.end;
    let at = previousEnd;
    this.word = 0;
    for (;;) {
      if (at >= this.limit) {
        if (this.inComment) this.broken = true;
        return this.token(Token.end, this.limit, this.limit);
      }
      const byte = bytes[at] as number;
      switch (START[byte]) {
        case Start.blank:
          at++;
          continue;
        case Start.letter:
          return this.name(at);
        case Start.other:
          break;
        case Start.digit:
          return this.kind === 46 && this.afterDot ? this.name(at) : this.number(at);
        case Start.high:
          return this.name(at);
        case Start.text:
          return this.quotedText(at, byte);
        case Start.backtick:
          return this.token(Token.quoted, at, this.quotedName(at + 1, byte));
        case Start.at:
          return this.variable(at);
        case Start.dot:
          return this.dot(at, previousEnd);
        case Start.slash:
          if (bytes[at + 1] !== 42 || at + 1 >= this.limit) break;
          at = this.comment(at);
          continue;
        case Start.star:
          if (!this.inComment || bytes[at + 1] !== 47 || at + 1 >= this.limit) break;
          this.inComment = false;
          at += 2;
          continue;
        case Start.minus:
          if (!beginsLineComment(bytes, at, this.limit)) break;
          at = this.lineComment(at, at + 2);
          continue;
        case Start.hash:
          at = this.lineComment(at, at + 1);
          continue;
        case Start.colon:
          if (bytes[at + 1] === 61 && at + 1 < this.limit) return this.token(Token.assign, at, at + 2);
          break;
        case Start.escape:
          if (bytes[at + 1] === 78 && at + 1 < this.limit) return this.token(Token.number, at, at + 2);
          break;
        case Start.nul:
          // The servers' parsers refuse it wherever it stands.
          this.broken = true;
          return this.token(Token.end, at, this.limit);
      }
      // A `;` ends the statement for the server's parser, even inside an executable comment; what follows is read afresh.
      if (byte === 59 && this.inComment) this.broken = true;
      // No grammar has a place for control characters, and as kinds their numbers are taken.
      if (byte < 32) {
        this.broken = true;
        return this.token(Byte.stray, at, at + 1);
      }
      return this.token(byte, at, at + 1);
    }
  }

  private token(kind: number, start: number, end: number): number {
    this.kind = kind;
    this.start = start;
    this.end = end;
    this.afterDot = false;
    return kind;
  }

  private lineComment(start: number, from: number): number {
    const end = this.lineEnd(from);
    this.noteComment(start, end);
    return end;
  }

  private noteComment(start: number, end: number): void {
    const span = { start, end, leading: this.kind === Token.end };
    if (this.comments === undefined) this.comments = [span];
    else this.comments[Math.min(this.comments.length, MAX_COMMENTS - 1)] = span;
  }

  private lineEnd(from: number): number {
    let at = from;
    for (; at < this.limit; at++) {
      const byte = this.bytes[at];
      if (byte === 10) return at;
      if (byte === 0) {
        this.broken = true;
        return at;
      }
    }
    return at;
  }

  /** At a slash and a star: returns where reading goes on, which is inside when the comment is executable here. */
  private comment(at: number): number {
    const bytes = this.bytes;
    let mark = at + 2;
    const ofMariadb = bytes[mark] === 77 && bytes[mark + 1] === 33;
    if (ofMariadb) mark++;
    if (bytes[mark] !== 33 || mark >= this.limit) {
      const end = this.skipComment(at + 2, 0);
      if (bytes[at + 2] !== 43) this.noteComment(at, end);
      else if (hasSetVar(bytes, at + 3, end)) this.setVarHint = true;
      return end;
    }
    if (ofMariadb && this.dialect.flavor !== 'mariadb') {
      if (this.dialect.flavor === undefined) this.conditional = true;
      else return this.skipComment(at + 2, 0);
    }
    mark++;
    let digits = 0;
    while (digits < 6 && mark + digits < this.limit && isDigit(bytes[mark + digits])) digits++;
    if (digits >= 5) {
      if (this.skipsVersion(mark, digits, ofMariadb)) return this.skipComment(mark, 1);
      mark += digits;
    }
    this.inComment = true;
    return mark;
  }

  /** MariaDB reads five or six digits and passes over MySQL's versions 5.7 to 9.99; MySQL reads five, newer ones six. */
  private skipsVersion(at: number, digits: number, ofMariadb: boolean): boolean {
    let version = 0;
    for (let i = 0; i < digits; i++) version = version * 10 + (this.bytes[at + i] as number) - 48;
    const { flavor, versionNumber } = this.dialect;
    if (flavor === undefined || versionNumber === 0 || (flavor === 'mysql' && digits === 6)) {
      this.conditional = true;
      return false;
    }
    return version > versionNumber || (flavor === 'mariadb' && !ofMariadb && version >= 50_700 && version <= 99_999);
  }

  private skipComment(from: number, nestingAllowed: number): number {
    const end = commentEnd(this.bytes, from, this.limit, nestingAllowed);
    if (end !== -1) return end;
    this.broken = true;
    return this.limit;
  }

  /** Length of the character at a byte >= 0x80 outside quotes; sets `broken` where the character set may see a blank or a fault. */
  private highLength(at: number): number {
    if (this.dialect.charset === 'ascii-safe') return 1;
    const length = this.characterLength?.(this.bytes, at, this.limit) ?? 1;
    if (length === 1 && this.dialect.charset !== 'euc') this.broken = true;
    return length;
  }

  /** Keyword, name, or a literal with a letter in front of its quote. */
  private name(start: number): number {
    const { bytes, limit } = this;
    let at = start;
    let hash = 0;
    let folded = 0;
    while (at < limit) {
      folded = NAME_BYTE[bytes[at] as number] as number;
      if (folded <= 1) break;
      hash = (Math.imul(hash, HASH_FACTOR) + folded) | 0;
      at++;
    }
    if (at < limit) {
      if (folded === 1) return this.longName(start, at);
      const following = bytes[at] as number;
      if (following === 39 && at === start + 1 && !this.isAfterDot()) {
        const letter = (bytes[start] as number) | 32;
        if (letter === 110) return this.token(Token.string, start, this.string(at + 1, 39));
        if (letter === 120 || letter === 98) return this.token(Token.number, start, this.digitsInQuotes(at + 1, letter === 120));
      }
    }
    const afterDot = this.isAfterDot();
    const id = wordId(bytes, start, at, hash);
    this.kind = Token.word;
    this.start = start;
    this.end = at;
    this.afterDot = afterDot;
    this.nameId = id;
    this.word = id !== 0 && (afterDot || this.qualifies(at)) ? 0 : id;
    return Token.word;
  }

  private isAfterDot(): boolean {
    return this.afterDot && this.kind === 46;
  }

  /** A dot and a further name follow: what ends at `at` is no keyword. */
  private qualifies(at: number): boolean {
    return at + 1 < this.limit && this.bytes[at] === 46 && NAME_BYTE[this.bytes[at + 1] as number] !== 0;
  }

  /** The rest of a name with bytes of 0x80 and more in it, which none of our words has. */
  private longName(start: number, from: number): number {
    const { bytes, limit } = this;
    const afterDot = this.isAfterDot();
    let at = from;
    while (at < limit) {
      const folded = NAME_BYTE[bytes[at] as number] as number;
      if (folded === 0) break;
      at += folded === 1 ? this.highLength(at) : 1;
    }
    if (this.dialect.charset === 'ascii-safe' && !isUtf8(bytes.subarray(start, at))) this.broken = true;
    this.token(Token.word, start, at);
    this.afterDot = afterDot;
    this.nameId = 0;
    return Token.word;
  }

  private digitsInQuotes(from: number, hexadecimal: boolean): number {
    let at = from;
    while (at < this.limit && (hexadecimal ? isHexDigit(this.bytes[at]) : this.bytes[at] === 48 || this.bytes[at] === 49)) at++;
    if (at >= this.limit || this.bytes[at] !== 39) {
      this.broken = true;
      return at;
    }
    return at + 1;
  }

  private digitsEnd(from: number): number {
    let at = from;
    while (at < this.limit && isDigit(this.bytes[at])) at++;
    return at;
  }

  private byteAt(at: number): number {
    return at < this.limit ? (this.bytes[at] as number) : 0;
  }

  /** A number, or a name that begins with digits. `1e5FOR` is two tokens, `1FOR` is one: as in the servers. */
  private number(start: number): number {
    let at = start;
    const second = this.byteAt(start + 1);
    if (this.bytes[start] === 48 && (second === 120 || second === 98)) {
      at = start + 2;
      while (second === 120 ? isHexDigit(this.byteAt(at)) : this.byteAt(at) === 48 || this.byteAt(at) === 49) at++;
      const whole = at > start + 2 && NAME_BYTE[this.byteAt(at)] === 0;
      return whole ? this.token(Token.number, start, at) : this.name(start);
    }
    at = this.digitsEnd(start);
    const following = this.byteAt(at);
    if (following === 46) return this.fraction(start, at + 1);
    if (NAME_BYTE[following] === 0) return this.token(Token.number, start, at);
    if ((following | 32) === 101) {
      const sign = this.byteAt(at + 1);
      const exponent = sign === 43 || sign === 45 ? at + 2 : at + 1;
      if (isDigit(this.byteAt(exponent))) return this.token(Token.number, start, this.digitsEnd(exponent));
    }
    return this.name(start);
  }

  private fraction(start: number, from: number): number {
    let at = this.digitsEnd(from);
    if ((this.byteAt(at) | 32) === 101) {
      const sign = this.byteAt(at + 1);
      const exponent = sign === 43 || sign === 45 ? at + 2 : at + 1;
      if (isDigit(this.byteAt(exponent))) at = this.digitsEnd(exponent);
      else this.broken = true;
    }
    return this.token(Token.number, start, at);
  }

  private dot(at: number, previousEnd: number): number {
    const following = this.byteAt(at + 1);
    const joins = previousEnd === at && (this.kind === Token.word || this.kind === Token.systemVariable);
    if (!joins && isDigit(following)) return this.fraction(at, at + 1);
    this.token(46, at, at + 1);
    this.afterDot = NAME_BYTE[following] !== 0;
    return 46;
  }

  private quotedText(at: number, quote: number): number {
    if (quote === 34 && !this.dialect.modeKnown) this.conditional = true;
    if (quote === 34 && this.dialect.ansiQuotes) return this.token(Token.quoted, at, this.quotedName(at + 1, quote));
    return this.token(Token.string, at, this.string(at + 1, quote));
  }

  /** End (behind the quote) of a string whose inside begins at `from`. */
  private string(from: number, quote: number): number {
    const { bytes, limit, characterLength, escapes } = this;
    const high = characterLength === undefined ? 0x100 : 0x80;
    let at = from;
    let seen = 0;
    for (;;) {
      let byte = 0;
      while (at < limit) {
        byte = bytes[at] as number;
        if (byte === quote || byte === 92 || byte >= high) break;
        seen |= byte;
        at++;
      }
      if (at >= limit) break;
      if (byte === quote) {
        if (at + 1 >= limit || bytes[at + 1] !== quote) {
          if (seen >= 0x80 && this.dialect.charset === 'ascii-safe') this.checkUtf8(from, at);
          return at + 1;
        }
        at += 2;
      } else if (byte === 92) {
        if (!this.dialect.modeKnown) this.conditional = true;
        at += escapes ? 2 : 1;
      } else at += characterLength === undefined ? 1 : characterLength(bytes, at, limit);
    }
    this.broken = true;
    return limit;
  }

  /** Behind an introducer (`_binary'...'`) the bytes are of that other character set. */
  private checkUtf8(from: number, end: number): void {
    const hasIntroducer = this.kind === Token.word && this.bytes[this.start] === 95;
    if (!hasIntroducer && !isUtf8(this.bytes.subarray(from, end))) this.foreign = true;
  }

  private quotedName(from: number, quote: number): number {
    const { bytes, limit, characterLength } = this;
    let at = from;
    let seen = 0;
    while (at < limit) {
      const byte = bytes[at] as number;
      seen |= byte;
      if (byte === quote) {
        if (at + 1 >= limit || bytes[at + 1] !== quote) {
          if (seen >= 0x80 && this.dialect.charset === 'ascii-safe' && !isUtf8(bytes.subarray(from, at))) this.foreign = true;
          return at + 1;
        }
        at += 2;
      } else if (byte === 0) break;
      else at += byte >= 0x80 && characterLength !== undefined ? characterLength(bytes, at, limit) : 1;
    }
    this.broken = true;
    return limit;
  }

  /** `@name` in its spellings, `@@name`. */
  private variable(start: number): number {
    const { bytes, limit } = this;
    let at = start + 1;
    const second = this.byteAt(at);
    if (second === 64) {
      at++;
      if (this.byteAt(at) === 96) return this.token(Token.systemVariable, start, this.quotedName(at + 1, 96));
      while (at < limit && NAME_BYTE[bytes[at] as number] !== 0) at += NAME_BYTE[bytes[at] as number] === 1 ? this.highLength(at) : 1;
      if (at === start + 2) this.broken = true;
      return this.token(Token.systemVariable, start, at);
    }
    if (second === 96 || (second === 34 && this.dialect.ansiQuotes))
      return this.token(Token.userVariable, start, this.quotedName(at + 1, second));
    if (second === 34 && !this.dialect.modeKnown) this.conditional = true;
    if (second === 39 || second === 34) return this.token(Token.userVariable, start, this.string(at + 1, second));
    let high = false;
    while (at < limit) {
      const folded = NAME_BYTE[bytes[at] as number] as number;
      if (folded === 0 && bytes[at] !== 46) break;
      high ||= folded === 1;
      at += folded === 1 ? this.highLength(at) : 1;
    }
    if (high && this.dialect.charset === 'ascii-safe' && !isUtf8(bytes.subarray(start, at))) this.broken = true;
    return this.token(Token.userVariable, start, at);
  }
}
