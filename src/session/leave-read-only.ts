import { StatusFlag } from '../protocol/status-flags.js';
import type { Attachment } from './attachment.js';
import { exchangeQuery } from './exchange.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { textOf } from './statement-digest.js';

/**
 * BEGIN, LOCK TABLES, DDL and others end an open transaction without a word. Where that is a READ ONLY one on a replica, what follows belongs on
 * the primary: the replica would refuse it, or the first write after it. (Measured: both servers end a READ ONLY transaction for CREATE TABLE too.)
 * MySQL's BEGIN and START TRANSACTION keep the access mode of a transaction that they end, as AND CHAIN does (trans_begin() in sql/transaction.cc leaves
 * tx_read_only alone; measured on 8.0.15); MariaDB's do not.
 */
export function leavesReadOnly({ inTransaction, opening }: Session, statement: Statement, attachment: Attachment): boolean {
  const { facts } = statement;
  if (!inTransaction || attachment.route !== 'replica' || opening.route !== 'split' || facts?.commits !== true || facts.multi) return false;
  if (facts.kind !== 'transaction') return facts.kind !== 'set';
  if (!facts.begins || facts.readOnlyRequested || isChained(statement)) return false;
  return facts.readWriteRequested || attachment.flavor === 'mariadb';
}

/** COMMIT AND CHAIN begins a transaction like the one that it ends. */
function isChained(statement: Statement): boolean {
  return /\bchain\b/i.test(textOf(statement)?.toString('latin1') ?? '');
}

/** Ends the transaction on the replica, as the statement would have done; it is routed anew then. */
export async function leaveReadOnly(session: Session, attachment: Attachment): Promise<void> {
  const end = await exchangeQuery(attachment.connection, 'COMMIT', session.cluster.connectTimeoutMs);
  if (end.kind !== 'lost') attachment.statusFlags &= ~(StatusFlag.IN_TRANS | StatusFlag.IN_TRANS_READONLY);
}
