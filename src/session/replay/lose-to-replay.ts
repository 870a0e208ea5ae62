import { drop } from '../attach.js';
import type { Attachment } from '../attachment.js';
import { LostTransaction } from '../lost-transaction.js';
import type { Session } from '../session.js';
import type { Statement } from '../statement.js';
import { takeRecord } from './take-record.js';

/**
 * The connection with an open transaction is lost: it is let go, and the transaction waits to be replayed before the next statement is placed. False: it cannot
 * be replayed, and nothing was done.
 * @param statement the one under way; undefined for a session at rest
 * @param refused the server answered it with a refusal: nothing of it has happened
 */
export function loseToReplay(session: Session, attachment: Attachment, statement: Statement | undefined, refused = false): boolean {
  const record = takeRecord(session, attachment, statement, refused);
  if (record === undefined) return false;
  if (refused) statement?.again();
  session.repointing = true;
  session.lostOn = attachment.backend;
  drop(session, attachment);
  session.lostTransaction = new LostTransaction(false, record);
  return true;
}
