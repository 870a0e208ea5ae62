import { Command } from '../protocol/commands.js';
import { ABOUT_LAST_STATEMENT, DependsOn } from '../sql/facts.js';
import type { Attachment } from './attachment.js';
import { failedBeforeRunning } from './failed-before-running.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { textOf } from './statement-digest.js';

/** Commands that leave, unless they fail, what ROW_COUNT(), FOUND_ROWS() and SHOW WARNINGS tell as it was. */
const ASIDE: ReadonlySet<number> = new Set([
  Command.STMT_PREPARE,
  Command.STMT_RESET,
  Command.STMT_CLOSE,
  Command.STMT_FETCH,
  Command.STMT_SEND_LONG_DATA,
]);

/** How a statement ended, as far as ROW_COUNT() and SHOW WARNINGS of the next one tell. */
export interface LeftBehind {
  readonly ok: boolean;
  readonly isResultSet: boolean;
  readonly affectedRows: bigint;
  readonly warnings: number;
  /** What a statement has told, this one or, on MariaDB, which clears that for statements with tables only, one before it, can still be asked for. */
  readonly told: boolean;
}

/** Remembers on which connection the last statement left what the next one can ask for. FOUND_ROWS() outlives all that selects nothing. */
export function notePlace(session: Session, statement: Statement, attachment: Attachment, ok: boolean): void {
  if (ok && ASIDE.has(statement.command.code)) return;
  const { isResultSet, affectedRows, warnings, error } = session.replies.counts;
  session.replies.lastOn = attachment;
  const told = !ok || warnings > 0 || (session.replies.left.told && attachment.flavor === 'mariadb' && !hasTable(statement));
  session.replies.left = { ok, isResultSet, affectedRows, warnings, told };
  // With one connection only, all there is to know is there: the text, which may be long, need not be looked at.
  if (session.parked.length === 0 || hasSelected(statement, ok, attachment.flavor === 'mysql', error))
    session.replies.foundRowsOn = attachment;
}

/** Surely: in doubt what was told counts as still there. */
function hasTable(statement: Statement): boolean {
  const kind = statement.facts?.kind;
  if (kind !== 'read' && kind !== 'write' && kind !== 'ddl') return false;
  return /\b(?:from|into|update|join|table)\s+(?!dual\b)/i.test(textOf(statement)?.toString('latin1', 0, MOST_BYTES) ?? '');
}

/** It has given FOUND_ROWS() a new value. Measured on MySQL 8.0.15 and MariaDB 10.11, which differ. */
function hasSelected(statement: Statement, ok: boolean, isMysql: boolean, error: number): boolean {
  const { command, facts } = statement;
  if (facts === undefined) return command.code === Command.QUERY;
  if (facts.kind === 'transaction') return false;
  if (!ok && (isMysql || failedBeforeRunning(error))) return facts.multi || facts.kind === 'call';
  if (facts.multi || facts.mayChangeState) return true;
  const text = textOf(statement)?.toString('latin1', 0, MOST_BYTES) ?? '';
  if (/^\s*do\b/i.test(text)) return isMysql;
  if (facts.kind === 'read') return !LEAVES_FOUND_ROWS.test(text);
  if (facts.kind === 'set') return !isMysql && /\bselect\b/i.test(text);
  if (isMysql && /^\s*update\b/i.test(text)) return true;
  // Of INSERT and CREATE TABLE those with a SELECT, of UPDATE and DELETE those with several tables.
  if (/\bselect\b/i.test(text)) return true;
  if (!/^\s*(?:update|delete)\b/i.test(text)) return false;
  return /\bjoin\b|\busing\b/i.test(text) || text.slice(0, text.search(/\bset\b/i)).includes(',');
}

/** Longer texts are not looked through. */
const MOST_BYTES = 4_096;

/** Results that are no rows of a SELECT; of the SHOW statements those that read no table of the server's. */
const LEAVES_FOUND_ROWS =
  /^\s*(?:show\s+(?:warnings|errors|grants|create|privileges|engines|master|slave|binary|binlog|processlist)\b|explain\b|desc(?:ribe)?\s+(?:select|insert|update|delete|replace|with|analyze|format)\b|handler\b|check|analyze\b|get\b|kill\b|values\b)/i;

/** Where a statement that asks about the last one finds what it asks for; undefined: on none that is still there. */
export function lastPlace(session: Session, { about }: Statement): Attachment | undefined {
  const { lastOn, foundRowsOn } = session.replies;
  const asked = (about?.dependsOn ?? 0) & ABOUT_LAST_STATEMENT;
  return here(session, asked === DependsOn.foundRows ? foundRowsOn : undefined) ?? here(session, lastOn) ?? session.attachment;
}

/** The connection, where the session still has it and is in its cluster. */
export function here(session: Session, attachment: Attachment | undefined): Attachment | undefined {
  if (attachment === undefined || attachment.cluster !== session.cluster) return undefined;
  return attachment === session.attachment || session.parked.includes(attachment) ? attachment : undefined;
}
