import type { SocketError } from '../net/socket-error.js';
import { StatusFlag } from '../protocol/status-flags.js';
import { backendNamed, type Verdict } from '../topology/snapshot.js';
import { answerUnknown } from './answer-unknown.js';
import { detach, drop } from './attach.js';
import type { Attachment } from './attachment.js';
import { carriesBeforeLeaving } from './carry-found-rows.js';
import { packetTooLarge, resultCut, transactionLost } from './client-errors.js';
import { count } from './count-outcome.js';
import { guardedLoss } from './guard/decide.js';
import { idleLimitMs } from './idle-limit.js';
import { keepWhatWasLost } from './keep-what-was-lost.js';
import { actionAfterLoss, type LossAction, type LossCause } from './loss-table.js';
import { lostClassOf } from './lost-class.js';
import { LostTransaction } from './lost-transaction.js';
import { mayMove } from './pins.js';
import { place } from './place.js';
import { readsBeforeLeaving } from './read-back.js';
import { loseToReplay } from './replay/lose-to-replay.js';
import { moveTransaction } from './replay/move-transaction.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { digestOf } from './statement-digest.js';
import { isUnfinished } from './unfinished.js';

/**
 * The backend connection is gone without our doing. Asks what happened, then does for the session what DESIGN 8's table says.
 */
export async function connectionLost(session: Session, error: SocketError | undefined): Promise<void> {
  const { attachment } = session;
  if (attachment === undefined || session.phase === 'closed' || session.phase === 'judging') return;
  if (session.departure.isKilled || attachment.hangsUp) return endLikeServer(session);
  const { link } = session.cluster;
  link.report({
    backend: attachment.backend,
    kind: error === undefined ? 'ended' : 'reset',
    detail: error?.message ?? 'connection closed',
  });
  if (session.phase === 'placing') return lostWhilePlacing(session);
  session.phase = 'judging';
  const verdict = await link.verdict(attachment.backend, attachment.connection.connectedAtMs);
  // A snapshot may have settled it meanwhile, or the client may have gone.
  if ((session.phase as string) === 'judging') settle(session, causeOf(session, verdict, error), verdict);
}

/** The statement was not sent yet; whoever places it sees that the connection is gone and goes on, unless a transaction stood open. */
function lostWhilePlacing(session: Session): void {
  const { inTransaction, statement, attachment } = session;
  // Whoever places it replays first.
  if (inTransaction && statement !== undefined && attachment !== undefined && loseToReplay(session, attachment, statement))
    return session.cancelPlacing?.();
  if (attachment !== undefined) keepWhatWasLost(session, attachment);
  drop(session);
  if (!inTransaction) return;
  if (statement === undefined) {
    // A question of ours was under way, behind an answer.
    session.lostOn = attachment?.backend ?? '';
    return loseTransaction(session, false);
  }
  session.cancelPlacing?.();
  carryOut(session, 'transaction-lost', attachment?.backend ?? '', 'was lost', statement);
}

function causeOf(session: Session, verdict: Verdict, error: SocketError | undefined): LossCause {
  if (verdict !== 'healthy') return 'server';
  return error === undefined || idledTooLong(session) ? 'ended' : 'network';
}

/** MariaDB ends a connection that was idle for `wait_timeout` with RST (measured on 10.11), which otherwise means the network. */
function idledTooLong(session: Session): boolean {
  const limitMs = idleLimitMs(session);
  return limitMs !== undefined && session.statement === undefined && performance.now() - session.restingSinceMs >= limitMs - 200;
}

const WHY: Readonly<Record<Verdict, string>> = {
  dead: 'died or stopped answering',
  restarted: 'restarted',
  demoted: 'lost its role',
  healthy: 'lost the connection',
};

/** Carries out the table's row for this session; its backend connection is not used any more. */
function settle(session: Session, cause: LossCause, verdict: Verdict): void {
  const { statement, inTransaction, attachment } = session;
  if (attachment === undefined) return;
  if (statement !== undefined) statement.answered = attachment.relay.forwarded;
  session.replies.lastSequenceId = attachment.relay.lastSequenceId;
  if (cause !== 'ended' && statement?.sent === true && statement.guard?.serial === attachment.serial) {
    noteInFlight(session, attachment, statement, cause, verdict);
    if (guardedLoss(session, statement, attachment, cause, WHY[verdict]))
      place(session, statement).catch((error: unknown) => session.failed(error));
    return;
  }
  if (statement !== undefined && attachment.relay.tracker.done) return settleAnswered(session, cause, attachment);
  if (cause === 'network' && statement !== undefined && tooLarge(session, statement, attachment.backend)) {
    count(session, 'ended');
    return session.endWith(packetTooLarge());
  }
  const action = attachment.relay.midPacket ? 'end' : actionAfterLoss(cause, inTransaction, statement);
  noteInFlight(session, attachment, statement, cause, verdict);
  if (action === 'end') return endLikeServer(session);
  if (statement !== undefined) session.services.stats.lostStatement(lostClassOf(statement));
  const isReplayable = inTransaction && cause === 'server' && (action === 'transaction-lost' || action === 'detach');
  if (isReplayable && loseToReplay(session, attachment, statement)) return goOn(session, statement);
  keepWhatWasLost(session, attachment);
  drop(session);
  session.lostOn = attachment.backend;
  session.services.log.debug({ session: session.opening.id, backend: attachment.backend, verdict, action }, 'backend connection lost');
  const transactionOpen =
    inTransaction &&
    action !== 'rolled-back' &&
    action !== 'rerun' &&
    !(action === 'outcome-unknown' && statement?.facts?.commits === true);
  if (transactionOpen) loseTransaction(session, statement !== undefined);
  carryOut(session, action, attachment.backend, WHY[verdict], statement);
}

