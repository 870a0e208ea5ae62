import { StatusFlag } from '../../protocol/status-flags.js';
import type { Attachment } from '../attachment.js';
import type { Session } from '../session.js';
import type { Statement } from '../statement.js';
import { textOf } from '../statement-digest.js';

/** Of the letters of a transaction's state: tables without transactions were written; tables with them were. */
const WROTE_BEYOND = 3;
const WROTE = 4;

/** False: the statement can be sent as it is. Costs one comparison where nothing is guarded. */
export function wantsGuard(session: Session, statement: Statement, attachment: Attachment): boolean {
  if (!(statement.order.commitGuard ?? attachment.cluster.commitGuard)) return false;
  if (statement.unguarded || statement.guard?.serial === attachment.serial || statement.facts === undefined) return false;
  if (attachment.route !== 'primary' || !statement.command.complete || session.identity.credentials.length === 0) return false;
  return session.inTransaction ? commitsWrites(statement, attachment) : isLoneWrite(session, statement);
}

/** COMMIT of a transaction that has written, or may have. What else commits (DDL, BEGIN, SET autocommit=1) does something besides. */
function commitsWrites({ facts }: Statement, { statusFlags, transactionState: state }: Attachment): boolean {
  if (facts === undefined || facts.kind !== 'transaction' || !facts.commits) return false;
  if (facts.multi || facts.begins || facts.releases || facts.effects.some(({ kind }) => kind === 'xa')) return false;
  if ((statusFlags & StatusFlag.IN_TRANS_READONLY) !== 0) return false;
  return state === undefined || (state[WROTE] === 'W' && state[WROTE_BEYOND] !== 'w');
}

/** One INSERT, UPDATE, DELETE or REPLACE that is a transaction of its own and answers with an OK. */
function isLoneWrite({ state, trackFilter }: Session, statement: Statement): boolean {
  const { facts } = statement;
  if (facts === undefined || !state.autocommit || facts.kind !== 'write' || !facts.simpleWrite) return false;
  if (facts.multi || facts.commits || facts.loadLocal) return false;
  // START TRANSACTION gives up locked tables, and is the one transaction that SET TRANSACTION is for: lost where the token is refused.
  if (state.locksTables || state.nextTransaction !== undefined) return false;
  // Its client would see our transaction.
  if (statement.namesTrackers || trackFilter.settings.transactionInfo !== 'OFF') return false;
  const text = textOf(statement);
  return text !== undefined && !/\breturning\b/i.test(text.toString('latin1'));
}

/** Of a server's word about its transaction: part of what was written stays whatever becomes of the rest. */
export function wroteBeyond(state: string | undefined): boolean {
  return state?.[WROTE_BEYOND] === 'w';
}
