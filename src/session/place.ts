import { encodeErr } from '../protocol/err.js';
import { encodeFrames } from '../protocol/frame.js';
import { detach, drop } from './attach.js';
import type { Attachment } from './attachment.js';
import { bringUpToDate } from './bring-up-to-date.js';
import { carryFoundRows } from './carry-found-rows.js';
import { loginLost, noTarget, transactionLost } from './client-errors.js';
import type { Preparation } from './commands/command-handler.js';
import { handlerOf } from './commands/index.js';
import { count } from './count-outcome.js';
import { connectionFor } from './destination.js';
import { setRight } from './diagnostics.js';
import { knownTooOld, makeFresh } from './freshness.js';
import { goesOnOnPrimary, goOnOnPrimary, reopenReadOnly } from './go-on-primary.js';
import { beginGuard } from './guard/begin-guard.js';
import { answerUnplaced, decide } from './guard/decide.js';
import { learnInsertId } from './insert-id-elsewhere.js';
import { keepWhatWasLost } from './keep-what-was-lost.js';
import { leaveReadOnly, leavesReadOnly } from './leave-read-only.js';
import { loginRefused } from './login-record.js';
import { loginRoute } from './login-route.js';
import { LostTransaction } from './lost-transaction.js';
import { bringForward } from './parking.js';
import { mayMove } from './pins.js';
import { Placement, type PlacementEnd } from './placement.js';
import { mayFindLess, untilPrimaryShows } from './primary-catches-up.js';
import { readsFirst, readUnread } from './read-back.js';
import { loseToReplay } from './replay/lose-to-replay.js';
import { replayFirst } from './replay/replay-first.js';
import { restore } from './restore.js';
import { selectsSchema } from './selects-schema.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { bringPrepares } from './text-prepares.js';
import { isUnfinished } from './unfinished.js';
import { untilReleased } from './until-released.js';

/** Usually one or two; one more for each server that goes away meanwhile. */
const MOST_ROUNDS = 1_000;

/**
 * Brings a statement that has not been sent to a backend connection that is ready for it, and sends it: waits, dials, restores the
 * session's state, prepares again. Every other end is answered here.
 * @param avoid a backend that must not get it
 */
export async function place(session: Session, statement: Statement, avoid?: string): Promise<void> {
  session.phase = 'placing';
  const deadlineMs = performance.now() + session.cluster.hold.timeoutMs;
  // The statement may be answered, or its client go, at each wait; then it is nobody's business here any more.
  const mine = () => session.phase === 'placing' && session.statement === statement;
  for (let round = 0; mine(); round++) {
    // Each round waits for something, a dead server's port included. A statement that goes in circles would starve all others.
    if (round >= MOST_ROUNDS) return session.failed(new Error(`a statement found no place in ${MOST_ROUNDS} rounds`));
    if (!(await replayFirst(session, statement, deadlineMs))) return;
    if (statement.killed) return answerUnplaced(session, statement);
    const kept = await keptConnection(session, deadlineMs, statement);
    if (!mine()) return;
    if (statement.killed) return answerUnplaced(session, statement);
    // Its transaction was lost meanwhile.
    if (session.lostTransaction?.record !== undefined) continue;
    const attachment = kept ?? (await newConnection(session, statement, avoid));
    if (!mine()) return;
    if (statement.killed) return answerUnplaced(session, statement);
    if (attachment === undefined) continue;
    if (statement.guard?.lost !== undefined) {
      if ((await decide(session, statement, attachment, deadlineMs)) === 'answered') return;
      continue;
    }
    const ready = await makeReady(session, statement, attachment);
    if (!mine() || ready === 'answered') return;
    if (statement.killed) return answerUnplaced(session, statement);
    if (ready === 'again' || session.attachment !== attachment) continue;
    // A handover may have begun while it was made ready: from then on nothing new is sent there.
    if (attachment.fitness(isUnfinished(session, attachment)) === 'hold') {
      // The transaction that was opened around it goes with its connection.
      if (statement.guard?.wraps === true) detach(session);
      continue;
    }
    session.cancelPlacing = undefined;
    session.send(statement, attachment);
    return;
  }
}

