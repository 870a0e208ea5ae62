import type { Attachment } from './attachment.js';
import type { Session } from './session.js';

/** Remembers what the session had set up on a connection that goes, and cannot take along, to be reported with 9502. */
export function keepWhatWasLost(session: Session, attachment: Attachment): void {
  session.repointing = true;
  if (session.pinHolder !== undefined && session.pinHolder !== attachment) return;
  // What is not pinned is on the primary, as far as only a server knows it: LAST_INSERT_ID().
  const others = [session.attachment, ...session.parked].filter((each) => each !== attachment && each?.cluster === attachment.cluster);
  if (session.pinHolder === undefined && attachment.route === 'replica' && others.some((each) => each?.route === 'primary')) return;
  forgetConnection(session, attachment.backend);
}

/** The same for a connection that is gone already. */
export function forgetConnection(session: Session, backend: string): void {
  const lost = session.state.loseConnection();
  session.lostState.add(backend, lost.items, lost.temporaryTables, lost.insertIdLost);
}
