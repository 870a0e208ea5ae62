import { DEFAULT_DIALECT, type SqlDialect } from './dialect.js';
import { DigestBuilder } from './digest-builder.js';
import { Lexer } from './lexer.js';
import { serverEnd } from './server-end.js';
import { Token } from './token.js';

/** A statement's shape: everything but its literals. */
export interface Digest {
  /** 64-bit hash of `text` as 16 hex digits. */
  readonly hash: string;
  /** Normalised text, at most `MAX_DIGEST_BYTES` long. */
  readonly text: string;
}

/** Digest of a text by itself, for those who ask rarely; others keep a `DigestCache`. `Classifier.classify` fills a `DigestBuilder` in its own pass; then use `digestOf`. */
export function digest(sql: Uint8Array, dialect: SqlDialect = DEFAULT_DIALECT, start = 0, end = sql.length): Digest {
  const builder = new DigestBuilder();
  readDigest(new Lexer(), builder, sql, dialect, start, end);
  return digestOf(builder);
}

/** Lets `builder` gather the digest of `sql[start..end)`. */
export function readDigest(lexer: Lexer, builder: DigestBuilder, sql: Uint8Array, dialect: SqlDialect, start: number, end: number): void {
  lexer.open(sql, dialect, start, serverEnd(sql, start, end));
  builder.open();
  while (lexer.next() !== Token.end) builder.add(lexer);
  lexer.close();
}

/** What a builder has gathered. */
export function digestOf(builder: DigestBuilder): Digest {
  return { hash: hashText(builder.hash()), text: builder.bytes.toString('utf8', 0, builder.length) };
}

/** 16 hex digits of a hash's halves. */
export function hashText(halves: { readonly high: number; readonly low: number }): string {
  return halves.high.toString(16).padStart(8, '0') + halves.low.toString(16).padStart(8, '0');
}
