/**
 * Kinds of tokens. A kind from 33 up is that one byte itself: `(` is 40, `;` is 59. Numbers, not words, because they are compared for
 * every token of every statement.
 */
const TOKENS = {
  /** End of the text. */
  end: 0,
  /** Keyword, function name or unquoted name: `Lexer.word` tells which, 0 when it is none that we know. */
  word: 1,
  /** `name` in backticks, or in double quotes under ANSI_QUOTES. */
  quoted: 2,
  /** 'text', "text", N'text'. */
  string: 3,
  /** 1, 1.5, .5e3, 0x1f, x'1f', 0b1, b'1', \N */
  number: 4,
  /** `@name`, `@'name'`, @`name`, and `@` alone, which is the variable with the empty name. */
  userVariable: 5,
  /** `@@name`; a scope is a name of its own: `@@session` `.` `x`. */
  systemVariable: 6,
  /** `:=` */
  assign: 7,
} as const;

/** Typed as plain numbers: a comparison must not narrow a lexer's field beyond the next token. */
export const Token: { readonly [Name in keyof typeof TOKENS]: number } = TOKENS;

/** Single bytes that statements are made of; `stray` stands for all that none is made of. */
const BYTES = { open: 40, close: 41, star: 42, comma: 44, minus: 45, dot: 46, colon: 58, semicolon: 59, equals: 61, stray: 127 } as const;

export const Byte: { readonly [Name in keyof typeof BYTES]: number } = BYTES;