/** What the statement needs on its connection. */
async function makeReady(session: Session, statement: Statement, attachment: Attachment): Promise<Preparation> {
  if (leavesReadOnly(session, statement, attachment)) {
    await leaveReadOnly(session, attachment);
    return 'again';
  }
  if (goesOnOnPrimary(session, statement, attachment)) {
    await goOnOnPrimary(session, statement, attachment);
    return 'again';
  }
  const holder = readsFirst(session, attachment);
  if (holder !== undefined) {
    await readUnread(session, holder, true);
    return 'again';
  }
  const fresh = await makeFresh(session, statement, attachment);
  if (fresh !== 'ready' || session.statement !== statement || session.attachment !== attachment) return fresh;
  if (mayFindLess(session, statement, attachment)) {
    const shown = await untilPrimaryShows(session, attachment);
    if (shown !== 'ready' || session.statement !== statement || session.attachment !== attachment) return 'again';
  }
  await learnInsertId(session, statement, attachment);
  if (session.statement !== statement || session.attachment !== attachment) return 'again';
  const upToDate = await bringUpToDate(session, attachment, statement);
  if (upToDate !== 'ready' || session.statement !== statement || session.attachment !== attachment) return upToDate;
  const texts = await bringPrepares(session, statement, attachment);
  if (texts !== 'ready' || session.statement !== statement || session.attachment !== attachment) return texts;
  const prepared = (await handlerOf(statement.command.code).prepareFor?.(session, statement, attachment)) ?? 'ready';
  if (prepared !== 'ready' || session.statement !== statement || session.attachment !== attachment) return prepared;
  const reopened = await reopenReadOnly(session, statement, attachment);
  if (reopened !== 'ready' || session.statement !== statement || session.attachment !== attachment) return reopened;
  const right = await setRight(session, attachment, statement);
  if (right !== 'ready' || session.statement !== statement || session.attachment !== attachment) return right;
  return beginGuard(session, statement, attachment);
}

/** The connection at hand where it can be used; waits where a transaction of ours sits on a server that is down. */
async function keptConnection(session: Session, deadlineMs: number, statement: Statement): Promise<Attachment | undefined> {
  const attachment = connectionFor(session, statement);
  if (attachment === undefined) return undefined;
  if (attachment.connection.packets.isReset) return untilNoticed(attachment);
  bringForward(session, attachment);
  const fitness = attachment.fitness(isUnfinished(session, attachment));
  if (fitness === 'use') return attachment;
  if (fitness === 'hold') {
    const error = await untilReleased(session, attachment, deadlineMs, statement);
    if (error !== undefined && session.statement === statement && !statement.killed) answerUnplaced(session, statement, error);
    return undefined;
  }
  if (fitness === 'wait') {
    const end = await waitForServer(session, attachment, deadlineMs, statement);
    if (end === 'back') return session.attachment;
    if (end === 'gone' || statement.killed) return undefined;
    if (!statement.rollsBack && loseToReplay(session, attachment, statement)) return undefined;
    abandonTransaction(session, attachment, statement);
    return undefined;
  }
  if (fitness === 'could-move' && !mayMove(session)) return attachment;
  await readUnread(session, attachment, true);
  await carryFoundRows(session, attachment);
  if (session.attachment !== attachment || session.statement !== statement) return undefined;
  keepWhatWasLost(session, attachment);
  detach(session);
  return undefined;
}

/** The connection was lost while the session was at rest, a moment before its client sent this: nothing is sent there, and the loss is dealt with first. */
async function untilNoticed({ connection }: Attachment): Promise<undefined> {
  while (connection.packets.isReset) await new Promise((resolve) => setImmediate(resolve));
}

/** Until the server is back, another one is primary, the connection is lost, or the time is over. */
function waitForServer(
  session: Session,
  attachment: Attachment,
  deadlineMs: number,
  statement: Statement,
): Promise<'back' | 'gone' | 'over'> {
  const { hold, link, router } = session.cluster;
  session.services.stats.clients.heldStatements(1);
  session.holding = true;
  statement.heldSinceMs ??= performance.now();
  return new Promise((resolve) => {
    const replaced = () => {
      const target = router.choose(attachment.route, link.snapshot);
      return target.kind === 'backend' && target.backend.name !== attachment.backend;
    };
    const back = () => attachment.fitness(true) === 'use';
    const ready = () => session.attachment !== attachment || back() || replaced();
    const ticket = hold.wait(statement.command.bytes, deadlineMs - performance.now(), ready, () => {
      session.services.stats.clients.heldStatements(-1);
      session.holding = false;
      if (session.attachment !== attachment) resolve('gone');
      else resolve(back() ? 'back' : 'over');
    });
    session.cancelPlacing = () => ticket.cancel();
  });
}

