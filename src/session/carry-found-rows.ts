import { backendNamed } from '../topology/snapshot.js';
import type { Attachment } from './attachment.js';
import { NOTHING, remember } from './diagnostics.js';
import { here } from './last-place.js';
import { rest } from './read-back.js';
import type { Session } from './session.js';

/**
 * A session at rest is to leave this connection, which alone knows its FOUND_ROWS(): another one is to give them first. `begun`: that is under way; `later`: not
 * as long as the last statement's own answers would be lost by it; `no`: there is nothing to carry.
 */
export function carriesBeforeLeaving(session: Session, attachment: Attachment): 'begun' | 'later' | 'no' {
  if (!isKnownThere(session, attachment)) return 'no';
  if (session.phase !== 'idle' || !mayAsk(session, attachment)) return 'later';
  session.phase = 'placing';
  rest(session, carryFoundRows(session, attachment));
  return 'begun';
}

/** Has the session's FOUND_ROWS() given by another of its connections, or by the next one. */
export async function carryFoundRows(session: Session, from: Attachment): Promise<void> {
  const { replies } = session;
  if (!isKnownThere(session, from)) return;
  const isAskable = mayAsk(session, from);
  const isLast = replies.lastOn === from;
  replies.foundRowsOn = undefined;
  if (!isAskable) return;
  await remember(from);
  const { disturbed } = from;
  if (disturbed === undefined) return;
  const { foundRows } = disturbed;
  const to = [session.attachment, ...session.parked].find((each) => each !== undefined && each !== from && each.cluster === from.cluster);
  if (to === undefined) {
    replies.kept = { ...NOTHING, foundRows, rowCount: disturbed.rowCount, lost: true };
    return;
  }
  if (replies.lastOn === to) await remember(to);
  const own = isLast ? disturbed : (to.disturbed ?? NOTHING);
  to.disturbed = { ...NOTHING, rowCount: own.rowCount, foundRows, lost: true };
  replies.foundRowsOn = to;
  if (isLast) replies.lastOn = to;
}

function isKnownThere({ replies }: Session, attachment: Attachment): boolean {
  if (!replies.rowsAsked || replies.foundRowsOn !== attachment) return false;
  const view = backendNamed(attachment.cluster.link.snapshot, attachment.backend);
  return view !== undefined && view.state !== 'down';
}

/** A question of ours takes warnings away, and a ROW_COUNT() of rows written. */
function mayAsk(session: Session, from: Attachment): boolean {
  const { left, lastOn } = session.replies;
  const last = here(session, lastOn);
  // It stays where it is.
  if (last === undefined) return true;
  const others = [session.attachment, ...session.parked].filter((each) => each !== undefined && each !== from);
  if (last !== from && others[0] !== last) return true;
  return left.ok && left.warnings === 0 && (left.isResultSet || left.affectedRows === 0n);
}
