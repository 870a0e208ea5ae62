import { variableFate } from '../backend/session-restore.js';
import { StatusFlag } from '../protocol/status-flags.js';
import type { SessionEffect } from '../sql/facts.js';
import type { Attachment } from './attachment.js';
import type { Preparation } from './commands/command-handler.js';
import { remember } from './diagnostics.js';
import { exchangeQuery } from './exchange.js';
import { leaveReadOnly } from './leave-read-only.js';
import { readUnread } from './read-back.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { textOf } from './statement-digest.js';
import { isPlainName } from './user-values.js';

const LASTING: ReadonlySet<SessionEffect['kind']> = new Set(['temporary-table', 'named-lock', 'handler', 'text-prepare', 'last-insert-id']);

/**
 * In a READ ONLY transaction on a replica, a statement that may leave something behind which outlives the transaction (a temporary table, a named lock, what a
 * routine sets): the session's next write will be on the primary, and needs it there. A lock on a replica would lock nobody out either.
 */
export function goesOnOnPrimary(
  { inTransaction, opening, pinHolder, state }: Session,
  { facts }: Statement,
  attachment: Attachment,
): boolean {
  if (!inTransaction || facts === undefined || attachment.route !== 'replica' || opening.route !== 'split') return false;
  if ((attachment.statusFlags & StatusFlag.IN_TRANS_READONLY) === 0) return false;
  // What holds it here can be read, or cannot be moved.
  if (pinHolder === attachment && !state.hasUnread) return false;
  // Of several statements the first may end it, and the next write.
  if (facts.multi && !facts.harmless) return true;
  // MariaDB makes a savepoint part of the binlog's business, and a read-only server then refuses the COMMIT (measured on 10.11).
  const isSavepoint = facts.kind === 'transaction' && !facts.begins && !facts.commits && !facts.rollsBack;
  if (isSavepoint && attachment.flavor === 'mariadb') return true;
  return facts.mayChangeState || facts.effects.some(isLasting);
}

function isLasting(effect: SessionEffect): boolean {
  // A value that cannot be read back stays where it was set.
  if (effect.kind === 'user-variable') return !isPlainName(effect.name);
  // What is set for one statement only (insert_id ...) waits for a write.
  if (effect.kind === 'system-variable') return effect.name !== 'timestamp' && variableFate(effect.name) === 'pins';
  return LASTING.has(effect.kind);
}

/** Ends the transaction there. It goes on on the primary, with a snapshot of its own: newer, never older. */
export async function goOnOnPrimary(session: Session, statement: Statement, attachment: Attachment): Promise<void> {
  await readUnread(session, attachment, true);
  if (session.pinHolder === attachment) return;
  await remember(attachment);
  await leaveReadOnly(session, attachment);
  statement.reopens = attachment.savepoints;
  attachment.savepoints = [];
  statement.sendToPrimary();
}

/** After a statement that went well: what the transaction would need to be begun anew elsewhere. */
export function noteSavepoint(attachment: Attachment, statement: Statement): void {
  const { facts } = statement;
  if (facts?.kind !== 'transaction') return;
  if ((attachment.statusFlags & StatusFlag.IN_TRANS) === 0 || facts.commits || facts.rollsBack) attachment.savepoints = [];
  else if (!facts.begins && !facts.multi) attachment.savepoints = [...attachment.savepoints, textOf(statement)?.toString('latin1') ?? ''];
}

/** Begins it anew on the primary. */
export async function reopenReadOnly(session: Session, statement: Statement, attachment: Attachment): Promise<Preparation> {
  if (statement.reopens === undefined || session.inTransaction) return 'ready';
  for (const sql of ['START TRANSACTION READ ONLY', ...statement.reopens]) {
    const end = await exchangeQuery(attachment.connection, sql, session.cluster.connectTimeoutMs);
    if (end.kind === 'lost') return 'again';
  }
  attachment.statusFlags |= StatusFlag.IN_TRANS | StatusFlag.IN_TRANS_READONLY;
  return 'ready';
}
