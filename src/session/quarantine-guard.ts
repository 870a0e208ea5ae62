import { quarantined } from './client-errors.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { digestOf } from './statement-digest.js';

/** Answers a statement that was running when two servers died. True when it has been answered. */
export function refuseQuarantined(session: Session, statement: Statement): boolean {
  const { link } = session.cluster;
  if (!link.watchesDigests || statement.facts === undefined) return false;
  const digest = digestOf(statement, session.state.dialect, session.services.digests);
  if (!link.isQuarantined(digest)) return false;
  session.answerError(quarantined(digest));
  return true;
}
