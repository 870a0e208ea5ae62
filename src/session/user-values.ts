import { decodeColumnDefinition } from '../protocol/column-definition.js';
import { FieldType } from '../protocol/field-types.js';
import type { TextRow } from '../protocol/text-row.js';

const UNSIGNED = 0x20;
const BINARY = 63;
/** Columns that one variable takes in the question. */
export const COLUMNS_OF_VALUE = 3;

/** The column that holds the value. */
const VALUE_AT = 2;

/**
 * What to SELECT to learn all there is to know about a user variable: its type (of a NULL of that type, which costs no bytes), its collation, and its
 * value, as bytes that no `character_set_results` converts. What is longer than `mostBytes` is not sent.
 */
export function valueColumns(name: string, mostBytes: number): string {
  const variable = quoted(name);
  const bytes = `CAST(${variable} AS BINARY)`;
  // The first byte: 0 is NULL, 1 has a value, 2 is too long. In hex, since a literal would have the session's character set.
  const value = `IF(${variable} IS NULL,X'30',IF(OCTET_LENGTH(${bytes})>${mostBytes},X'32',CONCAT(X'31',${bytes})))`;
  return `NULLIF(${variable},${variable}),CAST(COLLATION(${variable}) AS BINARY),${value}`;
}

/** `@name`, for names of printable ASCII. */
export function quoted(name: string): string {
  return `@\`${name.replaceAll('`', '``')}\``;
}

/** Only names of printable ASCII go into our own statements: others would depend on the character set, or on how a quote in them was written. */
export function isPlainName(name: string): boolean {
  return /^[ !#-&(-_a-~]+$/.test(name);
}

/** Both servers give a variable that was never set the type of a NULL without a type, one byte longer than any value (measured). */
const NEVER_SET_LENGTH = 0x0100_0000;

/** It has no value because nobody has given it one: there is nothing to set again, and `SET @name=NULL` would give it a type. */
export function isNeverSet(column: Buffer, values: TextRow, mariadbCapabilities: number): boolean {
  if (values[VALUE_AT]?.[0] !== 0x30) return false;
  const { length, charset } = decodeColumnDefinition(column, mariadbCapabilities);
  return length === NEVER_SET_LENGTH && charset === BINARY;
}

/**
 * What has to stand behind `@name=` in a SET to give a variable the same value, type, character set and collation, whatever the session's own are.
 * Undefined: too long, or an answer that cannot be understood.
 * @param column the definition of the first of the variable's columns
 * @param values of the variable's columns
 */
export function readValue(name: string, column: Buffer, values: TextRow, mariadbCapabilities: number): string | undefined {
  const { type, flags } = decodeColumnDefinition(column, mariadbCapabilities);
  const collation = values[1]?.toString('latin1') ?? '';
  const bytes = values[VALUE_AT] ?? undefined;
  if (bytes === undefined || bytes[0] === 0x32 || !/^[a-z0-9_]+$/.test(collation)) return undefined;
  const isNull = bytes[0] === 0x30;
  const like = literal(type, (flags & UNSIGNED) !== 0, collation, isNull ? undefined : bytes.subarray(1));
  // A variable that is set to NULL keeps its type.
  return isNull && like !== undefined ? `${like},${quoted(name)}=NULL` : like;
}

function literal(type: number, unsigned: boolean, collation: string, value: Buffer | undefined): string | undefined {
  switch (type) {
    case FieldType.LONGLONG:
      return unsigned ? wrapped(number(value), (text) => `CAST(${text} AS UNSIGNED)`) : number(value);
    case FieldType.NEWDECIMAL:
      // Without a point it would be an integer.
      return wrapped(number(value), (text) => (text.includes('.') ? text : `${text}.`));
    case FieldType.DOUBLE:
      return wrapped(number(value), (text) => (text.includes('e') ? text : `${text}e0`));
    default: {
      const charset = collation.slice(0, `${collation}_`.indexOf('_'));
      return `_${charset} X'${(value ?? Buffer.alloc(0)).toString('hex')}'${charset === 'binary' ? '' : ` COLLATE ${collation}`}`;
    }
  }
}

/** MySQL gives numbers in the session's character set, whose wide ones (utf16) have zeros between the digits. */
function number(value: Buffer | undefined): string | undefined {
  if (value === undefined) return '0';
  const text = value.toString('latin1').replaceAll('\0', '');
  return /^-?\d+(\.\d+)?(e[-+]?\d+)?$/.test(text) ? text : undefined;
}

function wrapped(text: string | undefined, wrap: (text: string) => string): string | undefined {
  return text === undefined ? undefined : wrap(text);
}
