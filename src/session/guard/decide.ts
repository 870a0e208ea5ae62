import { answerUnknown } from '../answer-unknown.js';
import { drop } from '../attach.js';
import type { Attachment } from '../attachment.js';
import { type ClientError, notCommitted, queryInterrupted, transactionLost } from '../client-errors.js';
import { count } from '../count-outcome.js';
import { exchangeQuery } from '../exchange.js';
import { keepWhatWasLost } from '../keep-what-was-lost.js';
import type { LossCause } from '../loss-table.js';
import { lostClassOf } from '../lost-class.js';
import { plainTables } from '../replay/plain-tables.js';
import type { Session } from '../session.js';
import type { Statement } from '../statement.js';
import { type CommitGuard, type GuardLoss, insertToken, isTooOld } from './commit-guard.js';
import { pass } from './commit-withheld.js';
import { wroteBeyond } from './wants-guard.js';

/** ER_DUP_ENTRY */
const DUPLICATE = 1062;
/** Somebody holds a lock that is in the way: the lost transaction itself, on a server that has not noticed yet. */
const LOCKED: ReadonlySet<number> = new Set([1205, 1213]);

/** What a guarded statement comes to whose connection is lost. True: `place` has to bring it to the primary, to decide. */
export function guardedLoss(session: Session, statement: Statement, attachment: Attachment, cause: LossCause, why: string): boolean {
  const guard = statement.guard as CommitGuard;
  const { backend, transactionState } = attachment;
  session.services.stats.lostStatement(lostClassOf(statement));
  keepWhatWasLost(session, attachment);
  drop(session);
  session.lostOn = backend;
  const mayRerun = cause === 'server' && statement.repeatable && !statement.rerun;
  guard.lost = { backend, why, mayRerun };
  if (guard.failed) {
    // It had failed already, and nothing is left to be rolled back.
    const { answer } = guard;
    session.replies.lastOk = false;
    session.phase = 'idle';
    session.statement = undefined;
    session.client.write(answer as Buffer);
    queueMicrotask(() => session.nextCommand());
    return false;
  }
  if (wroteBeyond(transactionState)) {
    answerUnknown(session, statement, backend, why);
    return false;
  }
  if (guard.answer !== undefined && !guard.committing) {
    // All of it was in tables with transactions, and nobody has said COMMIT.
    if (mayRerun) runAnew(session, statement);
    else abort(session, guard.lost, false);
    return mayRerun;
  }
  statement.sendToPrimary();
  return true;
}

/**
 * Finds out on the primary what became of a guarded statement, and answers it. `again`: it has not happened and is run once more, or the
 * connection was lost before anything was asked.
 */
export async function decide(
  session: Session,
  statement: Statement,
  attachment: Attachment,
  deadlineMs: number,
): Promise<'again' | 'answered'> {
  const guard = statement.guard as CommitGuard;
  const lost = guard.lost as GuardLoss;
  const { connection } = attachment;
  const isMine = () => session.phase === 'placing' && session.statement === statement;
  const leftMs = () => Math.max(1_000, deadlineMs - performance.now());
  const unknown = (why: string): 'answered' => {
    if (isMine()) answerUnknown(session, statement, lost.backend, `${lost.why}, and ${why}`);
    return 'answered';
  };
  if (guard.asked) return unknown('so was the server that was asked about it');
  if (!guard.committing) return undone(session, statement, attachment, lost, leftMs());
  for (;;) {
    if (isTooOld(guard, performance.now())) return unknown('its token may have been taken away meanwhile');
    guard.asked = true;
    const end = await exchangeQuery(connection, insertToken(guard, Date.now()), leftMs());
    if (end.kind === 'lost') return unknown(`${attachment.backend} did not say what it has of it`);
    const isLocked = end.kind === 'err' && LOCKED.has(end.err.code);
    if (isLocked && performance.now() < deadlineMs && isMine()) {
      guard.asked = false;
      continue;
    }
    if (end.kind === 'err' && end.err.code !== DUPLICATE) return unknown(`${attachment.backend} could not be asked: ${end.err.message}`);
    if (!session.state.autocommit) {
      const done = await exchangeQuery(connection, end.kind === 'ok' ? 'COMMIT' : 'ROLLBACK', leftMs());
      if (done.kind !== 'ok' && end.kind === 'ok') return unknown(`${attachment.backend} did not say what it has of it`);
    }
    if (!isMine()) return 'answered';
    if (end.kind === 'ok') abort(session, lost, true);
    else confirm(session, guard, attachment);
    return 'answered';
  }
}

/** COMMIT was never sent: all that could have stayed is what was written to tables without transactions. */
async function undone(
  session: Session,
  statement: Statement,
  attachment: Attachment,
  lost: GuardLoss,
  timeoutMs: number,
): Promise<'again' | 'answered'> {
  const { backend, why, mayRerun } = lost;
  const plain = await plainTables(attachment.connection, timeoutMs);
  if (session.phase !== 'placing' || session.statement !== statement) return 'answered';
  if (plain === 'lost') return 'again';
  if (plain === 'some') answerUnknown(session, statement, backend, `${why}, and there are tables without transactions`);
  else if (mayRerun) runAnew(session, statement);
  else abort(session, lost, false);
  return plain === 'none' && mayRerun ? 'again' : 'answered';
}

function runAnew(session: Session, statement: Statement): void {
  statement.guard = undefined;
  statement.again();
  count(session, 'guard-rerun');
  session.services.stats.rerun('guarded-write');
}

/** It is not committed, and will never be. */
function abort(session: Session, { backend, why }: GuardLoss, wasSent: boolean): void {
  count(session, 'guard-aborted');
  session.answerError(wasSent ? notCommitted(backend, why) : transactionLost(backend, why));
}

/** Below every revision. */
const NOTHING_SET = -1;

/** It was committed: the client gets the answer that it would have got. */
function confirm(session: Session, guard: CommitGuard, attachment: Attachment): void {
  const { backend } = attachment;
  // What it left behind (LAST_INSERT_ID(), variables) is not here: it ran elsewhere.
  attachment.userSyncedTo = NOTHING_SET;
  count(session, 'guard-committed');
  session.replies.promises.of(session.cluster.name).saw(backend, performance.now());
  if (guard.answer === undefined) return session.answerOk();
  session.phase = 'running';
  pass(session, guard.answer, true);
}

/** A statement that finds no place, or is killed before it is sent, has not been executed; of one to be decided nobody knows. */
export function answerUnplaced(session: Session, statement: Statement, error: ClientError = queryInterrupted()): void {
  const lost = statement.guard?.lost;
  if (lost === undefined) session.answerError(error);
  else answerUnknown(session, statement, lost.backend, `${lost.why}, and no primary could be asked about it`);
}
