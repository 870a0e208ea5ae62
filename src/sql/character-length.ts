import type { CharsetFamily } from './dialect.js';

/** Length in bytes of the character that starts at `at`, 1 when the bytes there are no valid multi-byte character (as the servers' `my_ismbchar`). */
export type CharacterLength = (bytes: Uint8Array, at: number, end: number) => number;

const within = (byte: number | undefined, low: number, high: number): boolean => byte !== undefined && byte >= low && byte <= high;

function gbk(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end || !within(bytes[at], 0x81, 0xfe)) return 1;
  return within(bytes[at + 1], 0x40, 0x7e) || within(bytes[at + 1], 0x80, 0xfe) ? 2 : 1;
}

function sjis(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end || !(within(bytes[at], 0x81, 0x9f) || within(bytes[at], 0xe0, 0xfc))) return 1;
  return within(bytes[at + 1], 0x40, 0x7e) || within(bytes[at + 1], 0x80, 0xfc) ? 2 : 1;
}

function big5(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end || !within(bytes[at], 0xa1, 0xf9)) return 1;
  return within(bytes[at + 1], 0x40, 0x7e) || within(bytes[at + 1], 0xa1, 0xfe) ? 2 : 1;
}

function gb18030(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end || !within(bytes[at], 0x81, 0xfe)) return 1;
  if (within(bytes[at + 1], 0x40, 0x7e) || within(bytes[at + 1], 0x80, 0xfe)) return 2;
  if (at + 3 >= end || !within(bytes[at + 1], 0x30, 0x39)) return 1;
  return within(bytes[at + 2], 0x81, 0xfe) && within(bytes[at + 3], 0x30, 0x39) ? 4 : 1;
}

/** The rule of a family in which a byte below 0x80 can be a later byte of a character; undefined for the families without such bytes. */
export function characterLengthOf(family: CharsetFamily): CharacterLength | undefined {
  switch (family) {
    case 'gbk':
      return gbk;
    case 'sjis':
      return sjis;
    case 'big5':
      return big5;
    case 'gb18030':
      return gb18030;
    default:
      return undefined;
  }
}
