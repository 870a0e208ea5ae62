import type { ErrPacket } from '../protocol/err.js';
import { StatusFlag } from '../protocol/status-flags.js';
import { answerUnknown } from './answer-unknown.js';
import { drop } from './attach.js';
import { transactionLost } from './client-errors.js';
import { count } from './count-outcome.js';
import { LostTransaction } from './lost-transaction.js';
import { place } from './place.js';
import { keepWhatWasLost } from './repoint.js';
import type { Session } from './session.js';

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
  const { statement, attachment, opening } = session;
  if (statement === undefined || attachment === undefined || opening.route !== 'primary') return false;
  if (!isRefusedAsReadOnly(err.code, err.message)) return false;
  // The client asked for READ ONLY itself: the refusal is the answer it ordered.
  if (err.code === 1792 && (attachment.statusFlags & StatusFlag.IN_TRANS_READONLY) !== 0) return false;
  return !statement.rerun;
}

/** A primary refused a statement as read-only: nothing of it has happened, and the table of DESIGN 8 says what follows. */
export async function afterRefusal(session: Session, err: ErrPacket): Promise<void> {
  const { statement, attachment, cluster } = session;
  if (statement === undefined || attachment === undefined) return;
  const { backend } = attachment;
  cluster.link.report({ backend, kind: 'read-only', detail: err.message });
  session.phase = 'judging';
  const verdict = await cluster.link.verdict(backend, attachment.connection.connectedAtMs);
  if (session.phase !== 'judging' || session.attachment !== attachment) return;
  const moved = cluster.link.snapshot.primary !== backend;
  if (verdict === 'healthy' && !moved) {
    // Still the primary by fresh evidence: read-only was a passing state, or is how this server is meant to be. Its word goes out.
    session.answerError(err);
    return;
  }
  const inTransaction = session.inTransaction || !session.state.autocommit;
  keepWhatWasLost(session, backend);
  drop(session);
  session.lostOn = backend;
  if (inTransaction) {
    count(session, 'transaction-lost');
    const commit = statement.facts?.kind === 'transaction' && statement.facts.commits;
    session.lostTransaction = commit ? undefined : new LostTransaction(true);
    session.answerError(transactionLost(backend, 'became read-only'));
  } else if (statement.traits.simpleWrite && statement.repeatable) {
    statement.again();
    count(session, 'refused-rerun');
    session.services.stats.rerun('refused-write');
    await place(session, statement, backend);
  } else {
    answerUnknown(session, statement, backend, 'refused it as read-only');
  }
}
