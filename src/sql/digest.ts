import { DEFAULT_DIALECT, type SqlDialect } from './dialect.js';

/** 64-bit hash of the normalised text as 16 lower-case hex digits. (First push: placeholder.) */
export function digestHash(_sql: Buffer, _dialect: SqlDialect = DEFAULT_DIALECT, _start = 0, _end = _sql.length): string {
  return '0000000000000000';
}

/** Normalised text: literals `?`, lists collapsed, comments and blanks normalised; at most `maxBytes` long. (First push: placeholder.) */
export function digestText(_sql: Buffer, _dialect: SqlDialect = DEFAULT_DIALECT, _maxBytes = 4096): string {
  return '';
}
