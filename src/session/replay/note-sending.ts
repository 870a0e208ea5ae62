import { Command } from '../../protocol/commands.js';
import type { Attachment } from '../attachment.js';
import type { Session } from '../session.js';
import type { Statement } from '../statement.js';
import { fingerprintOf } from '../statement-digest.js';
import { TransactionRecord } from './transaction-record.js';
import { whyNotReplayable } from './why-not-replayable.js';

/** Commands of a transaction that change it, or may; the others leave no trace in it. */
const RECORDED: ReadonlySet<number> = new Set([Command.QUERY, Command.STMT_EXECUTE, Command.STMT_BULK_EXECUTE, Command.INIT_DB]);

const WITHOUT_TRACE: ReadonlySet<number> = new Set([
  Command.PING,
  Command.STATISTICS,
  Command.PROCESS_INFO,
  Command.FIELD_LIST,
  Command.STMT_PREPARE,
  Command.STMT_RESET,
  Command.STMT_CLOSE,
  Command.STMT_SEND_LONG_DATA,
]);

/**
 * A statement is about to be written to its backend: where it stands in a transaction, or may begin one, it is recorded. Costs two comparisons
 * where it does neither.
 */
export function noteSending(session: Session, statement: Statement, attachment: Attachment): void {
  const { autocommit } = session.state;
  if (autocommit && attachment.record === undefined && statement.facts?.begins !== true) return;
  noteTransactionStart(session, statement);
  const { replay } = attachment.cluster;
  if (replay === undefined) return;
  if (attachment.record === undefined) {
    if (statement.facts === undefined) return;
    attachment.record = new TransactionRecord(attachment.route, session.state.carried(), replay);
    const why = whyNotFromTheStart(session);
    if (why !== undefined) attachment.record.giveUp('not-replayable', why);
  }
  const { record } = attachment;
  const { code } = statement.command;
  attachment.relay.digest = undefined;
  if (WITHOUT_TRACE.has(code)) return;
  const why = RECORDED.has(code) ? whyNot(session, statement, record) : 'a command that cannot be repeated';
  if (why === undefined) attachment.relay.digest = record.sending(statement);
  else record.doubt(statement, why);
}

/** With autocommit off, remembers a transaction's first statement: seeing it again after a loss means that the client starts over. */
function noteTransactionStart(session: Session, statement: Statement): void {
  if (session.state.autocommit || session.inTransaction || statement.facts === undefined) return;
  session.transactionStart = fingerprintOf(statement);
}

function whyNotFromTheStart(session: Session): string | undefined {
  if (session.identity.credentials.length === 0) return 'the login, which only this server could judge';
  if (session.inTransaction) return 'its beginning';
  return session.pinHolder === undefined && !session.state.hasUnread ? undefined : 'state of before it that cannot be moved';
}

function whyNot(session: Session, statement: Statement, record: TransactionRecord): string | undefined {
  if (!statement.repeatable) return 'a statement too large to be kept';
  if (statement.namesTrackers) return 'session_track_ variables';
  if (statement.prepared !== undefined && (statement.prepared.text === undefined || statement.prepared.unkeptLongDataConnection !== 0))
    return 'a prepared statement too large to be kept';
  const { facts } = statement;
  if (facts === undefined) return statement.command.code === Command.INIT_DB ? undefined : 'a statement that could not be read';
  return whyNotReplayable(facts) ?? record.whyNotInsertId(facts, session.state.insertIdUnread);
}