function abandonTransaction(session: Session, attachment: Attachment, statement: Statement): void {
  const why = 'stopped answering';
  keepWhatWasLost(session, attachment);
  drop(session);
  session.cluster.link.outcome('transaction-lost');
  session.services.stats.outcome('transaction-lost');
  if (statement.rollsBackOnly) return session.answerOk();
  if (statement.rollsBack) return;
  session.lostTransaction = new LostTransaction(true);
  session.answerError(transactionLost(attachment.backend, why));
}

/** Undefined: the statement has been answered, or the new connection was lost at once and it is to be tried again. */
async function newConnection(session: Session, statement: Statement, avoid: string | undefined): Promise<Attachment | undefined> {
  const end = await findConnection(session, statement.command.bytes, avoid, statement);
  const mine = () => session.phase === 'placing' && session.statement === statement;
  if (!mine()) {
    if (end.kind === 'connected') end.connection.packets.destroy();
    return undefined;
  }
  if (end.kind === 'at-hand') {
    statement.at = end.backend;
    return undefined;
  }
  if (end.kind !== 'connected') {
    if (!statement.killed) notConnected(session, statement, end);
    return undefined;
  }
  const restored = await restore(session, end.connection);
  if (!mine()) {
    end.connection.packets.destroy();
    return undefined;
  }
  if (restored === 'lost') return undefined;
  const attachment = session.adopt(end.connection, statement.route);
  if (selectsSchema(statement) || session.state.roleStatement !== undefined) attachment.schema = undefined;
  if (statement.heldSinceMs !== undefined) session.cluster.link.outcome('held', performance.now() - statement.heldSinceMs);
  if (restored !== 'restored') {
    answerUnplaced(session, statement, restored);
    return undefined;
  }
  return attachment;
}

/** Finds and opens a connection for whatever the session needs now. */
export async function findConnection(
  session: Session,
  bytes: number,
  avoid: string | undefined,
  statement: Statement | undefined,
): Promise<PlacementEnd | { readonly kind: 'not-movable' }> {
  const { stats } = session.services;
  if (session.identity.credentials.length === 0) return { kind: 'not-movable' };
  const placement = new Placement(session.cluster, {
    identity: session.identity,
    logins: session.identity.credentials,
    route: statement?.route ?? loginRoute(session.cluster, session.opening.route),
    backend: statement?.order.backend,
    schema: schemaAtLogin(session, statement),
    bytes,
    avoid,
    tooOld: statement === undefined ? undefined : knownTooOld(session, statement),
    isAtHand: (backend) => [session.attachment, ...session.parked].some((each) => each?.backend === backend),
    held(waiting) {
      session.holding = waiting;
      if (statement !== undefined) statement.heldSinceMs ??= performance.now();
      // A login does not wait for a server: the secret is right, so its first statement may do that.
      else if (waiting) queueMicrotask(() => placement.cancel());
      stats.clients.heldStatements(waiting ? 1 : -1);
    },
  });
  const cancel = () => placement.cancel();
  session.cancelPlacing = cancel;
  const end = await placement.run();
  // Another statement may be waiting by now.
  if (session.cancelPlacing === cancel) session.cancelPlacing = undefined;
  return end;
}

/** A schema that only a role lets the account into is entered when that is set. */
function schemaAtLogin({ state }: Session, statement: Statement | undefined): string | undefined {
  if (state.roleStatement !== undefined || (statement !== undefined && selectsSchema(statement))) return undefined;
  return state.schema;
}

function notConnected(
  session: Session,
  statement: Statement,
  end: Exclude<PlacementEnd, { kind: 'connected' | 'at-hand' }> | { readonly kind: 'not-movable' },
): void {
  const { link } = session.cluster;
  if (end.kind === 'not-movable') {
    count(session, 'ended');
    session.endWith(loginLost());
  } else if (end.kind === 'error') {
    const nowMs = performance.now();
    link.outcome('hold-expired', nowMs - (statement.heldSinceMs ?? nowMs));
    session.services.stats.outcome('hold-expired');
    if (end.final === true) session.endWith(end.error);
    else answerUnplaced(session, statement, end.error);
  } else if (end.kind === 'denied') {
    // Access denied to somebody who was let in before: the account has changed. A missing schema is only this statement's trouble.
    loginRefused(session, end.err.code);
    if (end.err.code === 1045) session.endWithFrame(encodeFrames(encodeErr(end.err, session.identity.capabilities), 1));
    else answerUnplaced(session, statement, end.err);
  } else if (session.phase === 'placing') {
    answerUnplaced(session, statement, noTarget(0, 'the wait was cancelled'));
  }
}
