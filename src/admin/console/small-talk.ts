import type { Result } from './result.js';
import type { WordReader } from './words.js';

/** Who is on the line, as far as clients ask for it. */
export interface Talker {
  readonly user: string;
  readonly from: string;
  readonly version: string;
  readonly connectionId: number;
}

/** Functions and variables that clients and drivers ask for right after the login. */
const ANSWERS: Readonly<Record<string, (talker: Talker) => string | number | null>> = {
  'VERSION()': ({ version }) => version,
  '@@VERSION': ({ version }) => version,
  '@@VERSION_COMMENT': () => 'Pointsman SQL console; SHOW HELP lists what it knows',
  'DATABASE()': () => 'main',
  'SCHEMA()': () => 'main',
  'USER()': ({ user, from }) => `${user}@${from}`,
  'CURRENT_USER()': ({ user, from }) => `${user}@${from}`,
  'CONNECTION_ID()': ({ connectionId }) => connectionId,
  '@@MAX_ALLOWED_PACKET': () => 67_108_864,
  '@@SOCKET': () => null,
  '@@AUTOCOMMIT': () => 1,
  '@@SQL_MODE': () => '',
  '@@LOWER_CASE_TABLE_NAMES': () => 0,
  '@@CHARACTER_SET_CLIENT': () => 'utf8mb4',
  '@@CHARACTER_SET_CONNECTION': () => 'utf8mb4',
  '@@CHARACTER_SET_RESULTS': () => 'utf8mb4',
  '@@COLLATION_CONNECTION': () => 'utf8mb4_general_ci',
  '@@TRANSACTION_ISOLATION': () => 'REPEATABLE-READ',
  '@@TX_ISOLATION': () => 'REPEATABLE-READ',
  '@@TIME_ZONE': () => 'SYSTEM',
  '@@SYSTEM_TIME_ZONE': () => 'UTC',
  '@@WAIT_TIMEOUT': () => 28_800,
  '@@INTERACTIVE_TIMEOUT': () => 28_800,
  '@@NET_WRITE_TIMEOUT': () => 60,
  '@@AUTO_INCREMENT_INCREMENT': () => 1,
  '@@INIT_CONNECT': () => '',
  '@@LICENSE': () => 'Apache-2.0',
  '@@PERFORMANCE_SCHEMA': () => 0,
  '@@QUERY_CACHE_SIZE': () => 0,
  '@@QUERY_CACHE_TYPE': () => 'OFF',
};

/** `SELECT` of such things and of literals, without a table; undefined: it is something else. SELECT is taken already. */
export function talk(text: string, talker: Talker): Result | undefined {
  const columns: string[] = [];
  const row: (string | number | null)[] = [];
  const list = text.replace(/;?\s*$/, '').replace(/\s+LIMIT\s+\d+$/i, '');
  for (const item of list.split(',')) {
    const [, expression = '', alias] = /^\s*(.*?)(?:\s+(?:AS\s+)?[`'"]?(\w+)[`'"]?)?\s*$/i.exec(item) ?? [];
    const key = expression
      .replace(/@@(?:GLOBAL|SESSION|LOCAL)\./i, '@@')
      .replaceAll(/\s+/g, '')
      .toUpperCase();
    const answer = ANSWERS[key];
    const literal = /^-?\d+(\.\d+)?$/.test(expression)
      ? Number(expression)
      : /^'[^']*'$/.test(expression)
        ? expression.slice(1, -1)
        : undefined;
    if (answer === undefined && literal === undefined) return undefined;
    columns.push(alias ?? expression);
    row.push(answer === undefined ? (literal ?? null) : answer(talker));
  }
  return { columns, rows: [row] };
}

/** Statements that drivers send and that mean nothing here. */
export function meansNothing(words: WordReader): boolean {
  return ['SET', 'USE', 'BEGIN', 'COMMIT', 'ROLLBACK', 'START'].some((word) => words.takes(word));
}
