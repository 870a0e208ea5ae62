import { drop } from '../attach.js';
import { transactionLost } from '../client-errors.js';
import { count } from '../count-outcome.js';
import { forgetConnection } from '../keep-what-was-lost.js';
import { LostTransaction } from '../lost-transaction.js';
import { commandOf } from '../lost-transaction-command.js';
import type { Session } from '../session.js';
import type { Statement } from '../statement.js';
import { replayTransaction } from './replay-transaction.js';
import { noteFailure } from './take-record.js';

/**
 * Before a statement is placed: the lost transaction that it belongs to is replayed. False: the statement has been answered, or its session has
 * gone.
 * @param deadlineMs `performance.now()`
 */
export async function replayFirst(session: Session, statement: Statement, deadlineMs: number): Promise<boolean> {
  const record = session.lostTransaction?.record;
  if (record === undefined) return true;
  session.lostTransaction = undefined;
  const startedAtMs = performance.now();
  const statements = record.entries.length;
  const end = await replayTransaction(session, record, statement, deadlineMs);
  const { log, stats } = session.services;
  if (session.statement !== statement || session.phase !== 'placing') {
    record.release();
    return false;
  }
  const backend = session.lostOn;
  if (end === 'done') {
    count(session, 'replayed');
    stats.replay('replayed');
    const to = session.attachment?.backend;
    log.info(
      { session: session.opening.id, backend, to, statements, ms: Math.round(performance.now() - startedAtMs) },
      'a lost transaction was replayed',
    );
    if (statement.sent) statement.again();
    return true;
  }
  record.release();
  drop(session);
  forgetConnection(session, backend);
  noteFailure(session, backend, end);
  count(session, 'transaction-lost');
  const lost = new LostTransaction(false);
  const answer = lost.answer(commandOf(session, statement));
  session.lostTransaction = lost.over ? undefined : lost;
  if (answer === 'ok') session.answerOk();
  else session.answerError(transactionLost(backend, 'was lost', end.detail));
  return false;
}
