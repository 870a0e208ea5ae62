import type { SessionEffect, StatementFacts } from '../sql/facts.js';
import { afterwards } from './diagnostics.js';
import { assignsNothing } from './get-diagnostics.js';
import { noteSavepoint } from './go-on-primary.js';
import { insertIdOf } from './insert-id.js';
import { asksForInsertId } from './read-back.js';
import { rolesAndPrepares } from './repeatable-statements.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';

/** ER_BAD_TABLE_ERROR: a DROP TEMPORARY of a table that died with its server; its client knows then, too. */
const UNKNOWN_TABLE = 1051;

/** What a statement has left in the session, as far as its text and its answer tell; called after the trackers' word was taken. */
export function learnEffects(session: Session, statement: Statement, ok: boolean): void {
  const { attachment, replies, state } = session;
  if (attachment?.disturbed !== undefined)
    attachment.disturbed = afterwards(attachment.disturbed, statement, ok, attachment.flavor === 'mariadb', replies.counts);
  if (attachment !== undefined && ok) noteSavepoint(attachment, statement);
  const { facts } = statement;
  if (facts === undefined) {
    // A text too large to be read.
    if (statement.traits.mayCommit && replies.stateChanged) state.changedUnknown();
    return;
  }
  const id = replies.counts.insertId === 0n ? undefined : insertIdOf(replies.counts.insertId, statement);
  if (replies.counts.insertId !== 0n) {
    state.learnInsertId(id);
    if (id !== undefined) session.lostState.insertIdKnown();
  } else if (facts.effects.some(({ kind }) => kind === 'last-insert-id')) {
    // SELECT LAST_INSERT_ID(n): a result set tells no id.
    state.learnInsertId(undefined);
  }
  // MySQL gives a variable that it reads in a logged statement a value, NULL, where it had none.
  if (facts.kind === 'write' && facts.usesUserVariables) state.mayHideVariables();
  // A write that failed midway sets it too (both servers), and no answer tells.
  if (!ok && facts.kind === 'write' && !replies.refusedToBegin) state.learnInsertId(undefined);
  if (asksForInsertId(facts)) replies.insertIdAsked = true;
  // BEGIN ends LOCK TABLES without a word in its text.
  if (facts.effects.length === 0 && !facts.mayChangeState && session.pinHolder === undefined && !replies.stateChanged) return;
  if (ok && assignsNothing(statement, replies.counts.warnings)) return notePins(session);
  if (ok || replies.counts.error === UNKNOWN_TABLE) session.lostState.settle(facts.effects);
  if (ok) {
    state.apply(facts.effects);
    rolesAndPrepares(state, statement);
  } else state.apply(facts.effects.flatMap((effect) => perhaps(effect, facts)));
  state.statementRan(facts.kind, id !== undefined);
  if (facts.mayChangeState) {
    if (replies.stateChanged) state.changedUnknown();
    // A PREPARE runs nothing yet.
    const prepares = !facts.multi && facts.effects.some(({ kind }) => kind === 'text-prepare');
    if (!prepares) state.doubtValues(facts.kind !== 'read', replies.stateChanged || facts.kind === 'call');
  }
  notePins(session);
}

/** What may have happened all the same when the statement failed: an assignment before its end; of several statements the first ones. */
function perhaps(effect: SessionEffect, facts: StatementFacts): SessionEffect[] {
  if (effect.kind === 'user-variable') return [{ ...effect, literal: undefined }];
  // A PREPARE that fails has dropped the statement of that name first.
  if (effect.kind === 'text-prepare' && !facts.multi) return [{ kind: 'text-deallocate', name: effect.name }];
  if (!facts.multi) return [];
  switch (effect.kind) {
    case 'temporary-table':
      return effect.action === 'create' ? [effect] : [];
    case 'handler':
      return effect.action === 'open' ? [effect] : [];
    case 'named-lock':
    case 'named-unlock':
    case 'global-read-lock':
    case 'backup-lock':
    case 'text-prepare':
    case 'role':
      return [effect];
    default:
      return [];
  }
}

/** What cannot be moved is on the present connection, if it was not on another one before. */
export function notePins(session: Session): void {
  if (!session.state.isPinned) session.pinHolder = undefined;
  else session.pinHolder ??= session.attachment;
}
