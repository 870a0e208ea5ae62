import { Command } from '../protocol/commands.js';
import { transactionLost, transactionStillLost } from './client-errors.js';
import { forgetConnection } from './keep-what-was-lost.js';
import { commandOf, isHarmless } from './lost-transaction-command.js';
import { place } from './place.js';
import type { TransactionRecord } from './replay/transaction-record.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';

/** Commands that do nothing to data and belong to no transaction; a lost one does not concern them. */
const ALOOF: ReadonlySet<number> = new Set([Command.STMT_CLOSE, Command.STMT_SEND_LONG_DATA, Command.STMT_RESET]);

/** Answers a statement that stands in a transaction which no longer exists. True when it has been answered. */
export function guardLostTransaction(session: Session, statement: Statement): boolean {
  const lost = session.lostTransaction;
  if (lost === undefined || ALOOF.has(statement.command.code)) return false;
  if (lost.record !== undefined) return beforeReplay(session, statement, lost.record);
  const announced = lost.announced;
  const answer = lost.answer(commandOf(session, statement));
  const harmless = isHarmless(statement);
  if (lost.over || (harmless && statement.command.code !== Command.PING)) session.lostTransaction = undefined;
  if (answer === 'pass') return false;
  if (answer === 'ok') session.answerOk();
  else session.answerError(announced ? transactionStillLost() : transactionLost(session.lostOn, 'was lost'));
  return true;
}

/** Nobody has been told yet: unless the client wants no more of it, the transaction goes on elsewhere, and then its next statement. */
function beforeReplay(session: Session, statement: Statement, record: TransactionRecord): boolean {
  const command = commandOf(session, statement);
  const isPing = statement.command.code === Command.PING;
  if (command === 'rollback' || (command === 'harmless' && !isPing)) {
    record.release();
    session.lostTransaction = undefined;
    forgetConnection(session, session.lostOn);
    if (command === 'rollback') session.answerOk();
    return command === 'rollback';
  }
  place(session, statement).catch((error: unknown) => session.failed(error));
  return true;
}
