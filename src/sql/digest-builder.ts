import type { Lexer } from './lexer.js';
import { Byte, Token } from './token.js';
import { Word } from './words.js';

/** Normalised text is cut after so many bytes; what follows does not count. */
export const MAX_DIGEST_BYTES = 4096;

/** Parentheses deeper than this are written as they are. */
const MAX_GROUPS = 64;

/** Byte -> itself, capital letters small. */
const SMALL: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte));

/** What was written last, as far as the next token's spacing cares. */
const Last = { nothing: 0, name: 1, keyword: 2, literal: 3, operator: 4, open: 5, close: 6, comma: 7, dot: 8 } as const;

/** Behind these a parenthesis is no call, and a `-` is a sign. */
const KEYWORDS: Uint8Array = new Uint8Array(2048);
for (const word of [
  Word.SELECT,
  Word.IN,
  Word.VALUES,
  Word.VALUE,
  Word.FROM,
  Word.AND,
  Word.OR,
  Word.NOT,
  Word.EXISTS,
  Word.ON,
  Word.USING,
  Word.AS,
])
  KEYWORDS[word] = 1;
for (const word of [Word.WHERE, Word.JOIN, Word.UNION, Word.EXCEPT, Word.INTERSECT, Word.BY, Word.HAVING, Word.WHEN, Word.THEN, Word.ELSE])
  KEYWORDS[word] = 1;
for (const word of [Word.SET, Word.LIMIT, Word.LIKE, Word.INTO, Word.CASE, Word.ROW, Word.DO, Word.TABLE]) KEYWORDS[word] = 1;

const QUESTION = 63;
const BLANK = 32;

/** Two bytes that make one operator when they touch: <= >= <> != || && -> << >> and the rest of <=> and ->>. */
function makesOperator(first: number, second: number): boolean {
  if (second === 61) return first === 60 || first === 62 || first === 33;
  if (second === 62) return first === 60 || first === 45 || first === 62 || first === 61;
  return second === first && (first === 124 || first === 38 || first === 60);
}

