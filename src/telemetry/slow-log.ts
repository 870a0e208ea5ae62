import type { SlowStatement } from './slow-statements.js';

/** `mysql`: as the servers write their slow query log, for pt-query-digest and mysqldumpslow; `json`: an object per line. */
export type SlowLogFormat = 'mysql' | 'json';

/** Longest text of a statement in the log, in characters. */
const LONGEST = 16_384;

/**
 * One entry of the slow log.
 * @param sql the text, with or without its literals
 * https://dev.mysql.com/doc/refman/8.0/en/slow-query-log.html#slow-query-log-contents
 */
export function slowLogEntry(statement: SlowStatement, sql: string, format: SlowLogFormat): string {
  const text = sql.length > LONGEST ? `${sql.slice(0, LONGEST)} /* ${sql.length - LONGEST} characters more */` : sql;
  const { atMs, seconds, user, client, session, schema, rows, ok, backend, hash } = statement;
  if (format === 'json') {
    const entry = {
      time: new Date(atMs).toISOString(),
      seconds,
      user,
      client,
      session,
      schema,
      backend,
      rows,
      ok,
      digest: hash,
      sql: text,
    };
    return `${JSON.stringify({ event: 'slow-statement', ...entry })}\n`;
  }
  const plain = (name: string): string => name.replaceAll(/[\r\n[\]]/g, '_');
  const lines = [
    `# Time: ${new Date(atMs).toISOString().replace('Z', '000Z')}`,
    `# User@Host: ${plain(user)}[${plain(user)}] @  [${client}]  Id: ${session}`,
    `# Schema: ${plain(schema ?? '')}  Last_errno: ${ok ? 0 : 1}  Killed: 0`,
    `# Query_time: ${seconds.toFixed(6)}  Lock_time: 0.000000  Rows_sent: ${rows}  Rows_examined: 0`,
    `# Backend: ${plain(backend)}  Digest: ${hash}`,
    ...(schema === undefined ? [] : [`use ${/^\w+$/.test(schema) ? schema : `\`${schema.replaceAll('`', '``')}\``};`]),
    `SET timestamp=${Math.floor(atMs / 1000)};`,
    // A line that begins with # would be taken for the next entry's head.
    `${text.replaceAll(/\n(?=#)/g, '\n ').replace(/[;\s]+$/, '')};`,
  ];
  return `${lines.join('\n')}\n`;
}
