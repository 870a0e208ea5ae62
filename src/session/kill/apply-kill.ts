import type { Attachment } from '../attachment.js';
import type { Session } from '../session.js';
import { FIRST_OWN_ID, type KillOrder, type KillReport } from './kill-order.js';

/** The session that an order means, among those of this process. */
export function findVictim(sessions: ReadonlyMap<number, Session>, order: KillOrder): Session | undefined {
  if (order.id >= FIRST_OWN_ID) {
    const session = sessions.get(order.id);
    return session !== undefined && isVictim(session, order) ? session : undefined;
  }
  for (const session of sessions.values()) {
    if (order.notCaller && session.opening.id === order.caller) continue;
    if (hasThread(session, order) && session.identity.user === order.user && isVictim(session, order)) return session;
  }
  return undefined;
}

/** One of its server connections has that thread id. */
function hasThread({ attachment, parked }: Session, { id, backend }: KillOrder): boolean {
  const isIt = (each: Attachment | undefined) => each?.connection.threadId === id && (backend === undefined || each.backend === backend);
  return isIt(attachment) || parked.some(isIt);
}

/** Who has not proven yet who it is belongs to nobody. */
function isVictim(session: Session, order: KillOrder): boolean {
  return session.cluster.name === order.cluster && session.phase !== 'login' && session.phase !== 'closed';
}

/**
 * The victim's side of KILL: ends what only we hold of it (a statement that waits for a server, a connection without one) where the caller
 * may, and tells where the server's part is.
 */
export function applyKill(session: Session, order: KillOrder): KillReport {
  const self = session.opening.id === order.caller;
  const mine = order.allowed || session.identity.user === order.user;
  // Whichever of its connections was named: what runs is on the present one, and with that the session ends.
  const { attachment } = session;
  const thread = attachment === undefined ? undefined : { backend: attachment.backend, id: attachment.connection.threadId };
  if (mine && !self && !order.look) {
    if (!order.query) session.departure.killed();
    // Nothing of it is with the server then.
    else if (interruptWaiting(session)) return { kind: 'found', self, mine, thread: undefined };
  }
  return { kind: 'found', self, mine, thread };
}

/** A statement that is not with a server now ends with 1317 before it is sent. */
function interruptWaiting(session: Session): boolean {
  const { statement, phase } = session;
  if (statement === undefined || (phase !== 'placing' && phase !== 'judging')) return false;
  statement.killed = true;
  session.cancelPlacing?.();
  return true;
}
