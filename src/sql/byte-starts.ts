import { NAME_BYTE } from './word-table.js';

/** What a byte can begin. */
export const Start = {
  other: 0,
  blank: 1,
  letter: 2,
  digit: 3,
  text: 4,
  backtick: 5,
  at: 6,
  dot: 7,
  slash: 8,
  minus: 9,
  hash: 10,
  colon: 11,
  star: 12,
  high: 13,
  nul: 14,
  escape: 15,
} as const;

/** Byte -> what it can begin. */
export const START: Uint8Array = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  if (byte === 32 || (byte >= 9 && byte <= 13)) START[byte] = Start.blank;
  else if (byte >= 48 && byte <= 57) START[byte] = Start.digit;
  else if (byte >= 0x80) START[byte] = Start.high;
  else if (NAME_BYTE[byte] !== 0) START[byte] = Start.letter;
}
const STARTS = {
  '"': Start.text,
  "'": Start.text,
  '`': Start.backtick,
  '@': Start.at,
  '.': Start.dot,
  '/': Start.slash,
  '-': Start.minus,
  '#': Start.hash,
  ':': Start.colon,
  '*': Start.star,
};
for (const [character, start] of Object.entries(STARTS)) START[character.charCodeAt(0)] = start;
START[0] = Start.nul;
START[92] = Start.escape;

export const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 48 && byte <= 57;
export const isHexDigit = (byte: number | undefined): boolean =>
  isDigit(byte) || (byte !== undefined && (byte | 32) >= 97 && (byte | 32) <= 102);
