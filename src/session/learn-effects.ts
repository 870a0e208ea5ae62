import type { StatementFacts } from '../sql/facts.js';
import type { Session } from './session.js';

/** What a statement that succeeded has left in the session, as far as its text tells; called after the trackers' word was taken. */
export function learnEffects(session: Session, facts: StatementFacts): void {
  const { state } = session;
  if (facts.effects.length > 0) state.apply(facts.effects);
  if (facts.mayChangeState && session.replies.stateChanged) state.changedUnknown();
  // BEGIN ends LOCK TABLES without a word in its text.
  if (session.pinHolder !== undefined || session.replies.stateChanged || facts.effects.length > 0) notePins(session);
}

/** What cannot be moved is on the present connection, if it was not on another one before. */
export function notePins(session: Session): void {
  if (!session.state.isPinned) session.pinHolder = undefined;
  else session.pinHolder ??= session.attachment;
}
