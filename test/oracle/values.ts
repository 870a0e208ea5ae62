import { lenenc, PARAMETERS } from '../proxy/payloads.js';
import type { Circumstances } from './circumstances.js';
import type { WrittenParameter } from './operation.js';

/** User variables that sequences use. */
export const NAMES = ['a', 'b', 'c', 'p', '`odd name`', 'Ünï'] as const;

/** Names that an account of another charset can write too. */
export function variable(at: Circumstances): string {
  const names = at.latin1 ? NAMES.slice(0, 5) : NAMES;
  return `@${at.random.pick([...names, 'a', 'a', 'b'])}`;
}

/** Literals and expressions of every type that a user variable or a column can get. */
export const LITERALS = [
  '1',
  '-5',
  '0',
  '300',
  '9223372036854775807',
  '18446744073709551615',
  '-9223372036854775808',
  '1.50',
  '-0.001',
  '12345678901234567890.123456789',
  '1.5e0',
  '-1e300',
  'NULL',
  "''",
  "'text'",
  "'it''s'",
  "'back\\\\slash'",
  "'100%_\\n'",
  "'7 apples'",
  "X'00ff27'",
  '0x41',
  "b'101'",
  "_latin1'caf\\xe9'",
  "_utf8mb4'x' COLLATE utf8mb4_bin",
  "_binary'bin'",
  "N'national'",
  'TRUE',
  "DATE '2020-02-29'",
  "TIME '-12:30:00.5'",
  "TIMESTAMP '2021-03-04 05:06:07.125'",
  "CAST('2020-01-01' AS DATE)",
  'CAST(7 AS UNSIGNED)',
  'CAST(1.005 AS DECIMAL(20,10))',
  "CAST('abc' AS BINARY)",
  "CONVERT('abc' USING latin1)",
  "REPEAT('long ', 60)",
  'CURRENT_USER()',
  'DATABASE()',
  '1 + 1',
  '7 DIV 2',
  '10 / 4',
  "CONCAT('a', 1)",
  "JSON_OBJECT('k', 1)",
  'CHAR(0 USING utf8mb4)',
] as const;

export const literal = (at: Circumstances): string => at.random.pick(LITERALS);

/** Text that fits what the session believes about quotes. */
export const text = (at: Circumstances): string =>
  at.random.pick(["'x'", "'seven'", "'it''s'", "''", 'NULL', "'%'", "'a;b'", "'-- no'", "'/* no */'"]);

/** A number that some row has. */
export const someId = (at: Circumstances): number => 1 + at.random.below(5);

/** Types that MySQL 8.0.15 and MariaDB 10.11 both take as parameters. */
const TYPES = Object.entries(PARAMETERS).filter(
  ([name]) => !['enumeration', 'set', 'bit', 'year', 'json', 'geometry', 'mediumBlob'].includes(name),
);

/** A binary parameter of any type. */
export function anyParameter(at: Circumstances): WrittenParameter {
  const [, { type, unsigned, value }] = at.random.pick(TYPES);
  return { type, ...(unsigned === true && { unsigned }), hex: value === null || value === undefined ? null : value.toString('hex') };
}

export function numberParameter(value: number): WrittenParameter {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value, 0);
  return { type: 3, hex: bytes.toString('hex') };
}

export const textParameter = (value: string): WrittenParameter => ({ type: 253, hex: lenenc(value).toString('hex') });
