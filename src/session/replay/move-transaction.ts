import { detach } from '../attach.js';
import { LostTransaction } from '../lost-transaction.js';
import type { Session } from '../session.js';

/**
 * An open transaction could be moved to another server now by replaying it: its session is at rest, or is about to be.
 * @param runningForMs so long ago at most a statement under way may have come
 */
export function canMoveTransaction({ phase, attachment, inTransaction, statement }: Session, runningForMs = 0): boolean {
  const record = attachment?.record;
  if (!inTransaction || record === undefined || record.failure !== undefined) return false;
  if (phase === 'idle') return true;
  if (phase !== 'running' || statement === undefined || record.current !== statement) return false;
  return performance.now() - statement.cameAtMs <= runningForMs;
}

/**
 * Takes a session that rests in a transaction off its server, which rolls the transaction back, for a switchover: it is replayed where its route leads by
 * then, before the client's next statement. False: it cannot be, and nothing was done.
 */
export function moveTransaction(session: Session): boolean {
  const { attachment } = session;
  if (attachment === undefined || session.phase !== 'idle' || !canMoveTransaction(session)) return false;
  const { record } = attachment;
  attachment.record = undefined;
  session.repointing = true;
  session.lostOn = attachment.backend;
  detach(session, attachment);
  session.lostTransaction = new LostTransaction(false, record);
  return true;
}