function step(state: number, word: number, first: number, second: number): number {
  const scrambled = Math.imul(word, first);
  const mixed = state ^ Math.imul((scrambled << 15) | (scrambled >>> 17), second);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(state: number): number {
  let hash = state;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function expectsOperand(last: number): boolean {
  return last === Last.nothing || last === Last.operator || last === Last.open || last === Last.comma || last === Last.keyword;
}

/**
 * Writes a statement's normalised text from its tokens: comments gone, one blank between tokens, unquoted ASCII letters small, plain names
 * without their quotes, each literal `?`, lists of literals `(?+)`, equal neighbours in parentheses (rows of VALUES) once. Reusable.
 */
export class DigestBuilder {
  readonly bytes: Buffer = Buffer.alloc(MAX_DIGEST_BYTES + 4);
  length = 0;
  /** The text was longer than `MAX_DIGEST_BYTES`. */
  cut = false;
  private last: number = Last.nothing;
  /** What stood before a `-` or `+`. */
  private beforeSign: number = Last.nothing;
  /** Whether the group was a list of literals before the sign. */
  private listBeforeSign = 0;
  private lastEnd = -1;
  private lastByte = 0;
  private depth = 0;
  private readonly groupStart = new Int32Array(MAX_GROUPS);
  /** Only literals and commas since the group began. */
  private readonly isList = new Uint8Array(MAX_GROUPS);
  /** The group is no argument list of a call. */
  private readonly isFree = new Uint8Array(MAX_GROUPS);
  /** Bounds of the last group that ended at a depth. */
  private readonly closedStart = new Int32Array(MAX_GROUPS);
  private readonly closedEnd = new Int32Array(MAX_GROUPS);

  open(): void {
    this.length = 0;
    this.cut = false;
    this.last = Last.nothing;
    this.lastEnd = -1;
    this.depth = 0;
    this.isList[0] = 0;
    this.closedEnd[0] = -1;
  }

  /** The token where `lexer` stands. */
  add(lexer: Lexer): void {
    const { kind } = lexer;
    if (this.cut) return;
    switch (kind) {
      case Token.end:
        return;
      case Token.word:
        this.word(lexer);
        break;
      case Token.string:
      case Token.number:
        this.literal();
        break;
      case Token.quoted:
        this.quoted(lexer);
        break;
      case Byte.open:
        this.openGroup();
        break;
      case Byte.close:
        this.closeGroup();
        break;
      case Byte.comma:
        this.put(kind);
        this.last = Last.comma;
        break;
      case Byte.dot:
        this.put(kind);
        this.last = Last.dot;
        break;
      case QUESTION:
        this.literal();
        break;
      default:
        this.other(lexer);
        break;
    }
    this.lastEnd = lexer.end;
    if (this.length > MAX_DIGEST_BYTES) {
      this.length = MAX_DIGEST_BYTES;
      this.cut = true;
    }
  }

  /**
   * Hash of the text. Two 32-bit lanes over its little-endian 4-byte words (zeros behind the end), each step and the end as in MurmurHash3's
   * 32-bit form; `high` with that form's constants and seed 0, `low` with those of its 128-bit form and seed 0x9747b28c.
   */
  hash(): { high: number; low: number } {
    const { bytes, length } = this;
    bytes.fill(0, length, Math.min(length + 4, bytes.length));
    let high = 0;
    let low = 0x9747b28c | 0;
    for (let at = 0; at < length; at += 4) {
      const word =
        (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
      high = step(high, word, 0xcc9e2d51, 0x1b873593);
      low = step(low, word, 0x239b961b, 0xab0e9789);
    }
    return { high: finish(high ^ length), low: finish(low ^ length) };
  }

  private put(byte: number): void {
    if (this.length <= MAX_DIGEST_BYTES) this.bytes[this.length++] = byte;
  }

  private blank(): void {
    if (this.last !== Last.nothing && this.last !== Last.open && this.last !== Last.dot) this.put(BLANK);
  }

  private copy(source: Uint8Array, start: number, end: number): void {
    const { bytes } = this;
    const stop = Math.min(end, start + MAX_DIGEST_BYTES + 1 - this.length);
    let to = this.length;
    for (let at = start; at < stop; at++) bytes[to++] = SMALL[source[at] as number] as number;
    this.length = to;
  }

  private word(lexer: Lexer): void {
    const { word } = lexer;
    const isValue = word === Word.NULL || word === Word.TRUE || word === Word.FALSE;
    if (isValue && (this.last === Last.operator || this.last === Last.open || this.last === Last.comma)) {
      this.literal();
      return;
    }
    this.notList();
    this.blank();
    this.copy(lexer.bytes, lexer.start, lexer.end);
    this.last = word !== 0 && KEYWORDS[word] === 1 ? Last.keyword : Last.name;
  }

  private quoted(lexer: Lexer): void {
    const { bytes, start, end } = lexer;
    let plain = end - start > 2;
    for (let at = start + 1; plain && at < end - 1; at++) {
      const byte = SMALL[bytes[at] as number] as number;
      plain = (byte >= 97 && byte <= 122) || (byte >= 48 && byte <= 57) || byte === 95 || byte === 36;
    }
    this.notList();
    this.blank();
    if (plain) this.copy(bytes, start + 1, end - 1);
    else this.copy(bytes, start, end);
    this.last = Last.name;
  }

  /** A sign in front of a number belongs to the number, unless it stands behind an operand. */
  private literal(): void {
    const isSign = this.last === Last.operator && (this.lastByte === Byte.minus || this.lastByte === 43);
    if (isSign && expectsOperand(this.beforeSign)) {
      this.length--;
      if (this.length > 0 && this.bytes[this.length - 1] === BLANK) this.length--;
      this.last = this.beforeSign;
      if (this.depth < MAX_GROUPS) this.isList[this.depth] = this.listBeforeSign;
    }
    this.blank();
    this.put(QUESTION);
    this.last = Last.literal;
  }

  private other(lexer: Lexer): void {
    const { kind } = lexer;
    if (kind < 33) {
      // @x, @@x, :=
      this.notList();
      this.blank();
      this.copy(lexer.bytes, lexer.start, lexer.end);
      this.last = kind === Token.assign ? Last.operator : Last.name;
      this.lastByte = 0;
      return;
    }
    const joins = this.last === Last.operator && this.lastEnd === lexer.start && makesOperator(this.lastByte, kind);
    if (!joins) {
      this.beforeSign = this.last;
      this.listBeforeSign = this.depth < MAX_GROUPS ? (this.isList[this.depth] as number) : 0;
      if (kind !== Byte.semicolon) this.blank();
    }
    this.notList();
    this.put(kind);
    this.last = Last.operator;
    this.lastByte = kind;
  }

  private notList(): void {
    if (this.depth < MAX_GROUPS) this.isList[this.depth] = 0;
  }

  private openGroup(): void {
    const isCall = this.last === Last.name;
    this.notList();
    if (!isCall) this.blank();
    const depth = ++this.depth;
    if (depth < MAX_GROUPS) {
      this.groupStart[depth] = this.length;
      this.isList[depth] = 1;
      this.isFree[depth] = isCall ? 0 : 1;
      this.closedEnd[depth] = -1;
    }
    this.put(Byte.open);
    this.last = Last.open;
  }

  private closeGroup(): void {
    const depth = this.depth;
    if (depth > 0) this.depth--;
    if (depth === 0 || depth >= MAX_GROUPS) {
      this.put(Byte.close);
      this.last = Last.close;
      return;
    }
    const start = this.groupStart[depth] as number;
    if (this.isList[depth] === 1 && this.isFree[depth] === 1 && this.last === Last.literal) {
      this.length = start + 2;
      this.put(43);
    }
    this.put(Byte.close);
    this.last = Last.close;
    if (this.repeats(depth - 1, start)) this.length = this.closedEnd[depth - 1] as number;
    else {
      this.closedStart[depth - 1] = start;
      this.closedEnd[depth - 1] = this.length;
    }
  }

  /** The group that ends here stands behind an equal one and a comma. */
  private repeats(depth: number, start: number): boolean {
    const { bytes } = this;
    const end = this.closedEnd[depth] as number;
    if (end < 0 || end !== start - 2 || bytes[end] !== Byte.comma) return false;
    const from = this.closedStart[depth] as number;
    const length = end - from;
    if (this.length - start !== length) return false;
    for (let i = 0; i < length; i++) if (bytes[from + i] !== bytes[start + i]) return false;
    return true;
  }
}
