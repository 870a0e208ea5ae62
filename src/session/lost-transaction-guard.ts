import { Command } from '../protocol/commands.js';
import { transactionLost, transactionStillLost } from './client-errors.js';
import type { TransactionCommand } from './lost-transaction.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { fingerprintOf } from './statement-digest.js';

const HARMLESS: ReadonlySet<number> = new Set([
  Command.PING,
  Command.RESET_CONNECTION,
  Command.CHANGE_USER,
  Command.QUIT,
  Command.STATISTICS,
]);

/** Commands that do nothing to data and belong to no transaction; a lost one does not concern them. */
const ALOOF: ReadonlySet<number> = new Set([Command.STMT_CLOSE, Command.STMT_SEND_LONG_DATA, Command.STMT_RESET]);

/** Answers a statement that stands in a transaction which no longer exists. True when it has been answered. */
export function guardLostTransaction(session: Session, statement: Statement): boolean {
  const lost = session.lostTransaction;
  if (lost === undefined || ALOOF.has(statement.command.code)) return false;
  const announced = lost.announced;
  const answer = lost.answer(commandOf(session, statement));
  const harmless = HARMLESS.has(statement.command.code);
  if (lost.over || (harmless && statement.command.code !== Command.PING)) session.lostTransaction = undefined;
  if (answer === 'pass') return false;
  if (answer === 'ok') session.answerOk();
  else session.answerError(announced ? transactionStillLost() : transactionLost(session.lostOn, 'was lost'));
  return true;
}

function commandOf(session: Session, statement: Statement): TransactionCommand {
  if (HARMLESS.has(statement.command.code)) return 'harmless';
  const { facts } = statement;
  if (facts !== undefined && !facts.multi) {
    if (facts.rollsBack) return 'rollback';
    if (facts.begins) return 'begin';
    if (facts.kind === 'transaction' && facts.commits) return 'commit';
  }
  if (session.transactionStart !== undefined && session.transactionStart === fingerprintOf(statement)) return 'first-again';
  return 'other';
}

/** With autocommit off, remembers a transaction's first statement: seeing it again after a loss means that the client starts over. */
export function noteTransactionStart(session: Session, statement: Statement): void {
  if (session.state.autocommit || session.inTransaction || statement.facts === undefined) return;
  session.transactionStart = fingerprintOf(statement);
}
