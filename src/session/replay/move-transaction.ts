import { detach } from '../attach.js';
import { LostTransaction } from '../lost-transaction.js';
import type { Session } from '../session.js';

/** An open transaction of a session at rest could be moved to another server now by replaying it. */
export function canMoveTransaction({ phase, attachment, inTransaction }: Session): boolean {
  return phase === 'idle' && inTransaction && attachment?.record !== undefined && attachment.record.failure === undefined;
}

/**
 * Takes a session that rests in a transaction off its server, which rolls the transaction back, for a switchover: it is replayed where its route leads by
 * then, before the client's next statement. False: it cannot be, and nothing was done.
 */
export function moveTransaction(session: Session): boolean {
  const { attachment } = session;
  if (attachment === undefined || !canMoveTransaction(session)) return false;
  const { record } = attachment;
  attachment.record = undefined;
  session.repointing = true;
  session.lostOn = attachment.backend;
  detach(session, attachment);
  session.lostTransaction = new LostTransaction(false, record);
  return true;
}
