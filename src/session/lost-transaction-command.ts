import { Command } from '../protocol/commands.js';
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

/** It belongs to no transaction, or ends them all. */
export function isHarmless({ command }: Statement): boolean {
  return HARMLESS.has(command.code);
}

/** What the statement is to somebody whose transaction was lost. */
export function commandOf(session: Session, statement: Statement): TransactionCommand {
  if (isHarmless(statement)) return 'harmless';
  const { facts } = statement;
  if (facts !== undefined && !facts.multi) {
    if (facts.rollsBack) return statement.rollsBackOnly ? 'rollback' : 'rollback-and-more';
    if (facts.begins) return 'begin';
    if (facts.kind === 'transaction' && facts.commits) return 'commit';
  }
  if (session.transactionStart !== undefined && session.transactionStart === fingerprintOf(statement)) return 'first-again';
  return 'other';
}
