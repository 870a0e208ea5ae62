import { Command } from '../protocol/commands.js';
import type { ErrPacket } from '../protocol/err.js';
import { StatusFlag } from '../protocol/status-flags.js';
import { answerUnknown } from './answer-unknown.js';
import { drop } from './attach.js';
import { transactionLost } from './client-errors.js';
import { count } from './count-outcome.js';
import { keepWhatWasLost } from './keep-what-was-lost.js';
import { LostTransaction } from './lost-transaction.js';
import { place } from './place.js';
import { loseToReplay } from './replay/lose-to-replay.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { digestOf } from './statement-digest.js';

/**
 * True for the errors by which a server says that it may not write: it lost its role. 1290 is also used for other options, so its text
 * has to name read-only; 1047 is "unknown command" unless its text names WSREP (Galera).
 */
export function isRefusedAsReadOnly(code: number, message: string): boolean {
  if (code === 1290) return /read[-_ ]only/i.test(message);
  if (code === 1047) return /wsrep/i.test(message);
  return code === 1836 || code === 1792;
}

/** Is this ERR, the first answer to the present statement, to be kept from the client because the server was demoted under it? */
export function concernsUs(session: Session, err: ErrPacket): boolean {
  const { statement, attachment } = session;
  if (statement === undefined || attachment === undefined) return false;
  if (attachment.route !== 'primary') return isForPrimary(session, statement, err);
  if (!isRefusedAsReadOnly(err.code, err.message)) return false;
  // The client asked for READ ONLY itself: the refusal is the answer it ordered.
  if (err.code === 1792 && (attachment.statusFlags & StatusFlag.IN_TRANS_READONLY) !== 0) return false;
  return !statement.rerun;
}

/**
 * What a replica may say to a read only because it lags behind the primary: unknown database, column, table, routine; a view over such; rights
 * that have not arrived. The primary knows better, and its word goes out.
 */
const LAGGING: ReadonlySet<number> = new Set([1044, 1049, 1054, 1142, 1143, 1146, 1305, 1356, 1370]);

/** A replica refused what was sent to it only because it looked like a pure read. */
function isForPrimary(session: Session, statement: Statement, { code, message }: ErrPacket): boolean {
  if (session.opening.route !== 'split' || session.inTransaction || statement.rerun || !statement.repeatable) return false;
  if (session.identity.credentials.length === 0 || statement.order.backend !== undefined) return false;
  const { code: command } = statement.command;
  if (statement.about?.pureRead !== true && command !== Command.INIT_DB && command !== Command.FIELD_LIST) return false;
  return isRefusedAsReadOnly(code, message) || LAGGING.has(code);
}

/** It runs once more, on the primary; what was refused as a write goes there at once from now on. */
async function askPrimary(session: Session, statement: Statement, err: ErrPacket): Promise<void> {
  const { cluster, state } = session;
  if (isRefusedAsReadOnly(err.code, err.message)) cluster.primaryOnly.add(digestOf(statement, state.dialect, session.services.digests));
  statement.again();
  statement.sendToPrimary();
  await place(session, statement);
}

/** A primary refused a statement as read-only: nothing of it has happened, and the table of DESIGN 8 says what follows. */
export async function afterRefusal(session: Session, err: ErrPacket): Promise<void> {
  const { statement, attachment, cluster } = session;
  if (statement === undefined || attachment === undefined) return;
  if (attachment.route !== 'primary') return askPrimary(session, statement, err);
  const { backend } = attachment;
  cluster.link.report({ backend, kind: 'read-only', detail: err.message });
  session.phase = 'judging';
  const verdict = await cluster.link.verdict(backend, attachment.connection.connectedAtMs);
  if (session.phase !== 'judging' || session.attachment !== attachment) return;
  const moved = cluster.link.snapshot.primary !== backend;
  const inTransaction = session.inTransaction || !session.state.autocommit;
  // With autocommit=0 it would have been the first one of its transaction.
  const canRerun = !session.inTransaction && statement.traits.simpleWrite && statement.repeatable;
  if (verdict === 'healthy' && !moved) {
    // Still the primary by fresh evidence: read-only was a passing state (a tool that moves the role and thinks better of it), or is how
    // this server is meant to be. Once more tells; the second word goes out.
    if (canRerun) return rerun(session, statement);
    session.answerError(err);
    return;
  }
  session.services.stats.lostStatement('refused');
  if (session.inTransaction && loseToReplay(session, attachment, statement, true)) return place(session, statement);
  keepWhatWasLost(session, attachment);
  drop(session);
  session.lostOn = backend;
  if (canRerun) {
    await rerun(session, statement);
  } else if (inTransaction) {
    count(session, 'transaction-lost');
    const commit = statement.facts?.kind === 'transaction' && statement.facts.commits;
    session.lostTransaction = commit ? undefined : new LostTransaction(true);
    session.answerError(transactionLost(backend, 'became read-only'));
  } else {
    answerUnknown(session, statement, backend, 'refused it as read-only', true);
  }
}

/** Where is decided anew: whoever refused it may be primary again by then, where a tool has put all back. */
function rerun(session: Session, statement: Statement): Promise<void> {
  statement.again();
  count(session, 'refused-rerun');
  session.services.stats.rerun('refused-write');
  return place(session, statement);
}
