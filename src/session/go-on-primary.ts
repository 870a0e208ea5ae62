import { StatusFlag } from '../protocol/status-flags.js';
import type { SessionEffect } from '../sql/facts.js';
import type { Attachment } from './attachment.js';
import type { Preparation } from './commands/command-handler.js';
import { remember } from './diagnostics.js';
import { exchangeQuery } from './exchange.js';
import { leaveReadOnly } from './leave-read-only.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';

const LASTING: ReadonlySet<SessionEffect['kind']> = new Set(['temporary-table', 'named-lock', 'handler', 'text-prepare', 'last-insert-id']);

/**
 * In a READ ONLY transaction on a replica, a statement that may leave something behind which outlives the transaction (a temporary table, a named lock, what a
 * routine sets): the session's next write will be on the primary, and needs it there. A lock on a replica would lock nobody out either.
 */
export function goesOnOnPrimary({ inTransaction, opening, pinHolder }: Session, { facts }: Statement, attachment: Attachment): boolean {
  if (!inTransaction || facts === undefined || attachment.route !== 'replica' || opening.route !== 'split') return false;
  if ((attachment.statusFlags & StatusFlag.IN_TRANS_READONLY) === 0 || pinHolder === attachment) return false;
  return facts.mayChangeState || facts.effects.some(({ kind }) => LASTING.has(kind));
}

/** Ends the transaction there. It goes on on the primary, with a snapshot of its own: newer, never older. */
export async function goOnOnPrimary(session: Session, statement: Statement, attachment: Attachment): Promise<void> {
  await remember(attachment);
  await leaveReadOnly(session, attachment);
  statement.reopens = true;
  statement.sendToPrimary();
}

/** Begins it anew on the primary. */
export async function reopenReadOnly(session: Session, statement: Statement, attachment: Attachment): Promise<Preparation> {
  if (!statement.reopens || session.inTransaction) return 'ready';
  const end = await exchangeQuery(attachment.connection, 'START TRANSACTION READ ONLY', session.cluster.connectTimeoutMs);
  if (end.kind !== 'ok') return 'again';
  attachment.statusFlags |= StatusFlag.IN_TRANS | StatusFlag.IN_TRANS_READONLY;
  return 'ready';
}
