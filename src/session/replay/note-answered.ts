import { Capability, has } from '../../protocol/capabilities.js';
import { StatusFlag } from '../../protocol/status-flags.js';
import type { Attachment } from '../attachment.js';
import type { Session } from '../session.js';
import type { Statement } from '../statement.js';
import { textOf } from '../statement-digest.js';
import { TransactionRecord } from './transaction-record.js';
import { leavesTransactionOpen } from './why-not-replayable.js';

/** The answer to a statement in a recorded transaction is complete. */
export function noteAnswered(session: Session, statement: Statement, attachment: Attachment, record: TransactionRecord, ok: boolean): void {
  attachment.relay.digest = undefined;
  if ((attachment.statusFlags & StatusFlag.IN_TRANS) === 0) {
    record.release();
    attachment.record = undefined;
    return;
  }
  const { facts } = statement;
  const ends = facts !== undefined && (facts.commits || facts.rollsBack || facts.begins);
  if (ends && record.isOpen) return anotherBegins(session, statement, attachment, record, ok);
  record.isOpen = true;
  const why = whyNot(session, statement, attachment, record, ok);
  if (why !== undefined) record.giveUp('not-replayable', why);
  else record.answered(statement, session.replies.counts.insertId);
}

/** What its answer tells against doing it again. */
function whyNot(
  { replies, identity }: Session,
  statement: Statement,
  { connection }: Attachment,
  record: TransactionRecord,
  ok: boolean,
): string | undefined {
  if (record.doubted === statement) return record.doubtful;
  if (record.current !== statement) return undefined;
  if (!ok && !leavesTransactionOpen(record.digest.errorCode)) return `error ${record.digest.errorCode}, which may have ended it`;
  if (replies.cursorOpened) return 'a cursor';
  if (statement.infile) return 'LOAD DATA LOCAL';
  // The old end of a result set has no place for trackers, so nothing would tell of a table without transactions.
  const isUntold = replies.counts.isResultSet && statement.facts?.kind === 'write' && (!statement.facts.multi || returns(statement));
  if (isUntold && !has(identity.capabilities & connection.capabilities, Capability.DEPRECATE_EOF)) return 'a write that returns rows';
  return undefined;
}

function returns(statement: Statement): boolean {
  return /\breturning\b/i.test(textOf(statement)?.toString('latin1') ?? 'returning');
}

/** BEGIN in a transaction, or AND CHAIN: the one before it is over, and this is the first statement of the next. */
function anotherBegins(session: Session, statement: Statement, attachment: Attachment, record: TransactionRecord, ok: boolean): void {
  const { facts } = statement;
  record.release();
  const { replay } = attachment.cluster;
  attachment.record = undefined;
  if (replay === undefined) return;
  const next = new TransactionRecord(attachment.route, session.state.carried(), replay);
  attachment.record = next;
  next.isOpen = true;
  const isBegin = ok && facts?.begins === true && !facts.multi && !/\bchain\b/i.test(textOf(statement)?.toString('latin1') ?? 'chain');
  if (!isBegin || session.pinHolder !== undefined || session.state.hasUnread) return next.giveUp('not-replayable', 'its beginning');
  next.takeOver(record, statement);
}
