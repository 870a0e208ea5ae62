import type { Session } from './session.js';

/** Why the session cannot go to another server without losing something; empty: it can. */
export function pinReasons(session: Session): readonly string[] {
  const reasons = session.state.pinReasons();
  return session.identity.credentials.length > 0 ? reasons : ['login (its secret is not known here)', ...reasons];
}

/** Nothing is lost when the session goes to another server. */
export function mayMove(session: Session): boolean {
  return session.identity.credentials.length > 0 && !session.state.isPinned;
}
