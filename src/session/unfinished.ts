import type { Attachment } from './attachment.js';
import type { Session } from './session.js';

/** What the session has begun on this connection has to be ended there: an open transaction, locked tables. */
export function isUnfinished(session: Session, attachment: Attachment): boolean {
  if (attachment === session.attachment && session.inTransaction) return true;
  return session.state.locksTables && (session.pinHolder ?? session.attachment) === attachment;
}