/** What ran on a server that died may have been what it died of. */
function noteInFlight(
  session: Session,
  { backend }: Attachment,
  statement: Statement | undefined,
  cause: LossCause,
  verdict: Verdict,
): void {
  if (statement?.sent !== true || statement.facts === undefined || verdict === 'demoted' || cause !== 'server') return;
  session.cluster.link.inFlightAtDeath(backend, [digestOf(statement, session.state.dialect, session.services.digests)]);
}

/** Its transaction is replayed first. */
function goOn(session: Session, statement: Statement | undefined): void {
  session.phase = 'idle';
  if (statement === undefined) return session.nextCommand();
  place(session, statement).catch((error: unknown) => session.failed(error));
}

/**
 * The server has answered before the client had sent all of its statement: whole, that is, and mostly an ERR. What is still coming is
 * taken from the client and thrown away.
 */
function settleAnswered(session: Session, cause: LossCause, attachment: Attachment): void {
  if (cause !== 'server') return endLikeServer(session);
  keepWhatWasLost(session, attachment);
  drop(session);
  session.phase = 'idle';
}

/** Servers end the connection over a statement larger than they take; their ERR is lost where it arrives while bytes are still being sent. */
function tooLarge(session: Session, statement: Statement, backend: string): boolean {
  const limit = backendNamed(session.cluster.link.snapshot, backend)?.maxPacketBytes;
  return limit !== undefined && statement.sent && !statement.answered && statement.command.announcedBytes > limit;
}

function carryOut(session: Session, action: LossAction, backend: string, why: string, statement: Statement | undefined): void {
  const { stats } = session.services;
  if (statement === undefined) {
    session.phase = 'idle';
    session.nextCommand();
    return;
  }
  switch (action) {
    case 'rerun':
      statement.again();
      count(session, 'read-rerun');
      stats.rerun('read');
      place(session, statement).catch((error: unknown) => session.failed(error));
      break;
    case 'hold':
      place(session, statement).catch((error: unknown) => session.failed(error));
      break;
    case 'rolled-back':
      session.answerOk();
      break;
    case 'transaction-lost':
      if (session.lostTransaction === undefined) loseTransaction(session, true);
      session.answerError(transactionLost(backend, why));
      break;
    case 'result-cut':
      count(session, 'result-cut');
      session.answerError(resultCut(backend, why));
      break;
    default:
      answerUnknown(session, statement, backend, why);
  }
}

/** From here on the client is told, until it ends the transaction that is no more. */
function loseTransaction(session: Session, announced: boolean): void {
  count(session, 'transaction-lost');
  session.lostTransaction = new LostTransaction(announced);
}

/** A healthy server ended just this connection: the client is ended the same way, with the server's own ERR where there was one. */
function endLikeServer(session: Session): void {
  count(session, 'ended');
  session.endWithFrame(session.attachment?.farewell);
}

/**
 * A new view of the cluster: a session that rests lets go of a backend it should leave (it attaches again at its next command); one whose
 * statement waits on a server that is down goes on elsewhere as soon as there is a place.
 */
export function followSnapshot(session: Session): void {
  const { attachment, cluster, phase } = session;
  for (const each of session.parked) leaveParked(session, each);
  if (attachment === undefined) return;
  if (isTakenAway(session, attachment)) {
    if (moveTransaction(session)) return;
    session.phase = 'judging';
    return settle(session, 'server', 'demoted');
  }
  const fitness = attachment.fitness(isUnfinished(session, attachment));
  if (fitness === 'use' || fitness === 'hold' || (fitness === 'could-move' && !mayMove(session))) return;
  const target = cluster.router.choose(attachment.route, cluster.link.snapshot);
  if (target.kind === 'none' || target.backend.name === attachment.backend) return;
  if (phase === 'idle' && !isUnfinished(session, attachment)) {
    if (!serverIsDown(session) && (readsBeforeLeaving(session, attachment) || carriesBeforeLeaving(session, attachment) === 'begun'))
      return;
    keepWhatWasLost(session, attachment);
    detach(session);
  } else if ((phase === 'running' || phase === 'idle') && serverIsDown(session)) {
    session.phase = 'judging';
    settle(session, 'server', 'dead');
  }
}

/** The time for open transactions on a primary that hands its role over is up. One whose statement runs gets that statement's answer. */
function isTakenAway(session: Session, attachment: Attachment): boolean {
  const { handover } = attachment.cluster.link.snapshot;
  if (handover?.phase !== 'switch' || handover.from !== attachment.backend) return false;
  return session.phase === 'idle' && session.inTransaction && (attachment.statusFlags & StatusFlag.IN_TRANS_READONLY) === 0;
}

/** Nothing runs on it: it is let go as soon as there is a better place. */
function leaveParked(session: Session, attachment: Attachment): void {
  const fitness = attachment.fitness(isUnfinished(session, attachment));
  if (fitness === 'use' || fitness === 'hold' || (fitness === 'could-move' && attachment === session.pinHolder)) return;
  const { router, link } = attachment.cluster;
  const target = router.choose(attachment.route, link.snapshot);
  if (target.kind === 'none' || target.backend.name === attachment.backend) return;
  if (carriesBeforeLeaving(session, attachment) !== 'no') return;
  keepWhatWasLost(session, attachment);
  detach(session, attachment);
}

function serverIsDown(session: Session): boolean {
  const view = session.cluster.link.snapshot.backends.find((backend) => backend.name === session.attachment?.backend);
  return view === undefined || view.state === 'down';
}
