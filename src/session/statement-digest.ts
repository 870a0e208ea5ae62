import { createHash } from 'node:crypto';
import { Command } from '../protocol/commands.js';
import type { SqlDialect } from '../sql/dialect.js';
import type { DigestCache } from '../sql/digest-cache.js';
import { tablesNamed } from '../sql/tables-named.js';
import { firstPayload } from './client-command.js';
import type { Statement } from './statement.js';

/** Text of a statement, without its command byte; undefined for commands without SQL. */
export function textOf(statement: Statement): Buffer | undefined {
  if (statement.sql !== undefined) return statement.sql;
  if (statement.prepared !== undefined) return statement.prepared.text;
  const { code } = statement.command;
  if (code !== Command.QUERY && code !== Command.STMT_PREPARE) return undefined;
  return firstPayload(statement.command).subarray(1);
}

/** Digest of a statement's text, as `sql/digest` makes it. */
export function digestOf(statement: Statement, dialect: SqlDialect, digests: DigestCache): string {
  const text = textOf(statement);
  return text === undefined ? '' : digests.digest(text, dialect).hash;
}

/** Same bytes, same value: to see whether a client starts its transaction over. */
export function fingerprintOf(statement: Statement): string {
  const hash = createHash('sha1');
  for (const part of statement.command.parts) hash.update(part);
  return hash.digest('base64');
}

/**
 * True when the statement names this table (without schema or case). Where it is not known how to read its quotes, the name as a word of its own is
 * enough, wherever it stands. COM_FIELD_LIST names one too.
 */
export function mentions(statement: Statement, name: string, dialect: SqlDialect): boolean {
  const wanted = name.toLowerCase();
  const { command } = statement;
  if (command.code === Command.FIELD_LIST) return tableListed(firstPayload(command)).toLowerCase() === wanted;
  const bytes = textOf(statement);
  if (bytes === undefined) return false;
  if (dialect.modeKnown) return tablesNamed(bytes, dialect).some((table) => table.name.toLowerCase() === wanted);
  const text = bytes.toString('utf8').toLowerCase();
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    if (!/[\w$]/.test(text[at - 1] ?? ' ') && !/[\w$]/.test(text[at + wanted.length] ?? ' ')) return true;
  }
  return false;
}

/** Up to its zero byte, or, of one who does not speak the protocol, all there is. */
function tableListed(payload: Buffer): string {
  const end = payload.indexOf(0, 1);
  return payload.toString('utf8', 1, end < 0 ? payload.length : end);
}
